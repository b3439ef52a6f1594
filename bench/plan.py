"""How long and how large the runs are: the full plan, and a quick one for a smoke test. Every part takes a Plan."""

from __future__ import annotations

from dataclasses import dataclass

NODES = 1050
PERIOD_S = 5.0
TICKS_A_SECOND = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """Seconds, viewers, repeats. `window_s`: how long a steady state is measured."""

    quick: bool = False
    viewers: tuple[int, ...] = (200, 1000)
    window_s: float = 12.0
    idle_s: float = 8.0
    settle_s: float = 3.0
    drain_s: float = 2.0
    join_timeout_s: float = 45.0
    all_baselines: bool = True
    stalled_window_s: float = 16.0
    ingest_warm_s: float = 5.0
    ingest_s: float = 8.0
    ingest_connections: int = 64
    starts: int = 5
    memory_viewers: int = 1000
    memory_settle_s: float = 8.0
    timing_s: float = 0.5
    store_hours: float = 3.0
    store_plain_hours: float = 3.0  # of the baseline: a day of plain rows takes a quarter of an hour to build
    store_appends: int = 150
    store_processes_s: float = 1200.0
    warble_rounds: int = 9
    warble_runs: int = 600
    warble_digits: int = 250_000


QUICK = Plan(
    quick=True,
    viewers=(100,),
    window_s=3.0,
    idle_s=2.0,
    settle_s=1.0,
    drain_s=1.0,
    join_timeout_s=20.0,
    all_baselines=False,
    stalled_window_s=4.0,
    ingest_warm_s=2.0,
    ingest_s=2.0,
    starts=1,
    memory_viewers=200,
    memory_settle_s=3.0,
    timing_s=0.05,
    store_hours=0.5,
    store_appends=30,
    store_processes_s=60.0,
    warble_rounds=1,
    warble_runs=30,
    warble_digits=2_000,
)
FULL = Plan()
