"""Reads from the archive what playheads want: moments, stretches, full reports. One thing after the other for each, so
a viewer that drags its timeline costs one query at a time, and the last place wins.

Owns who waits for a playhead to get somewhere; who sits at it is edge/player.py's, which is the only caller.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from telemetry.store.base import StoreError
from twin.core.errors import TwinError, Unavailable
from twin.edge.archive import Archive
from twin.edge.pipe import Spawn
from twin.wire.fan import Viewer
from twin.wire.history import report_of
from twin.wire.replay_fan import PAGE_ROWS, Moment, Playhead, Stretch
from twin.wire.twin_fan import TwinViewer

log = logging.getLogger(__name__)

SEEK_S = 15.0
TRY_AGAIN_S = 1.0
NO_HISTORY = "no_history"
DETAILS = 8  # full reports that are read one after the other


@dataclass(slots=True, eq=False)
class Seat:
    """A playhead and who waits for it to get somewhere: (turn, done)."""

    playhead: Playhead
    waiting: list[tuple[int, asyncio.Future[None]]] = field(default_factory=list)
    reading: bool = False
    detailing: bool = False
    not_before_s: float = 0.0


class Reading:
    """What is under way for all seats. Raises Unavailable where the history does not answer."""

    def __init__(self, archive: Archive, spawn: Spawn) -> None:
        self._archive = archive
        self._spawn = spawn

    async def first_ms(self) -> int:
        """Where the history begins."""
        try:
            extent = await self._archive.extent()
        except StoreError as error:
            raise Unavailable(error.message, code=NO_HISTORY, retry_after_s=2) from error
        if extent.first_ms < 0:
            raise Unavailable("nothing is kept yet: the history begins with the first report", code=NO_HISTORY)
        return extent.first_ms

    async def bring(self, seat: Seat, at_ms: int | None, speed: float | None) -> None:
        """Seek, and wait until it is there. A later seek of the same playhead is as good."""
        turn = seat.playhead.seek(at_ms, speed)
        if seat.playhead.arrived:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        place = (turn, done)
        seat.waiting.append(place)
        self.read(seat)
        try:
            async with asyncio.timeout(SEEK_S):
                await done
        except TimeoutError:
            raise Unavailable(f"the history did not answer within {SEEK_S:g} s", code=NO_HISTORY) from None
        finally:
            seat.waiting.remove(place)

    def read(self, seat: Seat) -> None:
        """Begin, unless it is under way or nothing is wanted."""
        if not seat.reading and seat.playhead.wants() is not None:
            seat.reading = True
            self._spawn(self._read_on(seat))

    async def _read_on(self, seat: Seat) -> None:
        """One thing after the other, until nothing more is wanted."""
        playhead = seat.playhead
        try:
            while (seat.waiting or playhead.viewers) and (want := playhead.wants()) is not None:
                try:
                    if isinstance(want, Moment):
                        playhead.show(want, await self._archive.store.fleet(want.at_ms))
                        self._arrived(seat, want.turn, None)
                    else:
                        await self._feed(playhead, want)
                except StoreError as error:
                    log.warning("a replay waits for the history: %s", error.message, extra={"code": error.code})
                    seat.not_before_s = asyncio.get_running_loop().time() + TRY_AGAIN_S
                    if isinstance(want, Moment):
                        playhead.give_up(want)
                        self._arrived(seat, want.turn, Unavailable(error.message, code=NO_HISTORY, retry_after_s=2))
                    return
        finally:
            seat.reading = False

    async def _feed(self, playhead: Playhead, want: Stretch) -> None:
        playhead.feed(want, await self._archive.store.replay(want.start_ms, want.end_ms, PAGE_ROWS))

    def detail(self, seat: Seat) -> None:
        """Full reports of watched nodes, a few at a time."""
        if seat.detailing:
            return
        watched = {each for viewer in seat.playhead.viewers.values() for each in _watched(viewer)}
        wanted = seat.playhead.past.lacking(watched) if watched else {}
        if wanted:
            seat.detailing = True
            self._spawn(self._detail_on(seat, dict(islice(wanted.items(), DETAILS))))

    async def _detail_on(self, seat: Seat, wanted: dict[str, int]) -> None:
        past = seat.playhead.past
        try:
            for key, seen_ms in wanted.items():
                found = await self._archive.store.rest(key, seen_ms)
                values = past.values_of(key)
                past.detail(key, seen_ms, report_of(key, values, found[1]) if found and found[0] == seen_ms else None)
        except StoreError as error:
            log.warning("details of the past cannot be had: %s", error.message, extra={"code": error.code})
            seat.not_before_s = asyncio.get_running_loop().time() + TRY_AGAIN_S
        finally:
            seat.detailing = False

    def _arrived(self, seat: Seat, turn: int, error: TwinError | None) -> None:
        """Who waited for this turn or an earlier one need not any more."""
        for waits_for, done in seat.waiting:
            if waits_for <= turn and not done.done():
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(error)


def _watched(viewer: Viewer) -> Iterable[str]:
    return viewer.watched if isinstance(viewer, TwinViewer) else ()
