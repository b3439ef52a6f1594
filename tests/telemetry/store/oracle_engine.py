"""The Oracle engine under test: the store, the real driver, and the listener of tests/oracle behind it."""

from __future__ import annotations

from pathlib import Path

from telemetry.store.contract import Store
from telemetry.store.oracle import OracleStore
from telemetry.store.oracle_pool import OracleSettings
from tests.oracle.listener import PASSWORD, USER, Listener
from tests.oracle.model import Model

_FAR_MS = 10**14


class OracleHistory:
    """The database outlives the store. `hot_ms` 0: everything that is over may become chunks when a test says so."""

    def __init__(self, folder: Path) -> None:
        self.model = Model()
        self.model.install()
        self.listener = Listener(self.model)
        self._store: OracleStore | None = None

    def settings(self) -> OracleSettings:
        return OracleSettings(self.listener.dsn, USER, PASSWORD)

    async def open(self) -> Store:
        if self._store is not None:
            await self._store.close()
        self._store = OracleStore(self.settings(), hot_ms=0)
        await self._store.open()
        return self._store

    async def settle(self) -> None:
        assert self._store is not None
        await self._store.compact(_FAR_MS)

    async def close(self) -> None:
        if self._store is not None:
            await self._store.close()
        self.listener.close()
        assert not self.listener.troubles, self.listener.troubles[0]
        assert not self.model.unknown, self.model.unknown
