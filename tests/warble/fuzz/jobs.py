"""Owns the processes of a search: each hunts its share of the numbers and tells its parent what it found. A process
that stays on one case for long, or that dies, is a finding by itself: a new one goes on with the next case.

__main__.py is the caller.
"""

from __future__ import annotations

import itertools
import multiprocessing
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import RawValue, Synchronized

from tests.warble.fuzz import cage
from tests.warble.fuzz.case import make
from tests.warble.fuzz.checks import Finding
from tests.warble.fuzz.hunt import Catch, hunt

#: Seconds on the wall that one case may take, its shrinking included: other processes may keep the cores busy.
_STUCK = 300.0
#: A process tells of so many good cases at once; a pipe is not free.
_BATCH = 20

_PROCESSES = multiprocessing.get_context("fork")


class Job:
    """One process, and what its parent knows of it. It hunts start, start + step, start + 2 * step ..."""

    def __init__(self, seed: int, start: int, step: int, *, sandbox: bool) -> None:
        self.seed = seed
        self.step = step
        self.sandbox = sandbox
        self.at = RawValue("q", start)  # the case it looks at; written by the process, read here
        self.begin(start)

    def begin(self, start: int) -> None:
        self.at.value = self.number = start
        self.since = time.monotonic()
        self.pipe, theirs = _PROCESSES.Pipe(duplex=False)
        args = (self.seed, self.step, self.sandbox, self.at, theirs)
        self.process: BaseProcess = _PROCESSES.Process(target=_work, args=args, daemon=True)
        self.process.start()
        theirs.close()

    def listen(self) -> list[Catch | None]:
        """What was found since the last time; a list as long as the cases that were looked at."""
        found: list[Catch | None] = []
        try:
            while self.pipe.poll():
                found += self.pipe.recv()
        except EOFError:
            self.process.join()
            return [*found, self.lost("died", f"The process died: exit code {self.process.exitcode}.")]
        if self.at.value != self.number:
            self.number, self.since = self.at.value, time.monotonic()
        elif time.monotonic() - self.since > _STUCK:
            self.end()
            found.append(self.lost("stuck", f"The process was on this case for {_STUCK:g} seconds."))
        return found

    def lost(self, where: str, text: str) -> Catch:
        """Begin anew behind the case that ended the process. That case is not made small: it would end this one."""
        number = self.at.value
        self.pipe.close()
        self.begin(number + self.step)
        case = make(self.seed, number)
        return Catch(number, Finding("process", text, where), case, case)

    def end(self) -> None:
        self.process.kill()
        self.process.join()


def search(seed: int, jobs: int, seconds: float, *, sandbox: bool = False) -> Iterator[list[Catch | None]]:
    """Hunt in so many processes for so long; what came in, about every second and at the end."""
    until = time.monotonic() + seconds
    running = [Job(seed, start, jobs, sandbox=sandbox) for start in range(jobs)]
    try:
        while (left := until - time.monotonic()) > 0:
            wait([job.pipe for job in running], timeout=min(left, 1.0))
            yield [catch for job in running for catch in job.listen()]
    finally:
        for job in running:
            job.end()


def _work(seed: int, step: int, sandbox: bool, at: Synchronized[int], pipe: Connection) -> None:
    """The process: never comes back by itself."""
    look = cage.Cage() if sandbox else None
    batch: list[Catch | None] = []
    for catch in hunt(seed, _counted(at, step), look=look):
        batch.append(catch)
        if catch is not None or len(batch) >= _BATCH:
            pipe.send(batch)
            batch = []


def _counted(at: Synchronized[int], step: int) -> Iterator[int]:
    """The numbers of one process; its parent can see which one is looked at."""
    for number in itertools.count(at.value, step):
        at.value = number
        yield number
