"""The shipper: takes spooled batches in order and lands them in a store, until the end of time.

Owns the order and what happens when a batch does not land; the spool keeps what has not been shipped, the store counts
each batch once, so a lost answer costs nothing but a second try. Called by the service where the store is a database.

    landed               go on behind it
    StoreUnavailable     wait (backoff with jitter), try the same again, less of it at once; pack what waits meanwhile
    StorePoisoned        land the batches one by one, halves of the one that cannot (isolate.py); the rows that are to
                         blame go to the dead letters, with the reason
    BatchDamaged         the spool cannot read it: to the dead letters as it is
    StoreRefused         say so loudly, try again every REFUSED_S: only a person can mend it
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeVar

from telemetry.backoff import Backoff
from telemetry.store import letters
from telemetry.store.backlog import Backlog
from telemetry.store.base import BatchDamaged, StoreError
from telemetry.store.contract import DeadLetter, Landed, Store, StorePoisoned, StoreRefused
from telemetry.store.isolate import isolate, note
from telemetry.store.merge import Load, merge
from telemetry.store.rows import Batch

log = logging.getLogger(__name__)
_T = TypeVar("_T")
State = Literal["ok", "behind", "away", "refused"]

#: Batches of one look into the spool, which bounds their rows itself. They land in one transaction, since over a
#: network it is the round trips that cost.
MOST_BATCHES: Final = 1000
POLL_S: Final = 1.0  # between looks at a spool that had nothing new
REFUSED_S: Final = 60.0
LAND_S: Final = 120.0  # the store bounds its calls itself; this is for one that does not
MOST_REASONS: Final = 5  # that a dead letter names
BEHIND_ROWS: Final = 5_000  # more that wait are worth a word to viewers


class Source(Protocol):
    """What of a spool the shipper needs (sqlite.SQLiteSpool)."""

    @property
    def source(self) -> str: ...
    @property
    def former_seq(self) -> int: ...
    @property
    def floor_seq(self) -> int: ...
    @property
    def backlog(self) -> Backlog: ...
    def pending(self, after_seq: int, limit: int) -> Sequence[Batch]: ...
    def shipped(self, seq: int) -> None: ...
    def fork(self) -> None: ...


class InThread(Protocol):
    """Runs a call of the spool in a thread that is the shipper's own."""

    def __call__(self, work: Callable[[], _T]) -> Awaitable[_T]: ...


@dataclass(slots=True)
class Progress:
    """How it goes. What waits is the spool's `backlog`."""

    state: State = "behind"
    message: str = ""
    landed_rows: int = 0
    landed_batches: int = 0  # of the spool; several may land as one
    transactions: int = 0
    landing_s: float = 0.0
    failures: int = 0
    buried: int = 0  # batches of which something could not land
    buried_rows: int = 0


