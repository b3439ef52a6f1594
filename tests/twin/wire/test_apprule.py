"""Today's app's rule: rows of 22, 15 mm apart, from 90 mm left of and 70 mm above the marker, 90 mm from row to row."""

from __future__ import annotations

from typing import Any

import pytest

from models.layout import Layout, load
from telemetry.report import Report, parse
from tests.build import field_report, report_of
from tests.telemetry import ipad
from twin.wire import apprule

CLUSTER = load("cluster")


def all_reports(layout: Layout) -> list[Report]:
    return [report_of(slot.index, switch_ip=slot.switch_ip, port=slot.port) for slot in layout.slots]


def drawn(listed: list[dict[str, Any]], switch_ip: str) -> dict[int, tuple[int, int]]:
    """The app, as it is described: port -> where its dot is, whole mm right and up of the marker's centre."""
    own = [node for node in listed if node["switch_ip"] == switch_ip]
    found = {}
    for index, node in enumerate(own):
        down, right = divmod(index, 22)
        if node["mac"]:
            found[node["port"]] = (-90 + 15 * right, 70 - 90 * down)
    return found


def columns(layout: Layout, switch_ip: str) -> dict[int, tuple[int, int]]:
    """Where each port's Pi belongs by that rule: its shelf's row, its own column."""
    own = [slot for slot in layout.slots if slot.switch_ip == switch_ip]
    upper = min(slot.shelf for slot in own)
    return {slot.port: (-90 + 15 * slot.column, 70 - 90 * (slot.shelf - upper)) for slot in own}


def listed(answer: dict[str, object]) -> list[dict[str, Any]]:
    nodes = answer["CLUSTER"]
    assert isinstance(nodes, list)
    return [node["DATA"] for node in nodes]


@pytest.mark.parametrize("missing", [set(), {1}, {41}, {2, 4, 6}, set(range(1, 42, 2)), {1, 20, 21, 22, 40, 42}])
def test_the_app_draws_every_pi_at_its_own_place_whoever_is_missing(missing: set[int]) -> None:
    for switch in CLUSTER.switches:
        reports = [report for report in all_reports(CLUSTER) if report.port not in missing]
        found = drawn(listed(apprule.cluster(CLUSTER, reports)), switch.ip)
        assert found == {port: at for port, at in columns(CLUSTER, switch.ip).items() if port not in missing}


def test_without_holes_the_same_app_would_miss() -> None:
    """What this is for: one missing Pi moves all that follow it in the plain list."""
    reports = [report for report in all_reports(CLUSTER) if report.port != 1]
    plain = [{"switch_ip": r.switch_ip, "port": r.port, "mac": r.mac} for r in reports]
    assert drawn(plain, "172.20.80.201") != columns(CLUSTER, "172.20.80.201")


def test_place_is_the_rule_in_metres() -> None:
    assert apprule.place(0) == pytest.approx((-0.090, 0.070))
    assert apprule.place(21) == pytest.approx((0.225, 0.070))
    assert apprule.place(22) == pytest.approx((-0.090, -0.020))
    assert apprule.place(43) == pytest.approx((0.225, -0.020))


def test_holes_pass_the_apps_strict_decoder_and_say_that_they_are_holes() -> None:
    nodes = listed(apprule.cluster(CLUSTER, [parse(field_report(n)) for n in range(5)]))
    assert len(nodes) == 25 * 44
    for node in nodes:
        ipad.read(node)
        assert (node["mac"] == "") == node.get("hole", False)
    assert [node["port"] for node in nodes[:22]] == [*range(1, 42, 2), -1]
    assert sum("hole" not in node for node in nodes) == 5


def test_rows_have_null_where_no_pi_is() -> None:
    reports = [report_of(1, switch_ip="172.20.80.203", port=3, cpu_pct=95.0), report_of(2)]
    answer: Any = apprule.rows(CLUSTER, reports)
    assert answer["rule"] == {"columns": 22, "pitch": 0.015, "first": [-0.09, 0.07], "row": 0.09, "units": "m"}
    assert [each["switch_ip"] for each in answer["switches"]] == [switch.ip for switch in CLUSTER.switches]
    third = answer["switches"][2]
    assert third["ports"] == [[*range(1, 42, 2), None], [*range(2, 43, 2), None]]
    assert third["nodes"][0][1]["mac"] == reports[0].mac
    assert third["colors"][0][1] == 3
    others = [node for each in answer["switches"] for row in each["nodes"] for node in row if node is not None]
    assert len(others) == 1


def test_a_cluster_of_another_shape_fills_its_rows_up() -> None:
    answer: Any = apprule.rows(load("desk"), [])
    (desk,) = answer["switches"]
    assert desk["ports"] == [[1, 2, 3, 4, *[None] * 18]]
    assert len(listed(apprule.cluster(load("desk"), []))) == 22
