"""Fans, chargers, servers, lamps and housings of a cluster file: where they stand, and what is refused."""

from __future__ import annotations

import copy
import json
import math
import tomllib
from pathlib import Path
from typing import Any

import pytest

import models
from models.layout import LayoutError, load, parse
from models.lines import line_of, places

FOLDER = Path(models.__file__).parent
TEXT = (FOLDER / "cluster.toml").read_text()
VALUES = tomllib.loads(TEXT)
CLUSTER = load("cluster")


def test_the_cluster_has_257_fans_and_a_charger_a_bank() -> None:
    assert len(CLUSTER.fans) == 257
    assert len([fan for fan in CLUSTER.fans if not fan.of]) == 7
    assert [charger.of for charger in CLUSTER.chargers] == [switch.ip for switch in CLUSTER.switches]
    assert [server.id for server in CLUSTER.servers] == ["head"]
    assert len(CLUSTER.lamps) == 24


def test_a_fan_stands_behind_every_fifth_board() -> None:
    slots = {slot.id: slot for slot in CLUSTER.slots}
    for fan in CLUSTER.fans:
        if fan.of:
            slot = slots[fan.of]
            assert slot.column % 5 == 0
            dx, dy, dz = (a - b for a, b in zip(fan.position, slot.position, strict=True))
            behind = -(dx * math.sin(slot.yaw) + dz * math.cos(slot.yaw))
            assert behind == pytest.approx(CLUSTER.pi_size[2] / 2 + 0.002 + fan.size[2] / 2, abs=1e-6)
            assert dy == 0
    assert {slot.column for slot in CLUSTER.slots if slot.column % 5 == 0} == {0, 5, 10, 15, 20}


def test_lamp_0_is_the_most_southern_and_the_next_is_east_of_it() -> None:
    first, second = CLUSTER.lamps[:2]
    assert first.position[2] == max(lamp.position[2] for lamp in CLUSTER.lamps)
    assert second.position[0] > first.position[0]
    assert len({lamp.position for lamp in CLUSTER.lamps}) == 24


def test_layout_json_lists_them_as_columns() -> None:
    told = json.loads(CLUSTER.encoded)
    for kind, count in (("fans", 257), ("chargers", 25), ("servers", 1), ("lamps", 24), ("markers", 50)):
        assert {len(column) for column in told[kind].values()} == {count}, kind
        assert len(set(told[kind]["id"])) == count, kind


def test_a_file_may_leave_them_all_out() -> None:
    values = {k: v for k, v in VALUES.items() if k not in ("fan", "frame_fan", "charger", "lamp", "housing", "server")}
    layout = parse("my.toml", values)
    assert (layout.fans, layout.chargers, layout.servers, layout.lamps, layout.housing) == ((), (), (), (), None)
    assert layout.slots == CLUSTER.slots


REFUSED = {
    "fan.depth_mm": (("fan", "depth_mm", 600), "does_not_fit"),
    "fan.width_mm": (("fan", "width_mm", 60), "does_not_fit"),
    "fan.first": (("fan", "first", 21), "out_of_range"),
    "frame_fan.at_mm[2]": (("frame_fan", "at_mm", [[0, 1900, 0], [9, 1900, 0], [640, 1900, 0]]), "does_not_fit"),
    "frame_fan.at_mm[0]": (("frame_fan", "at_mm", [3]), "wrong_type"),
    "charger.depth_mm": (("charger", "depth_mm", 351), "does_not_fit"),
    "charger.width_mm": (("charger", "width_mm", 451), "does_not_fit"),
    "lamp.at_mm": (("lamp", "at_mm", [0, 2199, 0]), "does_not_fit"),
    "lamp.count": (("lamp", "count", 0), "out_of_range"),
    "housing.kind": (("housing", "kind", "police box"), "out_of_range"),
    "housing.sign": (("housing", "sign", "x" * 25), "out_of_range"),
    "frame.height_mm": (("frame", "height_mm", 1950), "does_not_fit"),
    "frame.width_mm": (("frame", "width_mm", 1230), "does_not_fit"),
    "server[0].rack": (("server", 0, {"rack": "south"}), "does_not_fit"),
    "server[0].top_unit": (("server", 0, {"top_unit": 13}), "does_not_fit"),
    "server[0].depth_mm": (("server", 0, {"depth_mm": 601}), "does_not_fit"),
}


def changed(table: str, key: Any, value: Any) -> dict[str, Any]:
    values = copy.deepcopy(VALUES)
    if table == "frame":
        del values["frame_fan"], values["lamp"]  # they would be outside the smaller frame before anything else is
    if isinstance(value, dict):
        values[table][key] |= value
    else:
        values[table][key] = value
    return values


@pytest.mark.parametrize("key", REFUSED)
def test_what_does_not_fit_is_refused_by_its_key(key: str) -> None:
    change, code = REFUSED[key]
    with pytest.raises(LayoutError) as caught:
        parse("my.toml", changed(*change))
    assert (caught.value.key, caught.value.code) == (key, code)


def test_an_error_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text(TEXT.replace("top_unit = 37", "top_unit = 38", 1))
    with pytest.raises(LayoutError) as caught:
        load(str(path))
    line = caught.value.line
    assert "top_unit = 38" in path.read_text().split("\n")[line - 1]
    assert caught.value.message.startswith(f"my.toml:{line}: rack[0].bank[1].top_unit: ")


@pytest.mark.parametrize("name", ["cluster", "desk", "mini"])
def test_every_value_of_a_file_has_its_line(name: str) -> None:
    text = (FOLDER / f"{name}.toml").read_text()
    lines = text.split("\n")
    found = places(text)

    def visit(value: object, path: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                where = f"{path}.{key}" if path else key
                assert key in lines[found[where] - 1], where
                visit(inner, where)
        elif isinstance(value, list):
            for i, inner in enumerate(value):
                if isinstance(inner, dict | list):
                    assert f"{path}[{i}]" in found
                visit(inner, f"{path}[{i}]")

    visit(tomllib.loads(text), "")


def test_lines_are_found_through_strings_comments_and_nested_lists() -> None:
    text = '# a = 1\nname = "x ] = # y" # not = this\n\n'
    text += "[[t]]\nk = [ # list\n  { a = 1,\n    b = [2,\n 3] },\n  { b = 4 }\n]\n"
    text += "[[t]]\n'k' = '''\n]\n'''\nlast = 1\n"
    assert {
        key: line_of(text, key) for key in ("name", "t[0]", "t[0].k[0].b", "t[0].k[1].b", "t[1].k", "t[1].last")
    } == {
        "name": 2,
        "t[0]": 4,
        "t[0].k[0].b": 7,
        "t[0].k[1].b": 9,
        "t[1].k": 12,
        "t[1].last": 15,
    }


def test_a_missing_key_is_shown_at_its_table() -> None:
    assert line_of("x = 1\n[t]\ny = 2\n", "t.z") == 2
    assert line_of("x = 1\n", "gone") == 0
