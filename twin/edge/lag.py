"""How late the loop is, and whether a held report may come in just now. Owns the measure and the rule; twin.service
tells it how late each tick was, edge/ingest.py asks it. Time is an argument.

Live reports and held ones come through the same door. After an hour without a network every agent has an hour to tell;
what viewers wait for is what is true now. So while the loop is late, held reports come in at a trickle, and their
senders keep the rest: they are older than a minute anyway.
"""

from __future__ import annotations

import math
from typing import Final

CALM_S: Final = 0.1  # later than this, viewers notice: two ticks
HALF_LIFE_S: Final = 0.5  # of what was measured: one stall shuts the door for a moment, not for good
TRICKLE_S: Final = 0.02  # between two held reports then; none at all would never end where the load is there to stay
_CAP_S: Final = 10.0  # a machine that slept was not busy for hours


class Lag:
    """The highest lateness of late, halved every HALF_LIFE_S."""

    def __init__(self) -> None:
        self._late_s = 0.0
        self._at_s = 0.0
        self._admitted_s = float("-inf")

    def note(self, late_s: float, now_s: float) -> None:
        """Something that was due came so much later."""
        self._late_s = max(self.seconds(now_s), min(late_s, _CAP_S))
        self._at_s = now_s

    def seconds(self, now_s: float) -> float:
        """How late the loop has been lately."""
        return self._late_s * math.exp2(-max(0.0, now_s - self._at_s) / HALF_LIFE_S)

    def admits(self, now_s: float) -> bool:
        """Whether a held report may come in now; counts it when it may."""
        if self.seconds(now_s) > CALM_S and now_s - self._admitted_s < TRICKLE_S:
            return False
        self._admitted_s = now_s
        return True