class Shipper:
    """One spool, one store. `store()` raises StoreUnavailable while there is none to ask. `pack(after)` makes smaller
    what waits behind a seq: up to which one, 0 when it cannot (repack.repack)."""

    def __init__(
        self,
        spool: Source,
        in_thread: InThread,
        store: Callable[[], Store],
        now_ms: Callable[[], int],
        backoff: Backoff,
        pack: Callable[[int], int] | None = None,
    ) -> None:
        self.progress = Progress()
        self._spool = spool
        self._in_thread = in_thread
        self._store = store
        self._now_ms = now_ms
        self._backoff = backoff
        self._pack = pack
        self._packed = 0
        self._after = -1  # the store has not been asked yet
        self._asked = False
        self._held: list[Load] = []  # taken from the spool and perhaps landed: what is tried again must be the same
        self._most = MOST_BATCHES  # loads of a transaction

    async def run(self) -> None:
        """For ever; ends only when it is cancelled."""
        while True:
            wait_s = await self.step()
            if self.progress.state in ("away", "refused"):
                wait_s -= await self._make_room(wait_s)
            await asyncio.sleep(max(0.0, wait_s))

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
        if self.progress.state in ("away", "refused"):
            log.info("reports reach the store again; %d wait", self._spool.backlog.rows)
        self.progress.state = "behind" if self._spool.backlog.rows > BEHIND_ROWS else "ok"
        self.progress.message = ""
        return 0.0 if self._held or some >= BEHIND_ROWS or (some and self.progress.state == "behind") else POLL_S

    async def _step(self) -> int:
        """Rows that were landed."""
        store = self._store()
        if self._after < 0:
            self._after = await self._where(store)
        if not self._held:
            after = self._after
            try:
                self._held = merge(await self._in_thread(lambda: self._spool.pending(after, MOST_BATCHES)))
            except BatchDamaged as error:
                await self._bury(store, error.seq, error.message, error.body)
                await self._shipped(error.seq)
                return 0
        some = self._held[: self._most]
        if not some:
            return 0
        started = time.monotonic()
        await self._land(store, some)
        self.progress.landing_s += time.monotonic() - started
        self.progress.transactions += 1
        self.progress.landed_batches += sum(len(load.parts) for load in some)
        del self._held[: len(some)]
        self._most = min(MOST_BATCHES, self._most * 2)
        await self._shipped(some[-1].batch.seq)
        return sum(len(load.batch.rows) for load in some)

    async def _shipped(self, seq: int) -> None:
        self._after = seq
        await self._in_thread(lambda: self._spool.shipped(seq))

    async def _where(self, store: Store) -> int:
        """The store's own word counts: an answer may have been lost, and a store may have been set up anew."""
        spool = self._spool
        landed = await store.landed(spool.source)
        if not self._asked and landed > spool.former_seq:
            # Batches landed that this file never had: it is an older copy, and its next numbers are taken.
            log.warning("the spool is an older copy of one that landed more (%d, not %d)", landed, spool.former_seq)
            await self._in_thread(spool.fork)
            landed = await store.landed(spool.source)
        self._asked = True
        return max(landed, spool.floor_seq)

    async def _land(self, store: Store, loads: Sequence[Load]) -> None:
        together = getattr(store, "land_all", None)
        batches = [load.batch for load in loads]
        try:
            landed = [await store.land(batch) for batch in batches] if together is None else await together(batches)
        except StorePoisoned:
            log.warning("batches %d to %d do not land together", loads[0].parts[0].seq, batches[-1].seq)
        else:
            self._count(landed)
            return
        # From here on they land under their own numbers: should that be interrupted, the store is asked again.
        self._held, self._after = [], -1
        for load in loads:
            for batch in load.parts:
                await self._land_one(store, batch)

    async def _land_one(self, store: Store, batch: Batch) -> None:
        try:
            self._count([await store.land(batch)])
        except StorePoisoned as error:
            await self._land_in_pieces(store, batch, error.message)

    async def _land_in_pieces(self, store: Store, batch: Batch, reason: str) -> None:
        found = await isolate(store, batch)
        if found is None:
            await self._bury(store, batch.seq, reason, repr(batch).encode())
            return
        self._count(found.landed)
        if not found.bad:  # no piece of it was to blame; what was is gone
            await note(store, batch)
            return
        of = len(batch.rows) + len(batch.events)
        reason = f"{found.bad} of {of} rows and events: {'; '.join(found.reasons[:MOST_REASONS])}"
        await self._bury(store, batch.seq, reason, letters.write(found.rows, found.events))
        self.progress.buried_rows += len(found.rows)

    async def _bury(self, store: Store, seq: int, reason: str, body: bytes) -> None:
        await store.bury(DeadLetter(self._spool.source, seq, self._now_ms(), reason, body))
        self.progress.buried += 1
        log.error("batch %d does not land as it is; what cannot land is a dead letter now: %s", seq, reason)

    def _count(self, landed: Sequence[Landed]) -> None:
        self.progress.landed_rows += sum(each.new for each in landed)

    def _failed(self, state: State, message: str, wait_s: float) -> float:
        if (self.progress.state, self.progress.message) != (state, message):
            level = logging.ERROR if self._asked or state == "refused" else logging.INFO  # it may just be opening
            log.log(level, "reports do not reach the store (%s); they are kept on this disk: %s", state, message)
        self.progress.state = state
        self.progress.message = message
        self.progress.failures += 1
        # A slow database may land a part of what was too much for its limit of time.
        self._most = max(1, min(self._most, len(self._held)) // 2)
        return wait_s

    async def _make_room(self, most_s: float) -> float:
        """Pack what waits, for so long at most. The seconds it took."""
        started = time.monotonic()
        while self._pack is not None and time.monotonic() - started < most_s:
            pack, after = self._pack, self._packed
            try:
                packed = await self._in_thread(lambda: pack(after))  # noqa: B023  # awaited here
            except StoreError as error:
                log.warning("what waits for the store is not packed: %s", error.message, extra={"code": error.code})
                break
            if not packed:
                break
            self._packed = packed
        return time.monotonic() - started
