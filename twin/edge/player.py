"""Plays the past to viewers: who sits at which playhead.

Owns the seats; what playheads want is read by edge/reading.py; time, speed and frames are wire/replay_fan.py's. Called
by edge/viewers.py (requests) and twin.service (ticks).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from twin.core.access import Action, Role, may
from twin.core.errors import BadInput, Forbidden, Unavailable
from twin.core.live import Rules
from twin.core.nodes import SlotOf
from twin.core.outbox import Limits
from twin.core.replay import Past
from twin.edge.archive import Archive
from twin.edge.clock import Clock
from twin.edge.pipe import Spawn
from twin.edge.reading import Reading, Seat
from twin.wire.events import Bye
from twin.wire.events import Playhead as Said
from twin.wire.fan import OnClosed
from twin.wire.packets import event
from twin.wire.replay_fan import Playhead, Reach
from twin.wire.requests import Seeking
from twin.wire.twin_fan import HelloFor, TwinFan, TwinViewer

log = logging.getLogger(__name__)

FIRST_EPOCH = 1 << 31  # those of the live state are seconds since 2020


@dataclass(frozen=True, slots=True)
class Stage:
    """What a playhead is made of."""

    hello_for: HelloFor
    slot_of: SlotOf
    rules: Rules
    limits: Limits
    on_closed: OnClosed


class Player:
    """All viewers of the past. `known_ms`: up to when the history knows what viewers saw."""

    def __init__(
        self,
        archive: Archive,
        live_fan: TwinFan,
        stage: Stage,
        clock: Clock,
        spawn: Spawn,
        known_ms: Callable[[], int],
        most: int,
    ) -> None:
        self._reading = Reading(archive, spawn)
        self._live_fan = live_fan
        self._stage = stage
        self._clock = clock
        self._known_ms = known_ms
        self._most = most
        self._epochs = count(FIRST_EPOCH)
        self._first_ms = -1
        self._seats: list[Seat] = []
        self._seat_of: dict[str, Seat] = {}  # by sid
        self._asked: dict[str, int] = {}  # by sid, how often it has sought: of several the last counts

    @property
    def playheads(self) -> int:
        return len(self._seats)

    @property
    def viewers(self) -> int:
        return len(self._seat_of)

    def viewer(self, sid: str) -> TwinViewer | None:
        """A viewer of the past."""
        seat = self._seat_of.get(sid)
        return None if seat is None else seat.playhead.viewer(sid)

    def fan_of(self, sid: str) -> TwinFan:
        """The fan that serves a viewer: a playhead, or the live one."""
        seat = self._seat_of.get(sid)
        return self._live_fan if seat is None else seat.playhead

    def leave(self, sid: str) -> None:
        """Its connection is gone."""
        self.fan_of(sid).leave(sid)
        self._rise(sid)
        self._asked.pop(sid, None)

    async def seek(self, sid: str, ask: Seeking) -> dict[str, object]:
        """Bring a viewer where it asks to be. The acknowledgement; raises TwinError."""
        self._asked[sid] = asked = self._asked.get(sid, 0) + 1
        if ask.live:
            self._go_live(sid)
            return {}
        seat = self._seat_of.get(sid)
        shared = self._shared(ask.share)
        if shared is not None and ask.at_ms is None and ask.speed is None:
            self._sit(sid, shared)
            return {"at_ms": shared.playhead.at_ms}
        at_ms, speed = ask.at_ms, ask.speed
        if at_ms is None and seat is None:
            raise BadInput("this viewer is live: say `at_ms`, where to begin", field="at_ms", code="no_time")
        if at_ms is not None:
            at_ms = await self._within_reach(at_ms)
            if at_ms is None:
                self._go_live(sid)
                return {}
        if shared is not None:
            self._require_mover(sid, shared)
        else:
            shared = (self._own(sid) if ask.share is None else None) or self._new_seat(sid, ask.share)
            if at_ms is None and seat is not None and seat is not shared:  # the new one goes on as the viewer has been
                at_ms, speed = seat.playhead.at_ms, seat.playhead.speed if speed is None else speed
        try:
            await self._reading.bring(shared, at_ms, speed)
            if self._asked.get(sid) == asked and self._seat_of.get(sid) is not shared:
                self._sit(sid, shared)
            self._serve(shared, self._clock.now_ms())  # who winds back should not wait for the next tick
        finally:
            self._drop_empty()
        return {"at_ms": shared.playhead.at_ms}

    def tick(self, now_ms: int) -> None:
        """Move every playhead, serve its viewers, read what it wants next."""
        now_s = asyncio.get_running_loop().time()
        for seat in list(self._seats):
            self._serve(seat, now_ms)
            if seat.playhead.ended:
                for sid in list(seat.playhead.viewers):
                    self._go_live(sid)
            elif now_s >= seat.not_before_s:
                self._reading.read(seat)
                self._reading.detail(seat)
        for sid in [sid for sid, seat in self._seat_of.items() if sid not in seat.playhead.viewers]:
            self._rise(sid)  # shown out for being slow
        self._drop_empty()

    def _serve(self, seat: Seat, now_ms: int) -> None:
        playhead = seat.playhead
        playhead.store_state = self._live_fan.store_state
        try:
            playhead.tick(now_ms)
        except Exception:  # one replay that fails must not stop the live show
            log.exception("a replay failed; its viewers go live", extra={"at_ms": playhead.at_ms})
            playhead.ended = True

    def close_all(self, bye: Bye) -> None:
        for seat in self._seats:
            seat.playhead.close_all(bye)
        self._seat_of.clear()
        self._drop_empty()

    # Seats.

    def _shared(self, name: str | None) -> Seat | None:
        return next((seat for seat in self._seats if name is not None and seat.playhead.share == name), None)

    def _own(self, sid: str) -> Seat | None:
        """The playhead that is this viewer's alone."""
        return next((seat for seat in self._seats if seat.playhead.share is None and seat.playhead.owner == sid), None)

    def _new_seat(self, sid: str, share: str | None) -> Seat:
        if len(self._seats) >= self._most:
            raise Unavailable(f"{self._most} replays are running already; share one", code="too_many_replays")
        stage = self._stage
        past = Past(lambda: next(self._epochs), stage.slot_of, stage.rules)
        seat = Seat(Playhead(past, stage.hello_for, stage.limits, stage.on_closed, share, sid, self._reach))
        self._seats.append(seat)
        return seat

    def _require_mover(self, sid: str, seat: Seat) -> None:
        viewer = self.fan_of(sid).viewer(sid)
        role = Role.VIEWER if viewer is None else Role(viewer.role)
        if sid != seat.playhead.owner and not may(role, Action.PAINT):
            raise Forbidden(f"`{seat.playhead.share}` is moved by who made it, or by an operator", field="share")

    def _sit(self, sid: str, seat: Seat) -> None:
        viewer = self.fan_of(sid).viewer(sid)
        if viewer is None:
            return
        self.fan_of(sid).leave(sid)
        self._rise(sid)
        seat.playhead.adopt(sid, viewer)
        self._seat_of[sid] = seat

    def _rise(self, sid: str) -> None:
        """Leave the playhead; one that has lost its maker is the next viewer's."""
        seat = self._seat_of.pop(sid, None)
        if seat is not None and seat.playhead.owner == sid:
            seat.playhead.owner = next(iter(seat.playhead.viewers), "")

    def _go_live(self, sid: str) -> None:
        seat = self._seat_of.get(sid)
        viewer = self.fan_of(sid).viewer(sid)
        if viewer is None:
            return
        if seat is not None:
            seat.playhead.leave(sid)
            self._rise(sid)
            self._live_fan.adopt(sid, viewer)
        reach, now_ms = self._reach(), self._clock.now_ms()
        said: Said = {
            "at_ms": now_ms,
            "speed": 1.0,
            "first_ms": reach.first_ms,
            "last_ms": reach.last_ms,
            "state": "live",
            "share": None,
            "mine": True,
            "viewers": len(self._live_fan.viewers),
        }
        viewer.pipe.send(event(TwinFan.namespace, "playhead", said))

    def _drop_empty(self) -> None:
        self._seats = [seat for seat in self._seats if seat.playhead.viewers or seat.waiting]

    # How far it goes.

    def _reach(self) -> Reach:
        return Reach(self._first_ms, self._known_ms())

    async def _within_reach(self, at_ms: int) -> int | None:
        """The nearest time that can be shown; None: the present."""
        self._first_ms = first_ms = await self._reading.first_ms()
        return None if at_ms > self._known_ms() else max(at_ms, first_ms)
