"""A Store in memory, for the contract test and the simulation. It outlives its server, as a disk does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from telemetry.store.base import Entry, StoreUnavailable


class MemoryStore:
    """See telemetry/store/base.py. `away`: every write fails and keeps nothing."""

    def __init__(self) -> None:
        self.kept: list[Entry] = []
        self.documents: dict[str, bytes] = {}
        self.away = False
        self._latest: dict[str, Entry] = {}

    def append(self, entries: Sequence[Entry]) -> None:
        self._check()
        self.kept.extend(entries)
        for entry in entries:
            known = self._latest.get(entry.key)
            if known is None or entry.supersedes(known):
                self._latest[entry.key] = entry

    def latest(self) -> Iterable[Entry]:
        return sorted(self._latest.values(), key=lambda entry: entry.seen_ms)

    def forget(self) -> None:
        self._check()
        self._latest.clear()

    def save(self, name: str, body: bytes) -> None:
        self._check()
        self.documents[name] = body

    def load(self, name: str) -> bytes | None:
        return self.documents.get(name)

    def close(self) -> None:
        pass

    def _check(self) -> None:
        if self.away:
            raise StoreUnavailable("memory: the disk is away")
