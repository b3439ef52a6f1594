"""What goes wrong in the simulated fleet, and how often: nodes that die, hang or reboot; nodes that lie;
nodes that lack a sensor or do not know their place; fans that stand still. Owns the rates and each
node's mode; what a mode means on a socket is sim_agent.py's. Pure: chance comes from the generator it is
given. Called by fleet.py once a tick.

    up --> hung ------> rebooting --> up     a watchdog resets it; its socket stays open while it hangs
    up -------------->  rebooting --> up     it says bye
    up --> dead -------------------> up      no power, no bye; back with a new boot id
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Mode(IntEnum):
    """What a node does at the moment."""

    UP = 0
    HUNG = 1
    REBOOTING = 2
    DEAD = 3


class Quirk(IntEnum):
    """What a node does all its life. STUCK..CLOCK are lies, the last two are gaps."""

    NONE = 0
    STUCK = 1  # the values of its first report, for ever
    ABSURD = 2  # a temperature that cannot be
    WRONG_PLACE = 3  # a switch nobody has
    SAME_PLACE = 4  # the place of its neighbour in the list
    CLOCK = 5  # hours fast or slow
    NO_SENSOR = 6  # no temperature
    NO_PLACE = 7  # switch_ip and port -1


LIES = (Quirk.STUCK, Quirk.ABSURD, Quirk.WRONG_PLACE, Quirk.SAME_PLACE, Quirk.CLOCK)
GAPS = (Quirk.NO_SENSOR, Quirk.NO_PLACE)


@dataclass(frozen=True, slots=True)
class Profile:
    """Rates are per node and hour, shares are of all nodes or fans (rounded to whole ones)."""

    die: float = 0.0
    hang: float = 0.0
    reboot: float = 0.0
    lies: float = 0.0
    gaps: float = 0.0
    fans: float = 0.0


# The table of docs/simulator.md. With 1050 nodes `calm` reboots one in half a minute or so and keeps 5 liars.
PROFILES = {
    "none": Profile(),
    "calm": Profile(die=0.02, hang=0.02, reboot=0.1, lies=0.005, gaps=0.004, fans=0.01),
    "busy": Profile(die=0.4, hang=0.4, reboot=1.5, lies=0.03, gaps=0.02, fans=0.05),
}

# How long a mode lasts, seconds, evenly between the two.
LASTS_S = {Mode.HUNG: (60.0, 300.0), Mode.REBOOTING: (20.0, 40.0), Mode.DEAD: (180.0, 900.0)}
_AFTER = {Mode.HUNG: Mode.REBOOTING, Mode.REBOOTING: Mode.UP, Mode.DEAD: Mode.UP}


class Change(NamedTuple):
    """A node's mode changed."""

    node: int
    mode: Mode


class Faults:
    """`mode`, `boots` (times it came up again) and `quirk` of every node; `broken_fans` of every fan."""

    def __init__(self, nodes: int, fans: int, profile: Profile, rng: np.random.Generator) -> None:
        self.mode = np.zeros(nodes, dtype=np.int8)
        self.boots = np.zeros(nodes, dtype=np.int32)
        self.quirk = np.zeros(nodes, dtype=np.int8)
        self.broken_fans = np.zeros(fans, dtype=np.bool_)
        self._until_s = np.zeros(nodes)
        self._profile = profile
        self._rng = rng
        self._give_quirks()
        self.broken_fans[rng.permutation(fans)[: round(profile.fans * fans)]] = True

    @property
    def powered(self) -> NDArray[np.bool_]:
        """Up or hung: it takes power and does its work."""
        return self.mode <= Mode.HUNG

    def step(self, now_s: float, tick_s: float) -> list[Change]:
        """What happened in this tick, in the order of the nodes."""
        profile, hour = self._profile, tick_s / 3600
        luck = self._rng.random(len(self.mode))
        rate = profile.die + profile.hang + profile.reboot
        struck = (self.mode == Mode.UP) & (luck < rate * hour)
        over = (self.mode != Mode.UP) & (self._until_s <= now_s)
        changes = []
        for index in np.flatnonzero(struck | over).tolist():
            mode = _AFTER[Mode(self.mode[index])] if over[index] else self._blow(float(luck[index]) / hour)
            self._enter(index, mode, now_s)
            changes.append(Change(index, mode))
        return changes

    def _blow(self, rate: float) -> Mode:
        if rate < self._profile.die:
            return Mode.DEAD
        return Mode.HUNG if rate < self._profile.die + self._profile.hang else Mode.REBOOTING

    def _enter(self, index: int, mode: Mode, now_s: float) -> None:
        self.mode[index] = mode
        if mode is Mode.UP:
            self.boots[index] += 1
        else:
            self._until_s[index] = now_s + self._rng.uniform(*LASTS_S[mode])

    def _give_quirks(self) -> None:
        """Liars and gaps are chosen by lot, the kinds taken in turn, so that even a few show every kind."""
        nodes = len(self.quirk)
        lot = self._rng.permutation(nodes).tolist()
        liars = round(self._profile.lies * nodes)
        gaps = round(self._profile.gaps * nodes)
        for turn, index in enumerate(lot[:liars]):
            self.quirk[index] = LIES[turn % len(LIES)]
        for turn, index in enumerate(lot[liars : liars + gaps]):
            self.quirk[index] = GAPS[turn % len(GAPS)]
