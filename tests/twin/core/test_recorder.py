"""What viewers saw besides reports: told once, in bounds, and all of it again where anything was lost."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from telemetry.store.rows import Event
from tests.build import mac_of, report_of
from tests.twin.core.past import RULES, SWITCH, slot_of
from twin.core.live import Live
from twin.core.recorder import Identity, Recorder


class Case:
    def __init__(self, **bounds: int) -> None:
        self.live = Live(7, slot_of, RULES)
        self.recorder = Recorder(**bounds)
        self.now_ms = 1000

    def report(self, n: int, **values: Any) -> None:
        report = replace(report_of(n), **values)
        row = self.live.report(report, self.now_ms)
        key = report.mac or f"{report.switch_ip}-{report.port}"
        self.recorder.applied(self.live, row, key, self.now_ms, shown=True)

    def frame(self) -> None:
        self.now_ms += 100
        self.live.tick(self.now_ms, heartbeat=True)
        self.recorder.frame(self.live, self.now_ms)

    def told(self) -> list[Event]:
        _, events = self.recorder.take()
        self.recorder.kept()
        return events


def kinds(events: list[Event]) -> list[tuple[str, str]]:
    return [(each.key, each.kind) for each in events]


def test_an_epoch_begins_with_all_of_it_and_goes_on_with_changes() -> None:
    case = Case()
    case.report(0)
    case.frame()
    a, b = mac_of(0), mac_of(1)
    assert kinds(case.told()) == [("", "epoch"), ("", "identity"), (a, "identity"), (a, "status"), (a, "light")]
    case.report(0, cpu_pct=1.0)
    case.frame()
    assert case.told() == [], "values are the reports' own business"
    case.live.will(a)
    case.report(1)
    case.live.paint(1, (1, 2, 3))
    case.frame()
    events = case.told()
    assert kinds(events) == [(b, "identity"), (a, "status"), (b, "status"), (b, "light")]
    assert [each.value for each in events[1:]] == ['"lost"', '"online"', "[1, 2, 3]"]
    assert {each.at_ms for each in events} == {case.now_ms}
    case.live.reset(8)
    assert case.recorder.behind(case.live)
    case.report(0)
    case.frame()
    assert kinds(case.told()) == [("", "epoch"), ("", "identity"), (a, "identity"), (a, "status"), (a, "light")]


def test_a_batch_is_shown_by_the_next_frame_and_told_once() -> None:
    case = Case()
    for seq in (4, 4, 5):
        case.recorder.committed(seq)
    case.frame()
    assert case.recorder.take()[0] == [(4, 1100), (5, 1100)]
    case.recorder.kept()
    case.frame()
    assert case.recorder.take()[0] == []


def test_an_identity_says_where_a_node_is_and_whose_values_it_shows() -> None:
    case = Case()
    case.live.birth(mac_of(0), "10.0.0.1", SWITCH, 3, 5000)
    case.frame()
    who = Identity.read(case.told()[2].value)
    assert who == Identity(7, 0, mac_of(0), "10.0.0.1", SWITCH, 3, "")
    case.report(0, switch_ip=SWITCH, port=4)
    case.frame()
    who = Identity.read(case.told()[0].value)
    assert (who.port, who.values) == (4, mac_of(0))


def test_a_held_report_that_is_all_viewers_have_since_everything_was_forgotten_is_told_by_itself() -> None:
    """The history has a newer one of before, and a replay that took the newest would show what viewers did not have."""
    case = Case()
    case.now_ms = 9000
    case.report(0, cpu_pct=9.0)
    case.frame()
    case.told()
    case.live.reset(8)
    case.now_ms = 5000  # when its values were true
    case.report(0, cpu_pct=5.0)
    case.now_ms = 9200
    case.frame()
    identity = next(Identity.read(e.value) for e in case.told() if (e.key, e.kind) == (mac_of(0), "identity"))
    assert identity.values == ""
    assert identity.still[:2] == (5000, 5.0)


def test_a_node_whose_mac_becomes_known_goes_on_under_it() -> None:
    case = Case()
    case.report(0, mac="", switch_ip=SWITCH, port=3)
    case.frame()
    case.told()
    case.live.birth(mac_of(5), "10.0.0.1", SWITCH, 3, 5000)
    case.frame()
    old, new, *rest = case.told()
    assert (old.key, Identity.read(old.value).gone) == (f"{SWITCH}-3", True)
    assert (new.key, Identity.read(new.value).values) == (mac_of(5), f"{SWITCH}-3"), "it shows what the place said"
    assert kinds(rest) == [(mac_of(5), "status"), (mac_of(5), "light")]


def test_what_could_not_be_kept_comes_again_in_order() -> None:
    case = Case()
    case.recorder.committed(1)
    case.frame()
    first = case.recorder.take()
    case.recorder.committed(2)
    case.report(0)
    case.frame()
    case.recorder.failed()
    shown, events = case.recorder.take()
    assert shown == [(1, 1100), (2, 1200)]
    assert events[: len(first[1])] == first[1]
    assert [each.at_ms for each in events] == sorted(each.at_ms for each in events)


def test_beyond_the_bounds_it_is_dropped_and_the_present_is_told_anew() -> None:
    case = Case(most_events=20, most_shown=5)
    for n in range(4):
        case.report(n)
    for seq in range(9):
        case.recorder.committed(seq)
        case.frame()
    assert case.recorder.take()[0][0] == (4, 1500)
    case.recorder.failed()
    for _ in range(10):  # lights change until nothing more fits
        for row in range(4):
            case.live.paint(row, (case.now_ms % 256, row, 1))
        case.frame()
        case.recorder.take()
        case.recorder.failed()
        if case.recorder.dropped > 4:
            break
    case.recorder.take()
    case.recorder.kept()
    case.frame()
    assert kinds(case.told())[:2] == [("", "epoch"), ("", "identity")]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"epoch": 1', json.dumps([1])])
def test_what_is_no_identity_is_refused(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        Identity.read(text)


def test_an_identity_of_a_later_version_is_read_all_the_same() -> None:
    assert Identity.read('{"epoch": 3, "row": 1, "colour": "red"}') == Identity(3, 1)
