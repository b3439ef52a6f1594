"""Namespace /twin: hello, roster, frames, details; resume, watch and interest."""

from typing import Any

import pytest

from models import layout as layouts
from tests.build import mac_of, report_of
from tests.twin.wire.pipes import FakePipe
from twin.core.live import Live, Rules
from twin.core.outbox import Limits, Verdict
from twin.wire.encoder import Wish
from twin.wire.frame import ALL, Column, Kind
from twin.wire.hello import Greeter
from twin.wire.twin_fan import TwinFan, TwinViewer

LIMITS = Limits(soft_bytes=20_000, hard_bytes=60_000, patience_ms=1000, horizon=5)
SWITCH = "172.20.80.201"
LAYOUT = layouts.load("desk")


class Case:
    """A fan, a live state of three placed nodes, and a clock of ticks."""

    def __init__(self) -> None:
        self.live = Live(5, lambda switch_ip, port: port, Rules())
        greeter = Greeter(self.live, LAYOUT, 200, 5000, 24)
        self.fan = TwinFan(self.live, lambda role: greeter.hello(role, self.now_ms), LIMITS, lambda viewer, bye: None)
        self.now_ms = 1000
        for n in range(3):
            self.report(n)
        self.tick()

    def report(self, n: int, **values: Any) -> None:
        self.live.report(report_of(n, switch_ip=SWITCH, port=n, **values), self.now_ms)

    def tick(self, *, heartbeat: bool = False) -> None:
        self.now_ms += 200
        self.live.tick(self.now_ms, heartbeat=heartbeat)
        self.fan.tick(self.now_ms)

    def join(self, sid: str = "a") -> tuple[TwinViewer, FakePipe]:
        pipe = FakePipe()
        return self.fan.join(sid, sid, pipe, "viewer"), pipe


@pytest.fixture
def case() -> Case:
    return Case()


def test_a_newcomer_hears_hello_roster_snapshot_in_this_order(case: Case) -> None:
    _, pipe = case.join()
    case.tick()
    (one, hello), (two, roster), (three, got) = pipe.take()
    assert (one, two, three) == ("hello", "roster", "frame")
    assert (hello["epoch"], hello["seq"], hello["role"]) == (5, case.live.seq, "viewer")
    assert (roster["base"], roster["row"]) == (0, [0, 1, 2])
    assert (got.kind, got.rows.tolist()) == (Kind.SNAPSHOT, [0, 1, 2])


def test_then_deltas_and_a_heartbeat_is_an_empty_one(case: Case) -> None:
    _, pipe = case.join()
    case.tick()
    pipe.take()
    case.report(1)
    case.tick()
    case.tick(heartbeat=True)
    assert [(each.kind, each.rows.tolist()) for each in pipe.frames()] == [(Kind.DELTA, [1]), (Kind.DELTA, [])]


def test_a_move_sends_the_roster_before_the_frame(case: Case) -> None:
    _, pipe = case.join()
    case.tick()
    pipe.take()
    case.live.bind(0, SWITCH, 9)
    case.tick()
    (name, roster), (last, _) = pipe.take()
    assert (name, roster["row"], roster["slot"], last) == ("roster", [0], [9], "frame")


def test_a_viewer_that_resumes_in_time_gets_only_what_it_missed(case: Case) -> None:
    has = case.live.seq
    case.report(2)
    case.tick()
    viewer, pipe = case.join()
    assert case.fan.resume(viewer, 5, has, case.live.roster.version) is Verdict.DELTA
    case.tick(heartbeat=True)
    (one, _), (two, got) = pipe.take()
    assert (one, two) == ("hello", "frame")
    assert (got.kind, got.base, got.rows.tolist()) == (Kind.DELTA, has, [2])


def test_a_viewer_that_does_not_say_which_roster_it_has_gets_it_whole(case: Case) -> None:
    viewer, pipe = case.join()
    case.fan.resume(viewer, 5, case.live.seq, 0)
    case.tick(heartbeat=True)
    rosters = [payload for name, payload in pipe.take() if name == "roster"]
    assert [roster["base"] for roster in rosters] == [0]


