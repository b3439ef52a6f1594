"""What remains of rows by the minute: count, least, mean and most of each node. Owns how rows become minutes, how these
add up, and their packed form. Pure; compact.py makes them, queries add them up.

    minutes "TC" u8 version=1, u8 kind=3, u32 crc32, zstd of u32 n, run lengths, nodes, minutes, counts, and of each
            metric: count - valid, least, most (numbers), scale, total: whole numbers of that scale less valid * least,
            or float64 where there is no scale
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from telemetry.store import chunks
from telemetry.store.chunks import Damaged
from telemetry.store.columns import LEVEL, Reader, Writer, differences, scale_of
from telemetry.store.rows import F32, I64, METRICS, Rows

MINUTE_MS: Final = 60_000
F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Minutes:
    """n (node, minute) pairs, each once, in order. Arrays (n,) and (4, n); least and most are NaN where valid is 0."""

    node: I64  # of a node, or of whatever else they were grouped by
    t_ms: I64  # start of the minute
    count: I64
    valid: I64  # rows whose metric was known
    least: F32
    most: F32
    total: F64

    def __len__(self) -> int:
        return len(self.node)

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Minutes:
        return Minutes(
            self.node[which],
            self.t_ms[which],
            self.count[which],
            self.valid[:, which],
            self.least[:, which],
            self.most[:, which],
            self.total[:, which],
        )


def of_rows(rows: Rows) -> Minutes:
    """Rows by node and the minute of seen_ms."""
    known = ~np.isnan(rows.metrics)
    n = len(rows)
    one = Minutes(
        rows.node.astype(np.int64),
        rows.seen_ms // MINUTE_MS * MINUTE_MS,
        np.ones(n, np.int64),
        known.astype(np.int64),
        rows.metrics,
        rows.metrics,
        np.where(known, rows.metrics, 0).astype(np.float64),
    )
    return grouped(one)


def joined(parts: Sequence[Minutes]) -> Minutes:
    """All of them, the same pair added up."""
    if len(parts) == 1:
        return parts[0]
    return grouped(
        Minutes(
            np.concatenate([part.node for part in parts]),
            np.concatenate([part.t_ms for part in parts]),
            np.concatenate([part.count for part in parts]),
            np.concatenate([part.valid for part in parts], axis=1),
            np.concatenate([part.least for part in parts], axis=1),
            np.concatenate([part.most for part in parts], axis=1),
            np.concatenate([part.total for part in parts], axis=1),
        )
    )


def grouped(loose: Minutes) -> Minutes:
    """Pairs that come several times become one."""
    if not len(loose):
        return loose
    order = np.lexsort((loose.t_ms, loose.node))
    node, t_ms = loose.node[order], loose.t_ms[order]
    new = np.r_[True, (np.diff(node) != 0) | (np.diff(t_ms) != 0)]
    at = np.flatnonzero(new)
    return Minutes(
        node[at],
        t_ms[at],
        np.add.reduceat(loose.count[order], at),
        np.add.reduceat(loose.valid[:, order], at, axis=1),
        np.fmin.reduceat(loose.least[:, order], at, axis=1),
        np.fmax.reduceat(loose.most[:, order], at, axis=1),
        np.add.reduceat(loose.total[:, order], at, axis=1),
    )


def none() -> Minutes:
    times, four = np.empty(0, np.int64), np.empty((len(METRICS), 0), np.float32)
    return Minutes(times, times, times, four.astype(np.int64), four, four, four.astype(np.float64))


def pack(minutes: Minutes) -> bytes:
    out = Writer()
    starts = np.diff(minutes.node, prepend=-1) != 0
    runs = np.diff(np.flatnonzero(starts), append=len(minutes))
    out.integers(runs)
    out.integers(differences(minutes.node[starts]))
    out.integers(differences(minutes.t_ms // MINUTE_MS))
    out.integers(differences(minutes.count))
    for metric in range(len(METRICS)):
        valid, least, most = minutes.valid[metric], minutes.least[metric], minutes.most[metric]
        out.integers(minutes.count - valid)
        out.numbers(least, starts)
        out.numbers(most, starts)
        scale = scale_of(np.concatenate([least, most])[np.tile(valid > 0, 2)])
        out.integers(np.array([scale]))
        if scale:
            floor = np.round(np.nan_to_num(least).astype(np.float64) * scale) * valid
            out.integers((np.round(minutes.total[metric] * scale) - floor).astype(np.int64))
        else:
            out.raw(minutes.total[metric].tobytes())
    return chunks.seal(chunks.ROLLUP, struct.pack("<I", len(minutes)) + out.done(), LEVEL)


def unpack(data: bytes) -> Minutes:
    """Raises Damaged."""
    body = chunks.unseal(chunks.ROLLUP, data)
    try:
        return _read(int.from_bytes(body[:4], "little"), Reader(body[4:]))
    except (ValueError, IndexError, struct.error) as error:
        raise Damaged(str(error)) from error


def _read(n: int, source: Reader) -> Minutes:
    runs = source.integers()
    run = np.repeat(np.arange(len(runs)), runs)
    node = np.cumsum(source.integers())[run]
    t_ms = np.cumsum(source.integers()) * MINUTE_MS
    count = np.cumsum(source.integers())
    columns = []
    for _ in METRICS:
        valid = count - source.integers()
        least, most = source.numbers(run), source.numbers(run)
        scale = int(source.integers()[0])
        if scale:
            floor = np.round(np.nan_to_num(least).astype(np.float64) * scale) * valid
            total = (source.integers() + floor) / scale
        else:
            total = np.frombuffer(source.raw(), "<f8")
        columns.append((valid, least, most, total))
    valids, leasts, mosts, totals = zip(*columns, strict=True)
    if not len(node) == len(t_ms) == len(count) == n:
        raise Damaged("its columns differ in length")
    return Minutes(node, t_ms, count, np.array(valids), np.array(leasts), np.array(mosts), np.array(totals))
