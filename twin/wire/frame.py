"""The binary frame: every changed node's values in columns, in about eight bytes a node.

The same bytes live, in replay, in tests and in the page (web/src/frame.ts decodes them; tests/golden/frames.json holds
bytes that both must read). Little-endian, no padding:

     0  2  magic "TF"
     2  1  version = 1
     3  1  kind: 0 snapshot, 1 delta, 2 replay; + 0x80: rows are u32 instead of u16
     4  4  epoch  u32   one life of the live state; rows mean nothing across epochs
     8  4  seq    u32   the state after this frame
    12  4  base   u32   a delta holds all that changed after frame `base`; 0 in a snapshot
    16  8  time   u64   server ms since 1970 when the frame was closed
    24  4  count  u32   rows in this frame
    28  2  columns u16  bitmap; an absent column keeps its old values
    30  .  row    u16 | u32  x count
        .  then the columns of the bitmap in bit order, `count` long each:
           0 cpu  1 memory  2 disk  3 temperature   u8, steps of 0.5 % or 0.5 C; 255 = unknown
           4 status u8    5 light 3 x u8 (r, g, b a node)    6 age u16, steps of 0.1 s; 65535 = older, or never

A replay (core/replay.py) is a snapshot when base is 0, else a delta; its time is that of the past.
A reader applies a delta when base <= have < seq; drops it when seq <= have; asks to resume when base > have. Values are
absolute, so a delta that overlaps what the reader has does no harm. Quantisation lives here only: the store keeps what
was sent.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag

import numpy as np
from numpy.typing import NDArray

from twin.core.changes import Changes, Rows
from twin.core.columns import F32, U8, Columns
from twin.core.errors import BadInput

HEADER = struct.Struct("<2sBBIIIQIH")
MAGIC = b"TF"
VERSION = 1
WIDE_ROWS = 0x80
MISSING = 255
STEP = 0.5  # % and degrees C a step
AGE_STEP_MS = 100
AGE_MISSING = 65535


class Kind(IntEnum):
    SNAPSHOT = 0
    DELTA = 1
    REPLAY = 2


class Column(IntFlag):
    """Bits of the columns bitmap. Never renumber: readers in the field know them."""

    CPU = 1 << 0
    MEMORY = 1 << 1
    DISK = 1 << 2
    TEMPERATURE = 1 << 3
    STATUS = 1 << 4
    LIGHT = 1 << 5
    AGE = 1 << 6


METRICS = Column.CPU | Column.MEMORY | Column.DISK | Column.TEMPERATURE
ALL = METRICS | Column.STATUS | Column.LIGHT | Column.AGE
METRIC_ARRAYS = {
    Column.CPU: "cpu_pct",
    Column.MEMORY: "mem_pct",
    Column.DISK: "disk_pct",
    Column.TEMPERATURE: "temp_c",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded frame. `metrics[column]` f32 (count,) with NaN for unknown; None where a column is absent."""

    kind: Kind
    epoch: int
    seq: int
    base: int
    time_ms: int
    rows: Rows
    metrics: dict[Column, F32]
    status: U8 | None
    light_rgb: U8 | None
    age_ms: NDArray[np.int64] | None


def quantise(values: F32) -> U8:
    """Half steps in a byte, rounded half to even; NaN -> 255, out of range -> the nearest end."""
    missing = np.isnan(values)
    steps = np.clip(np.rint(np.where(missing, 0, values) / STEP), 0, MISSING - 1).astype(np.uint8)
    steps[missing] = MISSING
    return steps


def quantise_age(age_ms: NDArray[np.int64]) -> NDArray[np.uint16]:
    return np.clip(age_ms // AGE_STEP_MS, 0, AGE_MISSING).astype("<u2")


def columns_since(changes: Changes, rows: Rows, base: int, wanted: Column) -> Column:
    """The columns a delta from `base` needs: a group nobody changed is left out of the frame."""
    if not rows.size:
        return Column(0)
    needed = wanted
    if not (changes.values[rows] > base).any():
        needed &= ~(METRICS | Column.AGE)
    if not (changes.status[rows] > base).any():
        needed &= ~Column.STATUS
    if not (changes.light[rows] > base).any():
        needed &= ~Column.LIGHT
    return needed


def encode(
    kind: Kind, epoch: int, seq: int, base: int, time_ms: int, rows: Rows, columns: Columns, wanted: Column
) -> bytes:
    """The frame's bytes for `rows` (ascending row numbers) of `columns`."""
    wide = bool(rows.size) and int(rows[-1]) > 0xFFFF
    flags = int(kind) | (WIDE_ROWS if wide else 0)
    parts = [HEADER.pack(MAGIC, VERSION, flags, epoch, seq, base, time_ms, rows.size, int(wanted))]
    parts.append(rows.astype("<u4" if wide else "<u2").tobytes())
    for column, name in METRIC_ARRAYS.items():
        if column in wanted:
            parts.append(quantise(getattr(columns, name)[rows]).tobytes())
    if Column.STATUS in wanted:
        parts.append(columns.status[rows].tobytes())
    if Column.LIGHT in wanted:
        parts.append(columns.light_rgb[rows].tobytes())
    if Column.AGE in wanted:
        parts.append(quantise_age(time_ms - columns.received_ms[rows]).tobytes())
    return b"".join(parts)


def decode(data: bytes) -> Frame:
    """Read a frame. Raises BadInput that says which part is wrong; never reads past `data`."""
    if len(data) < HEADER.size:
        raise BadInput(f"frame of {len(data)} bytes is shorter than its header of {HEADER.size}", field="header")
    magic, version, flags, epoch, seq, base, time_ms, count, bits = HEADER.unpack_from(data)
    if magic != MAGIC or version != VERSION:
        raise BadInput(f"not a frame of version {VERSION}: begins {magic!r} version {version}", field="header")
    if flags & ~WIDE_ROWS not in Kind._value2member_map_ or bits & ~int(ALL):
        raise BadInput(f"unknown frame kind {flags} or columns {bits:#x}", field="header")
    reader = _Reader(data, HEADER.size, count)
    rows = reader.take("<u4" if flags & WIDE_ROWS else "<u2").astype(np.int64)
    wanted = Column(bits)
    metrics = {column: _values(reader.take("u1")) for column in METRIC_ARRAYS if column in wanted}
    status = reader.take("u1") if Column.STATUS in wanted else None
    light = reader.take("u1", 3).reshape(-1, 3) if Column.LIGHT in wanted else None
    age = reader.take("<u2").astype(np.int64) * AGE_STEP_MS if Column.AGE in wanted else None
    reader.end()
    return Frame(Kind(flags & ~WIDE_ROWS), epoch, seq, base, time_ms, rows, metrics, status, light, age)


def _values(steps: U8) -> F32:
    values = (steps * np.float32(STEP)).astype(np.float32)
    values[steps == MISSING] = np.nan
    return values


class _Reader:
    def __init__(self, data: bytes, at: int, count: int) -> None:
        self._data, self._at, self._count = data, at, count

    def take(self, dtype: str, width: int = 1) -> NDArray[np.uint8]:
        length = self._count * width
        size = length * np.dtype(dtype).itemsize
        if self._at + size > len(self._data):
            raise BadInput(f"frame ends at byte {len(self._data)}, a column needs {self._at + size}", field="columns")
        column = np.frombuffer(self._data, dtype, length, self._at)
        self._at += size
        return column

    def end(self) -> None:
        if self._at != len(self._data):
            raise BadInput(f"{len(self._data) - self._at} bytes follow the last column", field="columns")
