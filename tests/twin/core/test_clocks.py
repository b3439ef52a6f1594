"""How wrong a node's clock is, and that nothing goes by it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.build import report_of
from twin.core.clocks import FRESH_MS, MOST, WRONG_MS, wrong
from twin.core.live import Live, Rules

NOW = 1_700_000_000_000
DAY = 86_400_000
PERIOD = 5000


@pytest.fixture
def live() -> Live:
    return Live(1, lambda switch_ip, port: -1, Rules())


def say(live: Live, count: int, skew_ms: int, *, start_ms: int, transit_ms: int = 3, node: int = 1) -> int:
    """`count` reports of a node whose clock is wrong by `skew_ms`. The time after them."""
    for number in range(count):
        at_ms = start_ms + number * PERIOD
        live.report(replace(report_of(node), sampled_ms=at_ms + skew_ms - transit_ms), at_ms, at_ms)
    return start_ms + count * PERIOD


@pytest.mark.parametrize("skew_ms", [0, -DAY, 365 * DAY, 40 * 365 * DAY, -90_000])
def test_the_estimate_is_the_difference_but_for_the_way(live: Live, skew_ms: int) -> None:
    say(live, 5, skew_ms, start_ms=NOW)
    assert live.skew_ms(0) == skew_ms - 3


def test_a_clock_that_is_set_is_known_after_half_of_what_is_remembered(live: Live) -> None:
    now = NOW
    for skew_ms in (0, -DAY, 365 * DAY, 0):
        now = say(live, MOST // 2 + 1, skew_ms, start_ms=now)
        assert live.skew_ms(0) == skew_ms - 3


def test_one_report_that_was_long_on_its_way_moves_nothing(live: Live) -> None:
    now = say(live, 6, 0, start_ms=NOW)
    now = say(live, 1, 0, start_ms=now, transit_ms=30_000)
    assert live.skew_ms(0) == -3
    say(live, 1, 0, start_ms=now)
    assert live.skew_ms(0) == -3


def test_a_held_report_and_one_without_a_time_say_nothing_of_the_clock(live: Live) -> None:
    live.report(replace(report_of(1), sampled_ms=NOW - DAY), NOW - FRESH_MS - 1, NOW)
    assert live.skew_ms(0) is None
    live.report(report_of(1), NOW, NOW)
    assert live.skew_ms(0) is None
    live.restore(replace(report_of(2), sampled_ms=NOW - DAY), NOW)
    assert live.skew_ms(1) is None
    assert wrong(live.columns) == 0


def test_wrong_clocks_are_counted_while_they_are_wrong_and_named_once(live: Live) -> None:
    now = say(live, MOST, 2 * WRONG_MS, start_ms=NOW)
    say(live, MOST, 0, start_ms=NOW, node=2)
    assert wrong(live.columns) == 1
    assert live.clocks.news() == [0]
    now = say(live, MOST, 0, start_ms=now)
    assert wrong(live.columns) == 0
    say(live, MOST, -DAY, start_ms=now)
    assert wrong(live.columns) == 1
    assert live.clocks.news() == []


def test_whatever_a_clock_does_ages_and_statuses_are_the_servers(live: Live) -> None:
    now = NOW
    for skew_ms in (0, -DAY, 365 * DAY, -50 * 365 * DAY, 0):
        now = say(live, 3, skew_ms, start_ms=now)
        live.tick(now)
        assert live.age_ms(0, now) == PERIOD
        assert int(live.columns.status[0]) == 1


def test_the_servers_clock_set_back_at_a_restart_is_the_same_to_live_as_to_the_disk(live: Live) -> None:
    live.restore(replace(report_of(1), cpu_pct=10.0), NOW + DAY)  # by a clock that was ahead
    live.report(replace(report_of(1), cpu_pct=20.0), NOW, NOW)
    assert live.columns.cpu_pct[0] == 20.0
    live.report(replace(report_of(1), cpu_pct=30.0), NOW - 60_000, NOW + 10)
    assert live.columns.cpu_pct[0] == 20.0, "held, and older than what is shown"


def test_the_servers_clock_set_forward_at_a_restart_takes_what_is_new(live: Live) -> None:
    live.restore(replace(report_of(1), cpu_pct=10.0), NOW - DAY)
    live.report(replace(report_of(1), cpu_pct=20.0), NOW, NOW)
    assert live.columns.cpu_pct[0] == 20.0
    live.report(replace(report_of(1), cpu_pct=30.0), NOW - DAY - 1, NOW + 10)
    assert live.columns.cpu_pct[0] == 20.0
