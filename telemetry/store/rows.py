"""What is kept of reports, as columns: one array a field, a row a report. Owns the types that every engine takes and
gives, nothing else: chunks.py packs them, the engines keep them. Server only (numpy); an agent never imports this.

Times are server milliseconds since 1970. A number that is unknown is NaN, a time that is unknown is -1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F32 = NDArray[np.float32]

#: The order of the first axis of `metrics`, everywhere.
METRICS: Final = ("cpu_pct", "mem_pct", "disk_pct", "temp_c")
UNKNOWN_MS: Final = -1
HOUR_MS: Final = 3_600_000
MOST_HOURS: Final = 2**13  # then they begin anew: a year is 8766
_HOURS_FROM_BIT: Final = 49  # twice the year 9999 in ms is below 2**49
#: What an Event can tell. Its value is JSON: a status name, [r, g, b], {"ip", "switch_ip", "port"}, an epoch's number.
EVENT_KINDS: Final = ("status", "light", "identity", "epoch")
#: Those of which a Fleet has the last word on every node, so that it outlives retention.
LASTING: Final = ("status", "light", "identity")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """n reports. `node` (n,) indexes `keys`; `metrics` (4, n) in the order of METRICS; `rest` n JSON objects."""

    keys: tuple[str, ...]  # a node's name: its mac, or its place while the mac is unknown; each once
    node: I32
    seen_ms: I64  # when the values were true, by the server's clock
    received_ms: I64  # when the server took the report
    node_ms: I64  # when they were true by the node's own clock, -1 unknown
    shown_ms: I64  # time of the first live frame that had them, -1: none did (late, or the server was ended before)
    metrics: F32
    rest: tuple[bytes, ...]  # all else that the report said: processes, data, totals, unknown keys; () when not asked

    def __len__(self) -> int:
        return len(self.node)

    def take(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> Rows:
        """Some of the rows, by index or mask; all keys stay."""
        picked = np.flatnonzero(which) if which.dtype == np.bool_ else which
        return Rows(
            self.keys,
            self.node[picked],
            self.seen_ms[picked],
            self.received_ms[picked],
            self.node_ms[picked],
            self.shown_ms[picked],
            self.metrics[:, picked],
            tuple(self.rest[index] for index in picked.tolist()) if self.rest else (),
        )


def identity(seen_ms: I64, node_ms: I64) -> I64:
    """What tells a node's rows apart: the time by its own clock and by how many hours that is wrong, or the server's
    time when it has none. Twice the time, one more for the latter, so that the two never meet.

    Hours: a clock that is set back by a day says all of yesterday's times again, and each is another report. Whole
    ones, because the same report sent twice is not seen at the same millisecond twice. A right clock has 0 of them.
    """
    hours = (seen_ms - node_ms + HOUR_MS // 2) // HOUR_MS % MOST_HOURS
    return np.where(node_ms >= 0, 2 * node_ms + (hours << _HOURS_FROM_BIT), 2 * seen_ms + 1)


def no_rows() -> Rows:
    """Nothing."""
    times = np.empty(0, np.int64)
    return Rows((), np.empty(0, np.int32), times, times, times, times, np.empty((len(METRICS), 0), np.float32), ())


@dataclass(frozen=True, slots=True)
class Event:
    """A change of what viewers saw that no report made; at_ms is the time of the frame that showed it."""

    at_ms: int
    key: str  # of the node; "" where the kind is epoch
    kind: str
    value: str


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What lands at once. (source, seq) is its name: landing it again changes nothing. seq counts up from 1."""

    source: str  # the journal it comes from: one data directory
    seq: int
    rows: Rows
    events: tuple[Event, ...] = ()
    packed: tuple[bytes, bytes] | None = None  # the rows and their rest as chunks, where somebody packed them before


@dataclass(frozen=True, slots=True, eq=False)
class Fleet:
    """Every node at one moment: the newest row of each that was shown by then. Age is at_ms - seen_ms."""

    at_ms: int
    rows: Rows
    #: By node key; absent: never told.
    status: dict[str, str] = field(default_factory=dict)
    light: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    #: The JSON as told; of key "": the server's epoch.
    identity: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One node over time in m buckets. Arrays (m,) and (4, m); a bucket without rows is not there."""

    t_ms: I64  # start of each bucket
    count: I64
    least: F32
    mean: F32
    most: F32


@dataclass(frozen=True, slots=True, eq=False)
class Aggregate:
    """Groups over time. Arrays (groups, steps) and (4, groups, steps); NaN and count 0 where nothing is known."""

    groups: tuple[str, ...]
    t_ms: I64
    count: I64
    least: F32
    mean: F32
    most: F32
