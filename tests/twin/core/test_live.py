"""Live state: reports, liveness, wills, restarts. Time is a number here, so nothing waits."""

import numpy as np
import pytest

from telemetry.report import Report
from tests.build import report_of
from twin.core.columns import LATE, LOST, ONLINE, REBOOTING, UNKNOWN
from twin.core.errors import Unavailable
from twin.core.live import Live, Rules


def nowhere(switch_ip: str, port: int) -> int:
    return -1


@pytest.fixture
def live() -> Live:
    return Live(7, nowhere, Rules())


def see(live: Live, n: int, at_ms: int, **values: float) -> int:
    return live.report(report_of(n, **values), at_ms)


def status(live: Live, row: int) -> int:
    return int(live.columns.status[row])


def test_a_report_makes_a_node_online_with_its_values(live: Live) -> None:
    row = see(live, 1, 1000, cpu_pct=12.5)
    assert live.tick(1000)
    assert (status(live, row), float(live.columns.cpu_pct[row]), live.age_ms(row, 1500)) == (ONLINE, 12.5, 500)


def test_a_silent_node_is_late_after_two_periods_and_lost_after_six(live: Live) -> None:
    row = see(live, 1, 0)
    seen = {}
    for now in range(0, 40_000, 1000):
        live.tick(now)
        seen.setdefault(status(live, row), now)
    assert seen == {ONLINE: 0, LATE: 11_000, LOST: 31_000}


def test_a_lost_node_that_speaks_is_online_again(live: Live) -> None:
    row = see(live, 1, 0)
    live.tick(60_000)
    assert status(live, row) == LOST
    see(live, 1, 61_000)
    live.tick(61_000)
    assert status(live, row) == ONLINE


def test_liveness_goes_by_the_period_that_the_agent_named(live: Live) -> None:
    row = live.birth("b8:27:eb:00:00:01", "10.0.0.1", "", -1, 60_000)
    see(live, 1, 0)
    live.tick(60_000)
    assert status(live, row) == ONLINE
    live.tick(121_000)
    assert status(live, row) == LATE


def test_a_birth_alone_shows_no_value_as_fresh(live: Live) -> None:
    row = live.birth("b8:27:eb:00:00:09", "10.0.0.9", "", -1, 5000)
    live.tick(0)
    assert live.age_ms(row, 0) is None
    assert np.isnan(live.columns.cpu_pct[row])
    assert status(live, row) == LOST  # it never spoke: nothing says that it is alive


def test_a_will_makes_a_node_lost_at_once_and_a_reboot_is_not_a_loss(live: Live) -> None:
    dead, back = see(live, 1, 0), see(live, 2, 0)
    live.will(report_of(1).mac)
    live.goodbye(report_of(2).mac, reboot=True)
    live.will(report_of(2).mac)
    live.tick(100)
    assert (status(live, dead), status(live, back)) == (LOST, REBOOTING)
    live.tick(200_000)
    assert status(live, back) == LOST


def test_a_late_delivery_of_an_old_report_does_not_disturb_newer_values(live: Live) -> None:
    row = see(live, 1, 10_000, cpu_pct=50)
    see(live, 1, 4_000, cpu_pct=99)
    assert float(live.columns.cpu_pct[row]) == 50
    assert live.age_ms(row, 10_000) == 0


def test_a_restored_node_keeps_its_age_and_is_never_online(live: Live) -> None:
    young = live.restore(report_of(1, cpu_pct=5), 9_000)
    old = live.restore(report_of(2, cpu_pct=5), -100_000)
    live.tick(10_000)
    assert (status(live, young), status(live, old)) == (UNKNOWN, LOST)
    assert live.age_ms(young, 10_000) == 1000


def test_a_flood_of_new_nodes_ends_at_the_bound() -> None:
    live = Live(1, nowhere, Rules(max_nodes=3))
    for n in range(3):
        see(live, n, 0)
    with pytest.raises(Unavailable, match="3 nodes"):
        see(live, 4, 0)
    see(live, 1, 10)  # who is here stays welcome


def test_a_tick_without_changes_makes_no_frame_unless_the_heart_beats(live: Live) -> None:
    see(live, 1, 0)
    assert live.tick(0)
    assert not live.tick(200)
    seq = live.seq
    assert live.tick(400, heartbeat=True)
    assert live.seq == seq + 1


def test_a_new_epoch_begins_with_nobody(live: Live) -> None:
    see(live, 1, 0)
    live.reset(8)
    assert (live.epoch, len(live.roster), live.columns.count, live.reports) == (8, 0, 0, [])


def test_state_grows_past_its_first_capacity(live: Live) -> None:
    rows = [see(live, n, n, cpu_pct=n % 100) for n in range(300)]
    assert rows == list(range(300))
    assert [float(live.columns.cpu_pct[row]) for row in rows] == [n % 100 for n in range(300)]


def test_an_unknown_value_is_nan_not_zero(live: Live) -> None:
    row = live.report(_without_temperature(), 0)
    assert np.isnan(live.columns.temp_c[row])


def _without_temperature() -> Report:
    return report_of(1, temp_c=float("nan"))
