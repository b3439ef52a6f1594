"""The embedded engine: the Store contract over the spool's own file, for a laptop. Owns the history's one thread: all
that reads or compacts runs there, a step at a time, so that a query never waits for a whole compaction.

`tend` is its housekeeping: the service runs it as a task. `land` is for rows of other sources; what this file's spool
has is history already.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from telemetry.store import batches, compact, newest, records, retain, series
from telemetry.store.base import StoreCorrupt, StoreError, StoreUnavailable
from telemetry.store.batches import Kept
from telemetry.store.chunks import Damaged
from telemetry.store.contract import (
    Command,
    DeadLetter,
    Extent,
    Keep,
    Landed,
    Page,
    Value,
    Warble,
)
from telemetry.store.history import History
from telemetry.store.hot import numbered
from telemetry.store.poison import check
from telemetry.store.rows import Aggregate, Batch, Fleet, Rows, Series
from telemetry.store.sqlite import SQLiteSpool
from telemetry.store.trim import trim

log = logging.getLogger(__name__)
_T = TypeVar("_T")

CALL_S = 30.0  # a call that takes longer is not coming back
LOOK_S = 5.0  # how often `tend` looks whether something is due
RETAIN_S = 600.0
MOST_PAUSE_S = 0.02
SWITCH_S = 0.0005


class EmbeddedStore:
    """See contract.Store. Over a spool that is open and stays its owner's, or over a file that `open` opens."""

    def __init__(self, over: SQLiteSpool | Path) -> None:
        self._over = over
        self._spool: SQLiteSpool | None = None
        self._history: History | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._busy = asyncio.Lock()  # one compaction or retention at a time

    @property
    def damage(self) -> Mapping[str, str]:
        """What could not be read so far: what it is, and what is wrong with which time."""
        return {} if self._history is None else dict(self._history.directory.damage)

    async def open(self) -> None:
        """Open the file if it is ours to open, read the directory, delete what an interrupted compaction left."""
        if self._history is not None:
            return
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="history")
        # A commit changes threads some times; at the usual 5 ms each it would wait for this one more than for the disk.
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_S))
        try:
            await self._run(self._open)
        except BaseException:
            await self.close()
            raise
        await self._steps(compact.clean)

    async def close(self) -> None:
        thread, spool = self._thread, self._spool
        self._thread = self._history = self._spool = None
        if thread is not None:
            thread.shutdown(wait=False, cancel_futures=True)
            # What is under way is let go on: it may hold the file.
            await asyncio.get_running_loop().run_in_executor(None, thread.shutdown)
        if spool is not None and spool is not self._over:
            spool.close()

    async def tend(self, now_ms: Callable[[], int], keep: Keep) -> None:
        """Compact and drop what is due, for ever. A full disk is waited out."""
        retained_s = -RETAIN_S
        while True:
            try:
                packed = False
                while await self.compact_due(now_ms()):
                    packed = True
                    await self.settle()
                if packed:
                    await self._run(trim)
                await self.settle()
                await self._ask(lambda history: history.file.tended())
                if time.monotonic() - retained_s >= RETAIN_S:
                    await self.retain(now_ms(), keep)
                    retained_s = time.monotonic()
            except StoreError as error:
                log.error("the history is not tended: %s", error.message, extra={"code": error.code})
            await asyncio.sleep(LOOK_S)

    async def compact_due(self, now_ms: int) -> bool:
        """Bring batches into chunks, if it is time. True: something was done."""

        def look(history: History) -> int:
            history.refresh()
            return compact.due(history, now_ms)

        up_to = await self._ask(look)
        if up_to:
            await self._steps(lambda history: compact.steps(history, up_to))
        return bool(up_to)

    async def settle(self) -> None:
        """Move what the file's WAL has into the file itself, so that no commit has to."""
        await self._ask(lambda history: history.file.settle())

    async def compact(self) -> None:
        """Bring all that is there now into chunks."""
        last = await self._ask(lambda history: history.spool.seq)
        while await self._ask(lambda history: history.directory.seq) < last:
            await self._steps(lambda history: compact.steps(history, last))

    async def land(self, batch: Batch) -> Landed:
        check(batch)
        while await self._ask(lambda history: history.behind):
            await self._steps(compact.steps)
        return await self._ask(lambda history: _land(history, batch))

    async def landed(self, source: str) -> int:
        return await self._ask(
            lambda history: (
                history.spool.seq
                if source == history.spool.source
                else history.file.write(lambda db: records.landed(db, source))
            )
        )

    async def bury(self, letter: DeadLetter) -> None:
        await self._ask(lambda history: history.file.write(lambda db: records.bury(db, letter)))

    async def buried(self, limit: int = 100) -> Sequence[DeadLetter]:
        return await self._ask(lambda history: history.file.write(lambda db: records.buried(db, limit)))

    async def latest(self) -> Rows:
        return await self._ask(newest.latest)

    async def fleet(self, at_ms: int) -> Fleet:
        return await self._ask(lambda history: newest.fleet(history, at_ms))

    async def node(self, key: str, start_ms: int, end_ms: int, points: int = 500) -> Series:
        return await self._ask(lambda history: series.node(history, key, start_ms, end_ms, points))

    async def rest(self, key: str, at_ms: int) -> tuple[int, bytes] | None:
        return await self._ask(lambda history: history.rest(key, at_ms))

    async def aggregate(
        self, groups: Mapping[str, Sequence[str]], start_ms: int, end_ms: int, step_ms: int
    ) -> Aggregate:
        return await self._ask(lambda history: series.aggregate(history, groups, start_ms, end_ms, step_ms))

    async def replay(self, start_ms: int, end_ms: int, limit: int = 50_000) -> Page:
        return await self._ask(lambda history: history.replay(start_ms, end_ms, limit))

    async def extent(self) -> Extent:
        return await self._ask(lambda history: history.extent())

    async def retain(self, now_ms: int, keep: Keep) -> None:
        await self._steps(lambda history: retain.steps(history, now_ms, keep))

    async def write_command(self, command: Command) -> None:
        await self._ask(lambda history: history.file.write(lambda db: records.write_command(db, command)))

    async def commands(self, before_ms: int, limit: int = 100) -> Sequence[Command]:
        return await self._ask(lambda history: history.file.write(lambda db: records.commands(db, before_ms, limit)))

    async def write_warble(self, warble: Warble) -> None:
        await self._ask(lambda history: history.file.write(lambda db: records.write_warble(db, warble)))

    async def warbles(self, before_ms: int, limit: int = 100) -> Sequence[Warble]:
        return await self._ask(lambda history: history.file.write(lambda db: records.warbles(db, before_ms, limit)))

    async def value(self, user: str, name: str) -> Value | None:
        return await self._ask(lambda history: history.file.write(lambda db: records.value(db, user, name)))

    async def values(self, user: str) -> Mapping[str, Value]:
        return await self._ask(lambda history: history.file.write(lambda db: records.values(db, user)))

    async def write_value(self, user: str, name: str, value: str, rev: int | None = None) -> Value:
        return await self._ask(
            lambda history: history.file.write(lambda db: records.write_value(db, user, name, value, rev))
        )

    # The history's thread.

    def _open(self) -> None:
        self._spool = self._over if isinstance(self._over, SQLiteSpool) else SQLiteSpool(self._over)
        self._spool.keeps_history = True
        self._history = History(self._spool.file, self._spool)

    async def _ask(self, question: Callable[[History], _T]) -> _T:
        """One question, over what is committed by now."""
        history = self._history
        if history is None:
            raise StoreUnavailable("the store is not open")

        def ask() -> _T:
            history.refresh()
            return question(history)

        return await self._run(ask)

    async def _steps(self, begin: Callable[[History], Generator[None, None, None]]) -> None:
        """A long work, a step at a time, with a pause after each as long as the step: others want the machine, too."""
        history = self._history
        if history is None:
            raise StoreUnavailable("the store is not open")
        async with self._busy:
            work = begin(history)
            try:
                while True:
                    began = time.perf_counter()
                    if not await self._run(lambda: _goes_on(work)):
                        return
                    await asyncio.sleep(min(MOST_PAUSE_S, time.perf_counter() - began))
            finally:
                # On the same thread, behind a step that is still under way when this was cancelled.
                if self._thread is not None:
                    self._thread.submit(work.close)

    async def _run(self, work: Callable[[], _T]) -> _T:
        if self._thread is None:
            raise StoreUnavailable("the store is not open")
        try:
            async with asyncio.timeout(CALL_S):
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except TimeoutError:
            raise StoreUnavailable(f"{self._name()}: no answer within {CALL_S:g} s; try again later") from None
        except Damaged as error:
            raise StoreCorrupt(f"{self._name()}: {error}; restore a copy, or move it away") from error

    def _name(self) -> str:
        return str(self._over if isinstance(self._over, Path) else self._over.file.path)


def _goes_on(work: Generator[None, None, None]) -> bool:
    """Do one more step; False: that was all."""
    for _ in work:
        return True
    return False


def _land(history: History, batch: Batch) -> Landed:
    """One commit: the ledger's line, the rows that are new, the events."""
    spool, file = history.spool, history.file
    if batch.source == spool.source and batch.seq <= spool.seq:
        return Landed(0, True)
    if file.write(lambda db: records.has_landed(db, batch.source, batch.seq)):
        return Landed(0, True)
    new = history.hot.fresh(numbered(batch.rows, history.directory), history.horizons.raw_ms, keep=False)
    rows = batch.rows.take(new)
    at_ms = int(batch.rows.received_ms.max(initial=max((event.at_ms for event in batch.events), default=0)))

    def also(db: sqlite3.Connection, seq: int) -> None:
        records.note_landed(db, batch.source, batch.seq, at_ms)
        batches.insert_events(db, seq, batch.events)

    if len(rows):
        spool.add(lambda seq: batches.of_rows(seq, rows), also)
    else:
        spool.add(lambda seq: Kept(seq, seq, at_ms, 0, batches.EVENTS, b""), also)
    return Landed(len(rows), False)
