"""One node over time, and groups of nodes over time: buckets of rows and of minutes that are left of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from telemetry.store import minutes
from telemetry.store.directory import GROUP, Meta
from telemetry.store.history import History
from telemetry.store.hot import joined
from telemetry.store.minutes import F64, MINUTE_MS, Minutes
from telemetry.store.rows import F32, I64, METRICS, Aggregate, Rows, Series

_CACHED = 4096  # windows of one grouping: four weeks


def node(history: History, key: str, start_ms: int, end_ms: int, points: int) -> Series:
    """See contract.Store."""
    number = history.directory.number.get(key)
    if number is None or end_ms <= start_ms:
        return _series(minutes.none(), start_ms, 1)
    width = -(-(end_ms - start_ms) // max(1, points))
    raw_ms = history.horizons.raw_ms
    hot = history.hot.rows()
    parts = [_at_its_time(_of_node(hot, number, max(start_ms, raw_ms), end_ms))]
    index = history.directory.rows
    span = index.of_group(number // GROUP)
    near = (index.column("mask")[span] >> (number % GROUP) & 1).astype(bool)
    near &= (index.column("seen_least")[span] < end_ms) & (index.column("seen_most")[span] >= max(start_ms, raw_ms))
    found = [
        _of_node(rows, number, max(start_ms, raw_ms), end_ms)
        for rows in history.rows_where(history.directory.metas(index, np.flatnonzero(near) + span.start))
    ]
    parts.append(_at_its_time(joined(found)))
    if start_ms < raw_ms:
        first, last = max(start_ms, history.horizons.all_ms), min(end_ms, raw_ms)
        old = minutes.of_rows(_of_node(hot, number, history.horizons.all_ms, raw_ms))
        stretch = [old, *(_minutes(history, meta) for meta in _windows(history, first, last))]
        parts += [part.take((part.node == number) & (part.t_ms >= first) & (part.t_ms < last)) for part in stretch]
    return _series(minutes.joined(parts), start_ms, width)


def aggregate(
    history: History, groups: Mapping[str, Sequence[str]], start_ms: int, end_ms: int, step_ms: int
) -> Aggregate:
    """See contract.Store."""
    if step_ms < MINUTE_MS or step_ms % MINUTE_MS:
        raise ValueError(f"the step is {step_ms} ms; it must be a whole number of minutes")
    start_ms = start_ms // MINUTE_MS * MINUTE_MS
    end_ms = -(-end_ms // MINUTE_MS) * MINUTE_MS
    t_ms = np.arange(start_ms, max(start_ms, end_ms), step_ms, dtype=np.int64)
    members = _members(history, groups)
    low = max(start_ms, history.horizons.all_ms)
    cached = _cache(history, members)
    parts = [_by_group(_hot_minutes(history), members)]
    for meta in _windows(history, low, end_ms):
        if meta.id not in cached:
            cached[meta.id] = _by_group(_minutes(history, meta), members)
        parts.append(cached[meta.id])
    found = minutes.joined([part.take((part.t_ms >= low) & (part.t_ms < end_ms)) for part in parts])
    cell = found.node * len(t_ms) + (found.t_ms - start_ms) // step_ms
    shape = (len(groups), len(t_ms))
    added = _added(found, cell, len(groups) * len(t_ms))
    count, valid, least, most, total = added
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (total / valid).astype(np.float32)
    four = (len(METRICS), *shape)
    return Aggregate(
        tuple(groups), t_ms, count.reshape(shape), least.reshape(four), mean.reshape(four), most.reshape(four)
    )


def _series(found: Minutes, start_ms: int, width: int) -> Series:
    bucket = (found.t_ms - start_ms) // width
    numbers, cell = np.unique(bucket, return_inverse=True)
    count, valid, least, most, total = _added(found, cell, len(numbers))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (total / valid).astype(np.float32)
    return Series(start_ms + numbers * width, count, least, mean, most)


def _added(found: Minutes, cell: I64, cells: int) -> tuple[I64, I64, F32, F32, F64]:
    """Minutes added up by cell."""
    count = np.bincount(cell, found.count, cells).astype(np.int64)
    valid = np.array([np.bincount(cell, each, cells) for each in found.valid]).astype(np.int64)
    total = np.array([np.bincount(cell, each, cells) for each in found.total])
    least = np.full((len(METRICS), cells), np.nan, np.float32)
    most = least.copy()
    for metric in range(len(METRICS)):
        np.fmin.at(least[metric], cell, found.least[metric])
        np.fmax.at(most[metric], cell, found.most[metric])
    return count, valid, least, most, total


def _of_node(rows: Rows, number: int, start_ms: int, end_ms: int) -> Rows:
    return rows.take((rows.node == number) & (rows.seen_ms >= start_ms) & (rows.seen_ms < end_ms))


def _at_its_time(rows: Rows) -> Minutes:
    """Rows as minutes of their own, each at its very time."""
    known = ~np.isnan(rows.metrics)
    total = np.where(known, rows.metrics, 0).astype(np.float64)
    ones = np.ones(len(rows), np.int64)
    node = rows.node.astype(np.int64)
    return Minutes(node, rows.seen_ms, ones, known.astype(np.int64), rows.metrics, rows.metrics, total)


def _hot_minutes(history: History) -> Minutes:
    rows = history.hot.rows()
    return minutes.of_rows(rows)


def _windows(history: History, start_ms: int, end_ms: int) -> list[Meta]:
    """Chunks of minutes that have some of [start, end)."""
    index = history.directory.minutes
    near = (index.column("seen_least") < end_ms) & (index.column("seen_most") >= start_ms)
    return history.directory.metas(index, np.flatnonzero(near))


def _minutes(history: History, meta: Meta) -> Minutes:
    return history.directory.chunk_minutes(meta) or minutes.none()


Members = list[I64]  # node number -> group, -1 none; one array for each group that a node may be in at once


def _members(history: History, groups: Mapping[str, Sequence[str]]) -> Members:
    size = len(history.directory.keys)
    members: Members = []
    for group, keys in enumerate(groups.values()):
        for key in dict.fromkeys(keys):
            number = history.directory.number.get(key)
            if number is None:
                continue
            place = next((each for each in members if each[number] == -1), None)
            if place is None:
                place = np.full(size, -1, np.int64)
                members.append(place)
            place[number] = group
    return members


def _by_group(found: Minutes, members: Members) -> Minutes:
    """Minutes of nodes as minutes of groups."""
    parts = [minutes.none()]
    for member in members:
        group = member[found.node]
        inside = found.take(group >= 0)
        parts.append(
            Minutes(group[group >= 0], inside.t_ms, inside.count, inside.valid, inside.least, inside.most, inside.total)
        )
    return minutes.joined(parts)


def _cache(history: History, members: Members) -> dict[int, Minutes]:
    """Of the grouping that was asked for last: what a window gave. A chunk's id is never used again."""
    name = b"".join(each.tobytes() for each in members)
    if history.grouping != name or len(history.by_window) > _CACHED:
        history.grouping, history.by_window = name, {}
    return history.by_window
