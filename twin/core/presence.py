"""Who else is in the room: the heads and hands of viewers, as columns.

Pure; time is an argument. Owns seats, ids and the latest pose of each; who is told and how often is edge/presence.py's,
the bytes are wire/presence.py's. A seat is taken by joining, shown from its first pose on, and no longer shown when no
pose came for GHOST_MS: a headset that was put down must not leave a head hanging in the room.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.columns import F32
from twin.core.errors import Unavailable

GHOST_MS = 5000
GAP_MS = 50  # 20 poses a second
BURST_MS = 100  # how far ahead of that a viewer may be, for networks deliver in clumps
IDS = 1 << 16
HEAD, LEFT, RIGHT = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Pose:
    """`parts` f32 (3, 7): head, left, right as x y z in metres and qx qy qz qw; NaN where there is none. `name`: ""
    as it was."""

    parts: F32
    name: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """Everybody who is seen, by id. `ids` u16 (n,), `parts` f32 (n, 3, 7), `age_ms` u16 (n,)."""

    ids: NDArray[np.uint16]
    parts: F32
    age_ms: NDArray[np.uint16]


class Presence:
    """Up to `most` people. A key is whatever the edge knows a viewer by."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._row: dict[str, int] = {}
        self._free = list(range(most))[::-1]
        self._next_id = 0
        self._ids = np.zeros(most, np.uint16)
        self._parts = np.full((most, 3, 7), np.nan, np.float32)
        self._heard_ms = np.full(most, -1, np.int64)  # -1: never posed, or faded
        self._due_ms = np.zeros(most, np.int64)
        self._names = [""] * most
        self._changed = False
        self.version = 0  # of who is here under which name
        self.posed = 0  # poses taken, and what was not: too soon after another
        self.dropped = 0
        self.faded = 0  # people no longer shown, as no pose came

    @property
    def seen(self) -> int:
        """How many are shown."""
        return int(np.count_nonzero(self._heard_ms >= 0))

    def __len__(self) -> int:
        return len(self._row)

    def __contains__(self, key: str) -> bool:
        return key in self._row

    def join(self, key: str, name: str) -> int:
        """Take a seat, or change one's name ("": as it was). Returns the id. Raises Unavailable when all are taken."""
        row = self._row.get(key)
        if row is None:
            if not self._free:
                what = f"{self._most} people are here already, and no more can be shown (TWIN_MAX_PRESENT)"
                raise Unavailable(what, code="too_many_present")
            found, row = self._new_id(), self._free.pop()
            self._row[key], self._ids[row] = row, found
            self._heard_ms[row] = -1
            self._due_ms[row] = 0
            self._names[row] = name or f"guest {self._ids[row]}"
            self._tell()
        elif name and name != self._names[row]:
            self._names[row] = name
            self._tell()
        return int(self._ids[row])

    def leave(self, key: str) -> bool:
        """Gone, and at once. False: was not here."""
        row = self._row.pop(key, None)
        if row is None:
            return False
        self._parts[row] = np.nan
        self._heard_ms[row] = -1
        self._free.append(row)
        self._tell()
        return True

    def pose(self, key: str, pose: Pose, now_ms: int) -> bool:
        """Where somebody is now, joining if need be. False: dropped, for it came too soon after those before.

        Raises Unavailable when all seats are taken.
        """
        self.join(key, pose.name)
        row = self._row[key]
        due_ms = max(int(self._due_ms[row]), now_ms)
        if due_ms - now_ms > BURST_MS:
            self.dropped += 1
            return False
        self._due_ms[row] = due_ms + GAP_MS
        self._parts[row] = pose.parts
        self._heard_ms[row] = now_ms
        self._changed = True
        self.posed += 1
        return True

    def tick(self, now_ms: int) -> bool:
        """Let ghosts fade. Whether anything has changed since the tick before."""
        faded = (self._heard_ms >= 0) & (now_ms - self._heard_ms > GHOST_MS)
        if faded.any():
            self.faded += int(np.count_nonzero(faded))
            self._heard_ms[faded] = -1
            self._parts[faded] = np.nan
            self._changed = True
        changed, self._changed = self._changed, False
        return changed

    def shown(self, now_ms: int) -> Shown:
        """Everybody who is seen, in the order of their ids."""
        rows = np.flatnonzero(self._heard_ms >= 0)
        rows = rows[np.argsort(self._ids[rows])]
        ages = np.clip(now_ms - self._heard_ms[rows], 0, GHOST_MS).astype(np.uint16)
        return Shown(self._ids[rows], self._parts[rows], ages)

    def people(self) -> tuple[list[int], list[str]]:
        """Ids and names of all who have a seat."""
        rows = sorted(self._row.values(), key=lambda row: int(self._ids[row]))
        return [int(self._ids[row]) for row in rows], [self._names[row] for row in rows]

    def _tell(self) -> None:
        self.version += 1
        self._changed = True

    def _new_id(self) -> int:
        """One that nobody has, and nobody had lately: a name must not jump to another head."""
        taken = {int(self._ids[row]) for row in self._row.values()}
        while self._next_id in taken:
            self._next_id = (self._next_id + 1) % IDS
        found, self._next_id = self._next_id, (self._next_id + 1) % IDS
        return found
