"""Viewers of the past: each playhead is a fan of /twin over a Past instead of the live state.

Pure, as fan.py. A playhead owns its time, its speed and the pages that were read ahead; what it needs next it says with
`wants`, and edge/player.py brings it (`show`, `feed`). Slow viewers fare as live ones do. The work of a tick is
bounded: as many rows as two pages hold, and above PAGED_SPEED none, since then whole moments are read instead.

    seek -> wants Moment -> show ---> paused -> playing -> wants Pages -> feed -> ... -> the end: everybody goes live
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from telemetry.store.contract import Page
from telemetry.store.rows import Fleet, no_rows
from twin.core.outbox import Limits
from twin.core.replay import Past
from twin.wire import events
from twin.wire.encoder import NAMESPACE, Encoder
from twin.wire.events import Hello
from twin.wire.fan import OnClosed, Viewer
from twin.wire.packets import event
from twin.wire.twin_fan import HelloFor, TwinFan, TwinViewer

PAGED_SPEED: Final = 120.0  # faster: a whole moment a tick costs less than all that lies between two
PAGE_ROWS: Final = 20_000
AHEAD_MS: Final = 3_000  # of the viewer's time, read ahead
TELL_MS: Final = 1_000  # between two words on where the playhead is


@dataclass(frozen=True, slots=True)
class Moment:
    """The fleet at this time is wanted. `turn` tells an answer that came too late from the one that is waited for."""

    at_ms: int
    turn: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was shown in [start, end) is wanted."""

    start_ms: int
    end_ms: int
    turn: int


@dataclass(frozen=True, slots=True)
class Reach:
    """What can be replayed, first and last moment; -1 unknown."""

    first_ms: int
    last_ms: int


