"""What the simulated Pis have to do: jobs that take a bank, jobs of one node, idle noise, a slow wave of
busy and quiet times; and what follows at once: CPU, memory and disk. Owns those columns and the jobs;
heat is in sim_heat.py. Pure: time is an argument and chance comes from the generator it is given. Called
by fleet.py once a tick.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from telemetry.sim_places import Floats, Topology

DAY_S = 600.0  # a "day" of busy and quiet, short enough to be seen by a visitor
MEAN_GAP_S = 70.0  # between two jobs of a bank, half-way between busy and quiet
MEAN_OWN_GAP_S = 900.0  # between two jobs of a single node
RAMP_S = 5.0  # a job takes hold of its nodes, and lets go, within this
CPU_LAG_S = 1.2
MEMORY_LAG_S = 6.0
WAVE_S = 14.0  # compute and communicate: a wave that walks along the shelf
DISK_TOTAL_GB = 50.0
MEMORY_TOTAL_MB = 877.6  # what a Pi 3B+ with 1 GB reports
LOG_ROOM_GB = 3.0  # logs grow by this much, then they are rotated away
DISK_FILL_GB_S = 0.004  # at full load


class Job(NamedTuple):
    """A kind of work. `share` of the bank's nodes take part, each at about `cpu_pct`, with `memory_pct`."""

    name: str
    username: str
    cpu_pct: float
    memory_pct: float
    share: float
    shortest_s: float
    longest_s: float


JOBS = (
    Job("java", "duke", 88.0, 38.0, 0.95, 30.0, 120.0),
    Job("python3", "ada", 66.0, 24.0, 0.80, 25.0, 110.0),
    Job("warble", "warble", 34.0, 7.0, 0.60, 12.0, 45.0),
    Job("povray", "grace", 97.0, 29.0, 0.50, 35.0, 120.0),
    Job("mprime", "marin", 100.0, 12.0, 1.00, 20.0, 75.0),
    Job("ffmpeg", "opc", 78.0, 17.0, 0.35, 20.0, 90.0),
)
_KIND_CPU = np.array([job.cpu_pct for job in JOBS], dtype=np.float32)
_KIND_MEMORY = np.array([job.memory_pct for job in JOBS], dtype=np.float32)
_KIND_SHARE = np.array([job.share for job in JOBS], dtype=np.float32)
_SHORTEST = np.array([job.shortest_s for job in JOBS])
_LONGEST = np.array([job.longest_s for job in JOBS])


class Shift:
    """Who works on what: one running or next job for each of `size` places (banks, or single nodes)."""

    def __init__(self, size: int, mean_gap_s: float, now_s: float, rng: np.random.Generator) -> None:
        self.kind = np.zeros(size, dtype=np.int8)
        self.level = np.zeros(size, dtype=np.float32)
        self.start_s = np.full(size, -1e9)
        self.end_s = np.full(size, -1e9)
        self.next_s = now_s + rng.exponential(mean_gap_s, size)
        self.number = np.zeros(size, dtype=np.int32)
        self._mean_gap_s = mean_gap_s
        self._rng = rng

    def step(self, now_s: float) -> None:
        """Starts the jobs that are due."""
        due = np.flatnonzero(self.next_s <= now_s)
        if not due.size:
            return
        rng = self._rng
        kind = rng.integers(len(JOBS), size=due.size)
        length = rng.uniform(_SHORTEST[kind], _LONGEST[kind])
        self.kind[due] = kind
        self.level[due] = _KIND_CPU[kind] * rng.uniform(0.8, 1.0, due.size).astype(np.float32)
        self.start_s[due] = self.next_s[due]
        self.end_s[due] = self.start_s[due] + length
        self.next_s[due] = self.end_s[due] + rng.exponential(self._mean_gap_s / busyness(now_s), due.size)
        self.number[due] += 1

    def grip(self, now_s: float) -> Floats:
        """0..1: how far the job has ramped up, or down again."""
        envelope = np.minimum(now_s - self.start_s, self.end_s - now_s) / RAMP_S
        return np.clip(envelope, 0.0, 1.0).astype(np.float32)


def busyness(now_s: float) -> float:
    """0.4 in the quiet of the "day", 1.6 at its height."""
    return 1.0 + 0.6 * float(np.sin(2 * np.pi * now_s / DAY_S))


