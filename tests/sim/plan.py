"""How rough a run is, and the constants of the simulated world."""

from __future__ import annotations

import random
from dataclasses import dataclass

from twin.core.live import Rules
from twin.core.outbox import Limits

STEP_MS = 50
START_MS = 1_700_000_000_000
# Smaller than the real ones, so that a minute sees every limit. Patience is longer than the horizon, so that a viewer
# that stops reading can be seen to get a snapshot before it is closed.
LIMITS = Limits(soft_bytes=4_096, hard_bytes=24_576, patience_ms=8_000, horizon=20)
RULES = Rules(period_ms=2000)
PLACES = [(f"172.20.80.{switch}", port) for switch in (201, 202, 203) for port in range(1, 15)] + [("10.9.9.9", 1)]
SETTLE_MS = 25_000
FIELDS = ("cpu", "memory", "disk", "temperature", "status", "light", "age")


@dataclass(frozen=True)
class Plan:
    """How rough a run is; drawn from the seed."""

    pis: int
    viewers: int
    old_viewers: int
    storms: int
    storm_ms: int
    change: float  # events a second that change the cluster
    trouble: float  # events a second that hurt a viewer
    restarts: float  # a second
    forgets: float
    lossy: bool  # the server's pipe may drop a delta, or the answer to a resume, as when its queue is full
    clock: bool  # the server's clock may have been set when it starts again

    @classmethod
    def draw(cls, rng: random.Random) -> Plan:
        return cls(
            pis=rng.choice((3, 12, 30, 40)),
            viewers=rng.choice((3, 6, 10)),
            old_viewers=rng.choice((1, 2)),
            storms=rng.choice((2, 3)),
            storm_ms=rng.choice((6_000, 12_000, 20_000)),
            change=rng.choice((0.5, 3, 10)),
            trouble=rng.choice((0.2, 1, 4)),
            restarts=rng.choice((0, 0.03, 0.1, 0.3)),
            forgets=rng.choice((0, 0, 0.05, 0.3)),
            lossy=rng.random() < 0.3,
            clock=rng.random() < 0.3,
        )