@pytest.mark.parametrize("roster", [10_000, -1])
def test_a_roster_version_that_never_was_is_not_believed(case: Case, roster: int) -> None:
    viewer, pipe = case.join()
    case.fan.resume(viewer, 5, case.live.seq, roster)
    case.tick(heartbeat=True)
    assert [payload["base"] for name, payload in pipe.take() if name == "roster"] == [0]


@pytest.mark.parametrize(("epoch", "back"), [(4, 0), (6, 0), (5, 6), (5, -1)])
def test_another_epoch_or_a_frame_too_old_or_from_the_future_gets_a_snapshot(case: Case, epoch: int, back: int) -> None:
    for _ in range(8):
        case.tick(heartbeat=True)
    viewer, pipe = case.join()
    assert case.fan.resume(viewer, epoch, case.live.seq - back, 0) is Verdict.SNAPSHOT
    case.tick()
    assert [each.kind for each in pipe.frames()] == [Kind.SNAPSHOT]


def test_a_resume_that_an_epoch_overtakes_counts_for_nothing(case: Case) -> None:
    for _ in range(4):
        case.tick(heartbeat=True)
    viewer, pipe = case.join()
    assert case.fan.resume(viewer, 5, case.live.seq, case.live.roster.version) is Verdict.DELTA
    case.live.reset(6)
    case.report(1)
    case.tick()
    (_, hello), (_, roster), (_, got) = pipe.take()
    assert (hello["epoch"], roster["epoch"], roster["base"]) == (6, 6, 0)
    assert (got.epoch, got.kind) == (6, Kind.SNAPSHOT)


def test_a_viewer_that_names_another_epoch_is_introduced_again(case: Case) -> None:
    viewer, pipe = case.join()
    case.tick()
    pipe.take()
    case.fan.resume(viewer, 4, 3, 0)
    case.tick()
    assert pipe.names() == ["hello", "roster", "frame"]


def test_everything_forgotten_is_a_hello_of_a_new_epoch_and_an_empty_snapshot(case: Case) -> None:
    _, pipe = case.join()
    case.tick()
    pipe.take()
    case.live.reset(6)
    case.tick()
    (one, hello), (two, roster), (three, got) = pipe.take()
    assert (one, two, three, hello["epoch"]) == ("hello", "roster", "frame", 6)
    assert (roster["row"], got.rows.size, got.kind) == ([], 0, Kind.SNAPSHOT)


def test_an_interest_begins_with_a_snapshot_of_what_is_wanted(case: Case) -> None:
    viewer, pipe = case.join()
    case.tick()
    pipe.take()
    case.fan.interest(viewer, Wish(Column.CPU | Column.STATUS | Column.AGE, frozenset({f"{SWITCH}-2"})))
    case.tick()
    (got,) = pipe.frames()
    assert (got.kind, got.rows.tolist(), set(got.metrics)) == (Kind.SNAPSHOT, [2], {Column.CPU})


def test_a_resume_behind_a_change_of_interest_gets_a_snapshot(case: Case) -> None:
    viewer, pipe = case.join()
    case.tick()
    has = case.live.seq
    case.fan.interest(viewer, Wish(Column.STATUS | Column.AGE))
    assert case.fan.resume(viewer, 5, has, 0) is Verdict.SNAPSHOT
    case.tick(heartbeat=True)
    newer = case.live.seq
    assert pipe.frames()[-1].kind is Kind.SNAPSHOT
    assert case.fan.resume(viewer, 5, newer, 0) is Verdict.DELTA


def test_an_id_of_interest_that_moves_to_another_row_is_sent_anew(case: Case) -> None:
    viewer, pipe = case.join()
    case.fan.interest(viewer, Wish(ALL, frozenset({f"{SWITCH}-1"})))
    case.tick()
    case.tick(heartbeat=True)
    assert [each.kind for each in pipe.frames()] == [Kind.SNAPSHOT, Kind.DELTA]
    case.live.bind(2, SWITCH, 1)
    case.tick()
    (got,) = pipe.frames()
    assert (got.kind, got.rows.tolist()) == (Kind.SNAPSHOT, [2])


