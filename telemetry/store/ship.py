"""The shipper: takes spooled batches in order and lands them in a store, until the end of time.

Owns the order and what happens when a batch does not land; the spool keeps what has not been shipped, the store counts
each batch once, so a lost answer costs nothing but a second try. Called by the service where the store is a database.

    landed               go on behind it
    StoreUnavailable     wait (backoff with jitter), try the same again
    StorePoisoned        land the batches one by one; the one that cannot land goes to the dead letters, with its reason
    StoreRefused         say so loudly, try again every REFUSED_S: only a person can mend it
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeVar

from telemetry.backoff import Backoff
from telemetry.store.base import StoreError
from telemetry.store.contract import DeadLetter, Store, StorePoisoned, StoreRefused
from telemetry.store.rows import Batch

log = logging.getLogger(__name__)
_T = TypeVar("_T")
State = Literal["ok", "behind", "away", "refused"]

#: Batches that land in one transaction: over a network it is the round trips that cost.
MOST_BATCHES: Final = 40
POLL_S: Final = 1.0  # between looks at a spool that had nothing new
REFUSED_S: Final = 60.0
LAND_S: Final = 120.0  # the store bounds its calls itself; this is for one that does not


class Source(Protocol):
    """What of a spool the shipper needs (base.Spool has it)."""

    @property
    def source(self) -> str: ...
    @property
    def seq(self) -> int: ...
    def pending(self, after_seq: int, limit: int) -> Sequence[Batch]: ...
    def shipped(self, seq: int) -> None: ...


class InThread(Protocol):
    """Runs a call of the spool where its calls belong (Journal.call)."""

    def __call__(self, work: Callable[[], _T]) -> Awaitable[_T]: ...


@dataclass(slots=True)
class Progress:
    """How far it is. state: ok, behind, away, refused. oldest_ms: of what waits, when it was received; -1: nothing."""

    state: State = "behind"
    message: str = ""
    waiting: int = 0  # batches in the spool that are not in the store
    oldest_ms: int = -1
    landed_rows: int = 0
    buried: int = 0


class Shipper:
    """One spool, one store. `store()` raises StoreUnavailable while there is none to ask."""

    def __init__(
        self,
        spool: Source,
        in_thread: InThread,
        store: Callable[[], Store],
        now_ms: Callable[[], int],
        backoff: Backoff,
    ) -> None:
        self.progress = Progress()
        self._spool = spool
        self._in_thread = in_thread
        self._store = store
        self._now_ms = now_ms
        self._backoff = backoff
        self._after = -1  # the store has not been asked yet

    async def run(self) -> None:
        """For ever; ends only when it is cancelled."""
        while True:
            await asyncio.sleep(await self.step())

    async def step(self) -> float:
        """Land what waits, one transaction of it. Seconds to wait before the next one."""
        try:
            async with asyncio.timeout(LAND_S):
                some = await self._step()
        except StoreRefused as error:
            return self._failed("refused", error.message, REFUSED_S)
        except StoreError as error:
            return self._failed("away", error.message, self._backoff.next())
        except TimeoutError:
            return self._failed("away", f"the store did not answer within {LAND_S:g} s", self._backoff.next())
        self._backoff.reset()
        self.progress.state = "behind" if some == MOST_BATCHES else "ok"
        self.progress.message = ""
        return 0.0 if some else POLL_S

    async def _step(self) -> int:
        store, spool = self._store(), self._spool
        if self._after < 0:
            # The store's own word counts: an answer may have been lost, and a store may have been set up anew.
            self._after = max(await store.landed(spool.source), 0)
        after = self._after
        batches = await self._in_thread(lambda: spool.pending(after, MOST_BATCHES))
        self.progress.waiting = max(0, spool.seq - after)
        self.progress.oldest_ms = _oldest(batches)
        if batches:
            await self._land(store, batches)
            self._after = last = batches[-1].seq
            await self._in_thread(lambda: spool.shipped(last))
            self.progress.waiting = max(0, spool.seq - last)
            self.progress.oldest_ms = -1
        return len(batches)

    async def _land(self, store: Store, batches: Sequence[Batch]) -> None:
        together = getattr(store, "land_all", None)
        if together is not None:
            try:
                landed = await together(batches)
            except StorePoisoned:
                log.warning("batches %d to %d do not land together", batches[0].seq, batches[-1].seq)
            else:
                self.progress.landed_rows += sum(each.new for each in landed)
                return
        for batch in batches:
            await self._land_one(store, batch)

    async def _land_one(self, store: Store, batch: Batch) -> None:
        try:
            landed = await store.land(batch)
        except StorePoisoned as error:
            letter = DeadLetter(batch.source, batch.seq, self._now_ms(), error.message, _text(batch))
            await store.bury(letter)
            self.progress.buried += 1
            log.error("batch %d cannot land and is a dead letter now: %s", batch.seq, error.message)
        else:
            self.progress.landed_rows += landed.new

    def _failed(self, state: State, message: str, wait_s: float) -> float:
        if (self.progress.state, self.progress.message) != (state, message):
            log.error("reports do not reach the store (%s); they are kept on this disk: %s", state, message)
        self.progress.state = state
        self.progress.message = message
        self.progress.waiting = max(0, self._spool.seq - max(self._after, 0))
        return wait_s


def _oldest(batches: Sequence[Batch]) -> int:
    return next((int(batch.rows.received_ms.min()) for batch in batches if len(batch.rows)), -1)


def _text(batch: Batch) -> bytes:
    """A batch as lines a person can read: node, seen_ms, received_ms, the four metrics, the rest of the report."""
    rows = batch.rows
    lines = []
    for n in range(len(rows)):
        metrics = ",".join(f"{value:g}" for value in rows.metrics[:, n])
        head = f"{rows.keys[rows.node[n]]} {rows.seen_ms[n]} {rows.received_ms[n]} {metrics} "
        lines.append(head.encode() + (rows.rest[n] if rows.rest else b""))
    return b"\n".join(lines)
