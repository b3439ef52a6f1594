"""Owns how these tests try something that is for good, or deadly: in a forked child, which tells what came of it.

returned a value     told is its text, status 0
raised an exception  told is its name, and of an OSError the errno's: "PermissionError EACCES", status 1
was killed           told is "", status is minus the signal
"""

from __future__ import annotations

import errno
import os
import select
import signal
from collections.abc import Callable
from dataclasses import dataclass

_PATIENCE = 30_000  # milliseconds


@dataclass(frozen=True)
class Ended:
    told: str
    status: int


def in_child(act: Callable[[int], object]) -> Ended:
    """What came of act(tell) in a child; tell is a file descriptor that whatever is left of it may write to."""
    read, tell = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(read)
            status = _report(act, tell)
        finally:
            os._exit(status)
    os.close(tell)
    told = b""
    try:
        waiting = select.poll()
        waiting.register(read, select.POLLIN)
        while waiting.poll(_PATIENCE):
            piece = os.read(read, 65_536)
            if not piece:
                break
            told += piece
        else:
            os.kill(child, signal.SIGKILL)
            raise AssertionError(f"the child was not done after {_PATIENCE} ms; it told {told!r}")
    finally:
        os.close(read)
        _, status = os.waitpid(child, 0)
    return Ended(told.decode(), os.waitstatus_to_exitcode(status))


def _report(act: Callable[[int], object], tell: int) -> int:
    try:
        value = act(tell)
    except BaseException as error:  # noqa: BLE001  # the top of a process: whatever it was, the test wants to see it
        code = f" {errno.errorcode[error.errno]}" if isinstance(error, OSError) and error.errno else ""
        text = f"{type(error).__name__}{code}" + ("" if code else f" {error}" if str(error) else "")
        os.write(tell, text.encode())
        return 1
    os.write(tell, ("" if value is None else str(value)).encode())
    return 0
