"""Online, late, lost: by age alone."""

import numpy as np
import pytest

from twin.core.columns import BUSY, LATE, LOST, NEVER_MS, ONLINE, REBOOTING, UNKNOWN, Columns
from twin.core.liveness import REBOOT_GRACE_MS, status_by_age

PERIOD_MS = 1000


def one(status: int, age_ms: int, now_ms: int = 10**9) -> int:
    """The status of a node of this status and age, two periods late and six lost."""
    columns = Columns(1)
    columns.grow_to(1)
    columns.status[0], columns.received_ms[0], columns.period_ms[0] = status, now_ms - age_ms, PERIOD_MS
    rows, statuses = status_by_age(columns, now_ms, 2, 6)
    return int(statuses[0]) if rows.size else status


@pytest.mark.parametrize(
    ("before", "age_ms", "after"),
    [
        (ONLINE, 2000, ONLINE),
        (ONLINE, 2001, LATE),
        (ONLINE, 6001, LOST),
        (LATE, 100, LATE),  # only a report makes it online again
        (LATE, 6000, LATE),
        (LATE, 6001, LOST),
        (LOST, 0, LOST),
        (UNKNOWN, 6000, UNKNOWN),
        (UNKNOWN, 6001, LOST),
        (REBOOTING, 6001, REBOOTING),
        (REBOOTING, REBOOT_GRACE_MS + 1, LOST),
    ],
)
def test_a_node_of_this_status_and_age_becomes(before: int, age_ms: int, after: int) -> None:
    assert one(before, age_ms) == after


def test_a_node_that_never_spoke_stays_unknown_whatever_the_clock_says() -> None:
    columns = Columns(1)
    columns.grow_to(1)
    assert columns.received_ms[0] == NEVER_MS
    for now_ms in (0, 10**6, 10**13):
        rows, _ = status_by_age(columns, now_ms, 2, 6)
        assert rows.size == 0


def test_a_busy_node_is_left_to_whoever_made_it_busy() -> None:
    assert one(BUSY, 60_000) == BUSY


def test_only_rows_that_change_are_named() -> None:
    columns = Columns(4)
    columns.grow_to(3)
    columns.status[:3] = ONLINE
    columns.period_ms[:3] = PERIOD_MS
    columns.received_ms[:3] = [0, 9000, 5000]
    rows, statuses = status_by_age(columns, 9500, 2, 6)
    assert (rows.tolist(), statuses.tolist()) == ([0, 2], [LOST, LATE])
    assert np.array_equal(columns.status[:3], [ONLINE] * 3), "it decides, it does not write"


def test_each_node_is_judged_by_its_own_period() -> None:
    columns = Columns(2)
    columns.grow_to(2)
    columns.status[:] = ONLINE
    columns.received_ms[:] = 0
    columns.period_ms[:] = [1000, 60_000]
    assert status_by_age(columns, 30_000, 2, 6)[0].tolist() == [0]
