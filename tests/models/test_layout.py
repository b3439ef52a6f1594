"""The layouts that come with the twin, as the cluster's figures have them."""

from __future__ import annotations

import copy
import json
import math
import tomllib
from collections import Counter
from hashlib import sha256
from itertools import combinations, pairwise
from pathlib import Path

import pytest

import models
from models.layout import SHIPPED, Layout, Slot, load, parse

FOLDER = Path(models.__file__).parent
CLUSTER = load("cluster")


def box(center: tuple[float, float, float], size: tuple[float, float, float], yaw: float) -> list[tuple[float, float]]:
    """(low, high) on each axis of a box turned by quarter turns."""
    width, height, depth = size
    if round(yaw / (math.pi / 2)) % 2:
        width, depth = depth, width
    return [(c - s / 2, c + s / 2) for c, s in zip(center, (width, height, depth), strict=True)]


def inside(inner: list[tuple[float, float]], outer: list[tuple[float, float]]) -> bool:
    return all(a >= c - 1e-6 and b <= d + 1e-6 for (a, b), (c, d) in zip(inner, outer, strict=True))


def overlap(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> bool:
    return all(a < d - 1e-6 and c < b - 1e-6 for (a, b), (c, d) in zip(one, other, strict=True))


def pi_box(layout: Layout, slot: Slot) -> list[tuple[float, float]]:
    return box(slot.position, layout.pi_size, slot.yaw)


def test_the_cluster_has_the_real_ones_figures() -> None:
    assert len(CLUSTER.slots) == 1050
    assert len(CLUSTER.switches) == 25
    assert len(CLUSTER.bodies) == 1100
    assert {slot.shelf for slot in CLUSTER.slots} == set(range(50))
    assert {slot.bank for slot in CLUSTER.slots} == set(range(25))
    assert Counter(switch.rack for switch in CLUSTER.switches) == {
        "north-east": 6,
        "south-east": 6,
        "south-west": 6,
        "north-west": 7,
    }
    assert set(Counter(slot.shelf for slot in CLUSTER.slots).values()) == {21}
    assert CLUSTER.size[1] == pytest.approx(2.2)


@pytest.mark.parametrize(("name", "pis", "switches", "bodies"), [("desk", 4, 1, 4), ("mini", 84, 2, 88)])
def test_the_small_clusters_have_their_figures(name: str, pis: int, switches: int, bodies: int) -> None:
    layout = load(name)
    assert (len(layout.slots), len(layout.switches), len(layout.bodies)) == (pis, switches, bodies)


@pytest.mark.parametrize("name", SHIPPED)
def test_everything_has_one_name_and_one_place(name: str) -> None:
    layout = load(name)
    for values in (
        [slot.id for slot in layout.slots],
        [slot.position for slot in layout.slots],
        [slot.node_name for slot in layout.slots],
        [(slot.switch_ip, slot.port) for slot in layout.slots],
        [(slot.side, slot.orientation, slot.row_id, slot.column) for slot in layout.slots],
        [body.node_name for body in layout.bodies],
        [switch.ip for switch in layout.switches],
    ):
        assert len(set(values)) == len(values)
    assert [slot.index for slot in layout.slots] == list(range(len(layout.slots)))
    assert [body.index for body in layout.bodies] == list(range(len(layout.bodies)))


@pytest.mark.parametrize("name", SHIPPED)
def test_no_two_pis_overlap(name: str) -> None:
    layout = load(name)
    by_shelf: dict[int, list[Slot]] = {}
    for slot in layout.slots:
        by_shelf.setdefault(slot.shelf, []).append(slot)
    hulls = {}
    for shelf, slots in by_shelf.items():
        boxes = [pi_box(layout, slot) for slot in slots]
        assert not any(overlap(one, other) for one, other in combinations(boxes, 2))
        hulls[shelf] = [(min(b[axis][0] for b in boxes), max(b[axis][1] for b in boxes)) for axis in range(3)]
    # Shelves whose hulls are apart hold boards that are apart: 1225 pairs instead of half a million.
    assert not any(overlap(one, other) for one, other in combinations(hulls.values(), 2))


@pytest.mark.parametrize("name", SHIPPED)
def test_pis_and_switches_are_inside_their_rack_and_racks_inside_the_frame(name: str) -> None:
    layout = load(name)
    racks = {rack.name: box(rack.position, rack.size, rack.yaw) for rack in layout.racks}
    width, height, depth = layout.size
    frame = [(-width / 2, width / 2), (0.0, height), (-depth / 2, depth / 2)]
    assert all(inside(pi_box(layout, slot), racks[slot.rack]) for slot in layout.slots)
    assert all(inside(box(s.position, s.size, s.yaw), racks[s.rack]) for s in layout.switches)
    assert all(inside(rack, frame) for rack in racks.values())
    assert not any(overlap(one, other) for one, other in combinations(racks.values(), 2))


@pytest.mark.parametrize("name", SHIPPED)
def test_no_pi_is_inside_a_switch(name: str) -> None:
    layout = load(name)
    switches = [box(s.position, s.size, s.yaw) for s in layout.switches]
    assert not any(overlap(pi_box(layout, slot), switch) for slot in layout.slots for switch in switches)


def test_odd_ports_are_the_upper_shelf_and_even_ports_the_lower_one() -> None:
    switches = {switch.ip: switch.position[1] for switch in CLUSTER.switches}
    for slot in CLUSTER.slots:
        assert (slot.position[1] > switches[slot.switch_ip]) == (slot.port % 2 == 1)
    for switch_ip in switches:
        ports = [slot.port for slot in CLUSTER.slots if slot.switch_ip == switch_ip]
        assert ports == [*range(1, 42, 2), *range(2, 43, 2)]


def test_rows_count_from_the_top_and_the_seventh_bank_hangs_below() -> None:
    for rack, expected in (("north-west", [*range(1, 13), -1, -2]), ("south-east", [*range(1, 13)])):
        heights = {slot.row_id: slot.position[1] for slot in CLUSTER.slots if slot.rack == rack}
        assert sorted(heights, key=lambda row: -heights[row]) == expected
    assert {body.row_id for body in CLUSTER.bodies} == {-2, -1, *range(1, 13)}


def test_racks_stand_in_their_corner_and_face_outwards() -> None:
    for slot in CLUSTER.slots:
        east, _, south = slot.position
        assert (east > 0) == (slot.orientation == "East") == slot.rack.endswith("east")
        assert (south > 0) == (slot.side == "South") == slot.rack.startswith("south")
        assert math.cos(slot.yaw) == pytest.approx(1 if slot.side == "South" else -1)
        rack = next(rack for rack in CLUSTER.racks if rack.name == slot.rack)
        assert abs(south) > abs(rack.position[2])  # boards are at the front


def test_column_0_is_the_leftmost_as_seen_from_the_front() -> None:
    for name in ("south-east", "north-east"):
        row = [slot for slot in CLUSTER.slots if slot.rack == name and slot.row_id == 1]
        rights = [slot.position[0] * math.cos(slot.yaw) for slot in row]
        assert rights == sorted(rights)
        assert [round(b - a, 6) for a, b in pairwise(rights)] == [0.02] * 20
        assert [slot.port for slot in row] == list(range(1, 42, 2))


def test_a_row_of_the_old_model_has_22_bodies_and_the_last_is_empty() -> None:
    rows = Counter((body.side, body.orientation, body.row_id) for body in CLUSTER.bodies)
    assert len(rows) == 50
    assert set(rows.values()) == {22}
    for body in CLUSTER.bodies:
        assert (body.slot == -1) == (body.column == 21)
        if body.slot >= 0:
            slot = CLUSTER.slots[body.slot]
            names = ("row_id", "column", "node_name", "side", "orientation")
            assert all(getattr(slot, name) == getattr(body, name) for name in names)


def test_bodies_are_numbered_in_one_order() -> None:
    assert [body.node_name for body in CLUSTER.bodies[:2]] == ["Body1", "Body1.001"]
    assert CLUSTER.bodies[-1].node_name == "Body1.1099"
    assert CLUSTER.body_named("Body1.026") is CLUSTER.bodies[26]
    assert CLUSTER.body_named("Body2") is None


def test_a_place_leads_to_its_slot_and_an_unknown_place_to_none() -> None:
    for slot in CLUSTER.slots:
        assert CLUSTER.slot_at(slot.switch_ip, slot.port) is slot
        assert slot.id == f"{slot.switch_ip}-{slot.port}"
    assert CLUSTER.slot_at("172.20.80.211", 43) is None
    assert CLUSTER.slot_at("", -1) is None
    assert CLUSTER.slot_at("10.0.0.1", 1) is None


@pytest.mark.parametrize("name", SHIPPED)
def test_the_json_has_one_value_a_slot_in_every_column(name: str) -> None:
    layout = load(name)
    told = json.loads(layout.encoded)
    assert told == layout.to_json()
    assert (told["version"], told["name"], told["units"]) == (1, name, "m")
    assert list(told["slots"]) == ["id", "switch_ip", "port", "rack", "bank", "shelf", "position", "yaw"]
    assert {len(column) for column in told["slots"].values()} == {len(layout.slots)}
    assert told["slots"]["position"][-1] == list(layout.slots[-1].position)
    assert [switch["ip"] for switch in told["switches"]] == [switch.ip for switch in layout.switches]
    assert set(told["switches"][0]) == {"ip", "rack", "bank", "position", "size", "yaw"}
    assert set(told["racks"][0]) == {"name", "position", "size", "yaw"}
    assert told["pi"] == [0.017, 0.056, 0.085]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_same_file_gives_the_same_bytes_and_hash(name: str) -> None:
    one, other = load(name), load(str(FOLDER / f"{name}.toml"))
    assert one == other
    assert one.encoded == other.encoded
    assert one.hash == sha256(one.encoded).hexdigest() == other.hash


def test_the_hash_changes_with_the_content() -> None:
    values = tomllib.loads((FOLDER / "desk.toml").read_text())
    moved = copy.deepcopy(values)
    moved["rack"][0]["foot_mm"][1] = 741
    assert parse("desk.toml", values).hash == load("desk").hash != parse("desk.toml", moved).hash


def test_racks_may_face_all_four_ways() -> None:
    values = tomllib.loads((FOLDER / "desk.toml").read_text())
    fronts = {}
    for facing in ("south", "east", "north", "west"):
        values["rack"][0]["facing"] = facing
        layout = parse("desk.toml", values)
        x, _, z = layout.switches[0].position
        fronts[facing] = (round(x, 3), round(z, 3))
    assert fronts == {"south": (0, 0.02), "east": (0.02, 0), "north": (0, -0.02), "west": (-0.02, 0)}
