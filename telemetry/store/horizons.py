"""Since when there is how much: the horizons that retention moves. Pure; every engine reckons with the same ones."""

from __future__ import annotations

import json
from dataclasses import dataclass

from telemetry.store.contract import Keep
from telemetry.store.minutes import MINUTE_MS


@dataclass(frozen=True, slots=True)
class Horizons:
    """By seen_ms, whole minutes: rows from raw_ms on, their rest from rest_ms on, minutes from all_ms on."""

    raw_ms: int = -(2**62)
    rest_ms: int = -(2**62)
    all_ms: int = -(2**62)

    def moved(self, now_ms: int, keep: Keep) -> Horizons:
        """They never go back: what was dropped stays dropped."""
        all_ms = max(self.all_ms, _minute(now_ms - keep.all_ms))
        raw_ms = max(self.raw_ms, all_ms, _minute(now_ms - keep.raw_ms))
        return Horizons(raw_ms, max(self.rest_ms, raw_ms, _minute(now_ms - keep.rest_ms)), all_ms)

    def written(self) -> bytes:
        return json.dumps([self.raw_ms, self.rest_ms, self.all_ms]).encode()

    @classmethod
    def read(cls, body: bytes | None) -> Horizons:
        return cls(*json.loads(body)) if body else cls()


def _minute(at_ms: int) -> int:
    return at_ms // MINUTE_MS * MINUTE_MS