def test_a_rate_is_kept_on_average_whatever_the_ticks_do(case: Case) -> None:
    viewer, pipe = case.join()
    case.fan.interest(viewer, Wish(min_gap_ms=200))
    got = []
    for n in range(50):
        case.now_ms += 7 if n % 2 else -7  # ticks come a little early and late
        case.report(1)
        case.tick()
        got += pipe.frames()
    assert len(got) >= 45


def test_a_slow_rate_skips_frames_and_merges_them(case: Case) -> None:
    viewer, pipe = case.join()
    case.fan.interest(viewer, Wish(min_gap_ms=600))
    for n in range(10):
        case.report(n % 3)
        case.tick()
    got = pipe.frames()
    assert len(got) == 4
    assert [each.base for each in got[1:]] == [each.seq for each in got[:-1]]
    assert got[1].rows.tolist() == [0, 1, 2]


def test_a_watched_node_is_told_at_once_and_at_each_report(case: Case) -> None:
    viewer, pipe = case.join()
    case.fan.watch(viewer, [f"{SWITCH}-1", mac_of(2), "nobody"])
    case.tick()
    assert [payload["row"] for name, payload in pipe.take() if name == "node"] == [1, 2]
    case.report(1, cpu_pct=77.0)
    case.tick()
    (detail,) = [payload for name, payload in pipe.take() if name == "node"]
    assert detail["report"]["CPU"] == "77.0"
    case.tick(heartbeat=True)
    assert pipe.names() == ["frame"]


def test_a_watched_id_that_appears_later_is_told_then(case: Case) -> None:
    viewer, pipe = case.join()
    case.fan.watch(viewer, [f"{SWITCH}-9"])
    case.tick()
    pipe.take()
    case.report(9)
    case.tick()
    assert [payload["id"] for name, payload in pipe.take() if name == "node"] == [f"{SWITCH}-9"]


def test_a_watched_id_that_another_node_takes_over_is_told(case: Case) -> None:
    viewer, pipe = case.join()
    case.fan.watch(viewer, [f"{SWITCH}-1"])
    case.tick()
    pipe.take()
    case.live.bind(2, SWITCH, 1)
    case.tick()
    assert [payload["row"] for name, payload in pipe.take() if name == "node"] == [2]


def test_watching_again_tells_again_and_watching_nothing_ends_it(case: Case) -> None:
    viewer, pipe = case.join()
    case.fan.watch(viewer, [f"{SWITCH}-1"])
    case.tick()
    case.fan.watch(viewer, [f"{SWITCH}-1"])
    case.tick()
    assert pipe.names().count("node") == 2
    case.fan.watch(viewer, [])
    case.report(1)
    case.tick()
    assert pipe.names() == ["frame"]


def test_large_reports_wait_for_room_and_who_waited_longest_comes_first(case: Case) -> None:
    for n in range(3):
        case.report(n, data={"note": "x" * 15_000})
    viewer, pipe = case.join()
    case.fan.watch(viewer, [f"{SWITCH}-{n}" for n in range(3)])
    pipe.jammed_by_sends = True
    case.tick()
    assert [payload["row"] for name, payload in pipe.take() if name == "node"] == [0, 1]
    assert pipe.jam < LIMITS.hard_bytes
    pipe.jam = 0
    case.report(0, data={"note": "x" * 15_000})
    case.tick()
    assert [payload["row"] for name, payload in pipe.take() if name == "node"] == [2, 0]


def test_viewers_in_step_share_the_very_same_bytes(case: Case) -> None:
    (_, one), (_, two) = case.join("a"), case.join("b")
    case.tick()
    assert one.sent[-1] is two.sent[-1]


def test_only_a_viewer_of_this_fan_is_found(case: Case) -> None:
    viewer, _ = case.join("a")
    assert case.fan.viewer("a") is viewer
    assert case.fan.viewer("b") is None
