"""A Spool in memory, for the contract test and the simulation. It outlives its server, as a disk does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from telemetry.store.base import Entry, StoreUnavailable
from telemetry.store.parse import rows_of
from telemetry.store.rows import Batch, Event


class MemorySpool:
    """See telemetry/store/base.py. `away`: every write fails and keeps nothing."""

    def __init__(self) -> None:
        self.kept: list[Entry] = []
        self.documents: dict[str, bytes] = {}
        self.away = False
        self.shown: dict[int, int] = {}
        self.events: list[Event] = []
        self._latest: dict[str, Entry] = {}
        self._batches: list[tuple[int, tuple[Entry, ...]]] = []
        self._seq = 0

    @property
    def source(self) -> str:
        return "memory"

    def append(self, entries: Sequence[Entry]) -> int:
        self._check()
        if not entries:
            return self._seq
        self.kept.extend(entries)
        for entry in entries:
            known = self._latest.get(entry.key)
            if known is None or entry.supersedes(known):
                self._latest[entry.key] = entry
        self._seq += 1
        self._batches.append((self._seq, tuple(entries)))
        return self._seq

    def pending(self, after_seq: int, limit: int) -> Sequence[Batch]:
        found = [batch for batch in self._batches if batch[0] > after_seq][:limit]
        return [Batch(self.source, seq, rows_of(entries)) for seq, entries in found]

    def record(self, shown: Sequence[tuple[int, int]], events: Sequence[Event]) -> None:
        self._check()
        self.shown.update(shown)
        self.events.extend(events)

    def shipped(self, seq: int) -> None:
        self._batches = [batch for batch in self._batches if batch[0] > seq]

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
