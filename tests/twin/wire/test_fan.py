"""What every fan does: serve, skip, close, count."""

import pytest

from tests.build import report_of
from tests.twin.wire.pipes import FakePipe, told
from twin.core.live import Live, Rules
from twin.core.outbox import Limits
from twin.wire.events import Bye
from twin.wire.fan import Fan, Viewer
from twin.wire.packets import event

LIMITS = Limits(soft_bytes=100, hard_bytes=1000, patience_ms=1000, horizon=5)


class Simple(Fan):
    """Its frames are the numbers of their bases."""

    namespace = "/twin"

    def _begin(self, now_ms: int) -> None:
        self.began_ms = now_ms

    def _frame(self, viewer: Viewer, base: int, now_ms: int) -> None:
        self._send(viewer, event(self.namespace, "base", base))

    def join(self, sid: str, pipe: FakePipe) -> Viewer:
        viewer = self.viewers[sid] = Viewer(sid, pipe, self._limits)
        return viewer


class Case:
    def __init__(self) -> None:
        self.live = Live(1, lambda switch_ip, port: -1, Rules())
        self.closed: list[tuple[str, Bye]] = []
        self.fan = Simple(self.live, LIMITS, lambda viewer, bye: self.closed.append((viewer.name, bye)))
        self.now_ms = 0

    def tick(self, times: int = 1) -> None:
        for _ in range(times):
            self.now_ms += 200
            self.live.report(report_of(1), self.now_ms)
            self.live.tick(self.now_ms)
            self.fan.tick(self.now_ms)


@pytest.fixture
def case() -> Case:
    return Case()


def bases(pipe: FakePipe) -> list[int]:
    return [payload for _, payload in pipe.take()]


def test_everything_first_and_then_step_by_step(case: Case) -> None:
    pipe = FakePipe()
    case.fan.join("a", pipe)
    case.tick(3)
    assert bases(pipe) == [0, 2, 3]
    assert (case.fan.sent_frames, case.fan.snapshots) == (3, 1)


def test_no_frame_is_sent_twice(case: Case) -> None:
    pipe = FakePipe()
    case.fan.join("a", pipe)
    case.tick()
    case.fan.tick(case.now_ms)
    assert bases(pipe) == [0]


def test_a_jammed_viewer_gets_nothing_and_then_one_delta_for_all_it_missed(case: Case) -> None:
    pipe = FakePipe()
    case.fan.join("a", pipe)
    case.tick()
    pipe.jam = 101
    case.tick(2)
    pipe.jam = 0
    case.tick()
    assert bases(pipe) == [0, 2]
    assert case.fan.skipped == 2


def test_slow_viewer_gets_snapshot_not_backlog(case: Case) -> None:
    pipe = FakePipe()
    case.fan.join("a", pipe)
    case.tick()
    pipe.jam = 101
    case.tick(5)
    pipe.jam = 0
    case.tick()
    assert bases(pipe) == [0, 0]


def test_a_viewer_that_does_not_read_is_closed_with_a_code_and_named(case: Case) -> None:
    pipe = FakePipe()
    case.fan.join("a", pipe)
    case.tick()
    pipe.jam = 101
    case.tick(7)
    assert pipe.farewell is not None
    assert told(pipe.farewell) == ("bye", case.closed[0][1])
    assert [(name, bye["code"], bye["reconnect"]) for name, bye in case.closed] == [("a", "slow_viewer", True)]
    assert "101 bytes" in case.closed[0][1]["reason"]
    assert case.fan.viewers == {}


def test_over_the_hard_limit_it_is_closed_at_the_next_tick(case: Case) -> None:
    pipe = FakePipe()
    case.fan.join("a", pipe)
    pipe.jam = 1001
    case.tick()
    assert (pipe.closed, bases(pipe)) == (True, [])


def test_a_busy_viewer_waits_and_the_others_do_not(case: Case) -> None:
    slow, quick = FakePipe(), FakePipe()
    case.fan.join("slow", slow)
    case.fan.join("quick", quick)
    slow.is_busy = True
    case.tick(3)
    assert (bases(slow), bases(quick)) == ([], [0, 2, 3])


def test_a_new_epoch_begins_with_everything_whatever_was_sent_before(case: Case) -> None:
    pipe = FakePipe()
    viewer = case.fan.join("a", pipe)
    case.tick(2)
    case.live.reset(2)
    case.fan.tick(case.now_ms)
    assert bases(pipe) == [0, 2, 0]
    assert viewer.epoch == 2


def test_a_new_epoch_is_told_at_once_even_when_the_next_frame_is_not_due(case: Case) -> None:
    pipe = FakePipe()
    viewer = case.fan.join("a", pipe)
    case.tick()
    viewer.next_due_ms = case.now_ms + 60_000
    case.tick()
    assert bases(pipe) == [0]
    case.live.reset(2)
    case.tick()
    assert bases(pipe) == [0]
    assert viewer.epoch == 2


def test_who_leaves_is_not_served(case: Case) -> None:
    pipe = FakePipe()
    case.fan.join("a", pipe)
    case.fan.leave("a")
    case.fan.leave("never here")
    case.tick()
    assert (bases(pipe), case.closed) == ([], [])


def test_everybody_hears_why_the_server_goes(case: Case) -> None:
    pipes = [FakePipe(), FakePipe()]
    for n, pipe in enumerate(pipes):
        case.fan.join(str(n), pipe)
    bye: Bye = {"code": "server_stopping", "reason": "x", "reconnect": True, "after_ms": 1}
    case.fan.close_all(bye)
    case.fan.close("0", bye)  # a second time is harmless
    assert [told(pipe.farewell) for pipe in pipes if pipe.farewell] == [("bye", bye)] * 2
    assert [name for name, _ in case.closed] == ["0", "1"]


def test_bytes_are_counted_as_they_are_on_the_wire(case: Case) -> None:
    pipe = FakePipe()
    case.fan.join("a", pipe)
    case.tick()
    assert case.fan.sent_bytes == sum(len(message.framed) for message in pipe.sent) > 0
