"""What changed since when: the frame number at which each row last changed, kept for three groups of columns.

This one table answers every "what did I miss" question, a viewer of yesterday's frame and one of a minute ago alike:
the merged delta from frame S is the rows whose number is above S, with their present values. So nothing is queued for
a viewer, and a resume costs one comparison of an array.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.columns import I64

Rows = NDArray[np.int64]


class Changes:
    """Frame numbers by row. `values`: metrics and age; `status`; `light`; `any` = the latest of the three."""

    def __init__(self, capacity: int = 64) -> None:
        self.values: I64 = np.zeros(capacity, np.int64)
        self.status: I64 = np.zeros(capacity, np.int64)
        self.light: I64 = np.zeros(capacity, np.int64)
        self.any: I64 = np.zeros(capacity, np.int64)

    def grow_to(self, count: int) -> None:
        capacity = int(self.any.shape[0])
        if count <= capacity:
            return
        room = max(count, 2 * capacity)
        for name in ("values", "status", "light", "any"):
            grown = np.zeros(room, np.int64)
            grown[:capacity] = getattr(self, name)
            setattr(self, name, grown)

    def mark(self, group: I64, rows: Rows | int, seq: int) -> None:
        """Note that `rows` of `group` change in frame `seq`."""
        group[rows] = seq
        self.any[rows] = seq

    def since(self, base: int, count: int) -> Rows:
        """The rows among the first `count` that changed after frame `base`, ascending."""
        return np.flatnonzero(self.any[:count] > base)
