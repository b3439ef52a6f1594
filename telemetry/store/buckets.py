"""Minutes, and rows, added up into the buckets that a query asks for. Pure; the same sums whatever engine has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telemetry.store.minutes import F64, MINUTE_MS, Minutes, joined
from telemetry.store.rows import F32, I64, METRICS, Aggregate, Rows, Series


@dataclass(frozen=True, slots=True)
class Window:
    """Steps of whole minutes from start to end, both moved outwards to a whole minute."""

    start_ms: int
    end_ms: int
    step_ms: int

    @classmethod
    def of(cls, start_ms: int, end_ms: int, step_ms: int) -> Window:
        """Raises ValueError for a step that is not a whole number of minutes."""
        if step_ms < MINUTE_MS or step_ms % MINUTE_MS:
            raise ValueError(f"the step is {step_ms} ms; it must be a whole number of minutes")
        start_ms = start_ms // MINUTE_MS * MINUTE_MS
        return cls(start_ms, max(start_ms, -(-end_ms // MINUTE_MS) * MINUTE_MS), step_ms)

    @property
    def t_ms(self) -> I64:
        return np.arange(self.start_ms, self.end_ms, self.step_ms, dtype=np.int64)


def at_its_time(rows: Rows) -> Minutes:
    """Rows as pairs of their own, each at its very time."""
    known = ~np.isnan(rows.metrics)
    total = np.where(known, rows.metrics, 0).astype(np.float64)
    ones = np.ones(len(rows), np.int64)
    node = rows.node.astype(np.int64)
    return Minutes(node, rows.seen_ms, ones, known.astype(np.int64), rows.metrics, rows.metrics, total)


def width(start_ms: int, end_ms: int, points: int) -> int:
    """Of a bucket, so that there are at most `points`."""
    return max(1, -(-(end_ms - start_ms) // max(1, points)))


def series(parts: Sequence[Minutes], start_ms: int, width_ms: int) -> Series:
    """One node's pairs in buckets; a bucket without any is not there."""
    found = joined(parts)
    numbers, cell = np.unique((found.t_ms - start_ms) // width_ms, return_inverse=True)
    count, least, mean, most = _summed(found, cell, len(numbers))
    return Series(start_ms + numbers * width_ms, count, least, mean, most)


def grid(groups: tuple[str, ...], found: Minutes, window: Window) -> Aggregate:
    """Pairs whose `node` is a group's number, as groups over time. All must be inside the window."""
    t_ms = window.t_ms
    cell = found.node * len(t_ms) + (found.t_ms - window.start_ms) // window.step_ms
    count, least, mean, most = _summed(found, cell, len(groups) * len(t_ms))
    shape = (len(groups), len(t_ms))
    four = (len(METRICS), *shape)
    return Aggregate(groups, t_ms, count.reshape(shape), least.reshape(four), mean.reshape(four), most.reshape(four))


def by_group(found: Minutes, members: Sequence[tuple[int, int]]) -> Minutes:
    """Pairs of nodes as pairs of groups. members: (group, node), a node in as many groups as it likes."""
    pairs = np.array(members, np.int64).reshape(-1, 2)
    order = np.argsort(pairs[:, 1], kind="stable")
    group, node = pairs[order, 0], pairs[order, 1]
    first, last = np.searchsorted(node, found.node, "left"), np.searchsorted(node, found.node, "right")
    times = last - first
    which = np.repeat(np.arange(len(found)), times)
    place = np.repeat(first, times) + np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)
    many = found.take(which)
    return Minutes(group[place], many.t_ms, many.count, many.valid, many.least, many.most, many.total)


def _summed(found: Minutes, cell: NDArray[np.int64], cells: int) -> tuple[I64, F32, F32, F32]:
    count = np.bincount(cell, found.count, cells).astype(np.int64)
    valid = np.array([np.bincount(cell, each, cells) for each in found.valid]).reshape(len(METRICS), cells)
    total: F64 = np.array([np.bincount(cell, each, cells) for each in found.total]).reshape(len(METRICS), cells)
    least = np.full((len(METRICS), cells), np.nan, np.float32)
    most = least.copy()
    for metric in range(len(METRICS)):
        np.fmin.at(least[metric], cell, found.least[metric])
        np.fmax.at(most[metric], cell, found.most[metric])
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (total / valid).astype(np.float32)
    return count, least, mean, most
