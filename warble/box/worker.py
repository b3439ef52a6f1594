"""Owns a worker's life: lock, read one job, lock again, run it, say how it ended, exit. It is never used twice.

    born -> lock.first() -> READY -> reads the job -> timers -> lock.second() -> perform() -> ending -> exit

From the second lock on the process belongs to the stranger whose program it runs: nothing that it says is believed
(verdict.py). zygote.py calls live(). perform() is looked up when it is called, so that tests can put an attacker there.
"""

from __future__ import annotations

import mmap
import os
import signal
from types import FrameType
from typing import Final

from warble.box import board, job
from warble.box.board import Board
from warble.box.ending import Ending
from warble.box.job import Job
from warble.cage import libc
from warble.cage.errors import CageError
from warble.cage.lock import Lock
from warble.errors import Fault, WarbleError
from warble.run import execute, prepare

#: The one descriptor a worker has beside the standard ones, which are /dev/null.
PIPE: Final = 3
READY: Final = b"R"
#: What run.py says of a MemoryError; here it is known how much there was.
_NO_MEMORY: Final = "There is not enough memory for this."
#: Exit codes of a worker that did not come to an end of its own; verdict.py puts them into words.
NOT_LOCKED, BROKE = 70, 71
#: The hard timer: so much later than the soft one, in which time an ending can be written.
_HARD: Final = 1.1
_HARD_S: Final = 0.1
#: Descriptors of the zygote that a worker inherits lie far below this.
_MOST_DESCRIPTORS: Final = 256

_running = False


def live(pipe: int, memory: int, output: int, lock: Lock, *, timers: bool) -> None:
    """All of it, in the fresh child; never returns."""
    status = BROKE
    try:
        libc.prctl(libc.PR_SET_PDEATHSIG, signal.SIGKILL)  # for where no pid namespace ends with the zygote
        signal.set_wakeup_fd(-1)
        os.dup2(pipe, PIPE, inheritable=False)
        shared = Board(mmap.mmap(memory, board.size(output)), output)
        os.closerange(PIPE + 1, _MOST_DESCRIPTORS)
        status = NOT_LOCKED
        lock.first()
        status = BROKE
        os.write(PIPE, READY)
        status = _work(shared, lock, timers=timers)
    finally:
        # Whatever happened, an exception included: nothing of Python's own end may run here.
        os._exit(status)


def _work(shared: Board, lock: Lock, *, timers: bool) -> int:
    raw = os.read(PIPE, job.MOST)
    if not raw:
        return 0  # the host is gone, or has no work for this one
    given = job.decode(raw)
    shared.stage(board.READ)
    if timers and given.limits.cpu:
        start_timers(given.limits.cpu)
    try:
        lock.second()
    except CageError:
        return NOT_LOCKED
    shared.stage(board.RUNS)
    os.write(PIPE, _perform_in_time(given, shared).encode())
    return 0


def start_timers(cpu: float) -> None:
    """The soft one interrupts between two bytecodes, the hard one kills, whatever goes on."""
    signal.setitimer(signal.ITIMER_VIRTUAL, cpu)
    signal.setitimer(signal.ITIMER_PROF, cpu * _HARD + _HARD_S)


def prepare_signals() -> None:
    """Once in the zygote: workers inherit it. SIGPROF is left to kill."""
    signal.signal(signal.SIGVTALRM, _time_is_up)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)


def _time_is_up(_signal: int, _frame: FrameType | None) -> None:
    global _running  # noqa: PLW0603  a handler has no other way to know
    if _running:
        _running = False
        raise Fault("limit:time", "")  # how much it was is known where this is caught


def _perform_in_time(given: Job, shared: Board) -> Ending:
    """The soft timer may interrupt anywhere in here, even between the run's end and the last line."""
    global _running  # noqa: PLW0603
    try:
        _running = True
        ending = perform(given, shared)
        _running = False
    except Fault as fault:
        if fault.kind != "limit:time":
            raise
        # The place is unknown and so is the fuel, but it cannot have been more than there was.
        return Ending(WarbleError("limit:time", time_is_up(given.limits.cpu), 0, len(given.source)), given.limits.fuel)
    return ending


def time_is_up(cpu: float) -> str:
    return f"This program used {cpu:g} s of processor time, and no more is allowed."


def memory_is_full(memory: int) -> str:
    return f"This program needs more memory than the {memory / 2**20:,.0f} MiB that it may have."


def perform(given: Job, shared: Board) -> Ending:
    """Run the program; what it prints and does goes to the board."""
    source, limits = given.source, given.limits
    try:
        program = prepare(source, limits)
        store = {given.user: dict(given.saved)}
        outcome = execute(program, user=given.user, store=store, data=dict(given.data), sink=shared)  # type: ignore[arg-type]
    except Fault as fault:
        if not fault.message:  # the soft timer, outside of the program itself
            raise
        start, end = (fault.start, fault.end) if fault.start >= 0 else (0, len(source))
        return Ending(WarbleError(fault.kind, fault.message, start, end), 0)
    except MemoryError:
        return Ending(WarbleError("limit:memory", memory_is_full(limits.memory), 0, len(source)), limits.fuel)
    return Ending(_with_figures(outcome.error, given), outcome.fuel)


def _with_figures(error: WarbleError | None, given: Job) -> WarbleError | None:
    """An error of the process's own limits says which limit it was; inside the language that is not known."""
    if error is None:
        return None
    message = error.message
    if error.kind == "limit:time":
        message = time_is_up(given.limits.cpu)
    elif error.kind == "limit:memory" and message == _NO_MEMORY:
        message = memory_is_full(given.limits.memory)
    return WarbleError(error.kind, message, error.start, error.end)
