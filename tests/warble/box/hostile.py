"""A zygote whose workers run the source as Python: what an attacker could do who had broken the language.

Only the code around the language is replaced; the locks, the timers and the host are the real ones. An attack cannot
import, since a worker cannot open files: what it needs is imported here.
"""

import ctypes  # noqa: F401
import os
import signal
import struct
import threading
import time

from warble.box import board, ending, records, worker, zygote
from warble.box.ending import Ending
from warble.errors import WarbleError

NAMES = {
    "board_module": board, "ending_module": ending, "os": os, "records": records, "signal": signal, "struct": struct,
    "threading": threading, "time": time, "worker": worker, "Ending": Ending, "WarbleError": WarbleError,
}  # fmt: skip


def perform(job, shared):
    scope = {**NAMES, "job": job, "shared": shared, "result": Ending(None, 0)}
    exec(job.source, scope)
    return scope["result"]


def main(control):
    worker.perform = perform
    zygote.main(control)
