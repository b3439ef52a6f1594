"""What nodes reported last, by the history's key: of many rows the newest wins. Pure; called by core/replay.py."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from telemetry.store.rows import METRICS, Rows
from twin.core.columns import F32, I64, NEVER_MS


class LastValues:
    """Arrays (n,) and (4, n), a place a key; NEVER_MS and NaN where nothing is known."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._received: I64 = np.full(64, NEVER_MS, np.int64)
        self.seen_ms: I64 = np.full(64, NEVER_MS, np.int64)
        self.metrics: F32 = np.full((len(METRICS), 64), np.nan, np.float32)

    def place(self, key: str) -> int:
        """The place of a key, from now on."""
        place = self._places.setdefault(key, len(self._places))
        have = len(self.seen_ms)
        if place >= have:
            self.seen_ms = np.concatenate([self.seen_ms, np.full(have, NEVER_MS, np.int64)])
            self._received = np.concatenate([self._received, np.full(have, NEVER_MS, np.int64)])
            self.metrics = np.concatenate([self.metrics, np.full((len(METRICS), have), np.nan, np.float32)], axis=1)
        return place

    def put(self, key: str, seen_ms: int, metrics: Sequence[float | None]) -> None:
        """What is shown of `key`, whatever is newer."""
        place = self.place(key)
        self.seen_ms[place] = seen_ms
        self.metrics[:, place] = [np.nan if each is None else each for each in metrics]

    def take(self, rows: Rows) -> I64:
        """Keep what is newer. The places that have other values now."""
        if not len(rows):
            return np.empty(0, np.int64)
        used = np.unique(rows.node)
        places = np.zeros(len(rows.keys), np.int64)
        places[used] = [self.place(rows.keys[at]) for at in used.tolist()]
        at = places[rows.node]
        order = np.lexsort((rows.received_ms, rows.seen_ms, at))
        best = order[np.diff(at[order], append=-1) != 0]
        place: I64 = at[best]
        seen, received = rows.seen_ms[best], rows.received_ms[best]
        kept = self.seen_ms[place]
        newer = (seen > kept) | ((seen == kept) & (received >= self._received[place]))
        place, best = place[newer], best[newer]
        self.seen_ms[place] = seen[newer]
        self._received[place] = received[newer]
        self.metrics[:, place] = rows.metrics[:, best]
        return place
