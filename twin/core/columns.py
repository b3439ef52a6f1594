"""The live values of every node: one numpy array a field, a row a node.

Owns storage and growth, nothing else: who is a row is nodes.py, what changed is changes.py. Units are in the names;
missing is NaN. Written by live.py only; wire/frame.py reads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]

# Index = what goes over the wire. Never reorder: add at the end.
STATUSES = ("unknown", "online", "late", "lost", "rebooting", "busy")
UNKNOWN, ONLINE, LATE, LOST, REBOOTING, BUSY = range(len(STATUSES))

NEVER_MS = -(2**62)  # received_ms of a node that has never reported: older than any age that is asked for


class Columns:
    """Arrays of length `capacity`, of which the first `count` rows are in use."""

    def __init__(self, capacity: int = 64) -> None:
        self.count = 0
        self.cpu_pct: F32 = np.full(capacity, np.nan, np.float32)
        self.mem_pct: F32 = np.full(capacity, np.nan, np.float32)
        self.disk_pct: F32 = np.full(capacity, np.nan, np.float32)
        self.temp_c: F32 = np.full(capacity, np.nan, np.float32)
        self.status: U8 = np.zeros(capacity, np.uint8)
        self.light_rgb: U8 = np.zeros((capacity, 3), np.uint8)
        self.received_ms: I64 = np.full(capacity, NEVER_MS, np.int64)
        self.period_ms: I64 = np.full(capacity, 5000, np.int64)
        #: The node's clock less the server's. float64 holds every whole number of milliseconds that there can be.
        self.skew_ms: F64 = np.full(capacity, np.nan, np.float64)

    @property
    def capacity(self) -> int:
        return int(self.status.shape[0])

    def grow_to(self, count: int) -> None:
        """Make room for `count` rows; doubling, so adding nodes one by one stays cheap."""
        if count > self.capacity:
            grown = Columns(max(count, 2 * self.capacity))
            for name in ARRAYS:
                getattr(grown, name)[: self.count] = getattr(self, name)[: self.count]
                setattr(self, name, getattr(grown, name))
        self.count = max(self.count, count)


ARRAYS = ("cpu_pct", "mem_pct", "disk_pct", "temp_c", "status", "light_rgb", "received_ms", "period_ms", "skew_ms")