class Load:
    """CPU, memory and disk of every node. Read the columns, call `step` once a tick."""

    def __init__(self, topology: Topology, now_s: float, rng: np.random.Generator) -> None:
        nodes = len(topology.bank)
        self._topology = topology
        self._rng = rng
        self.bank_jobs = Shift(topology.banks, MEAN_GAP_S, now_s, rng)
        self.own_jobs = Shift(nodes, MEAN_OWN_GAP_S, now_s, rng)
        self._lot = rng.random(nodes, dtype=np.float32)  # decides which nodes a job takes
        self._idle_cpu = rng.uniform(1.2, 5.0, nodes).astype(np.float32)
        self._idle_memory = rng.uniform(17.0, 27.0, nodes).astype(np.float32)
        self._disk_floor = rng.uniform(24.0, 36.0, nodes).astype(np.float32)
        self._logs_gb = rng.uniform(0.0, LOG_ROOM_GB, nodes).astype(np.float32)
        self.cpu_pct = self._idle_cpu.copy()
        self.memory_pct = self._idle_memory.copy()
        self.bank_cpu = np.zeros(nodes, dtype=np.float32)  # the part of the bank's job in the load, %
        self.own_cpu = np.zeros(nodes, dtype=np.float32)

    def step(self, now_s: float, tick_s: float, powered: NDArray[np.bool_]) -> None:
        """A node without power has no load and an empty memory; its jobs find it again when it is back."""
        self.bank_jobs.step(now_s)
        self.own_jobs.step(now_s)
        bank_grip = self._take_part(now_s) * powered
        own_grip = self.own_jobs.grip(now_s) * powered
        self.bank_cpu = bank_grip * self.bank_jobs.level[self._topology.bank] * self._wave(now_s)
        self.own_cpu = own_grip * self.own_jobs.level
        self._step_cpu(tick_s, powered)
        self._step_memory(tick_s, bank_grip, own_grip, powered)
        self._logs_gb += DISK_FILL_GB_S * tick_s * self.cpu_pct / 100
        self._logs_gb[self._logs_gb > LOG_ROOM_GB] = 0.0

    def disk_of(self, index: int) -> float:
        """GB used by one node, of DISK_TOTAL_GB."""
        return float(self._disk_floor[index] + self._logs_gb[index])

    def _take_part(self, now_s: float) -> Floats:
        """The bank's grip on each node. The next job takes others: the lot turns by the golden ratio."""
        jobs, bank = self.bank_jobs, self._topology.bank
        turned = (self._lot + (jobs.number * 0.618034).astype(np.float32)[bank]) % 1.0
        chosen = turned < _KIND_SHARE[jobs.kind][bank]
        grip: Floats = jobs.grip(now_s)[bank] * chosen
        return grip

    def _wave(self, now_s: float) -> Floats:
        angle = (2 * np.pi) * (now_s / WAVE_S % 1.0 - self._topology.column / 22.0)
        return (0.84 + 0.16 * np.sin(angle)).astype(np.float32)

    def _step_cpu(self, tick_s: float, powered: NDArray[np.bool_]) -> None:
        target = self._idle_cpu * powered + self.bank_cpu + self.own_cpu
        noise = self._rng.standard_normal(len(target), dtype=np.float32) * (0.4 + 0.03 * target)
        follow = np.float32(1 - np.exp(-tick_s / CPU_LAG_S))
        self.cpu_pct += follow * (target + noise - self.cpu_pct)
        np.clip(self.cpu_pct, 0.0, 100.0, out=self.cpu_pct)
        self.cpu_pct[~powered] = 0.0

    def _step_memory(self, tick_s: float, bank_grip: Floats, own_grip: Floats, powered: NDArray[np.bool_]) -> None:
        by_bank = bank_grip * _KIND_MEMORY[self.bank_jobs.kind][self._topology.bank]
        by_own = own_grip * _KIND_MEMORY[self.own_jobs.kind]
        target = np.minimum(self._idle_memory + by_bank + by_own, 97.0)
        self.memory_pct += np.float32(1 - np.exp(-tick_s / MEMORY_LAG_S)) * (target - self.memory_pct)
        self.memory_pct[~powered] = 4.0  # what the kernel takes when it comes up again
