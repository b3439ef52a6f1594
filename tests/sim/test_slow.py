"""What becomes of a viewer that does not read: conflated, then a snapshot, then the door; and nobody else notices."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from tests.sim.old_viewer import OldViewer
from tests.sim.plan import LIMITS, Plan
from tests.sim.viewer import Viewer
from tests.sim.wire import Quality
from tests.sim.world import World

CALM = Plan(40, 4, 1, 1, 0, change=0, trouble=0, restarts=0, forgets=0, lossy=False, clock=False)
Heard = list[tuple[int, str, int]]


class Show(World):
    """A calm world on good lines that notes who got which frame when."""

    def __init__(self, seed: int = 1) -> None:
        self.heard: Heard = []
        super().__init__(seed, CALM)

    def _quality(self, viewer: Viewer | OldViewer) -> Quality:
        return Quality(latency_ms=50, window=2_048)

    def _check(self, viewer: Viewer) -> None:
        super()._check(viewer)
        self.heard.append((self.now_ms, viewer.name, viewer.seq))

    def until(self, true: Callable[[], bool]) -> None:
        end = self.now_ms + 120_000
        while not true():
            assert self.now_ms < end, "waited two minutes"
            self.step(chaos=True)

    def run_for(self, for_ms: int) -> None:
        self._spread(for_ms, chaos=True)

    def behind(self, viewer: Viewer) -> int:
        """How many frames the server has skipped for a viewer."""
        assert self.server is not None
        assert viewer.line is not None
        outbox = self.server.twin.viewers[viewer.line.sid].outbox
        return 0 if outbox.behind_since_ms is None else self.server.live.seq - outbox.sent_seq


def jammed(frames: int) -> tuple[Show, Viewer]:
    """A world in which viewer 0 stopped reading, and was skipped for so many frames."""
    show = Show()
    show.run_for(3_000)
    slow = show.viewers[0]
    assert slow.line is not None
    slow.line.stopped = True
    show.until(lambda: show.behind(slow) >= frames)
    return show, slow


def test_a_short_stop_is_conflated_into_one_delta() -> None:
    show, slow = jammed(LIMITS.horizon // 2)
    assert slow.line is not None
    snapshots, frames = slow.snapshots, len([each for each in show.heard if each[1] == slow.name])
    slow.line.stopped = False
    show.run_for(2_000)
    got = [seq for _, name, seq in show.heard if name == slow.name][frames:]
    gaps = [new - old for old, new in pairwise(got)]
    assert max(gaps) >= LIMITS.horizon // 2
    assert (slow.snapshots, slow.byes, slow.gaps) == (snapshots, [], 0)


def test_a_longer_stop_ends_in_a_snapshot_not_the_backlog() -> None:
    show, slow = jammed(LIMITS.horizon + 1)
    assert slow.line is not None
    snapshots = slow.snapshots
    slow.line.stopped = False
    show.run_for(2_000)
    assert (slow.snapshots, slow.byes) == (snapshots + 1, [])


def test_a_viewer_that_never_reads_is_closed_by_name_and_may_come_back() -> None:
    show, slow = jammed(1)
    line = slow.line
    assert line is not None
    show.until(lambda: bool(show.closed))
    assert show.closed == [(line.sid, "slow_viewer")]
    assert line.peak <= LIMITS.hard_bytes
    # It reads at last: the farewell is the last thing it finds, and it comes back with what it has.
    line.stopped = False
    show.until(lambda: slow.line is not None and slow.line is not line and slow.line.opened_ms < show.now_ms - 2000)
    assert slow.byes == ["slow_viewer"]
    assert slow.seq == max(viewer.seq for viewer in show.viewers)


def test_nobody_else_notices_a_viewer_that_stops_reading() -> None:
    def others(stops: bool) -> Heard:
        show = Show()
        show.run_for(3_000)
        line = show.viewers[0].line
        assert line is not None
        line.stopped = stops
        show.run_for(40_000)
        assert bool(show.closed) == stops
        return [each for each in show.heard if each[1] != "viewer 0"]

    assert others(True) == others(False)


def test_a_reader_of_a_few_bytes_a_second_costs_no_more_than_the_soft_limit_and_a_frame() -> None:
    show = Show()
    show.run_for(1_000)
    line = show.viewers[0].line
    assert line is not None
    line.quality.read_rate = 1
    show.run_for(30_000)
    assert line.peak < 2 * LIMITS.soft_bytes


def test_the_same_seed_is_the_same_run() -> None:
    def trace(seed: int) -> tuple[object, ...]:
        world = World(seed).run()
        return world.counts, world.now_ms, [(each.name, each.applied, each.epoch, each.seq) for each in world.viewers]

    assert trace(2) == trace(2)
    assert trace(2) != trace(3)
