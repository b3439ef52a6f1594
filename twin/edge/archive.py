"""The history's store for the life of the service: opened when it can be, tended, closed. Owns which engine it is and
whether it can be asked; what is asked is edge/history_api.py's and edge/player.py's. Called by twin.service.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from telemetry.store.base import StoreError, StoreUnavailable
from telemetry.store.contract import Extent, Keep, Store
from telemetry.store.embedded import EmbeddedStore
from telemetry.store.oracle import OracleStore
from telemetry.store.oracle_pool import OracleSettings
from telemetry.store.sqlite import SQLiteSpool
from twin.edge.clock import Clock
from twin.settings import Settings

log = logging.getLogger(__name__)

TRY_AGAIN_S = (1.0, 2.0, 5.0, 10.0, 30.0)  # after the first failures, then always the last
RETAIN_S = 3600.0
EXTENT_S = 5.0  # how long an answer about the extent is good enough
DAY_MS = 24 * 3_600_000


class Archive:
    """`engine`: sqlite (the spool's own file) or oracle."""

    def __init__(self, store: Store, engine: str, keep: Keep, clock: Clock) -> None:
        self.engine = engine
        self.keep = keep
        self._store = store
        self._clock = clock
        self._why: str | None = "the history is not open yet; try again in a moment"
        self._extent: Extent | None = None
        self._extent_s = 0.0

    @property
    def is_open(self) -> bool:
        return self._why is None

    @property
    def store(self) -> Store:
        """Raises StoreUnavailable while it cannot be asked."""
        if self._why is not None:
            raise StoreUnavailable(self._why)
        return self._store

    @property
    def why(self) -> str | None:
        """Why it cannot be asked; None: it can."""
        return self._why

    async def extent(self) -> Extent:
        """What is there, as of some seconds ago. Raises StoreError."""
        now_s = asyncio.get_running_loop().time()
        if self._extent is None or now_s - self._extent_s > EXTENT_S:
            self._extent = await self.store.extent()
            self._extent_s = now_s
        return self._extent

    async def run(self) -> None:
        """Open it, again and again if need be; then tend it for ever."""
        failures = 0
        while self._why is not None:
            try:
                await self._store.open()
                self._why = None
            except StoreError as error:
                self._why = f"the history cannot be opened: {error.message}"
                log.error("%s", self._why, extra={"code": error.code})
                await asyncio.sleep(TRY_AGAIN_S[min(failures, len(TRY_AGAIN_S) - 1)])
                failures += 1
        if isinstance(self._store, EmbeddedStore):
            await self._store.tend(self._clock.now_ms, self.keep)
        while True:
            try:
                await self._store.retain(self._clock.now_ms(), self.keep)
            except StoreError as error:
                log.error("old history is not dropped: %s", error.message, extra={"code": error.code})
            await asyncio.sleep(RETAIN_S)

    async def close(self) -> None:
        self._why = "the server is stopping"
        with contextlib.suppress(StoreError):
            await self._store.close()


def archive_of(settings: Settings, spool: SQLiteSpool, clock: Clock) -> Archive:
    """The archive that the settings ask for."""
    days = (settings.history_days, settings.history_rest_days, settings.history_all_days)
    raw_ms, rest_ms, all_ms = (int(each * DAY_MS) for each in days)
    keep = Keep(raw_ms, min(rest_ms, raw_ms), max(all_ms, raw_ms))
    if settings.store == "sqlite":
        spool.keeps_history = True  # before the first checkpoint, which would drop what is older than the spool keeps
        return Archive(EmbeddedStore(spool), "sqlite", keep, clock)
    oracle = OracleSettings(
        settings.oracle_dsn,
        settings.oracle_user,
        settings.oracle_password,
        settings.oracle_wallet_dir,
        settings.oracle_wallet_password,
    )
    return Archive(OracleStore(oracle), "oracle", keep, clock)
