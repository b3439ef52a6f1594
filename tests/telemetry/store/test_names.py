"""What a row is known by: a report that comes twice counts once, and two reports are never taken for one, whatever the
node's clock does."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from telemetry.fields import MAX_MS
from telemetry.nodeclock import NodeClock
from telemetry.store.rows import identity

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 1_700_000_000_000


def name(seen_ms: int, node_ms: int) -> int:
    return int(identity(np.array([seen_ms]), np.array([node_ms]))[0])


def test_a_right_clock_is_the_whole_name_as_it_always_was() -> None:
    assert name(NOW + 1500, NOW) == 2 * NOW
    assert name(NOW, -1) == 2 * NOW + 1


def test_back_by_a_day_forward_by_a_year_and_back_no_report_is_taken_for_another() -> None:
    clock, names, true_ms = NodeClock(), set(), NOW
    steps = (0, -DAY, 0, 365 * DAY, 0, -DAY, -90_000, 0, -2 * HOUR, 0)
    for skew_ms in steps:
        for _ in range(2 * 720):  # two hours of it: the time before is said again
            true_ms += 5000
            names.add(name(true_ms, clock.read(true_ms + skew_ms)))
    assert len(names) == len(steps) * 2 * 720


@given(
    st.sampled_from((0, -DAY, 365 * DAY, -50 * 365 * DAY, 7 * HOUR, -61_000, 20 * 60_000)),
    st.integers(-2000, 2000),
    st.integers(-2000, 2000),
)
def test_the_same_report_sent_again_has_the_same_name(skew_ms: int, first_ms: int, again_ms: int) -> None:
    """Each time it took another while on its way."""
    assert name(NOW + first_ms, NOW + skew_ms) == name(NOW + again_ms, NOW + skew_ms)


def test_the_largest_name_fits_an_int64_and_a_column_of_19_digits() -> None:
    assert 0 < name(0, MAX_MS) < 2**63
    assert name(MAX_MS, 0) > 0
    assert len(str(name(0, MAX_MS))) <= 19
