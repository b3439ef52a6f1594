"""The engines that the contract tests run against: how to open one again, and how to take its disk away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from telemetry.store.base import Spool
from telemetry.store.contract import Store
from telemetry.store.embedded import EmbeddedStore
from telemetry.store.memory import MemoryStore
from telemetry.store.sqlite import SQLiteSpool
from tests.telemetry.store.memory import MemorySpool
from tests.telemetry.store.oracle_engine import OracleHistory


class Engine(Protocol):
    def open(self) -> Spool:
        """The store as a process that has just started finds it."""

    def full(self) -> object:
        """A context in which nothing can be written."""


class MemoryEngine:
    def __init__(self) -> None:
        self._store = MemorySpool()

    def open(self) -> Spool:
        return self._store

    @contextmanager
    def full(self) -> Iterator[None]:
        self._store.away = True
        try:
            yield
        finally:
            self._store.away = False


class SQLiteEngine:
    """`checkpoint_batches` 3, so that a short test sees checkpoints too."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store: SQLiteSpool | None = None

    def open(self) -> Spool:
        self.close()
        self._store = SQLiteSpool(self._path, checkpoint_batches=3)
        return self._store

    def close(self) -> None:
        if self._store is not None:
            self._store.close()

    @contextmanager
    def full(self) -> Iterator[None]:
        """SQLite's own limit: its writes fail with SQLITE_FULL, as they do on a full disk."""
        assert self._store is not None
        db = self._store.file._db
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")
        try:
            yield
        finally:
            db.execute("PRAGMA max_page_count = 1000000")


class StoreEngine(Protocol):
    """An engine of history (contract.Store) under test."""

    async def open(self) -> Store:
        """The store as a process that has just started finds it; what was open before is closed."""

    async def settle(self) -> None:
        """Do what the engine does in the background (chunks, partitions), now."""

    async def close(self) -> None:
        """Let go of it."""


class MemoryHistory:
    """It outlives its process, as a database does."""

    def __init__(self, folder: Path) -> None:
        self._store = MemoryStore()

    async def open(self) -> Store:
        return self._store

    async def settle(self) -> None:
        pass

    async def close(self) -> None:
        pass


class SQLiteHistory:
    def __init__(self, folder: Path) -> None:
        self._path = folder / "telemetry.sqlite3"
        self._store: EmbeddedStore | None = None

    async def open(self) -> Store:
        await self.close()
        self._store = EmbeddedStore(self._path)
        await self._store.open()
        return self._store

    async def settle(self) -> None:
        assert self._store is not None
        await self._store.compact()

    async def close(self) -> None:
        if self._store is not None:
            assert not self._store.damage
            await self._store.close()


#: Every engine that keeps the contract; a new one is one more line.
STORES: dict[str, Callable[[Path], StoreEngine]] = {
    "memory": MemoryHistory,
    "sqlite": SQLiteHistory,
    "oracle": OracleHistory,
}
