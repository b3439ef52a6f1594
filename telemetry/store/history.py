"""The history in the embedded file, synchronous: chunks and what is behind them, as one. Owns the questions of the
contract that are about rows; embedded.py asks them in its one thread, between the steps of a compaction.

    fleet, latest   newest.py     node, aggregate   series.py     replay, rest, extent   here
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from telemetry.store import batches
from telemetry.store.base import StoreCorrupt
from telemetry.store.batches import Kept
from telemetry.store.chunks import Damaged
from telemetry.store.contract import Extent, Page
from telemetry.store.directory import GROUP, Directory, Meta
from telemetry.store.documents import load_document
from telemetry.store.file import File
from telemetry.store.horizons import Horizons
from telemetry.store.hot import Hot, joined
from telemetry.store.minutes import Minutes
from telemetry.store.rows import UNKNOWN_MS, Event, Rows, identity
from telemetry.store.sqlite import SQLiteSpool

MOST_HOT = 400_000  # rows in memory; what is behind waits for the compaction
_STEP = 64  # batches a look
_AT_ONCE = 64  # chunks read together


class History:
    """What the file has. Call `refresh` before a question."""

    def __init__(self, file: File, spool: SQLiteSpool | None = None) -> None:
        """`spool`: of the same file; without it the history is only looked at."""
        self.file = file
        self._spool = spool
        self.directory = Directory(file)
        try:
            self.directory.load()
            self.horizons = Horizons.read(self.file.read(lambda db: load_document(db, "horizons")))
        except (Damaged, ValueError, TypeError) as error:
            raise StoreCorrupt(f"{self.file.path}: {error}; restore a copy, or move it away") from error
        self.hot = Hot(self.directory)
        self.behind = False  # more batches wait than fit into memory
        self.grouping = b""  # the groups that series.aggregate was asked for last, and what each window gave
        self.by_window: dict[int, Minutes] = {}

    @property
    def spool(self) -> SQLiteSpool:
        assert self._spool is not None, "this history is only looked at"
        return self._spool

    def refresh(self) -> None:
        """Take in what was kept and shown since the last time."""
        while self._take_in():
            pass

    def rows_where(self, metas: list[Meta]) -> Iterator[Rows]:
        """The rows of chunks that can be read, at full detail."""
        for at, meta in enumerate(metas):
            if at % _AT_ONCE == 0:
                self.directory.fetch(metas[at : at + _AT_ONCE])
            rows = self.directory.chunk(meta)
            if rows is not None:
                yield self.detailed(rows, meta.seen_least)

    def detailed(self, rows: Rows, least_ms: int | None = None) -> Rows:
        """Without what retention took."""
        raw_ms = self.horizons.raw_ms
        if least_ms is not None and least_ms >= raw_ms:
            return rows
        inside = rows.seen_ms >= raw_ms
        return rows if inside.all() else rows.take(inside)

    def hot_rows(self) -> Rows:
        return self.detailed(self.hot.rows())

    def with_keys(self, rows: Rows) -> Rows:
        """Rows as the contract gives them: node indexes the keys."""
        numbers, node = np.unique(rows.node, return_inverse=True)
        keys = tuple(self.directory.keys[number] for number in numbers.tolist())
        return replace(rows, keys=keys, node=node.astype(np.int32))

    def rest(self, key: str, at_ms: int) -> tuple[int, bytes] | None:
        """See contract.Store."""
        number = self.directory.number.get(key)
        if number is None:
            return None
        index = self.directory.rows
        span = index.of_group(number // GROUP)
        holds = (index.column("mask")[span] >> (number % GROUP) & 1).astype(bool)
        near = np.flatnonzero(holds & (index.column("seen_least")[span] <= at_ms)) + span.start
        best: tuple[tuple[int, int, int], Meta | None, int] | None = None
        for meta in reversed(self.directory.metas(index, near)):
            if best is not None and meta.seen_most < best[0][0]:
                break
            rows = self.directory.chunk(meta)
            if rows is not None:
                found = _newest(rows, (rows.node == number) & (rows.seen_ms <= at_ms), self.horizons.raw_ms)
                if found and (best is None or found[0] > best[0]):
                    best = (found[0], meta, found[1])
        hot = self.hot.rows()
        found = _newest(hot, (hot.node == number) & (hot.seen_ms <= at_ms), self.horizons.raw_ms)
        if found and (best is None or found[0] > best[0]):
            best = (found[0], None, found[1])
        if best is None or best[0][0] < self.horizons.rest_ms:
            return None
        order, place, at = best
        others = self._hot_rest(key, order) if place is None else self.directory.rest(place)
        said = b"" if others is None else others[at if place is not None else 0]
        return (order[0], said) if said else None

    def replay(self, start_ms: int, end_ms: int, limit: int) -> Page:
        """See contract.Store."""
        limit = max(1, limit)
        index = self.directory.rows
        near = (index.column("shown_least") < end_ms) & (index.column("shown_most") >= start_ms)
        metas = sorted(self.directory.metas(index, np.flatnonzero(near)), key=lambda meta: meta.shown_least)
        parts = [_shown_in(self.hot_rows(), start_ms, end_ms)]
        until_ms = end_ms
        count = len(parts[0])
        for meta in metas:
            if meta.shown_least >= until_ms:
                break
            for rows in self.rows_where([meta]):
                parts.append(_shown_in(rows, start_ms, until_ms))
                count += len(parts[-1])
            if count > limit:
                until_ms = min(until_ms, _cut(np.concatenate([part.shown_ms for part in parts]), limit, end_ms))
                parts = [_shown_in(joined(parts), start_ms, until_ms)]
                count = len(parts[0])
        rows = joined(parts)
        until_ms = min(until_ms, _cut(rows.shown_ms, limit, end_ms))
        rows = self.with_keys(_shown_in(rows, start_ms, until_ms))
        order = np.lexsort(
            (
                np.array(rows.keys or ("",))[rows.node] if len(rows) else rows.node,
                rows.received_ms,
                rows.seen_ms,
                rows.shown_ms,
            )
        )
        return Page(rows.take(order), self.events(start_ms, until_ms), until_ms)

    def events(self, start_ms: int, end_ms: int) -> tuple[Event, ...]:
        """Events with start <= at_ms < end, oldest first; a damaged one is named and left out."""

        def read(db: sqlite3.Connection) -> list[Event]:
            rows = db.execute(
                "SELECT id, at_ms, key, kind, value, crc FROM event WHERE at_ms >= ? AND at_ms < ? ORDER BY at_ms, id",
                (max(start_ms, self.horizons.all_ms), end_ms),
            )
            found = []
            for row in rows:
                try:
                    found.append(batches.event_of(row))
                except Damaged as error:
                    self.directory.note(f"event {row[0]}", str(error), start_ms, end_ms)
            return found

        return tuple(self.file.read(read))

    def extent(self) -> Extent:
        """See contract.Store."""
        index, raw_ms = self.directory.rows, self.horizons.raw_ms
        whole = np.flatnonzero(index.column("seen_least") >= raw_ms)
        cut = np.flatnonzero((index.column("seen_least") < raw_ms) & (index.column("seen_most") >= raw_ms))
        parts = [self.hot_rows(), *self.rows_where(self.directory.metas(index, cut))]
        nodes = {int(node) for part in parts for node in np.unique(part.node)}
        for grp, mask in zip(index.column("grp")[whole].tolist(), index.column("mask")[whole].tolist(), strict=True):
            nodes.update(grp * GROUP + bit for bit in range(GROUP) if mask >> bit & 1)
        seen = np.concatenate(
            [index.column("seen_least")[whole], index.column("seen_most")[whole], *(part.seen_ms for part in parts)]
        )
        rows = int(index.column("count")[whole].sum()) + sum(map(len, parts))
        first, last = (int(seen.min()), int(seen.max())) if len(seen) else (UNKNOWN_MS, UNKNOWN_MS)
        return Extent(first, last, rows, len(nodes), self.file.size_bytes)

    def _take_in(self) -> bool:
        """One stretch of new batches; True while there are more that fit."""
        hot, damaged = self.hot, list[int]()
        full = hot.count >= MOST_HOT

        def look(db: sqlite3.Connection) -> tuple[list[Kept], dict[int, int]]:
            found = [] if full else batches.select(db, hot.seq, limit=_STEP, damaged=damaged)
            least = hot.seq + 1 if hot.least_unshown is None else hot.least_unshown
            return found, batches.shown_of(db, least - 1) if found or least <= hot.seq else {}

        found, shown = self.file.read(look)
        for seq, at_ms in shown.items():
            hot.shown(seq, at_ms)
        for seq in damaged:
            self.directory.note(f"batch {seq}", "its checksum is wrong", -1, -1)
            hot.seq = max(hot.seq, seq)
        for kept in found:
            hot.add(kept, shown.get(kept.seq, UNKNOWN_MS), self.horizons.raw_ms)
        hot.settle(self._spool.former_seq if self._spool else hot.seq)
        self.behind = full
        return len(found) + len(damaged) == _STEP

    def _hot_rest(self, key: str, name: tuple[int, int, int]) -> tuple[bytes, ...] | None:
        """What else the hot row of this (seen_ms, received_ms, identity) said."""
        number = self.directory.number[key]
        for batch in self.hot.batches:
            rows = batch.rows
            same = batch.counts & (rows.node == number) & (rows.seen_ms == name[0]) & (rows.received_ms == name[1])
            same &= identity(rows.seen_ms, rows.node_ms) == name[2]
            if same.any():
                kept = self.file.read(lambda db, seq=batch.seq: batches.select(db, seq - 1, seq))  # type: ignore[misc]  # mypy cannot infer a lambda's default
                full, _ = kept[0].rows(UNKNOWN_MS, rest=True)
                return full.take(same).rest or None
        return None


def _newest(rows: Rows, which: NDArray[np.bool_], raw_ms: int) -> tuple[tuple[int, int, int], int] | None:
    """The newest of some rows: what it is ordered by, and where it is."""
    at = np.flatnonzero(which & (rows.seen_ms >= raw_ms))
    if not len(at):
        return None
    name = identity(rows.seen_ms[at], rows.node_ms[at])
    best = np.lexsort((name, rows.received_ms[at], rows.seen_ms[at]))[-1]
    where = int(at[best])
    return (int(rows.seen_ms[where]), int(rows.received_ms[where]), int(name[best])), where


def _shown_in(rows: Rows, start_ms: int, end_ms: int) -> Rows:
    return rows.take((rows.shown_ms >= max(0, start_ms)) & (rows.shown_ms < end_ms))


def _cut(shown_ms: NDArray[np.int64], limit: int, end_ms: int) -> int:
    """Where a page of `limit` rows ends: never between rows that were shown together."""
    if len(shown_ms) <= limit:
        return end_ms
    ordered = np.sort(shown_ms)
    cut = int(ordered[limit])
    if cut > ordered[0]:
        return cut
    later = ordered[ordered > cut]
    return int(later[0]) if len(later) else end_ms
