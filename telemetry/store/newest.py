"""The newest row of every node, now or at a moment of the past: what is shown when somebody winds the cluster back.

Goes from the newest chunks to older ones, a round for all groups at once, and stops where nothing older can win; a node
that has been silent for a month costs one chunk, not a month of them.
"""

from __future__ import annotations

import json
import sqlite3

import numpy as np

from telemetry.store import batches
from telemetry.store.chunks import Damaged
from telemetry.store.directory import GROUP
from telemetry.store.history import History
from telemetry.store.hot import joined
from telemetry.store.rows import I64, Event, Fleet, Rows, identity

_LONG_AGO = -(2**62)
_BITS = np.arange(GROUP, dtype=np.int64)


def latest(history: History) -> Rows:
    """See contract.Store."""
    rows = _newest(history, None)
    order = np.lexsort((identity(rows.seen_ms, rows.node_ms), rows.received_ms, rows.seen_ms))
    return history.with_keys(rows.take(order))


def fleet(history: History, at_ms: int) -> Fleet:
    """See contract.Store."""
    rows = history.with_keys(_newest(history, at_ms))
    status: dict[str, str] = {}
    light: dict[str, tuple[int, int, int]] = {}
    who: dict[str, str] = {}
    for event in _last_events(history, at_ms):
        value = json.loads(event.value)
        if event.kind == "identity":
            who[event.key] = event.value
        elif event.kind == "status":
            status[event.key] = str(value)
        else:
            red, green, blue = value
            light[event.key] = (int(red), int(green), int(blue))
    return Fleet(at_ms, rows, status, light, who)


def _newest(history: History, at_ms: int | None) -> Rows:
    """The newest row of each node; of those shown by `at_ms`, when given."""
    index = history.directory.rows
    usable = index.column("seen_most") >= history.horizons.raw_ms
    if at_ms is not None:
        usable &= index.column("shown_least") <= at_ms
    mask, most = index.column("mask"), index.column("seen_most")
    spans = []  # of each group, the chunks left: oldest first
    for grp in np.unique(index.column("grp")[usable]).tolist():
        span = index.of_group(grp)
        spans.append((grp, np.flatnonzero(usable[span]) + span.start))
    best = _best_of(_eligible(history.hot_rows(), at_ms))
    while spans:
        seen = np.full(len(history.directory.keys) + GROUP, _LONG_AGO, np.int64)
        seen[best.node] = best.seen_ms
        wanted, left = [], []
        for grp, at in spans:
            at = _left(at, seen[grp * GROUP : grp * GROUP + GROUP], mask, most)
            if len(at):
                wanted.append(at[-1])
                left.append((grp, at[:-1]))
        parts = [_best_of(_eligible(rows, at_ms)) for rows in _chunks(history, wanted)]
        best = _best_of(joined([best, *parts]))
        spans = left
    return best


def _chunks(history: History, wanted: list[np.intp]) -> list[Rows]:
    metas = history.directory.metas(history.directory.rows, np.array(wanted, np.intp))
    return list(history.rows_where(metas))


def _left(
    at: np.ndarray[tuple[int], np.dtype[np.intp]], seen: I64, mask: I64, most: I64
) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Of a group's chunks (oldest first) those up to the newest that could still change the newest row of a node."""
    oldest = int(seen.min())
    if oldest > _LONG_AGO:
        at = at[int(np.searchsorted(most[at], oldest)) :]
    could = ((mask[at][:, None] >> _BITS & 1).astype(bool) & (most[at][:, None] >= seen)).any(axis=1)
    return at[could]


def _eligible(rows: Rows, at_ms: int | None) -> Rows:
    if at_ms is None:
        return rows
    return rows.take((rows.shown_ms >= 0) & (rows.shown_ms <= at_ms))


def _best_of(rows: Rows) -> Rows:
    """The greatest (seen_ms, received_ms, identity) of each node, by node."""
    if not len(rows):
        return rows
    # Only the rows with a node's greatest seen_ms are worth sorting: most often one.
    greatest = np.full(int(rows.node.max()) + 1, _LONG_AGO, np.int64)
    np.maximum.at(greatest, rows.node, rows.seen_ms)
    few = rows.take(rows.seen_ms == greatest[rows.node])
    order = np.lexsort((identity(few.seen_ms, few.node_ms), few.received_ms, few.node))
    last = np.diff(few.node[order], append=np.int32(-1)) != 0
    return few.take(order[last])


def _last_events(history: History, at_ms: int) -> list[Event]:
    """The last status, light and identity of every node by then."""

    def read(db: sqlite3.Connection) -> list[Event]:
        rows = db.execute(
            "WITH RECURSIVE one (kind, key) AS ("
            "  SELECT kind, min(key) FROM event WHERE kind IN ('status', 'light', 'identity') GROUP BY kind"
            "  UNION ALL SELECT kind, (SELECT min(key) FROM event e WHERE e.kind = one.kind AND e.key > one.key)"
            "  FROM one WHERE key IS NOT NULL)"
            " SELECT id, at_ms, key, kind, value, crc FROM event WHERE id IN ("
            "  SELECT (SELECT id FROM event e WHERE e.kind = one.kind AND e.key = one.key AND e.at_ms <= ?"
            "  ORDER BY e.at_ms DESC, e.id DESC LIMIT 1) FROM one WHERE key IS NOT NULL)",
            (at_ms,),
        )
        found = []
        for row in rows:
            try:
                found.append(batches.event_of(row))
            except Damaged as error:
                history.directory.note(f"event {row[0]}", str(error), at_ms, at_ms)
        return found

    return history.file.read(read)