class Playhead(TwinFan):
    """One time, one speed, and who watches. `share`: its name, or None when it is one viewer's own."""

    def __init__(
        self,
        past: Past,
        hello_for: HelloFor,
        limits: Limits,
        on_closed: OnClosed,
        share: str | None,
        owner: str,
        reach: Callable[[], Reach],
    ) -> None:
        super().__init__(past, hello_for, limits, on_closed)
        self.past = past
        self.encoder = Encoder(past, replay=True)
        self.share = share
        self.owner = owner  # sid of who made it
        self.speed = 0.0
        self.ended = False  # it reached the present
        self._reach = reach
        self._due_ms = 0.0  # where it should be by its speed
        self._goal: int | None = None  # what was sought and is not shown yet
        self._turn = 0
        self._pages: deque[Page] = deque()
        self._loaded_ms = -1  # everything up to here is in the past or in pages
        self._ticked_ms = -1
        self._framed_ms = -1
        self._told_ms = -1
        self._hungry = False

    @property
    def at_ms(self) -> int:
        """The time that is shown, or is about to be."""
        return self.past.at_ms if self._goal is None else self._goal

    @property
    def arrived(self) -> bool:
        """Nothing is sought that is not shown."""
        return self._goal is None

    def seek(self, at_ms: int | None, speed: float | None) -> int:
        """Go to `at_ms` and on with `speed`; None: as it was. The turn that begins: what was wanted before is not."""
        if speed is not None:
            self.speed = speed
        if at_ms is not None:
            self._goal = at_ms
        self._turn += 1
        self._pages.clear()
        self._hungry = self.ended = False
        self._loaded_ms = self.past.at_ms
        self._due_ms = float(self.past.at_ms)
        self._told_ms = -1
        return self._turn

    def give_up(self, moment: Moment) -> None:
        """It cannot be had: stay where it was."""
        if moment.turn == self._turn:
            self._goal = None
            self._told_ms = -1

    def adopt(self, sid: str, viewer: TwinViewer) -> None:
        super().adopt(sid, viewer)
        self._told_ms = -1

    def wants(self) -> Moment | Stretch | None:
        """What has to be read next."""
        if self._goal is not None:
            return Moment(self._goal, self._turn)
        if not self.speed or self.ended:
            return None
        last_ms = self._reach().last_ms
        if self.speed > PAGED_SPEED:
            at_ms = min(int(self._due_ms), last_ms)
            return Moment(at_ms, self._turn) if at_ms > self.past.at_ms else None
        ahead_ms = max(1, math.ceil(AHEAD_MS * self.speed))
        if self._loaded_ms - self.past.at_ms >= ahead_ms or len(self._pages) >= 2:
            return None
        start_ms = self._loaded_ms + 1
        end_ms = min(start_ms + ahead_ms, last_ms + 1)
        return Stretch(start_ms, end_ms, self._turn) if end_ms > start_ms else None

    def show(self, moment: Moment, fleet: Fleet) -> None:
        """The fleet that was wanted. One that nobody waits for any more is dropped."""
        if moment.turn != self._turn:
            return
        self.past.show(fleet)
        for viewer in self.viewers.values():
            viewer.outbox.sent_seq = 0  # a snapshot: nothing says what differs
        if self._goal is not None:
            self._goal = None
            self._due_ms = float(fleet.at_ms)
            self._told_ms = -1
        self._loaded_ms = fleet.at_ms

    def feed(self, stretch: Stretch, page: Page) -> None:
        """The page that was wanted."""
        if stretch.turn == self._turn:
            self._pages.append(page)
            self._loaded_ms = page.until_ms - 1

    def tick(self, now_ms: int) -> None:
        """Move on, close the frame, serve everybody."""
        if self._ticked_ms >= 0:
            self._move(now_ms - self._ticked_ms)
        self._ticked_ms = now_ms
        if self.past.at_ms < 0:
            return  # the first moment is being read
        if self.past.close(heartbeat=now_ms - self._framed_ms >= TELL_MS):
            self._framed_ms = now_ms
        if now_ms - self._told_ms >= TELL_MS or self._told_ms < 0:
            self._told_ms = now_ms
            for sid, viewer in self.viewers.items():
                self.tell(sid, viewer)
        super().tick(now_ms)

    def tell(self, sid: str, viewer: Viewer) -> None:
        """Where the playhead is."""
        reach = self._reach()
        said: events.Playhead = {
            "at_ms": self.at_ms,
            "speed": self.speed,
            "first_ms": reach.first_ms,
            "last_ms": reach.last_ms,
            "state": self._state(),
            "share": self.share,
            "mine": self.share is None or sid == self.owner,
            "viewers": len(self.viewers),
        }
        if viewer.pipe.backlog() <= self._limits.soft_bytes:  # else the next one tells
            self._send(viewer, event(NAMESPACE, "playhead", said))

    def _state(self) -> events.PlayState:
        if self._goal is not None:
            return "loading"
        if not self.speed:
            return "paused"
        return "waiting" if self._hungry else "playing"

    def _move(self, passed_ms: int) -> None:
        """Go on by the speed, as far as what was read ahead reaches."""
        if self._goal is not None or not self.speed or self.past.at_ms < 0:
            return
        last_ms = self._reach().last_ms
        self._due_ms = min(self._due_ms + passed_ms * self.speed, float(last_ms))
        if self.past.at_ms >= last_ms > 0:
            self.ended = self.speed > 1 or self.ended
            return
        if self.speed > PAGED_SPEED:
            return
        to_ms = min(int(self._due_ms), self._loaded_ms)
        self._hungry = to_ms < int(self._due_ms)
        if self._hungry:
            self._due_ms = float(max(to_ms, self.past.at_ms))  # time that was waited for is not run after
        if to_ms > self.past.at_ms:
            self._advance(to_ms)

    def _advance(self, to_ms: int) -> None:
        while self._pages:
            page = self._pages[0]
            if page.until_ms - 1 <= to_ms:
                self.past.advance(page.rows, page.events, min(to_ms, page.until_ms - 1))
                self._pages.popleft()
                continue
            rows = int(np.searchsorted(page.rows.shown_ms, to_ms, "right"))
            told = bisect_right(page.events, to_ms, key=lambda each: each.at_ms)
            head, rest = np.arange(rows), np.arange(rows, len(page.rows))
            self.past.advance(page.rows.take(head), page.events[:told], to_ms)
            self._pages[0] = Page(page.rows.take(rest), page.events[told:], page.until_ms)
            break
        if self.past.at_ms < to_ms:
            self.past.advance(no_rows(), (), to_ms)

    def _begin(self, now_ms: int) -> None:
        self.encoder.begin(self.past.at_ms)

    def _greeting(self, viewer: TwinViewer) -> Hello:
        hello = super()._greeting(viewer)
        hello["epoch"], hello["seq"] = self.past.epoch, self.past.seq
        return hello
