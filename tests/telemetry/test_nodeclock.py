"""No time is said twice by a clock that is set back a little; what it says is its own otherwise."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from telemetry.nodeclock import MOST_BACK_MS, NodeClock

HOUR = 3_600_000


def test_it_says_what_the_wall_says() -> None:
    clock = NodeClock()
    assert [clock.read(ms) for ms in (1000, 6000, 365 * 24 * HOUR, 365 * 24 * HOUR + 5000)] == [
        1000,
        6000,
        365 * 24 * HOUR,
        365 * 24 * HOUR + 5000,
    ]


def test_set_back_a_little_it_stands_still_until_it_has_caught_up() -> None:
    clock = NodeClock()
    assert [clock.read(100_000 + ms) for ms in (0, 5000, -10_000, -5000, 0, 5000, 10_000)] == [
        100_000,
        105_000,
        105_001,
        105_002,
        105_003,
        105_004,
        110_000,
    ]


def test_set_back_by_a_day_it_is_believed() -> None:
    clock = NodeClock()
    clock.read(48 * HOUR)
    assert clock.read(24 * HOUR) == 24 * HOUR


@given(st.lists(st.integers(-3 * HOUR, 3 * HOUR), max_size=60))
def test_no_time_is_said_twice_within_the_hours_that_the_server_tells_apart(steps: list[int]) -> None:
    clock, wall, true_ms = NodeClock(), 10**12, 10**12
    said: list[tuple[int, int]] = []
    for step in steps:
        wall, true_ms = wall + 5000 + step, true_ms + 5000
        now = clock.read(wall)
        assert now == wall or 0 < now - wall <= MOST_BACK_MS + len(steps)
        if said and now <= said[-1][0]:
            assert said[-1][0] - now >= MOST_BACK_MS
        said.append((now, true_ms))
