"""Playheads over a fake wire: what they want, how they move, and that the slow are treated as in the live show."""

from __future__ import annotations

from itertools import count

import pytest

from telemetry.store.rows import Fleet
from tests.twin.core.past import RULES, Life, picture, slot_of
from tests.twin.wire.pipes import FakePipe
from twin.core.outbox import Limits
from twin.core.replay import Past
from twin.wire.events import Bye, Hello
from twin.wire.fan import Viewer
from twin.wire.frame import Kind
from twin.wire.replay_fan import AHEAD_MS, Moment, Playhead, Reach, Stretch
from twin.wire.twin_fan import TwinViewer

LIMITS = Limits(soft_bytes=20_000, hard_bytes=60_000, patience_ms=1000, horizon=5)


class Case:
    """A playhead over a recorded life, its viewer, and a clock of ticks of 200 ms."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.last_ms = life.moments[-1].at_ms
        self.byes: list[Bye] = []
        self.now_ms = 5_000_000
        numbers = count(100)
        past = Past(lambda: next(numbers), slot_of, RULES)
        self.head = Playhead(past, self._hello, LIMITS, self._closed, None, "a", self._reach)
        self.pipe = FakePipe()
        self.head.adopt("a", TwinViewer("a", self.pipe, "viewer", LIMITS))

    async def bring(self) -> Moment | Stretch | None:
        """What is wanted next, brought."""
        want = self.head.wants()
        if isinstance(want, Moment):
            self.head.show(want, await self.life.store.fleet(want.at_ms))
        elif isinstance(want, Stretch):
            self.head.feed(want, await self.life.store.replay(want.start_ms, want.end_ms, 5))
        return want

    def tick(self) -> None:
        self.now_ms += 200
        self.head.tick(self.now_ms)

    def _hello(self, role: str) -> Hello:
        hello: Hello = {"epoch": 1, "seq": 1}  # type: ignore[typeddict-item]  # the rest is the greeter's business
        return hello

    def _closed(self, viewer: Viewer, bye: Bye) -> None:
        self.byes.append(bye)

    def _reach(self) -> Reach:
        return Reach(self.life.moments[0].at_ms, self.last_ms)


@pytest.fixture
async def case() -> Case:
    life = Life(4)
    await life.run(80)
    return Case(life)


async def test_nothing_is_sent_before_the_first_moment_is_there(case: Case) -> None:
    case.head.seek(case.life.moments[10].at_ms, None)
    case.tick()
    assert case.pipe.take() == []
    await case.bring()
    case.tick()
    names = case.pipe.names()
    assert names == ["playhead", "hello", "roster", "frame"]


@pytest.mark.parametrize("speed", [0.5, 1.0, 10.0, 100.0])
async def test_every_tick_shows_a_moment_as_it_was_whatever_the_speed(case: Case, speed: float) -> None:
    moments = case.life.moments
    case.head.seek(moments[3].at_ms, speed)
    seen = set()
    for _ in range(2000):
        await case.bring()
        case.tick()
        was = [moment for moment in moments if moment.at_ms <= case.head.at_ms][-1]
        had = picture(case.head.past, was.at_ms)
        assert {**had, "age": 0} == {**was.picture, "age": 0}
        seen.add(was.at_ms)
        if case.head.ended or case.head.at_ms >= case.last_ms:
            break
    assert case.head.at_ms == case.last_ms
    assert len(seen) > (30 if speed <= 1 else 0)


async def test_it_waits_for_what_is_not_read_yet_and_does_not_run_after_it(case: Case) -> None:
    case.head.seek(case.life.moments[0].at_ms, 1.0)
    await case.bring()
    start_ms = case.head.at_ms
    for _ in range(20):
        case.tick()
    assert case.head.at_ms == start_ms, "nothing was brought"
    assert [each["state"] for name, each in case.pipe.take() if name == "playhead"][-1] == "waiting"
    await case.bring()
    case.tick()
    assert 0 < case.head.at_ms - start_ms <= 400, "on from where it stood"


async def test_it_reads_no_further_ahead_than_it_needs(case: Case) -> None:
    case.head.seek(case.life.moments[0].at_ms, 1.0)
    await case.bring()
    wants = 0
    while (want := await case.bring()) is not None:
        assert isinstance(want, Stretch)
        assert want.end_ms - want.start_ms <= AHEAD_MS
        wants += 1
        assert wants < 100
    assert wants <= 2, "two pages at most wait"


async def test_an_answer_that_nobody_waits_for_any_more_is_dropped(case: Case) -> None:
    moments = case.life.moments
    case.head.seek(moments[5].at_ms, 0)
    late = case.head.wants()
    case.head.seek(moments[9].at_ms, 1.0)
    assert isinstance(late, Moment)
    case.head.show(late, Fleet(late.at_ms, (await case.life.store.fleet(late.at_ms)).rows))
    assert not case.head.arrived
    await case.bring()
    assert case.head.at_ms == moments[9].at_ms
    stretch = case.head.wants()
    assert isinstance(stretch, Stretch)
    case.head.seek(moments[2].at_ms, 0)
    case.head.feed(stretch, await case.life.store.replay(stretch.start_ms, stretch.end_ms))
    await case.bring()
    case.tick()
    assert (case.head.at_ms, case.head.wants()) == (moments[2].at_ms, None)


async def test_what_cannot_be_had_leaves_it_where_it_was(case: Case) -> None:
    moments = case.life.moments
    case.head.seek(moments[5].at_ms, 0)
    await case.bring()
    case.head.seek(moments[9].at_ms, 0)
    want = case.head.wants()
    assert isinstance(want, Moment)
    case.head.give_up(want)
    assert (case.head.arrived, case.head.at_ms) == (True, moments[5].at_ms)


async def test_a_paused_playhead_beats_once_a_second(case: Case) -> None:
    case.head.seek(case.life.moments[20].at_ms, 0)
    await case.bring()
    case.tick()
    case.pipe.take()
    for _ in range(10):
        case.tick()
    frames = [payload for name, payload in case.pipe.take() if name == "frame"]
    assert [(each.kind, each.rows.tolist()) for each in frames] == [(Kind.REPLAY, [])] * 2
    assert {each.time_ms for each in frames} == {case.life.moments[20].at_ms}


async def test_a_viewer_that_does_not_read_is_skipped_then_shown_out(case: Case) -> None:
    case.head.seek(case.life.moments[0].at_ms, 1.0)
    await case.bring()
    case.tick()
    case.pipe.take()
    case.pipe.jam = 30_000
    for _ in range(5):
        await case.bring()
        case.tick()
    assert case.pipe.take() == []
    for _ in range(3):
        case.tick()
    assert [bye["code"] for bye in case.byes] == ["slow_viewer"]
    assert case.pipe.closed
