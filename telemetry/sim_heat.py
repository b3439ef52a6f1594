"""How warm the simulated Pis are: each follows its load with a lag, warms its neighbours on the shelf, and
is cooled by one of five fans a shelf that speed up as it gets warm, and by seven in the frame. Owns
temperatures and fans. Pure, no chance in it. Called by fleet.py once a tick, after the load.

    P = 1.9 W + 3.2 W * cpu                       what a Pi 3B+ takes, idle to full
    air = room + 0.3 * (1 - cooling / 2) * (mean of both neighbours - room)
    T follows air + P * 7.0 K/W * (1 - 0.45 * cooling) with a lag of 20 s
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telemetry.sim_places import FRAME_FANS, Floats, Topology

ROOM_C = 21.0
IDLE_W, LOAD_W = 1.9, 3.2
RESISTANCE = 7.0  # K/W, a bare Pi in still air
FAN_GAIN = 0.45  # of that, what a fan at full speed right before the Pi takes away
NEIGHBOURS = 0.3  # how much of the neighbours' warmth arrives in still air
LAG_S = 20.0
FAN_LAG_S = 4.0
FAN_IDLE = 0.25  # slowest speed, of 1
FAN_FROM_C, FAN_FULL_C = 36.0, 56.0  # mean of its Pis: a fan speeds up from the one, is fastest at the other
FRAME_COOLING = 0.12


class Heat:
    """`temp_c` a node, `fan_speed` a shelf fan (0..1; 0 is broken). `broken`: which fans never turn."""

    def __init__(self, topology: Topology, broken: NDArray[np.bool_]) -> None:
        """`broken` has topology.fans + FRAME_FANS values, those of the frame last."""
        nodes = len(topology.fan)
        self._topology = topology
        self._fan_works = ~broken[: topology.fans]
        frame_works = ~broken[topology.fans : topology.fans + FRAME_FANS]
        self._frame = (FRAME_COOLING * frame_works[topology.frame_fan]).astype(np.float32)
        self._pis_a_fan = np.maximum(np.bincount(topology.fan, minlength=topology.fans), 1)
        self.fan_speed = (FAN_IDLE * self._fan_works).astype(np.float32)
        self.temp_c = np.full(nodes, ROOM_C + 14.0, dtype=np.float32)

    def step(self, tick_s: float, cpu_pct: Floats, powered: NDArray[np.bool_]) -> None:
        """One tick of heat; a node without power makes none and cools to the air around it."""
        self._step_fans(tick_s)
        shape = self._topology
        cooling = np.minimum(self.fan_speed[shape.fan] * shape.closeness + self._frame, 1.0)
        around = (self.temp_c[shape.left] + self.temp_c[shape.right]) * 0.5 - ROOM_C
        air = ROOM_C + NEIGHBOURS * (1 - 0.5 * cooling) * around
        watts = (IDLE_W + (LOAD_W / 100) * cpu_pct) * powered
        target = air + watts * RESISTANCE * (1 - FAN_GAIN * cooling)
        self.temp_c += np.float32(1 - np.exp(-tick_s / LAG_S)) * (target - self.temp_c)

    def _step_fans(self, tick_s: float) -> None:
        shape = self._topology
        mean_c = np.bincount(shape.fan, weights=self.temp_c, minlength=shape.fans) / self._pis_a_fan
        wanted = np.clip((mean_c - FAN_FROM_C) / (FAN_FULL_C - FAN_FROM_C), FAN_IDLE, 1.0) * self._fan_works
        follow = np.float32(1 - np.exp(-tick_s / FAN_LAG_S))
        self.fan_speed += follow * (wanted.astype(np.float32) - self.fan_speed)
