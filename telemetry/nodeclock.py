"""The time that a report says it was sampled at: the Pi's wall clock, right or wrong, but never the same twice. A
report is known by it, so that one that is sent again counts once. Owns that rule; sample.py asks once a report.

A clock that is set back a little would say again what it has said: it stands still, a millisecond a report, until it
has caught up. One that is set back by more is believed; the server tells such reports apart by how wrong they are.
"""

from __future__ import annotations

MOST_BACK_MS = 2 * 3_600_000  # twice what the server tells apart by itself


class NodeClock:
    """`read` the wall through it. One object for the life of the agent."""

    def __init__(self) -> None:
        self._last_ms = -1

    def read(self, wall_ms: int) -> int:
        """Milliseconds since 1970."""
        if self._last_ms - MOST_BACK_MS < wall_ms <= self._last_ms:
            wall_ms = self._last_ms + 1
        self._last_ms = wall_ms
        return wall_ms
