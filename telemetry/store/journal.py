"""The durable way in: entries are gathered, committed together, and only then acknowledged.

Owns the one writer thread and the queue in front of it. `twin.service` gives it entries and learns, after each commit,
which are safe. Full (of what waits for the disk, or on the disk for a database) means refused (JournalFull), never
dropped: the sender keeps its report and tries again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from telemetry.store.base import Entry, Spool, StoreError, StoreUnavailable

log = logging.getLogger(__name__)
_T = TypeVar("_T")
Thing = TypeVar("Thing")


class JournalFull(StoreUnavailable):
    code = "journal_full"


@dataclass(frozen=True, slots=True)
class Bounds:
    """`linger_s`: how long a commit waits for company, unless `enough` wait already; `max_waiting`: entries in memory
    before new ones are refused."""

    linger_s: float = 0.015
    enough: int = 48
    max_batch: int = 4096
    max_waiting: int = 32_768


class Journal(Generic[Thing]):
    """Group commit over a Spool.

    Each entry travels with a `Thing`, its parsed form; `on_commit(pairs)` runs on the loop once they are on the disk
    and before their senders hear "ok". `full()`: why nothing more may come in just now, None: it may.
    """

    def __init__(
        self,
        store: Spool,
        on_commit: Callable[[Sequence[tuple[Entry, Thing]]], None],
        bounds: Bounds | None = None,
        full: Callable[[], str | None] | None = None,
    ) -> None:
        self._store = store
        self._on_commit = on_commit
        self._bounds = bounds or Bounds()
        self._full = full
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._waiting: list[tuple[Entry, Thing, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._company = asyncio.Event()  # enough wait, or nobody else will come
        self._stopping = False
        self.seq = 0  # the spool's number of the last batch that was committed
        self.committed = 0
        self.commits = 0
        self.failed = 0
        self.refused = 0  # because it was full on the disk
        self.commit_s = 0.0

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def put(self, entry: Entry, thing: Thing) -> asyncio.Future[None]:
        """A future that is done when `entry` is on the disk. Raises StoreUnavailable at once: no room, or stopping."""
        if self._stopping:
            raise StoreUnavailable("the server is stopping; keep the report and try again")
        if len(self._waiting) >= self._bounds.max_waiting:
            raise JournalFull(f"{len(self._waiting)} reports wait for the disk; keep yours and try again")
        if self._full is not None and (why := self._full()):
            self.refused += 1
            raise JournalFull(why)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, thing, done))
        self._wake.set()
        if len(self._waiting) >= self._bounds.enough:
            self._company.set()
        return done

    async def run(self) -> None:
        """Commit until stopped; everything accepted is committed before this returns."""
        try:
            while True:
                # The timeout only bounds the wait; the event decides.
                while not self._waiting:
                    if self._stopping:
                        return
                    self._wake.clear()
                    try:
                        await asyncio.wait_for(self._wake.wait(), 1.0)
                    except TimeoutError:
                        continue
                await self._linger()
                await self._commit()
        finally:
            # Whatever ended it: nobody must wait for a writer that is gone.
            self._stopping = True
            left = [done for _, _, done in self._waiting]
            self._waiting.clear()
            _settle(left, StoreUnavailable("the writer has stopped; keep the report and try again"))
            self._thread.shutdown(wait=True)

    async def call(self, work: Callable[[], _T]) -> _T:
        """Run a store call in the writer thread (saving a document, reading at start)."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def stop(self) -> None:
        """Refuse new entries; `run` commits what waits and returns."""
        self._stopping = True
        self._wake.set()
        self._company.set()

    async def _linger(self) -> None:
        """Let a commit fill up: one costs the same for one report and for a hundred."""
        if len(self._waiting) >= self._bounds.enough or self._stopping:
            return
        self._company.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._bounds.linger_s):
                await self._company.wait()

    async def _commit(self) -> None:
        taken = self._waiting[: self._bounds.max_batch]
        del self._waiting[: len(taken)]
        entries = [entry for entry, _, _ in taken]
        futures = [done for _, _, done in taken]
        started = time.perf_counter()
        try:
            self.seq = await self.call(lambda: self._store.append(entries))
        except StoreError as error:
            self.failed += len(entries)
            log.error("commit failed: %s", error.message, extra={"code": error.code, "reports": len(entries)})
            _settle(futures, error)
            return
        except BaseException:
            _settle(futures, StoreUnavailable("the writer was interrupted before the report was on disk"))
            raise
        self.commit_s += time.perf_counter() - started
        self.committed += len(entries)
        self.commits += 1
        try:
            self._on_commit([(entry, thing) for entry, thing, _ in taken])
        finally:
            _settle(futures, None)


def _settle(futures: Sequence[asyncio.Future[None]], error: StoreError | None) -> None:
    for done in futures:
        if done.done():  # the sender gave up waiting
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
