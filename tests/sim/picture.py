"""What the server's state was at a frame, to hold viewers against. Quantised by other arithmetic than frame.py's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.columns import NEVER_MS
from twin.core.live import Live
from twin.core.nodes import Node

METRICS = {"cpu": "cpu_pct", "memory": "mem_pct", "disk": "disk_pct", "temperature": "temp_c"}
MAX_STEPS = 254
AGE_STEP_MS = 100
AGE_END_MS = 65535 * AGE_STEP_MS
NEVER = NEVER_MS


@dataclass(frozen=True)
class Picture:
    """Everything a viewer of frame (epoch, seq) should have. Arrays by row; metrics in half steps, -1 unknown."""

    epoch: int
    seq: int
    time_ms: int
    metrics: dict[str, NDArray[np.int64]]
    status: NDArray[np.int64]
    light: NDArray[np.int64]
    received_ms: NDArray[np.int64]
    nodes: tuple[Node, ...]
    version: int

    def same_state(self, other: Picture) -> bool:
        return (
            self.nodes == other.nodes
            and all(np.array_equal(self.metrics[name], other.metrics[name]) for name in METRICS)
            and np.array_equal(self.status, other.status)
            and np.array_equal(self.light, other.light)
            and np.array_equal(self.received_ms, other.received_ms)
        )

    def rows_of(self, ids: frozenset[str]) -> set[int]:
        """Rows of the ids, as the public rule has it: the place, or the mac."""
        by_mac = {node.mac: node.row for node in self.nodes if node.mac}
        by_id = {node.id: node.row for node in self.nodes if node.id}
        found = {by_mac.get(each, by_id.get(each)) for each in ids}
        return {row for row in found if row is not None}


def take(live: Live, time_ms: int) -> Picture:
    columns, count = live.columns, live.columns.count
    return Picture(
        live.epoch,
        live.seq,
        time_ms,
        {name: half_steps(getattr(columns, array)[:count]) for name, array in METRICS.items()},
        columns.status[:count].astype(np.int64),
        columns.light_rgb[:count].astype(np.int64),
        columns.received_ms[:count].copy(),
        tuple(live.roster.nodes),
        live.roster.version,
    )


def half_steps(values: NDArray[np.float32]) -> NDArray[np.int64]:
    wide = values.astype(np.float64)
    steps = np.full(wide.shape, -1, np.int64)
    known = ~np.isnan(wide)
    steps[known] = np.clip(np.round(wide[known] * 2), 0, MAX_STEPS).astype(np.int64)
    return steps
