"""A believable fleet of Pis as columns: the same seed gives the same bytes. Owns the order of things in a
tick and what a node reports; load, heat and faults are in sim_load.py, sim_heat.py and sim_faults.py.
Pure: no clock, no sockets; time is an argument. Called by simulate.py, benchmarks and tests.

    fleet = Fleet(1050, seed=1, places=table, faults="calm", start_ms=0)
    for change in fleet.step(now_s): ...     # nodes that died, hung, reboot, came back
    if fleet.speaks(i): body = fleet.report(i)

Time goes in ticks of one second inside, so it does not matter how often `step` is called, only how far it
went.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from telemetry.sim_faults import PROFILES, Change, Faults, Mode, Quirk
from telemetry.sim_heat import Heat
from telemetry.sim_load import Load
from telemetry.sim_node import Node, boot_id_of, make_node
from telemetry.sim_places import FRAME_FANS, Place, places_for, topology
from telemetry.sim_report import Vitals, field_report

TICK_S = 1.0
WARM_UP_TICKS = 150  # before time 0 and without faults: the first picture shows a cluster at work, and warm


class Fleet:
    """`nodes` Pis. `places`: where the caller's layout has them; `start_ms`: the Pis' clocks at time 0."""

    def __init__(
        self,
        nodes: int,
        seed: int,
        *,
        places: Sequence[Place] = (),
        faults: str = "calm",
        start_ms: int = 0,
    ) -> None:
        if nodes < 1:
            raise ValueError(f"A fleet of {nodes} nodes: it must have at least one.")
        # A stream of chance for each concern: the weather stays the same whatever the level of faults.
        for_load, for_faults = (np.random.default_rng([seed, stream]) for stream in (1, 2))
        self.places = places_for(nodes, places)
        shape = topology(self.places)
        self.seed = seed
        self.start_ms = start_ms
        self._faults = Faults(nodes, shape.fans + FRAME_FANS, PROFILES[faults], for_faults)
        self._load = Load(shape, -WARM_UP_TICKS * TICK_S, for_load)
        self._heat = Heat(shape, self._faults.broken_fans)
        self._bank = shape.bank
        quirks = self._faults.quirk.tolist()
        self.nodes: tuple[Node, ...] = tuple(
            make_node(index, self.places, Quirk(quirk)) for index, quirk in enumerate(quirks)
        )
        self._tick = -WARM_UP_TICKS
        while self._tick < 0:
            self._step_once()
        self._stuck = {i: self._vitals(i) for i, node in enumerate(self.nodes) if node.quirk is Quirk.STUCK}

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def now_s(self) -> float:
        """How far the fleet has come, in whole ticks."""
        return self._tick * TICK_S

    @property
    def load(self) -> Load:
        """The columns of load, for tests and benchmarks; treat them as read-only."""
        return self._load

    @property
    def heat(self) -> Heat:
        """The columns of heat; treat them as read-only."""
        return self._heat

    @property
    def faults(self) -> Faults:
        """Modes and quirks; treat them as read-only."""
        return self._faults

    def step(self, now_s: float) -> list[Change]:
        """Go on to `now_s` (seconds since the start; the past is ignored) and say whose mode changed."""
        changes: list[Change] = []
        while (self._tick + 1) * TICK_S <= now_s:
            self._step_once()
            changes += self._faults.step(self.now_s, TICK_S)
        return changes

    def _step_once(self) -> None:
        self._tick += 1
        powered = self._faults.powered
        self._load.step(self.now_s, TICK_S, powered)
        self._heat.step(TICK_S, self._load.cpu_pct, powered)

    def mode(self, index: int) -> Mode:
        """What node `index` does."""
        return Mode(self._faults.mode[index])

    def speaks(self, index: int) -> bool:
        """Whether it would send a report now."""
        return bool(self._faults.mode[index] == Mode.UP)

    def boot_id(self, index: int) -> str:
        """Changes each time the node comes up again."""
        return boot_id_of(self.seed, index, int(self._faults.boots[index]))

    def report(self, index: int, sampled_ms: int | None = None) -> dict[str, object]:
        """Node `index` in the field's dialect. `sampled_ms`: the true time, if the fleet's own is not it."""
        if sampled_ms is None:
            sampled_ms = self.start_ms + round(self.now_s * 1000)
        node = self.nodes[index]
        if node.quirk is Quirk.STUCK:
            return field_report(node, index, self._stuck[index], 0, sampled_ms)
        return field_report(node, index, self._vitals(index), self._tick, sampled_ms)

    def _vitals(self, index: int) -> Vitals:
        load, bank = self._load, self._bank[index]
        return Vitals(
            cpu_pct=float(load.cpu_pct[index]),
            memory_pct=float(load.memory_pct[index]),
            disk_gb=load.disk_of(index),
            temp_c=float(self._heat.temp_c[index]),
            bank_cpu=float(load.bank_cpu[index]),
            bank_kind=int(load.bank_jobs.kind[bank]),
            bank_number=int(load.bank_jobs.number[bank]),
            own_cpu=float(load.own_cpu[index]),
            own_kind=int(load.own_jobs.kind[index]),
            own_number=int(load.own_jobs.number[index]),
        )
