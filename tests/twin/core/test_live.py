"""Live state: reports, liveness, wills, restarts. Time is a number here, so nothing waits."""

from dataclasses import replace

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
    live.tick(10**9)
    assert status(live, row) == UNKNOWN  # it never spoke: nothing says that it is alive, nor that it was
    live.will("b8:27:eb:00:00:09")
    assert status(live, row) == LOST


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


def placed(live: Live, n: int, at_ms: int, port: int, **values: float) -> int:
    report = report_of(n, **values)
    return live.report(replace(report, switch_ip="172.20.80.201", port=port), at_ms)


def test_a_move_closes_a_frame_even_when_no_value_changed(live: Live) -> None:
    row = see(live, 1, 0)
    live.tick(0)
    live.bind(row, "172.20.80.201", 3)
    assert live.tick(0)
    assert live.changes.since(live.seq - 1, live.columns.count).tolist() == [row]


def test_who_is_displaced_counts_as_changed_too(live: Live) -> None:
    old = placed(live, 1, 0, 3)
    live.tick(0)
    new = placed(live, 2, 100, 3)
    live.tick(100)
    assert live.changes.since(live.seq - 1, live.columns.count).tolist() == [old, new]


def test_a_late_delivery_does_not_take_the_place_of_who_stands_there_now(live: Live) -> None:
    stale = see(live, 1, 1_000)
    holder = placed(live, 2, 9_000, 3)
    placed(live, 1, 5_000, 3)
    assert (live.roster.at("172.20.80.201", 3), live.roster.nodes[stale].placed) == (holder, False)
    assert live.age_ms(stale, 9_000) == 4_000, "its values are newer than what was known of it"


def test_a_late_delivery_older_than_the_node_itself_moves_nobody(live: Live) -> None:
    row = placed(live, 1, 9_000, 3)
    placed(live, 1, 5_000, 4)
    assert live.roster.nodes[row].port == 3


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_of_two_kept_reports_of_one_place_the_younger_has_it_in_any_order(live: Live, order: tuple[int, int]) -> None:
    for n in order:
        live.restore(replace(report_of(n), switch_ip="172.20.80.201", port=3), n * 1000)
    holder = live.roster.at("172.20.80.201", 3)
    assert holder is not None
    assert live.roster.nodes[holder].mac == report_of(2).mac


def test_a_kept_report_from_a_clock_that_was_ahead_has_no_age_and_the_next_report_counts(live: Live) -> None:
    row = live.restore(report_of(1, cpu_pct=5), 1_000_000)
    live.tick(10_000)
    assert (status(live, row), live.age_ms(row, 10_000)) == (UNKNOWN, None)
    see(live, 1, 11_000, cpu_pct=60)
    live.tick(11_000)
    assert (status(live, row), float(live.columns.cpu_pct[row]), live.age_ms(row, 11_000)) == (ONLINE, 60, 0)


def test_a_late_delivery_does_not_make_a_lost_node_online(live: Live) -> None:
    row = see(live, 1, 100_000)
    live.will(report_of(1).mac)
    see(live, 1, 50_000)
    live.tick(100_100)
    assert status(live, row) == LOST


def test_a_will_of_somebody_unknown_changes_nothing(live: Live) -> None:
    live.will("b8:27:eb:00:00:77")
    assert not live.tick(0)


def test_the_placed_report_says_more_than_the_pi_does(live: Live) -> None:
    row = see(live, 1, 0)
    live.bind(row, "172.20.80.201", 3)
    report = live.placed_report(row)
    assert report is not None
    assert (report.switch_ip, report.port, report.mac) == ("172.20.80.201", 3, report_of(1).mac)
    nobody = live.birth("b8:27:eb:00:00:09", "", "", -1, 5000)
    assert live.placed_report(nobody) is None


def test_paint_marks_the_light_alone(live: Live) -> None:
    row = see(live, 1, 0)
    live.tick(0)
    seq = live.seq
    live.paint(row, (1, 2, 3))
    live.tick(0)
    assert (live.changes.light[row], live.changes.values[row], live.changes.status[row]) == (seq + 1, seq, seq)
