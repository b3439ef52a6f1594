"""Owns the sandbox's front: programs of strangers in, the same Outcome out that warble.run gives.

Each runs in a process of its own that lives for that one run. What goes on behind the front is in warble/box, what
holds a worker back is in warble/cage, and docs/sandbox.md says what holds and what does not.

    async with Sandbox(workers=2) as box:
        outcome = await box.run('{PRINT("hello")}', user="alice", store=store, data=data)

    Exception
    └── SandboxError     the run did not take place; a program's own errors are in its Outcome
        ├── Busy         the queue is full: try again later
        └── Broken       there is no zygote: it cannot be started, keeps dying, or the sandbox was closed

One event loop, no threads, and nothing here blocks. Linux only; elsewhere it can be imported, and opening it is Broken.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Final, Self

from warble.box import board
from warble.box.errors import Broken, Busy, SandboxError
from warble.box.job import Job
from warble.box.pool import Pool
from warble.box.verdict import Remains, Verdict
from warble.box.zygote import Setup
from warble.cage.defences import Defences
from warble.effects import Saved
from warble.errors import Fault, WarbleError
from warble.limits import Limits
from warble.parse import parse
from warble.run import Outcome, Store

__all__ = ["Broken", "Busy", "Defences", "Sandbox", "SandboxError"]

#: Workers that are kept ready beside one for each run at a time.
SPARES: Final = 2
#: Seconds from a worker's last word, or its killing, to the news of its death.
_BURIAL_S: Final = 2.0
#: A run may ask for less of these than the sandbox was made with, not for more.
_BOUNDED: Final = ("cpu", "wall", "output")


class Sandbox:
    """workers: runs at a time; queue: runs that may wait for one; zygote: the module whose main() is started."""

    def __init__(
        self,
        workers: int = 2,
        queue: int = 64,
        limits: Limits | None = None,
        defences: Defences | None = None,
        zygote: str = "warble.box.zygote",
        spares: int = SPARES,
    ) -> None:
        self.limits = limits = limits or Limits()
        if workers < 1 or queue < 0 or spares < 0:
            raise ValueError("a sandbox needs 1 worker or more, and a queue and spares of 0 or more")
        if not limits.wall or not limits.memory:
            raise ValueError("a sandbox needs limits.wall and limits.memory above 0: 0 leaves nothing to run in")
        setup = Setup(defences or Defences(), limits.cpu or limits.wall, limits.memory, limits.output)
        self._pool = Pool(workers, queue, spares, zygote, setup, limits.wall)

    @property
    def lacks(self) -> tuple[str, ...]:
        """A sentence for each defence that this kernel has not; known once it is open."""
        return self._pool.hello.lacks

    @property
    def essential(self) -> bool:
        """Whether this kernel has those defences without which nobody should run a stranger's program."""
        return self._pool.hello.essential

    async def __aenter__(self) -> Self:
        """Raises Broken when there can be no workers."""
        if sys.platform != "linux":
            raise Broken(f"The sandbox needs Linux, and this is {sys.platform}.")
        await self._pool.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.close()

    async def run(
        self,
        source: str,
        user: str = "",
        store: Store | None = None,
        data: MutableMapping[str, Saved] | None = None,
        limits: Limits | None = None,
    ) -> Outcome:
        """As warble.run does. Raises Busy, Broken, and ValueError for limits or values that no worker can have."""
        limits = self._fitting(limits)
        if len(source) > limits.length:
            return _too_long(source, limits)
        saved: Mapping[str, object] = {} if store is None else dict(store.get(user, {}))
        job = Job(source, user, saved, {} if data is None else dict(data), limits)
        message = job.encode()
        remains = await self._remains(job, message)
        if remains is None:  # its worker was lost before the program began: it may have another one
            remains = await self._remains(job, message, last=True)
            assert remains is not None
        verdict = Verdict(job, remains)
        for _ in verdict.weigh():
            await asyncio.sleep(0)
        if store is not None and verdict.saved.changed:
            store.setdefault(user, {}).update(verdict.saved.changed)
        if data is not None:
            data.update(verdict.data.changed)
        assert verdict.outcome is not None
        return verdict.outcome

    async def _remains(self, job: Job, message: bytes, *, last: bool = False) -> Remains | None:
        """What a worker leaves of the job; None when it never began, unless this is the last try."""
        hand = await self._pool.take()
        try:
            hand.hand(message)
            self._pool.handed_out()
            cut = not await _within(hand.over, job.limits.wall)
            hand.kill()
            if not hand.said:
                await _within(hand.dead, _BURIAL_S)
            left = hand.left()
            if left.stage < board.RUNS and not (hand.said or cut or last):
                return None
            return Remains(left, hand.said, hand.status, cut)
        finally:
            self._pool.give_back(hand)

    def _fitting(self, limits: Limits | None) -> Limits:
        """A run's limits; workers were made for those of the sandbox, so some cannot be wider."""
        if limits is None or limits == self.limits:
            return self.limits
        for name in _BOUNDED:
            own, most = getattr(limits, name), getattr(self.limits, name)
            if own > most or (not own and most and name != "output"):
                raise ValueError(f"limits.{name} is {own:g}; this sandbox was made for {most:g} at most, and above 0")
        if limits.memory != self.limits.memory:
            raise ValueError(f"limits.memory is {limits.memory}; each worker of this sandbox has {self.limits.memory}")
        return limits


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Whether it came in time."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def _too_long(source: str, limits: Limits) -> Outcome:
    """Its length is all that parse() looks at, so this is done here: a source may be longer than a message."""
    try:
        parse(source, limits)
    except Fault as fault:
        return Outcome("", (), WarbleError(fault.kind, fault.message, fault.start, fault.end), 0)
    raise AssertionError("parse() looks at the length first")
