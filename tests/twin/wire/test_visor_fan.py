"""The default namespace: today's viewers get today's JSON, once a change, and never a dead node as online."""

from typing import Any

import pytest

from telemetry.report import Report
from tests.build import mac_of, report_of
from tests.twin.wire.pipes import FakePipe, told
from twin.core.live import Live, Rules
from twin.core.outbox import Limits
from twin.wire import visor
from twin.wire.visor_fan import VisorFan

SWITCH = "172.20.80.201"


class Case:
    def __init__(self) -> None:
        self.live = Live(5, lambda switch_ip, port: port, Rules())
        self.fan = VisorFan(self.live, Limits(horizon=5), lambda viewer, bye: None)
        self.now_ms = 1000

    def report(self, n: int, port: int = -1, **values: Any) -> int:
        return self.live.report(report_of(n, switch_ip=SWITCH if port >= 0 else "", port=port, **values), self.now_ms)

    def tick(self) -> None:
        self.now_ms += 200
        self.live.tick(self.now_ms)
        self.fan.tick(self.now_ms)

    def join(self, sid: str = "a") -> FakePipe:
        pipe = FakePipe()
        self.fan.join(sid, sid, pipe)
        return pipe


@pytest.fixture
def case() -> Case:
    made = Case()
    made.report(1, 1)
    made.report(2, 2)
    made.tick()
    return made


def test_a_newcomer_gets_all_and_then_events(case: Case) -> None:
    pipe = case.join()
    case.tick()
    ((name, payload),) = pipe.take()
    assert (name, set(payload)) == ("cluster.all", {f"{SWITCH}-1", f"{SWITCH}-2"})
    assert (payload[f"{SWITCH}-1"]["status"], payload[f"{SWITCH}-1"]["lastUpdated"]) == ("online", 1000)
    case.report(2, 2, cpu_pct=50.5)
    case.tick()
    ((name, payload),) = pipe.take()
    assert (name, list(payload), payload[f"{SWITCH}-2"]["CPU"]) == ("cluster.event", [f"{SWITCH}-2"], "50.5")


def test_an_empty_cluster_is_told_as_empty_and_nothing_new_is_not_told() -> None:
    case = Case()
    pipe = case.join()
    case.tick()
    case.live.tick(case.now_ms, heartbeat=True)
    case.fan.tick(case.now_ms)
    assert pipe.take() == [("cluster.all", {})]


def test_a_silent_node_goes_offline_for_todays_viewers_too(case: Case) -> None:
    pipe = case.join()
    case.tick()
    pipe.take()
    case.now_ms += 60_000
    case.tick()
    assert {report["status"] for _, payload in pipe.take() for report in payload.values()} == {"offline"}


def test_a_node_without_a_report_is_not_shown(case: Case) -> None:
    case.live.birth(mac_of(9), "", SWITCH, 9, 5000)
    pipe = case.join()
    case.tick()
    assert set(pipe.take()[0][1]) == {f"{SWITCH}-1", f"{SWITCH}-2"}


def test_a_place_that_was_taken_over_shows_its_new_node_and_the_old_one_by_its_mac(case: Case) -> None:
    pipe = case.join()
    case.tick()
    pipe.take()
    case.report(2, 1, cpu_pct=88.0)
    case.tick()
    ((_, payload),) = pipe.take()
    assert payload[f"{SWITCH}-1"]["mac"] == mac_of(2)
    assert payload[mac_of(1)]["status"] == "online"
    assert payload[f"{SWITCH}-2"]["status"] == "offline", "nobody stands there any more"
    newcomer = case.join("b")
    case.tick()
    assert set(newcomer.take()[0][1]) == {f"{SWITCH}-1", mac_of(1)}


def test_every_id_comes_once_in_a_message(case: Case) -> None:
    pipe = case.join()
    case.tick()
    pipe.take()
    case.report(1, 2)
    case.report(2, 1)
    case.tick()
    (message,) = pipe.sent
    assert message.text.count(f'"{SWITCH}-1":') == 1
    assert message.text.count(f'"{SWITCH}-2":') == 1
    payload = told(message)[1]
    assert (payload[f"{SWITCH}-1"]["mac"], payload[f"{SWITCH}-2"]["mac"]) == (mac_of(2), mac_of(1))


def test_a_place_taken_by_one_that_has_not_reported_goes_offline_and_comes_back_with_its_report(case: Case) -> None:
    pipe = case.join()
    case.tick()
    pipe.take()
    row = case.live.birth(mac_of(9), "", "", -1, 5000)
    case.live.bind(row, SWITCH, 1)
    case.tick()
    assert pipe.take()[0][1][f"{SWITCH}-1"]["status"] == "offline"
    case.report(9)
    case.tick()
    payload = pipe.take()[0][1]
    assert (payload[f"{SWITCH}-1"]["status"], payload[f"{SWITCH}-1"]["mac"]) == ("online", mac_of(9))


def test_a_viewer_that_lags_hears_of_an_id_that_went_meanwhile(case: Case) -> None:
    pipe = case.join()
    case.tick()
    pipe.take()
    pipe.is_busy = True
    case.report(1, 7)
    case.tick()
    case.report(2, 2)
    case.tick()
    pipe.is_busy = False
    case.tick()
    assert pipe.take()[0][1][f"{SWITCH}-1"]["status"] == "offline"


def test_everything_forgotten_is_a_delete_and_an_empty_all(case: Case) -> None:
    pipe = case.join()
    case.tick()
    pipe.take()
    case.live.reset(6)
    case.tick()
    assert pipe.take() == [("cluster.delete", None), ("cluster.all", {})]


def test_rows_of_a_new_epoch_are_not_shown_with_what_was_written_before(case: Case) -> None:
    pipe = case.join()
    case.tick()
    case.live.reset(6)
    case.report(5, 5)
    case.tick()
    assert set(pipe.take()[-1][1]) == {f"{SWITCH}-5"}


def test_a_report_is_written_once_a_change_whoever_watches(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    original = visor.report_form

    def counted(report: Report, seen_ms: int, status: str) -> dict[str, object]:
        written.append(report.mac)
        return original(report, seen_ms, status)

    monkeypatch.setattr(visor, "report_form", counted)
    for n in range(5):
        case.join(str(n))
    case.tick()
    case.report(1, 1)
    case.tick()
    assert sorted(written) == [mac_of(1), mac_of(1), mac_of(2)]


def test_it_says_no_bye_because_todays_viewers_know_none(case: Case) -> None:
    pipe = case.join()
    case.fan.close("a", {"code": "server_stopping", "reason": "", "reconnect": True, "after_ms": 0})
    assert (pipe.closed, pipe.farewell) == (True, None)


def test_a_kept_report_whose_age_nobody_knows_is_not_given_a_date_before_1970() -> None:
    case = Case()
    case.live.restore(report_of(1), 10**9)
    pipe = case.join()
    case.tick()
    ((_, payload),) = pipe.take()
    assert (payload[mac_of(1)]["lastUpdated"], payload[mac_of(1)]["status"]) == (0, "offline")
