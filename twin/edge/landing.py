"""From the spool on the local disk to the history's store: the shipper's life, how far it is, when the spool is full.

    sqlite   the spool's file is the history: nothing lags, nothing is shipped
    oracle   what waits is counted (telemetry/store/backlog.py), bounded (TWIN_SPOOL_MAX_MB) and told

Called by twin.service.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from telemetry.backoff import Backoff
from telemetry.store.repack import repack
from telemetry.store.ship import Shipper
from telemetry.store.sqlite import SQLiteSpool
from twin.edge.archive import Archive
from twin.edge.clock import Clock
from twin.wire.events import StoreState

_T = TypeVar("_T")
MIB = 1 << 20
TELL_MS = 5_000  # how often viewers are told of a lag that goes on; a lag shorter than that is none to them


class Landing:
    """`shipper` is None where nothing is shipped."""

    def __init__(self, spool: SQLiteSpool, archive: Archive, clock: Clock, spool_max_mb: int) -> None:
        self.spool = spool
        self.archive = archive
        self.shipper: Shipper | None = None
        self.most_bytes = spool_max_mb * MIB
        self._clock = clock
        self._told: StoreState | None = None
        self._told_ms = 0
        if spool.ships:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="ship")
            self.shipper = Shipper(
                spool,
                self._in_thread,
                lambda: archive.store,
                clock.now_ms,
                Backoff(random.Random()),
                lambda after: repack(spool, after),
            )

    def full(self) -> str | None:
        """Why no report may come in just now. It ends by itself when the database takes what waits."""
        waits = self.spool.backlog.size_bytes
        if waits < self.most_bytes:
            return None
        return (
            f"{waits // MIB} MiB of reports wait for the database, and no more may (TWIN_SPOOL_MAX_MB); "
            "keep yours and try again"
        )

    def replayable_ms(self, recorded_ms: int) -> int:
        """Up to when the store has all that viewers saw. recorded_ms: the same of the spool.

        Batches go in order, and none is shown before it was received: what the store lacks was shown later than the
        oldest that waits was received.
        """
        oldest_ms = self.spool.backlog.oldest_ms
        return recorded_ms if oldest_ms < 0 else min(recorded_ms, oldest_ms - 1)

    def tell(self) -> StoreState:
        """What viewers are told: a new state at once, numbers now and then, since each telling goes to all of them."""
        now, told, now_ms = self.state(), self._told, self._clock.now_ms()
        if now["state"] == "ok" and now["lag_ms"] < TELL_MS:
            now["lag_ms"] = now["lag_rows"] = now["waiting"] = 0
        same = told is not None and all(now[each] == told[each] for each in ("engine", "state", "message"))
        if told is None or not same or (now_ms - self._told_ms >= TELL_MS and now != told):
            self._told, self._told_ms = now, now_ms
            return now
        return told

    def state(self) -> StoreState:
        """How far it is, at this moment."""
        waits, why = self.spool.backlog, self.archive.why
        told: StoreState = {
            "engine": self.archive.engine,
            "state": "ok" if why is None else "away",
            "lag_ms": 0 if waits.oldest_ms < 0 else max(0, self._clock.now_ms() - waits.oldest_ms),
            "lag_rows": waits.rows,
            "waiting": waits.batches,
            "message": why or "",
        }
        if self.shipper is not None:
            progress = self.shipper.progress
            if progress.state != "ok" and why is None:
                told["state"], told["message"] = progress.state, progress.message
            if (full := self.full()) is not None:
                told["message"] = " ".join(part for part in (full + ".", told["message"]) if part)
        return told

    def work(self) -> list[Coroutine[Any, Any, None]]:
        """What runs for the life of the service."""
        return [self.archive.run()] if self.shipper is None else [self.archive.run(), self.shipper.run()]

    async def close(self) -> None:
        """After `work` has ended, before the spool is closed."""
        if self.shipper is not None:
            await asyncio.to_thread(self._thread.shutdown, wait=True)
        await self.archive.close()

    def _in_thread(self, work: Callable[[], _T]) -> asyncio.Future[_T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, work)
