"""Number columns in few bytes: residuals, zigzag, byte planes. Owns the layout of one column; chunks.py and rollup.py
say which columns there are and compress all of them together.

    integers   u8 width, u32 n, then `width` planes of n bytes: the lowest byte of every zigzag'ed number, then the next
    numbers    u16 scale: 0 raw, else value * scale is whole; mask of unknown (see `mask`); u32 length and zstd of raw
               float32 planes, or of integers: levels of the runs (none: differences to the row before), residuals
    mask       u8: 0 none set, 1 all set, 2 then ceil(n / 8) bytes, first row in the highest bit

Numbers little-endian. A float32 comes back bit by bit; a NaN comes back as the usual NaN.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telemetry.store.press import NUMBERS, compress, decompress
from telemetry.store.rows import F32, I64

_HEAD = struct.Struct("<BI")
SCALES = (1, 2, 10, 100, 1000)  # 2: a sensor of half degrees, in a fifth of the steps
_LIMIT = 2**31  # scaled values beyond are kept raw
LEVEL = NUMBERS
_WORTH = 8  # rows of a run that pay for its level
Bits = NDArray[np.bool_]
_TYPES: tuple[tuple[Any, Any], ...] = (
    (np.uint8, np.int8),
    (np.uint16, np.int16),
    (np.uint32, np.int32),
    (np.uint64, np.int64),
)
_KINDS = {width: next(kind for kind in _TYPES if kind[0](0).itemsize >= width) for width in range(1, 9)}

#: What a folded byte stands for: 0, -1, 1, -2 ...
_UNFOLDED: I64 = np.arange(256, dtype=np.int64) >> 1 ^ -(np.arange(256, dtype=np.int64) & 1)


class Writer:
    """Columns one after another."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def raw(self, data: bytes) -> None:
        self._parts += (struct.pack("<I", len(data)), data)

    def integers(self, values: I64) -> None:
        folded = ((values << 1) ^ (values >> 63)).view(np.uint64)
        width = max(1, (int(folded.max(initial=0)).bit_length() + 7) // 8)
        planes = folded.view(np.uint8).reshape(-1, 8)[:, :width].T
        self._parts += (_HEAD.pack(width, len(values)), planes.tobytes())

    def mask(self, bits: Bits) -> None:
        if not bits.any():
            self._parts.append(b"\0")
        elif bits.all():
            self._parts.append(b"\1")
        else:
            self._parts += (b"\2", np.packbits(bits).tobytes())

    def numbers(self, values: F32, starts: Bits) -> None:
        """Float32 as whole numbers of some scale: around the level of their run, or as steps, whichever is less.

        Compressed on their own: the bytes of one metric are alike, and unlike those of another.
        """
        unknown = np.isnan(values)
        known = values[~unknown]
        scale = scale_of(known)
        self._parts.append(struct.pack("<H", scale))
        self.mask(unknown)
        if not scale:
            planes = np.ascontiguousarray(known.view(np.uint8).reshape(-1, 4).T).tobytes()
            return self.raw(compress(planes, LEVEL))
        # An unknown value repeats the one before it, which costs nothing.
        whole = np.zeros(len(values), np.int64)
        whole[~unknown] = np.round(known.astype(np.float64) * scale).astype(np.int64)
        whole = filled(whole, ~unknown)
        levels, around = leveled(whole, starts)
        steps = differences(whole)
        inner = Writer()
        inner.integers(levels if _bits(around) < _bits(steps) else levels[:0])
        inner.integers(around if _bits(around) < _bits(steps) else steps)
        return self.raw(compress(inner.done(), LEVEL))

    def done(self) -> bytes:
        return b"".join(self._parts)


class Reader:
    """The same columns, in the same order. Raises ValueError where the bytes end too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) != size:
            raise ValueError("it ends too early")
        self._at += size
        return taken

    def raw(self) -> bytes:
        return self._take(int.from_bytes(self._take(4), "little"))

    def left(self) -> bytes:
        """All that nobody has read."""
        return self._take(len(self._data) - self._at)

    def integers(self) -> I64:
        width, n = _HEAD.unpack(self._take(_HEAD.size))
        planes = np.frombuffer(self._take(width * n), np.uint8).reshape(width, n)
        if width == 1:  # of most columns
            found: I64 = _UNFOLDED.take(planes[0])
            return found
        unsigned, signed = _KINDS[width]
        folded = planes[0].astype(unsigned)
        for number in range(1, width):
            folded |= planes[number].astype(unsigned) << unsigned(8 * number)
        whole: I64 = ((folded >> unsigned(1)).view(signed) ^ -(folded & unsigned(1)).view(signed)).astype(np.int64)
        return whole

    def mask(self, n: int) -> Bits:
        kind = self._take(1)
        if kind != b"\2":
            return np.full(n, kind == b"\1")
        return np.unpackbits(np.frombuffer(self._take((n + 7) // 8), np.uint8), count=n).astype(bool)

    def numbers(self, run: NDArray[np.intp]) -> F32:
        """`run`: of each row the number of its run."""
        n = len(run)
        (scale,) = struct.unpack("<H", self._take(2))
        unknown = self.mask(n)
        inner = decompress(self.raw())
        if not scale:
            planes = np.frombuffer(inner, np.uint8).reshape(4, n - int(np.count_nonzero(unknown)))
            raw = np.full(n, np.nan, np.float32)
            raw[~unknown] = np.ascontiguousarray(planes.T).view("<f4")[:, 0]
            return raw
        source = Reader(inner)
        levels, rest = source.integers(), source.integers()
        whole = rest + levels[run] if len(levels) else np.cumsum(rest)
        values: F32 = (whole / scale).astype(np.float32)
        if unknown.any():
            values[unknown] = np.nan
        return values


def scale_of(values: NDArray[Any]) -> int:
    """The least scale that makes all of them whole and gives them back exactly; 0: none does."""
    if len(values) and not float(np.abs(values).max()) * SCALES[-1] < _LIMIT:  # also infinite
        return 0
    for scale in SCALES:
        whole = np.round(values.astype(np.float64) * scale) + 0.0  # as a whole number -0.0 has no sign
        back = (whole / scale).astype(np.float32)
        if np.array_equal(back.view(np.uint32), values.astype(np.float32).view(np.uint32)):
            return scale
    return 0


def leveled(values: I64, starts: Bits) -> tuple[I64, I64]:
    """The level of each run, and each value's distance from it. No levels where runs are too short to be worth one."""
    at = np.flatnonzero(starts)
    runs = np.diff(at, append=len(values))
    if len(values) < _WORTH * len(at) or not len(at):
        return np.zeros(len(at), np.int64), values
    levels = np.round(np.add.reduceat(values, at) / runs).astype(np.int64)
    return levels, values - np.repeat(levels, runs)


def _bits(values: I64) -> float:
    """About how many bits they take, for comparing."""
    return float(np.log2(1.0 + np.abs(values)).sum())


def differences(values: I64) -> I64:
    """Each minus the one before."""
    return np.diff(values, prepend=np.int64(0))


def filled(values: I64, known: Bits) -> I64:
    """Unknown ones replaced by the known one before them."""
    if known.all():
        return values
    last = np.maximum.accumulate(np.where(known, np.arange(len(values)), 0))
    return np.where(known[last], values[last], 0)
