"""Rows that are in no chunk yet: the batches behind the last compaction, parsed, with what came twice left out.

Owns which row of a batch counts: the first of its identity, in the order in which batches were kept. Used in the
history's thread only. Bodies stay on the disk: a row here is 60 bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from telemetry.store import batches
from telemetry.store.batches import Kept
from telemetry.store.chunks import Damaged
from telemetry.store.directory import Directory
from telemetry.store.rows import I64, UNKNOWN_MS, Rows, identity, no_rows

_SHIFT = 1 << 62


@dataclass(slots=True)
class HotBatch:
    """One batch. rows: all of it, by node number; counts: which rows are not there already."""

    seq: int
    first: int
    rows: Rows
    counts: np.ndarray[tuple[int], np.dtype[np.bool_]]
    late: np.ndarray[tuple[int], np.dtype[np.bool_]] | None  # None: its rows say themselves when they were shown
    shown_ms: int

    def counted(self) -> Rows:
        """The rows that count, with the time at which they were shown."""
        rows = self.rows
        if self.late is not None:
            rows = replace(rows, shown_ms=np.where(self.late, UNKNOWN_MS, np.int64(self.shown_ms)))
        return rows if self.counts.all() else rows.take(self.counts)


class Hot:
    """The batches after the directory's `seq`, as far as they were read."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self.batches: list[HotBatch] = []
        self.seq = directory.seq
        self.count = 0
        self._there: set[tuple[int, int]] = set()  # (node, identity)
        self._unshown: dict[int, HotBatch] = {}
        self._joined: Rows | None = None

    @property
    def least_unshown(self) -> int | None:
        """The first batch whose time on the screen may still be told."""
        return min(self._unshown, default=None)

    def add(self, kept: Kept, shown_ms: int, raw_from_ms: int) -> None:
        """The next batch. A damaged one is named in the directory's damage, and nothing of it counts."""
        self.seq = max(self.seq, kept.seq)
        if kept.kind == batches.EVENTS:
            return
        try:
            rows, _ = kept.rows(0, rest=False)
        except Damaged as error:
            self._directory.note(f"batch {kept.seq}", str(error), kept.t0_ms, kept.t0_ms)
            return
        late = rows.shown_ms == UNKNOWN_MS if kept.kind == batches.LINES else None
        rows = numbered(rows, self._directory)
        batch = HotBatch(kept.seq, kept.first, rows, self.fresh(rows, raw_from_ms, keep=True), late, shown_ms)
        if late is not None and shown_ms == UNKNOWN_MS:
            self._unshown[kept.seq] = batch
        self.batches.append(batch)
        self.count += len(rows)
        self._joined = None

    def fresh(self, rows: Rows, raw_from_ms: int, *, keep: bool) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which rows are not there already; `keep`: from now on they are.

        A row older than what is kept at full detail is not taken in; one that was taken in before it became so old
        still counts for its minute, and may come again.
        """
        directory, there = self._directory, self._there
        high = directory.high
        counts = np.ones(len(rows), bool)
        new: set[tuple[int, int]] = set()
        names = zip(rows.node.tolist(), identity(rows.seen_ms, rows.node_ms).tolist(), strict=True)
        old = (rows.seen_ms < raw_from_ms).tolist()
        for at, name in enumerate(names):
            node, wanted = name
            if old[at]:
                counts[at] = keep
            elif name in there or name in new or (wanted <= high[node] and directory.has(node, wanted, raw_from_ms)):
                counts[at] = False
            else:
                new.add(name)
        if keep:
            there |= new
        return counts

    def shown(self, seq: int, at_ms: int) -> None:
        """Viewers have been given this batch."""
        batch = self._unshown.pop(seq, None)
        if batch is not None:
            batch.shown_ms = at_ms
            self._joined = None

    def settle(self, up_to: int) -> None:
        """Nobody will tell any more when these were shown."""
        for seq in [seq for seq in self._unshown if seq <= up_to]:
            del self._unshown[seq]

    def drop(self, up_to: int) -> None:
        """Batches that are in chunks now."""
        self.batches = [batch for batch in self.batches if batch.seq > up_to]
        self.settle(up_to)
        self._recount()

    def forget_before(self, raw_from_ms: int) -> None:
        """Rows that retention took are not there any more: the same identity may come again."""
        self._recount(raw_from_ms)

    def rows(self) -> Rows:
        """All rows that count, by node number, in the order in which they came."""
        if self._joined is None:
            self._joined = joined([batch.counted() for batch in self.batches])
        return self._joined

    def _recount(self, raw_from_ms: int = -1) -> None:
        self._there = set()
        self.count = 0
        for batch in self.batches:
            rows = batch.rows.take(batch.counts & (batch.rows.seen_ms >= raw_from_ms))
            self._there.update(zip(rows.node.tolist(), identity(rows.seen_ms, rows.node_ms).tolist(), strict=True))
            self.count += len(batch.rows)
        self._joined = None


def numbered(rows: Rows, directory: Directory) -> Rows:
    """`node` as node numbers instead of an index into the rows' own keys."""
    numbers = np.fromiter(map(directory.number_of, rows.keys), np.int32, len(rows.keys))
    return replace(rows, keys=(), node=numbers[rows.node] if len(rows) else rows.node)


def joined(parts: Sequence[Rows]) -> Rows:
    """Rows of all parts (which share their node numbers), without rest."""
    if not parts:
        return no_rows()

    def column(name: str) -> I64:
        return np.concatenate([getattr(part, name) for part in parts])

    return Rows(
        (),
        np.concatenate([part.node for part in parts]),
        column("seen_ms"),
        column("received_ms"),
        column("node_ms"),
        column("shown_ms"),
        np.concatenate([part.metrics for part in parts], axis=1),
        (),
    )
