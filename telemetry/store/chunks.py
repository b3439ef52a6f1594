"""A chunk: rows of some nodes as one compressed blob. Owns the layout, which columns it has and how each is foretold;
columns.py writes one column. Pure; the engines keep chunks and know what is in which.

    chunk   "TC" u8 version=1, u8 kind, u32 crc32 of all that follows, zstd of
              u32 n, keys (UTF-8, one a line), run lengths, columns in the order of `_write`
    rest    "TC" u8 version=1, u8 kind, u32 crc32 of all that follows, zstd of
              lengths of the rows' JSON, then the JSON of all rows, end to end

Rows are sorted by node and identity, so that a column changes little from one row to the next: `pack` sorts, and what
`unpack` gives is in that order. Exact: what comes back is what went in, bit by bit (any NaN as the usual one).
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

import numpy as np

from telemetry.store.columns import LEVEL, Bits, Reader, Writer, differences, leveled
from telemetry.store.press import compress, decompress
from telemetry.store.rows import I64, METRICS, UNKNOWN_MS, Rows, identity

ROWS: Final = 1
REST: Final = 2
ROLLUP: Final = 3
_HEAD = struct.Struct("<2sBBI")
_MAGIC, _VERSION = b"TC", 1
_REST_LEVEL = 14  # processes are most of the bytes and come back often: a tenth less than 12 gives, in 50 ms more


class Damaged(ValueError):
    """The bytes are not what was packed."""


def pack(rows: Rows, seq: I64 | None = None) -> bytes:
    """The rows without their rest. `seq`: one more column, the batch that each came in."""
    rows, order = in_order(rows)
    out = Writer()
    out.raw("\n".join(rows.keys).encode())
    starts = _starts(rows)
    out.integers(np.diff(np.flatnonzero(starts), append=len(rows)))
    out.integers(differences(rows.node[starts].astype(np.int64)))
    _write_time(out, rows.seen_ms, starts)
    out.integers(rows.received_ms - rows.seen_ms)
    for times, near in ((rows.node_ms, rows.seen_ms), (rows.shown_ms, rows.received_ms)):
        unknown = times == UNKNOWN_MS
        out.mask(unknown)
        _write_level(out, np.where(unknown, 0, times - near), starts)
    for values in rows.metrics:
        out.numbers(np.ascontiguousarray(values), starts)
    out.mask(np.full(1, seq is not None))
    if seq is not None:
        out.integers(differences(seq[order]))
    return seal(ROWS, struct.pack("<I", len(rows)) + out.done(), LEVEL)


def unpack(data: bytes) -> Rows:
    """The rows, with rest == (). Raises Damaged."""
    return unpack_with_seq(data)[0]


def unpack_with_seq(data: bytes) -> tuple[Rows, I64]:
    """The rows and the batch of each (empty where none was packed). Raises Damaged."""
    body = unseal(ROWS, data)
    try:
        return _read(int.from_bytes(body[:4], "little"), Reader(body[4:]))
    except (ValueError, IndexError, struct.error) as error:
        raise Damaged(str(error)) from error


def _read(n: int, source: Reader) -> tuple[Rows, I64]:
    keys = source.raw().decode()
    runs = source.integers()
    if n != runs.sum() or (len(runs) and runs.min() < 1):
        raise Damaged("its runs do not add up")
    starts = np.zeros(n, bool)
    starts[np.cumsum(runs) - runs] = True
    run = np.cumsum(starts) - 1  # of each row
    nodes = np.cumsum(source.integers())
    seen = _read_time(source, starts)
    received = source.integers() + seen
    times = []
    for near in (seen, received):
        unknown = source.mask(n)
        times.append(np.where(unknown, UNKNOWN_MS, _read_level(source, run) + near))
    metrics = np.array([source.numbers(run) for _ in METRICS], np.float32).reshape(len(METRICS), n)
    seq = np.cumsum(source.integers()) if source.mask(1)[0] else np.empty(0, np.int64)
    node = nodes[run].astype(np.int32)
    return Rows(tuple(keys.split("\n")) if keys else (), node, seen, received, times[0], times[1], metrics, ()), seq


def pack_rest(rows: Rows) -> bytes:
    """What else the rows said, in the order of `pack`."""
    rows, _ = in_order(rows)
    out = Writer()
    out.integers(np.fromiter(map(len, rows.rest), np.int64, len(rows.rest)))
    return seal(REST, out.done() + b"".join(rows.rest), _REST_LEVEL)


def unpack_rest(data: bytes) -> tuple[bytes, ...]:
    """The JSON of each row, in the order of `unpack`. Raises Damaged."""
    body = unseal(REST, data)
    try:
        source = Reader(body)
        ends = np.cumsum(source.integers()).tolist()
        text = source.left()
    except (ValueError, struct.error) as error:
        raise Damaged(str(error)) from error
    if len(text) != (ends[-1] if ends else 0):
        raise Damaged("its lengths do not add up")
    return tuple(text[begin:end] for begin, end in zip([0, *ends], ends, strict=False))


def in_order(rows: Rows) -> tuple[Rows, np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """By node, then identity; equal ones stay in their order."""
    order = np.lexsort((identity(rows.seen_ms, rows.node_ms), rows.node))
    return rows.take(order), order


def seal(kind: int, body: bytes, level: int) -> bytes:
    """Compressed, with a head that says what it is and whether it is whole."""
    packed = compress(body, level)
    return _HEAD.pack(_MAGIC, _VERSION, kind, zlib.crc32(packed, kind)) + packed


def unseal(kind: int, data: bytes) -> bytes:
    """What was sealed. Raises Damaged."""
    if len(data) < _HEAD.size:
        raise Damaged(f"it has {len(data)} bytes")
    magic, version, kept, crc = _HEAD.unpack_from(data)
    packed = data[_HEAD.size :]
    if (magic, version, kept) != (_MAGIC, _VERSION, kind):
        raise Damaged("its first bytes are wrong")
    if zlib.crc32(packed, kind) != crc:
        raise Damaged("its checksum is wrong")
    try:
        return decompress(packed)
    except ValueError as error:
        raise Damaged(str(error)) from error


def _starts(rows: Rows) -> Bits:
    """Where a node's rows begin."""
    starts: Bits = np.diff(rows.node, prepend=np.int32(-1)) != 0
    return starts


def _write_time(out: Writer, times: I64, starts: Bits) -> None:
    """Nodes report at a steady pace: the steps, less the usual step."""
    steps = differences(times)
    inside = steps[~starts]
    usual = int(np.median(inside)) if len(inside) else 0
    steps[~starts] -= usual
    out.integers(np.array([usual]))
    out.integers(steps)


def _read_time(source: Reader, starts: Bits) -> I64:
    usual = source.integers()
    steps = source.integers()
    steps[~starts] += usual
    return np.cumsum(steps)


def _write_level(out: Writer, values: I64, starts: Bits) -> None:
    """Values around a level of each run (a node's clock is wrong by much the same all the time)."""
    levels, around = leveled(values, starts)
    out.integers(levels)
    out.integers(around)


def _read_level(source: Reader, run: np.ndarray[tuple[int], np.dtype[np.intp]]) -> I64:
    return source.integers()[run] + source.integers()
