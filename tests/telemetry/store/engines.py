"""The engines that the contract test runs against: how to open one again, and how to take its disk away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from telemetry.store.base import Store
from telemetry.store.sqlite import SQLiteStore
from tests.telemetry.store.memory import MemoryStore


class Engine(Protocol):
    def open(self) -> Store:
        """The store as a process that has just started finds it."""

    def full(self) -> object:
        """A context in which nothing can be written."""


class MemoryEngine:
    def __init__(self) -> None:
        self._store = MemoryStore()

    def open(self) -> Store:
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
        self._store: SQLiteStore | None = None

    def open(self) -> Store:
        self.close()
        self._store = SQLiteStore(self._path, checkpoint_batches=3)
        return self._store

    def close(self) -> None:
        if self._store is not None:
            self._store.close()

    @contextmanager
    def full(self) -> Iterator[None]:
        """SQLite's own limit: its writes fail with SQLITE_FULL, as they do on a full disk."""
        assert self._store is not None
        db = self._store._db
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")
        try:
            yield
        finally:
            db.execute("PRAGMA max_page_count = 1000000")
