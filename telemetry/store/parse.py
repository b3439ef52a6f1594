"""From spooled entries to columns. Owns what of a report becomes a column and what stays `rest`.

A report was parsed before it was spooled, so what cannot be read any more is NaN here and kept in `rest`: never lost,
never in the way of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from telemetry import fields
from telemetry.errors import ReportError
from telemetry.store.base import Entry
from telemetry.store.rows import METRICS, UNKNOWN_MS, Rows

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
#: The report's key of each metric, in the order of METRICS, and how its value is read.
_READ: tuple[tuple[str, Callable[[object, str], float]], ...] = (
    ("CPU", fields.percent),
    ("MemoryPercentage", fields.percent),
    ("DiskPercentage", fields.percent),
    ("CPUTemperature", fields.temperature),
)
_CLOCK = "sampledAt"
NAN = float("nan")


def rows_of(entries: Sequence[Entry], *, rest: bool = True) -> Rows:
    """The entries as rows, in their order; shown_ms is unknown. Without `rest` it is half the work."""
    index: dict[str, int] = {}
    node = np.fromiter((index.setdefault(entry.key, len(index)) for entry in entries), np.int32, len(entries))
    values = np.empty((len(entries), len(METRICS)), np.float32)
    clock = np.full(len(entries), UNKNOWN_MS, np.int64)
    others: list[bytes] = []
    for at, entry in enumerate(entries):
        body = _object(entry.body)
        values[at], clock[at] = _columns(body)
        if rest:
            others.append(_rest(body, entry))
    seen = np.fromiter((entry.seen_ms for entry in entries), np.int64, len(entries))
    received = np.fromiter((entry.received_ms for entry in entries), np.int64, len(entries))
    shown = np.full(len(entries), UNKNOWN_MS, np.int64)
    return Rows(tuple(index), node, seen, received, clock, shown, np.ascontiguousarray(values.T), tuple(others))


def _object(body: bytes) -> dict[str, Any]:
    """{} for what is no JSON object: an old file may hold anything."""
    try:
        value = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _columns(body: dict[str, Any]) -> tuple[list[float], int]:
    values = []
    for key, read in _READ:
        try:
            values.append(read(body.get(key), key))
        except ReportError:
            values.append(NAN)
    try:
        return values, fields.whole(body.get(_CLOCK), _CLOCK, fields.MAX_MS)
    except ReportError:
        return values, UNKNOWN_MS


def _rest(body: dict[str, Any], entry: Entry) -> bytes:
    """All that is not a column. A value that could not be read as a number stays, as it was sent."""
    left = {key: value for key, value in body.items() if not _is_column(key, value)}
    if left.get("mac") == entry.key:
        del left["mac"]
    return _encode(left)


def _is_column(key: str, value: object) -> bool:
    if key == _CLOCK:
        try:
            return fields.whole(value, key, fields.MAX_MS) >= 0
        except ReportError:
            return False
    for name, read in _READ:
        if name == key:
            try:
                number = read(value, key)
            except ReportError:
                return False
            return number == number  # text without a number ("no sensor") says more than NaN
    return False
