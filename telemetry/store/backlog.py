"""What waits in a spool to be shipped: how many batches, rows and bytes, and since when.

Pure, and bounded: a database that is away for a day leaves a million batches behind, so they are counted by stretches,
a second each or coarser. Where a stretch is shipped in part, what is left of it is reckoned from its numbers. Sums are
exact again at each stretch's end. The spool calls it under its lock; anybody may read the sums.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

STRETCH_MS: Final = 1000
MOST: Final = 4096  # stretches; then neighbours become one
NOTHING: Final = -1


@dataclass(slots=True)
class _Stretch:
    first: int
    last: int
    rows: int
    size: int
    t0_ms: int
    t1_ms: int

    def join(self, other: _Stretch) -> None:
        """`other` comes right behind."""
        self.last = other.last
        self.rows += other.rows
        self.size += other.size
        self.t0_ms, self.t1_ms = min(self.t0_ms, other.t0_ms), max(self.t1_ms, other.t1_ms)

    def without(self, seq: int) -> _Stretch:
        """What is left of it behind `seq`, as its numbers suggest; never less than nothing."""
        left = (self.last - seq) / (self.last - self.first + 1)
        return _Stretch(seq + 1, self.last, round(self.rows * left), round(self.size * left), self.t0_ms, self.t1_ms)


class Backlog:
    """rows, size_bytes; batches: commits of the spool; oldest_ms: when the first of it was received, NOTHING: none."""

    def __init__(self) -> None:
        self._stretches: deque[_Stretch] = deque()
        self.rows = self.size_bytes = self.batches = 0
        self.oldest_ms = NOTHING

    def add(self, seq: int, rows: int, size: int, t0_ms: int, first: int | None = None) -> None:
        """A batch was kept, behind all others. first: of several commits that are one batch now, the first."""
        new = _Stretch(seq if first is None else first, seq, rows, size, t0_ms, t0_ms)
        newest = self._stretches[-1] if self._stretches else None
        if newest is not None and abs(t0_ms - newest.t0_ms) < STRETCH_MS:
            newest.join(new)
        else:
            self._stretches.append(new)
            if len(self._stretches) > MOST:
                self._thin()
        self._count(rows, size, seq - new.first + 1)
        self.oldest_ms = t0_ms if self.oldest_ms == NOTHING else min(self.oldest_ms, t0_ms)

    def shipped(self, seq: int) -> None:
        """Batches up to here wait no more."""
        self._cut(seq)
        self._settle()

    def replaced(self, first: int, seq: int, rows: int, size: int, t0_ms: int) -> None:
        """Batches from `first` to `seq` became one."""
        before: list[_Stretch] = []
        while self._stretches and self._stretches[0].first < first:
            stretch = self._stretches.popleft()
            if stretch.last >= first:
                left = stretch.without(first - 1)
                self._stretches.appendleft(left)
                stretch.rows, stretch.size, stretch.last = stretch.rows - left.rows, stretch.size - left.size, first - 1
            before.append(stretch)
        self._cut(seq)
        self._stretches.appendleft(_Stretch(first, seq, rows, size, t0_ms, t0_ms))
        self._stretches.extendleft(reversed(before))
        self._count(rows, size, seq - first + 1)
        self._settle()

    def _cut(self, seq: int) -> None:
        while self._stretches and self._stretches[0].first <= seq:
            stretch = self._stretches.popleft()
            self._count(-stretch.rows, -stretch.size, stretch.first - stretch.last - 1)
            if stretch.last > seq:
                left = stretch.without(seq)
                self._stretches.appendleft(left)
                self._count(left.rows, left.size, left.last - seq)

    def _count(self, rows: int, size: int, batches: int) -> None:
        self.rows += rows
        self.size_bytes += size
        self.batches += batches

    def _settle(self) -> None:
        """A clock that was set back between two lives leaves an older time behind a newer one."""
        self.oldest_ms = min((each.t0_ms for each in self._stretches), default=NOTHING)

    def _thin(self) -> None:
        """Half as many, twice as long; the newest stays as it is."""
        old, newest = list(self._stretches)[:-1], self._stretches[-1]
        self._stretches = deque([*_pairs(old), newest])


def _pairs(stretches: list[_Stretch]) -> Iterable[_Stretch]:
    for at in range(0, len(stretches), 2):
        one = stretches[at]
        if at + 1 < len(stretches):
            one.join(stretches[at + 1])
        yield one
