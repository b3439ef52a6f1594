"""What viewers saw goes to the spool once a second, so that the past can be shown as it was. Called by twin.service.

Owns when that happens and up to when it is done (`recorded_ms`); core/recorder.py knows what was seen. A disk that does
not take it costs detail of the replay, nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from telemetry.report import Report
from telemetry.store.base import StoreError
from telemetry.store.journal import Journal
from telemetry.store.sqlite import SQLiteSpool
from twin.core.recorder import Recorder

log = logging.getLogger(__name__)

RECORD_S = 1.0  # how much of what viewers saw may be missing after a crash


class Recording:
    """`done()` is called after every round, whatever came of it."""

    def __init__(self, recorder: Recorder, spool: SQLiteSpool, journal: Journal[Report]) -> None:
        self._recorder = recorder
        self._spool = spool
        self._journal = journal
        self.recorded_ms = -1  # the spool knows what viewers saw up to here

    async def run(self, done: Callable[[], None]) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(RECORD_S)
            await self._record()
            done()

    async def _record(self) -> None:
        seen_ms = self._recorder.watched_ms
        shown, told = self._recorder.take()
        try:
            if shown or told:
                await self._journal.call(lambda: self._spool.record(shown, told))
        except asyncio.CancelledError:
            self._recorder.failed()  # or it is under way: told twice, it is still the same
            raise
        except StoreError as error:
            self._failed(error)
        else:
            self._kept(seen_ms)

    def now(self) -> None:
        """The same at start and stop, when no writer is at work."""
        seen_ms = self._recorder.watched_ms
        shown, told = self._recorder.take()
        try:
            self._spool.record(shown, told)
        except StoreError as error:
            self._failed(error)
        else:
            self._kept(seen_ms)

    def _kept(self, seen_ms: int) -> None:
        self._recorder.kept()
        self.recorded_ms = seen_ms

    def _failed(self, error: StoreError) -> None:
        self._recorder.failed()
        log.warning("what viewers saw is not recorded yet: %s", error.message, extra={"code": error.code})
