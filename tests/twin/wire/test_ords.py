"""Today's database front, and the rules of the iPad app's decoder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.layout import load
from telemetry.report import Report, ReportError, parse
from twin.core.errors import NotFound
from twin.wire import ords

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[2] / "golden/ords.json").read_text())
CLUSTER, DESK = load("cluster"), load("desk")
KEYS = [
    "row_id",
    "node_name",
    "side",
    "orientation",
    "id",
    "uuid",
    "color",
    "temperature",
    "cpu",
    "memoryfree",
    "memorytotal",
    "memorypercentage",
    "diskfree",
    "disktotal",
    "diskpercentage",
    "cputemperature",
    "ip",
    "mac",
    "port",
    "processes",
]


def ipad_takes(data: dict[str, Any]) -> bool:
    """The app's decoder, rule by rule: one False and the app shows nothing at all."""

    def number(value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool)

    def whole(value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    for key, unit in (("CPU", "%"), ("MemoryPercentage", "%"), ("DiskPercentage", "%"), ("CPUTemperature", "'C")):
        if not isinstance(data[key], str):
            return False
        float(data[key].replace(unit, ""))
    return (
        all(number(data[key]) for key in ("MemoryFree", "MemoryTotal", "DiskFree"))
        and whole(data["DiskTotal"])
        and isinstance(data["ip"], str)
        and isinstance(data["mac"], str)
        and whole(data["port"])
        and (isinstance(data["switch_ip"], str) or whole(data["switch_ip"]))
    )


def placed(reports: list[Report]) -> dict[int, Report]:
    slots = ((DESK.slot_at(report.switch_ip, report.port), report) for report in reports)
    return {slot.index: report for slot, report in slots if slot}


def test_the_ipad_gets_the_golden_messages() -> None:
    reports = [parse(body) for body in GOLDEN["reports"]]
    told = {
        "v2": ords.cluster(reports, DESK),
        "DigitalTwin": ords.digital_twin(DESK, placed(reports), GOLDEN["painted"], GOLDEN["origin"]),
    }
    for name, answer in told.items():
        # As text: 50 and 50.0 are equal in Python, but not to a strict reader.
        assert json.dumps(answer) == json.dumps(GOLDEN[name])


@pytest.mark.parametrize("body", GOLDEN["reports"])
def test_every_node_of_the_golden_message_satisfies_the_ipad(body: dict[str, Any]) -> None:
    nodes: Any = ords.cluster([parse(body)], DESK)["CLUSTER"]
    assert [ipad_takes(node["DATA"]) for node in nodes] == [True]


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["9%", "41.0'C"])
)
FIELDS = ["CPU", "MemoryFree", "DiskTotal", "CPUTemperature", "DiskPercentage", "port", "switch_ip", "ip", "data", "x"]


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_every_report_that_is_accepted_satisfies_the_ipad(body: dict[str, Any]) -> None:
    try:
        report = parse(body | {"mac": "b8:27:eb:70:e3:c4"})
    except ReportError:
        return
    text = json.dumps(ords.cluster([report], DESK), allow_nan=False)
    assert ipad_takes(json.loads(text)["CLUSTER"][0]["DATA"])
    json.dumps(ords.digital_twin(DESK, {0: report}, {}, ""), allow_nan=False)


def test_nodes_come_in_the_order_of_their_slots_and_unplaced_ones_last() -> None:
    places = [("172.20.80.202", 1), ("172.20.80.201", 2), ("172.20.80.201", 41), ("172.20.80.201", 1)]
    bodies = [{"mac": f"b8:27:eb:00:00:0{i}", "switch_ip": ip, "port": port} for i, (ip, port) in enumerate(places)]
    lost = [{"mac": "b8:27:eb:00:00:ff"}, {"mac": "b8:27:eb:00:00:fe", "switch_ip": "10.0.0.1", "port": 1}]
    nodes: Any = ords.cluster([parse(body) for body in [*lost, *bodies]], CLUSTER)["CLUSTER"]
    told = [node["DATA"]["mac"][-2:] for node in nodes]
    assert told == ["03", "02", "01", "00", "fe", "ff"]


