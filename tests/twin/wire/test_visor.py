"""Today's broadcaster dialect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from telemetry.report import parse
from twin.core.columns import STATUSES
from twin.wire import visor

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[2] / "golden/visor.json").read_text())
SAMPLE: dict[str, Any] = GOLDEN["nodes"][0]["report"]
PLACELESS = {key: value for key, value in SAMPLE.items() if key not in ("switch_ip", "port")}


def test_todays_viewers_get_the_golden_messages() -> None:
    nodes = [(parse(node["report"]), node["seen_ms"], node["status"]) for node in GOLDEN["nodes"]]
    # Through JSON and compared as text: 50 and 50.0 are equal in Python, but not to a strict reader.
    assert json.dumps(visor.cluster(nodes), sort_keys=True) == json.dumps(GOLDEN["cluster.all"], sort_keys=True)


def test_the_id_is_the_place_or_the_mac_while_the_place_is_unknown() -> None:
    assert visor.node_id(parse(SAMPLE)) == "172.20.80.211-4"
    assert visor.node_id(parse(PLACELESS)) == "b8:27:eb:70:e3:c4"
    assert visor.node_id(parse(SAMPLE | {"port": -1})) == "b8:27:eb:70:e3:c4"


@pytest.mark.parametrize("status", STATUSES)
def test_only_a_node_that_is_alive_is_called_online(status: str) -> None:
    told = visor.report_form(parse(SAMPLE), 1, status)["status"]
    assert told == ("online" if status in ("online", "late", "busy") else "offline")


def test_what_a_feeder_relayed_does_not_shadow_what_the_twin_knows() -> None:
    relayed = parse(SAMPLE | {"lastUpdated": 5, "status": "online"})
    told = visor.report_form(relayed, 77, "lost")
    assert (told["lastUpdated"], told["status"]) == (77, "offline")


def test_what_viewers_get_feeders_may_send_back() -> None:
    cluster = GOLDEN["cluster.all"]
    reports, errors = visor.parse_update(cluster)
    assert errors == []
    assert [visor.node_id(report) for report in reports] == list(cluster)


def test_an_older_feeders_shape_is_understood() -> None:
    reports, errors = visor.parse_update({"id": "172.20.80.211-4", "data": PLACELESS})
    assert errors == []
    assert [visor.node_id(report) for report in reports] == ["172.20.80.211-4"]


@pytest.mark.parametrize("lacking", [{}, {"switch_ip": -1, "port": -1}, {"switch_ip": "", "port": ""}, {"port": None}])
def test_the_id_fills_in_a_place_that_the_report_lacks(lacking: dict[str, object]) -> None:
    reports, errors = visor.parse_update({"172.20.80.211-4": PLACELESS | lacking})
    assert errors == []
    assert (reports[0].switch_ip, reports[0].port) == ("172.20.80.211", 4)


def test_a_report_that_knows_its_place_keeps_it() -> None:
    reports, _ = visor.parse_update({"172.20.80.99-7": SAMPLE})
    assert (reports[0].switch_ip, reports[0].port) == ("172.20.80.211", 4)


def test_a_mac_as_id_fills_in_the_mac() -> None:
    reports, errors = visor.parse_update({"b8:27:eb:70:e3:c6": {"CPU": "3"}})
    assert errors == []
    assert reports[0].mac == "b8:27:eb:70:e3:c6"


def test_one_bad_entry_loses_no_other() -> None:
    value = {"172.20.80.211-2": {"CPU": "hot"}, "172.20.80.211-4": SAMPLE, "172.20.80.211-6": 7, "nobody": {"CPU": 1}}
    reports, errors = visor.parse_update(value)
    assert [report.port for report in reports] == [4]
    assert [(error.id, error.field) for error in errors] == [
        ("172.20.80.211-2", "CPU"),
        ("172.20.80.211-6", ""),
        ("nobody", "mac"),
    ]
    assert errors[0].message.startswith("172.20.80.211-2: CPU")


@pytest.mark.parametrize("value", [None, [], "x", 7, True])
def test_what_is_not_an_object_is_one_error(value: object) -> None:
    reports, errors = visor.parse_update(value)
    assert reports == []
    assert [error.code for error in errors] == ["not_object"]


@pytest.mark.parametrize("public_id", ["", "x" * 97])
def test_an_id_out_of_bounds_is_an_error(public_id: str) -> None:
    reports, errors = visor.parse_update({public_id: SAMPLE})
    assert reports == []
    assert [(error.code, len(error.id) <= visor.MAX_ID) for error in errors] == [("bad_id", True)]


def test_too_many_entries_are_refused_at_once() -> None:
    reports, errors = visor.parse_update(dict.fromkeys(map(str, range(visor.MAX_ENTRIES + 1)), SAMPLE))
    assert reports == []
    assert [error.code for error in errors] == ["too_many"]


def test_an_empty_update_is_nothing() -> None:
    assert visor.parse_update({}) == ([], [])


def test_the_feeders_message_is_left_as_it_was() -> None:
    body = dict(PLACELESS)
    visor.parse_update({"172.20.80.211-4": body})
    assert body == PLACELESS
