"""How wrong the nodes' own clocks are. Owns the last few differences of each row and the estimate made from them, which
it writes to the column skew_ms; live.py tells it of reports that were not held. Pure.

A difference is the node's time less the server's at the same moment, plus what the way took, which nobody knows: some
milliseconds, seconds when the server is busy. The middle of the last few is right again soon after a clock was set, and
one report that was long on its way does not move it. Nothing else goes by a node's clock: ages and history are the
server's own (docs/decisions/0007-age.md).
"""

from __future__ import annotations

from collections import deque

import numpy as np

from twin.core.columns import Columns

MOST = 9  # differences a row: at 5 s a step of the clock is the estimate after 25 s
FRESH_MS = 5_000  # a report that was held for longer tells of the clock as it was
WRONG_MS = 60_000  # from here on somebody should look; a Pi with NTP is within a second


class Clocks:
    """Rows as in Columns. `news()` names each row that turned wrong, once."""

    def __init__(self) -> None:
        self._last: dict[int, deque[int]] = {}
        self._news: list[int] = []
        self._told: set[int] = set()

    def note(self, columns: Columns, row: int, skew_ms: int) -> None:
        """A row's node says a time that differs from the server's by this much (+: it is ahead)."""
        last = self._last.get(row)
        if last is None:
            last = self._last[row] = deque(maxlen=MOST)
        last.append(skew_ms)
        middle = sorted(last)[len(last) // 2]
        columns.skew_ms[row] = middle
        if abs(middle) > WRONG_MS and row not in self._told:
            self._told.add(row)
            self._news.append(row)

    def news(self) -> list[int]:
        """Rows whose clock was found wrong since this was last asked; a row is in here once."""
        news, self._news = self._news, []
        return news


def wrong(columns: Columns) -> int:
    """How many nodes' clocks are further off than WRONG_MS."""
    return int(np.count_nonzero(np.abs(columns.skew_ms[: columns.count]) > WRONG_MS))
