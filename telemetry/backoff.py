"""How long to wait before trying again. Pure: chance comes from the generator it is given. Called by
session.py."""

from __future__ import annotations

import random

BASE_S = 1.0  # bound of the first wait
CAP_S = 60.0  # bound of every wait; what the agents in the field come to
_FLOOR_S = 0.1  # full jitter may say 0, and a loop that never waits is a fault


class Backoff:
    """Exponential with full jitter: the n-th wait is anywhere from 0 to min(CAP_S, BASE_S * 2**n), so that
    1050 agents that lost one server together do not come back together."""

    __slots__ = ("_rng", "_tries")

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._tries = 0

    @property
    def tries(self) -> int:
        """Waits since the last reset."""
        return self._tries

    def next(self) -> float:
        """Seconds to wait now; the next answer's bound is twice as high."""
        bound = min(CAP_S, BASE_S * 2.0 ** min(self._tries, 16))  # past the cap, and no overflow
        self._tries += 1
        return max(_FLOOR_S, self._rng.uniform(0.0, bound))

    def reset(self) -> None:
        self._tries = 0
