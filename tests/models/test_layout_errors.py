"""Every way a cluster file can be wrong: the error names the file, the key, and what to do."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import models
from models.errors import LayoutError, ModelError
from models.layout import load, parse

MINI: dict[str, Any] = tomllib.loads((Path(models.__file__).parent / "mini.toml").read_text())
Change = Callable[[dict[str, Any]], object]


def refused(change: Change) -> LayoutError:
    """The error of the Mini with one change."""
    values = copy.deepcopy(MINI)
    change(values)
    with pytest.raises(LayoutError) as caught:
        parse("my.toml", values)
    return caught.value


def put(value: object, *path: str | int) -> Change:
    """A change: the value at a path becomes another."""

    def change(values: Any) -> None:
        for step in path[:-1]:
            values = values[step]
        values[path[-1]] = value

    return change


def drop(*path: str | int) -> Change:
    def change(values: Any) -> None:
        for step in path[:-1]:
            values = values[step]
        del values[path[-1]]

    return change


def check(error: LayoutError, code: str, key: str, *words: str) -> None:
    assert (error.code, error.file, error.key) == (code, "my.toml", key)
    assert error.message.startswith(f"my.toml: {key}: ")
    assert str(error) == error.message
    assert not error.retry
    for word in words:
        assert word in error.message


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (("name",), "name"),
        (("frame",), "frame"),
        (("rack",), "rack"),
        (("part",), "part"),
        (("mount", "unit_mm"), "mount.unit_mm"),
        (("shelf", "pitch_mm"), "shelf.pitch_mm"),
        (("part", 0, "first_port"), "part[0].first_port"),
        (("rack", 0, "foot_mm"), "rack[0].foot_mm"),
        (("rack", 0, "bank", 1, "switch_ip"), "rack[0].bank[1].switch_ip"),
    ],
)
def test_a_missing_key_is_named(path: tuple[str | int, ...], key: str) -> None:
    check(refused(drop(*path)), "missing_key", key, "is missing", "add it")


def test_a_misspelt_key_is_named_with_the_nearest_one() -> None:
    check(refused(put(5, "shelf", "setback")), "unknown_key", "shelf.setback", 'did you mean "setback_mm"?')
    check(refused(put(5, "rack", 0, "zzz")), "unknown_key", "rack[0].zzz", "known keys here are", '"facing"')

    def rename(values: dict[str, Any]) -> None:
        values["shelf"]["pich_mm"] = values["shelf"].pop("pitch_mm")

    check(refused(rename), "missing_key", "shelf.pitch_mm", 'There is a "pich_mm"')


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (put(7, "name"), "name"),
        (put("  ", "name"), "name"),
        (put(3, "frame"), "frame"),
        (put("x", "rack"), "rack"),
        (put([1], "rack"), "rack[0]"),
        (put("20", "shelf", "pitch_mm"), "shelf.pitch_mm"),
        (put(True, "shelf", "pitch_mm"), "shelf.pitch_mm"),
        (put(21.0, "shelf", "pis"), "shelf.pis"),
        (put(True, "shelf", "pis"), "shelf.pis"),
        (put([0, 700], "rack", 0, "foot_mm"), "rack[0].foot_mm"),
        (put([0, "a", 0], "rack", 0, "foot_mm"), "rack[0].foot_mm[1]"),
        (put(["1", 2], "rack", 0, "bank", 0, "rows"), "rack[0].bank[0].rows[0]"),
        (put([1], "rack", 0, "bank", 0, "rows"), "rack[0].bank[0].rows"),
        (put("172.20.80", "rack", 0, "bank", 0, "switch_ip"), "rack[0].bank[0].switch_ip"),
        (put(-1, "rack", 0, "bank", 0, "switch_ip"), "rack[0].bank[0].switch_ip"),
    ],
)
def test_a_wrong_type_is_named(change: Change, key: str) -> None:
    check(refused(change), "wrong_type", key)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (put(0, "shelf", "pitch_mm"), "shelf.pitch_mm"),
        (put(-1, "shelf", "setback_mm"), "shelf.setback_mm"),
        (put(float("nan"), "shelf", "pitch_mm"), "shelf.pitch_mm"),
        (put(float("inf"), "frame", "width_mm"), "frame.width_mm"),
        (put(10**400, "frame", "width_mm"), "frame.width_mm"),
        (put(23, "shelf", "pis"), "shelf.pis"),
        (put(0, "switch", "ports"), "switch.ports"),
        (put("sheld", "part", 0, "kind"), "part[0].kind"),
        (put("up", "rack", 0, "facing"), "rack[0].facing"),
        (put("north", "rack", 0, "side"), "rack[0].side"),
        (put([0, 1], "rack", 0, "bank", 0, "rows"), "rack[0].bank[0].rows"),
        (put([1, 13], "rack", 0, "bank", 0, "rows"), "rack[0].bank[0].rows[1]"),
    ],
)
def test_a_value_out_of_range_is_named(change: Change, key: str) -> None:
    check(refused(change), "out_of_range", key)


def test_a_misspelt_choice_is_named_with_the_nearest_one() -> None:
    check(refused(put("sheld", "part", 0, "kind")), "out_of_range", "part[0].kind", 'Did you mean "shelf"?')


def test_ports_beyond_the_switch_are_named() -> None:
    check(refused(put(24, "switch", "ports")), "out_of_range", "part[0].first_port", "port 41", "has 24")


def test_two_shelves_on_one_port_are_named() -> None:
    check(refused(put(1, "part", 2, "first_port")), "duplicate", "part[2].first_port", "port 1,")


def test_a_switch_address_used_twice_is_named() -> None:
    error = refused(put("192.168.1.11", "rack", 0, "bank", 1, "switch_ip"))
    check(error, "duplicate", "rack[0].bank[1].switch_ip", "192.168.1.11", "rack[0].bank[0].switch_ip")


def test_a_row_used_twice_is_named() -> None:
    error = refused(put([3, 1], "rack", 0, "bank", 1, "rows"))
    check(error, "duplicate", "rack[0].bank[1].rows[1]", "row 1 of South-East", "rack[0].bank[0].rows[0]")


def test_two_racks_of_one_name_are_named() -> None:
    error = refused(lambda values: values["rack"].append(copy.deepcopy(values["rack"][0])))
    check(error, "duplicate", "rack[1].name", "mini", "rack[0].name")


@pytest.mark.parametrize("unit", [4, 13, 1, 100])
def test_a_bank_taller_than_the_rack_is_named(unit: int) -> None:
    error = refused(put(unit, "rack", 0, "bank", 1, "top_unit"))
    check(error, "does_not_fit", "rack[0].bank[1].top_unit", "5 units outside the rack's units 1 to 12")


def test_two_banks_in_the_same_units_are_named() -> None:
    error = refused(put(7, "rack", 0, "bank", 1, "top_unit"))
    check(error, "does_not_fit", "rack[0].bank[1].top_unit", "where another bank is")


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        (put(15, "shelf", "pitch_mm"), "shelf.pitch_mm", "a board is 17 mm thick"),
        (put(21, "shelf", "pitch_mm"), "shelf.columns", "need 462 mm, but the opening has 450 mm"),
        (put(1, "part", 0, "units"), "part[0].units", "44.45 mm high, but a board is 56 mm"),
        (put(350, "shelf", "setback_mm"), "shelf.setback_mm", "435 mm deep"),
        (put(600, "mount", "opening_mm"), "mount.opening_mm", "the rack has 560 mm"),
        (put(561, "mount", "panel_mm"), "mount.panel_mm", "the rack has 560 mm"),
        (put(401, "switch", "depth_mm"), "switch.depth_mm", "the rack has 400 mm"),
        (put([0, 900, 0], "rack", 0, "foot_mm"), "rack[0].foot_mm", "outside the frame"),
        (put([200, 700, 0], "rack", 0, "foot_mm"), "rack[0].foot_mm", "outside the frame"),
        (put([0, -1, 0], "rack", 0, "foot_mm"), "rack[0].foot_mm", "outside the frame"),
    ],
)
def test_what_does_not_fit_is_named(change: Change, key: str, words: str) -> None:
    check(refused(change), "does_not_fit", key, words)


def test_two_racks_in_one_place_are_named() -> None:
    def change(values: dict[str, Any]) -> None:
        second = copy.deepcopy(values["rack"][0])
        second |= {"name": "other", "side": "North", "foot_mm": [100, 700, 0], "facing": "east"}
        for i, bank in enumerate(second["bank"]):
            bank["switch_ip"] = f"192.168.2.{i + 1}"
        values["rack"].append(second)

    check(refused(change), "does_not_fit", "rack[1].foot_mm", "into rack[0]")


def test_a_bank_needs_a_shelf_and_one_switch() -> None:
    check(refused(drop("part", 1)), "missing_key", "part", "no switch")
    check(refused(put([], "part")), "missing_key", "part", "is empty")
    check(refused(put([MINI["part"][1]], "part")), "missing_key", "part", "no shelf")
    doubled = [MINI["part"][0], MINI["part"][1], MINI["part"][1]]
    check(refused(put(doubled, "part")), "duplicate", "part[2].kind", "second switch")


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(ModelError) as caught:
        load("clutser")
    assert caught.value.code == "not_found"
    assert '"cluster", "desk", "mini"' in caught.value.message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LayoutError) as caught:
        load(str(tmp_path / "none.toml"))
    assert caught.value.code == "not_found"
    assert str(tmp_path / "none.toml") in caught.value.message


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "x.toml").mkdir()
    with pytest.raises(LayoutError) as caught:
        load(str(tmp_path / "x.toml"))
    assert caught.value.code == "unreadable"


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b"name = ", "bad_toml", "is not TOML"),
        (b'name = "\xff"', "bad_toml", "UTF-8"),
        (b"x = " + b"[" * 5000, "bad_toml", "is not TOML"),
        (b"#" * 1_000_001, "unreadable", "1000000 bytes"),
        (b"", "missing_key", "name: is missing"),
    ],
)
def test_a_file_that_is_no_cluster_is_refused(tmp_path: Path, body: bytes, code: str, words: str) -> None:
    (tmp_path / "my.toml").write_bytes(body)
    with pytest.raises(LayoutError) as caught:
        load(str(tmp_path / "my.toml"))
    assert caught.value.code == code
    assert caught.value.file == "my.toml"
    assert words in caught.value.message
