"""What viewers and agents ask, parsed once, and refused by the field's name."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from tests.telemetry.reports import jsons
from twin.core.errors import BadInput
from twin.wire import requests
from twin.wire.encoder import Wish
from twin.wire.frame import ALL, Column
from twin.wire.hello import FIELDS
from twin.wire.requests import Newborn, Resumption

BIRTH = {"mac": "B8:27:EB:00:00:01", "ip": "10.0.0.1", "boot_id": "x", "version": "1", "period_s": 5}


def test_a_resume_has_epoch_seq_and_maybe_the_roster() -> None:
    assert requests.resumption({"epoch": 3, "seq": 9}) == Resumption(3, 9, 0)
    assert requests.resumption({"epoch": 3, "seq": 9, "roster": 4, "more": 1}) == Resumption(3, 9, 4)
    assert requests.resumption({}) == Resumption(0, 0, 0)


@pytest.mark.parametrize("value", [-1, 1.5, "3", True, None, 2**53, [], float("nan")])
def test_a_number_that_is_none_is_refused_by_name(value: object) -> None:
    for name in ("epoch", "seq", "roster"):
        with pytest.raises(BadInput) as caught:
            requests.resumption({name: value})
        assert caught.value.field == name


@pytest.mark.parametrize("value", [None, [], "x", 3, True])
@pytest.mark.parametrize("parse", [requests.resumption, requests.watch_list, requests.wish, requests.newborn])
def test_what_is_no_object_is_refused(parse: Any, value: object) -> None:
    with pytest.raises(BadInput, match="one JSON object"):
        parse(value)


def test_a_watch_list_has_at_most_32_ids() -> None:
    assert requests.watch_list({"ids": []}) == []
    assert len(requests.watch_list({"ids": ["x"] * 32})) == 32
    with pytest.raises(BadInput, match="33"):
        requests.watch_list({"ids": ["x"] * 33})


@pytest.mark.parametrize("ids", [None, "x", [1], [None], ["x" * 65], {"a": 1}])
def test_ids_that_are_none_are_refused(ids: object) -> None:
    with pytest.raises(BadInput) as caught:
        requests.watch_list({"ids": ids})
    assert caught.value.field == "ids"


def test_an_empty_interest_is_everything_at_every_tick() -> None:
    assert requests.wish({}) == requests.wish({"fields": None, "ids": None, "max_hz": None}) == Wish()


def test_status_and_age_come_with_every_interest_so_nothing_stale_can_look_fresh() -> None:
    assert requests.wish({"fields": []}).columns == Column.STATUS | Column.AGE
    assert requests.wish({"fields": ["cpu"]}).columns == Column.CPU | Column.STATUS | Column.AGE


def test_every_field_that_hello_names_may_be_wished_for() -> None:
    assert requests.wish({"fields": [field["name"] for field in FIELDS]}).columns == ALL


def test_ids_and_rate_are_taken() -> None:
    assert requests.wish({"ids": ["a", "b", "a"], "max_hz": 2}) == Wish(ALL, frozenset({"a", "b"}), 500)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"fields": ["cpu", "fan"]}, "fields"),
        ({"fields": "cpu"}, "fields"),
        ({"fields": ["cpu"] * 8}, "fields"),
        ({"ids": "x"}, "ids"),
        ({"ids": ["x"] * 4097}, "ids"),
        ({"max_hz": 0}, "max_hz"),
        ({"max_hz": 101}, "max_hz"),
        ({"max_hz": float("nan")}, "max_hz"),
        ({"max_hz": True}, "max_hz"),
        ({"max_hz": "1"}, "max_hz"),
    ],
)
def test_an_interest_that_cannot_be_is_refused_by_field(body: dict[str, object], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        requests.wish(body)
    assert caught.value.field == field


def test_a_birth_names_the_node_in_the_words_of_a_report() -> None:
    born = requests.newborn(BIRTH | {"switch_ip": "172.20.80.201", "port": "4"})
    assert born == Newborn("b8:27:eb:00:00:01", "10.0.0.1", "172.20.80.201", 4, 5000, False)


def test_a_birth_may_know_nothing_but_its_mac() -> None:
    assert requests.newborn({"mac": BIRTH["mac"]}) == Newborn("b8:27:eb:00:00:01", "", "", -1, 5000, False)


def test_a_fleet_has_no_mac_of_its_own() -> None:
    assert requests.newborn({"fleet": True, "period_s": 2}) == Newborn("", "", "", -1, 2000, True)


@pytest.mark.parametrize(("period_s", "period_ms"), [(0, 100), (0.5, 500), (1e9, 3_600_000), (-1, 100)])
def test_a_period_is_held_within_what_makes_sense(period_s: float, period_ms: int) -> None:
    assert requests.newborn(BIRTH | {"period_s": period_s}).period_ms == period_ms


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mac": None}, "mac"),
        ({"mac": "not a mac"}, "mac"),
        ({"mac": None, "switch_ip": "172.20.80.201", "port": 3}, "mac"),
        ({"ip": "999.1.1.1"}, "ip"),
        ({"port": "x"}, "port"),
        ({"period_s": "5"}, "period_s"),
        ({"period_s": float("inf")}, "period_s"),
        ({"period_s": True}, "period_s"),
    ],
)
def test_a_birth_that_cannot_be_is_refused_by_field(change: dict[str, object], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        requests.newborn(BIRTH | change)
    assert caught.value.field == field


def test_a_farewell_says_whether_the_node_comes_back() -> None:
    assert requests.farewell({"reason": "reboot"})
    assert not requests.farewell({"reason": "shutdown"})
    with pytest.raises(BadInput, match="reason"):
        requests.farewell({"reason": "bored"})


@given(jsons)
def test_nothing_that_json_can_say_raises_anything_but_bad_input(value: object) -> None:
    parsers: list[Callable[[object], object]] = [
        requests.resumption,
        requests.watch_list,
        requests.wish,
        requests.newborn,
        requests.farewell,
    ]
    for parse in parsers:
        for body in (value, {"ids": value, "fields": value, "max_hz": value, "mac": value, "epoch": value}):
            with contextlib.suppress(BadInput):
                parse(body)
