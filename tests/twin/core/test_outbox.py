"""The policy towards slow viewers, verdict by verdict."""

import pytest

from twin.core.outbox import Limits, Outbox, Verdict

LIMITS = Limits(soft_bytes=100, hard_bytes=1000, patience_ms=5000, horizon=10)


@pytest.fixture
def outbox() -> Outbox:
    made = Outbox(LIMITS)
    made.sent_seq = 50
    return made


def test_a_new_viewer_gets_a_snapshot() -> None:
    assert Outbox(LIMITS).decide(0, 7, 0, False) is Verdict.SNAPSHOT


def test_a_viewer_in_step_gets_deltas_and_waits_when_there_is_nothing_new(outbox: Outbox) -> None:
    assert outbox.decide(0, 51, 0, False) is Verdict.DELTA
    assert outbox.decide(0, 50, 0, False) is Verdict.WAIT


def test_up_to_the_soft_limit_it_is_served_and_above_it_waits(outbox: Outbox) -> None:
    assert outbox.decide(0, 51, 100, False) is Verdict.DELTA
    assert outbox.decide(0, 51, 101, False) is Verdict.WAIT


def test_a_busy_line_waits_even_without_backlog(outbox: Outbox) -> None:
    assert outbox.decide(0, 51, 0, True) is Verdict.WAIT


def test_slow_viewer_is_conflated_then_gets_snapshot_not_backlog(outbox: Outbox) -> None:
    assert outbox.decide(0, 51, 500, False) is Verdict.WAIT
    assert outbox.decide(1000, 60, 0, False) is Verdict.DELTA
    assert outbox.decide(2000, 61, 500, False) is Verdict.WAIT
    assert outbox.decide(3000, 62, 0, False) is Verdict.SNAPSHOT, "more than 10 frames after 50"


def test_a_viewer_that_stays_behind_longer_than_the_patience_is_closed(outbox: Outbox) -> None:
    assert outbox.decide(0, 51, 101, False) is Verdict.WAIT
    assert outbox.decide(5000, 60, 101, False) is Verdict.WAIT
    assert outbox.decide(5001, 61, 101, False) is Verdict.CLOSE


def test_a_moment_of_room_begins_the_patience_anew(outbox: Outbox) -> None:
    outbox.decide(0, 51, 101, False)
    assert outbox.decide(2000, 55, 50, False) is Verdict.DELTA
    outbox.sent_seq = 55
    outbox.decide(4200, 56, 101, False)
    assert outbox.decide(9000, 60, 101, False) is Verdict.WAIT


def test_slow_viewer_is_conflated_then_given_a_snapshot_then_closed(outbox: Outbox) -> None:
    assert outbox.decide(0, 51, 101, False) is Verdict.WAIT
    assert outbox.decide(2000, 55, 50, False) is Verdict.DELTA
    assert outbox.decide(2200, 56, 101, False) is Verdict.WAIT
    assert outbox.decide(5000, 70, 50, False) is Verdict.SNAPSHOT
    assert outbox.decide(5200, 71, 101, False) is Verdict.WAIT
    assert outbox.decide(10_300, 96, 101, False) is Verdict.CLOSE


def test_a_snapshot_larger_than_the_hard_limit_does_not_close_whoever_was_sent_it(outbox: Outbox) -> None:
    outbox.burst = 5000
    assert outbox.decide(0, 51, 4000, False) is Verdict.WAIT
    assert outbox.decide(200, 52, 5001, False) is Verdict.CLOSE


def test_patience_runs_while_nothing_new_happens_too(outbox: Outbox) -> None:
    outbox.decide(0, 50, 101, False)
    assert outbox.decide(6000, 50, 101, False) is Verdict.CLOSE


def test_over_the_hard_limit_it_is_closed_at_once(outbox: Outbox) -> None:
    assert outbox.decide(0, 51, 1001, False) is Verdict.CLOSE


@pytest.mark.parametrize(
    ("have", "verdict", "sent"),
    [
        (60, Verdict.DELTA, 60),
        (55, Verdict.DELTA, 55),
        (50, Verdict.DELTA, 50),
        (49, Verdict.SNAPSHOT, 0),
        (0, Verdict.SNAPSHOT, 0),
        (61, Verdict.SNAPSHOT, 0),
    ],
)
def test_a_viewer_that_returns_with_a_frame_gets(have: int, verdict: Verdict, sent: int) -> None:
    outbox = Outbox(LIMITS)
    assert outbox.resume(have, 60) is verdict
    assert outbox.sent_seq == sent


def test_one_that_returns_with_the_newest_frame_waits_for_the_next() -> None:
    outbox = Outbox(LIMITS)
    outbox.resume(60, 60)
    assert outbox.decide(0, 60, 0, False) is Verdict.WAIT
    assert outbox.decide(0, 61, 0, False) is Verdict.DELTA