def test_no_reports_are_an_empty_cluster() -> None:
    assert ords.cluster([], CLUSTER) == {"CLUSTER": []}


def test_the_twin_lists_every_body_with_every_key() -> None:
    twin: Any = ords.digital_twin(CLUSTER, {}, {}, "https://twin.local/")
    assert (twin["count"], twin["hasMore"], twin["limit"], twin["offset"]) == (1100, False, 0, 0)
    assert len(twin["items"]) == 1100
    assert all(list(item) == KEYS for item in twin["items"])
    unknown = KEYS[KEYS.index("color") :]
    assert all(item[key] is None for item in twin["items"] for key in unknown)
    assert [item["id"] for item in twin["items"]] == [str(n) for n in range(1, 1101)]
    assert twin["links"][0]["href"] == "https://twin.local/ords/picluster/AR/DigitalTwin"


def test_a_body_keeps_its_uuid_and_shares_it_with_no_other() -> None:
    one: Any = ords.digital_twin(CLUSTER, {}, {}, "")
    ords._uuid.cache_clear()
    again: Any = ords.digital_twin(CLUSTER, {}, {}, "http://elsewhere")
    desk: Any = ords.digital_twin(DESK, {}, {}, "")
    uuids = [item["uuid"] for item in one["items"]]
    assert uuids == [item["uuid"] for item in again["items"]]
    assert len(set(uuids)) == 1100
    assert not set(uuids) & {item["uuid"] for item in desk["items"]}


@pytest.mark.parametrize(("cpu", "index"), [("", None), (0, 1), (9.9, 1), (10, 2), ("89.9%", 2), (90, 3), (100, 3)])
def test_a_body_has_the_apps_colour_for_its_cpu(cpu: object, index: int | None) -> None:
    assert ords.color_of(parse({"mac": "b8:27:eb:70:e3:c4", "CPU": cpu})) == index


def test_a_colour_that_was_put_wins_over_the_cpu() -> None:
    report = parse({"mac": "b8:27:eb:70:e3:c4", "CPU": 95})
    twin: Any = ords.digital_twin(DESK, {0: report, 1: report}, {"Body1": 1}, "")
    assert [item["color"] for item in twin["items"]] == [1, 3, None, None]


@pytest.mark.parametrize(("index", "rgb"), [("1", (0, 0, 255)), ("2", (255, 255, 0)), ("3", (255, 0, 0))])
def test_a_body_can_be_coloured(index: str, rgb: tuple[int, int, int]) -> None:
    paint = ords.parse_paint({"node_name": "Body1.026", "colorindex": index}, CLUSTER)
    assert paint.body == CLUSTER.body_named("Body1.026")
    assert (paint.index, paint.rgb) == (int(index), rgb)


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({}, "missing", "node_name"),
        ({"node_name": "Body1"}, "missing", "colorindex"),
        ({"node_name": " ", "colorindex": "1"}, "missing", "node_name"),
        ({"node_name": "Body1", "colorindex": "0"}, "out_of_range", "colorindex"),
        ({"node_name": "Body1", "colorindex": "4"}, "out_of_range", "colorindex"),
        ({"node_name": "Body1", "colorindex": "1.0"}, "out_of_range", "colorindex"),
        ({"node_name": "Body1", "colorindex": "x" * 999}, "out_of_range", "colorindex"),
        ({"node_name": "Body1", "colorindex": "１"}, "out_of_range", "colorindex"),
    ],
)
def test_a_colouring_that_makes_no_sense_is_refused(query: dict[str, str], code: str, field: str) -> None:
    with pytest.raises(ords.OrdsError) as caught:
        ords.parse_paint(query, CLUSTER)
    assert (caught.value.code, caught.value.field, caught.value.http_status) == (code, field, 400)
    assert len(caught.value.message) < 200


def test_a_body_that_the_model_lacks_is_not_found() -> None:
    with pytest.raises(NotFound) as caught:
        ords.parse_paint({"node_name": "Body9", "colorindex": "1"}, CLUSTER)
    assert caught.value.field == "node_name"
