"""A zygote whose workers run Python in place of Warble: what a stranger could do who has broken the interpreter.

Sandbox(zygote="tests.warble.attacks.hostile") starts it. The job's source is the Python; it sees job, board and PIPE,
the descriptor of the result. What an attack imports is imported here first, since a locked worker reads no file.
"""

from __future__ import annotations

import _thread  # noqa: F401
import ctypes  # noqa: F401
import fcntl  # noqa: F401
import importlib  # noqa: F401
import mmap  # noqa: F401
import pathlib  # noqa: F401
import resource  # noqa: F401
import signal  # noqa: F401
import socket  # noqa: F401
import struct  # noqa: F401

from warble.box import worker, zygote
from warble.box.board import Board
from warble.box.ending import Ending
from warble.box.job import Job
from warble.errors import WarbleError


def perform(job: Job, board: Board) -> Ending:
    """Run the attack. One that comes to its end has succeeded, and so the run ends without an error."""
    names = {"job": job, "board": board, "PIPE": worker.PIPE, "Ending": Ending, "WarbleError": WarbleError}
    exec(job.source, names)
    return Ending(None, 0)


def main(control: int) -> None:
    worker.perform = perform
    zygote.main(control)
