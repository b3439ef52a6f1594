"""Today's manager dialect: calls, answers and the saved form."""

from __future__ import annotations

import json
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from twin.core.errors import NotFound
from twin.wire.manager import CALLS, Binding, ManagerError, Registry, answer, free_pi, restore, to_json
from twin.wire.registry import PING_S

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[2] / "golden/manager.json").read_text())
NOW = float(GOLDEN["now"])
IP, MAC, SWITCH = "172.20.20.23", "b8:27:eb:70:e3:c4", "172.20.80.211"


def post(registry: Registry, call: str, **body: object) -> dict[str, object]:
    return answer(registry, "POST", call, body, NOW).body


def refused(call: str, body: object) -> ManagerError:
    with pytest.raises(ManagerError) as caught:
        answer(Registry(), "POST", call, body, NOW)
    assert caught.value.http_status == 400
    return caught.value


def test_todays_agents_get_the_golden_answers() -> None:
    registry = Registry()
    for method, path, body, expected in GOLDEN["calls"]:
        told = answer(registry, method, path, body, NOW).body
        assert json.dumps(told) == json.dumps(expected), f"{method} {path}"
    for candidate, expected in GOLDEN["freepi"]:
        assert free_pi(candidate) == expected


def test_the_golden_conversation_makes_every_call() -> None:
    made = {(method, path.strip("/").lower()) for method, path, _, _ in GOLDEN["calls"]}
    assert made == set(CALLS)


@pytest.mark.parametrize(
    ("method", "call"), [("GET", "/registerpi"), ("DELETE", "/getpi"), ("POST", "/"), ("GET", "/x")]
)
def test_an_unknown_call_is_not_found(method: str, call: str) -> None:
    with pytest.raises(NotFound):
        answer(Registry(), method, call, None, NOW)


def test_the_time_is_shown_in_the_zone_that_is_asked_for() -> None:
    registry = Registry()
    post(registry, "registerpi", ip=IP, mac=MAC)
    told: Any = answer(registry, "GET", "getpi", None, NOW, timezone(timedelta(hours=-7))).body
    assert told["items"][IP]["time"] == "10/17/2022, 02:46:40"


@pytest.mark.parametrize("port", [4, "4", " 4 ", 4.0])
def test_a_port_is_kept_as_a_number_however_it_came(port: object) -> None:
    registry = Registry()
    post(registry, "setport", ip=IP, port=port)
    assert post(registry, "getport", ip=IP) == {"status": "true", "port": 4}


@pytest.mark.parametrize("mac", ["B8:27:EB:70:E3:C4", "b8-27-eb-70-e3-c4", " b827eb70e3c4 "])
def test_a_mac_is_kept_in_one_form(mac: str) -> None:
    registry = Registry()
    post(registry, "registerpi", ip=IP, mac=mac)
    assert registry.binding(IP).mac == MAC


@pytest.mark.parametrize(
    ("given", "kept"), [(" 172.20.20.23 ", IP), ("::ffff:172.20.20.23", IP), ("2001:DB8:0::7", "2001:db8::7")]
)
def test_an_address_is_kept_in_one_form(given: str, kept: str) -> None:
    registry = Registry()
    post(registry, "setport", ip=given, port=1)
    assert registry.ports == {kept: 1}


@pytest.mark.parametrize(
    ("call", "body", "code", "field"),
    [
        ("registerpi", {"mac": MAC}, "missing", "ip"),
        ("registerpi", {"ip": IP}, "missing", "mac"),
        ("registerpi", {"ip": None, "mac": MAC}, "missing", "ip"),
        ("registerpi", {"ip": IP, "mac": "ABCD"}, "bad_address", "mac"),
        ("registerpi", {"ip": IP, "mac": 7}, "bad_address", "mac"),
        ("registerpi", {"ip": "300.1.1.1", "mac": MAC}, "bad_address", "ip"),
        ("registerpi", {"ip": "pi.local", "mac": MAC}, "bad_address", "ip"),
        ("registerpi", {"ip": "1.2.3.4/../x", "mac": MAC}, "bad_address", "ip"),
        ("registerpi", {"ip": "", "mac": MAC}, "bad_address", "ip"),
        ("registerpi", {"ip": 7, "mac": MAC}, "wrong_type", "ip"),
        ("registerpi", {"ip": "224.0.0.1", "mac": MAC}, "bad_address", "ip"),
        ("registerpi", {"ip": "255.255.255.255", "mac": MAC}, "bad_address", "ip"),
        ("registerpi", {"ip": "0.0.0.0", "mac": MAC}, "bad_address", "ip"),
        ("registerpi", {"ip": "fe80::1%eth0", "mac": MAC}, "bad_address", "ip"),
        ("registerpi", [], "not_object", ""),
        ("registerpi", "x", "not_object", ""),
        ("remove", {}, "missing", "ip"),
        ("getpi", {"ip": "x"}, "bad_address", "ip"),
        ("setport", {"ip": IP}, "missing", "port"),
        ("setport", {"ip": IP, "port": "four"}, "wrong_type", "port"),
        ("setport", {"ip": IP, "port": ""}, "wrong_type", "port"),
        ("setport", {"ip": IP, "port": "٤"}, "wrong_type", "port"),
        ("setport", {"ip": IP, "port": True}, "wrong_type", "port"),
        ("setport", {"ip": IP, "port": 4.5}, "wrong_type", "port"),
        ("setport", {"ip": IP, "port": float("nan")}, "wrong_type", "port"),
        ("setport", {"ip": IP, "port": -1}, "out_of_range", "port"),
        ("setport", {"ip": IP, "port": 65536}, "out_of_range", "port"),
        ("addswitch", {"ip": IP}, "missing", "switch_ip"),
        ("addswitch", {"ip": IP, "switch_ip": -1}, "wrong_type", "switch_ip"),
        ("getpiswitch", {}, "missing", "ip"),
        ("setpigroup", {"location": "front"}, "missing", "switch_ip"),
        ("setpigroup", {"switch_ip": SWITCH}, "missing", "location"),
        ("setpigroup", {"location": "all", "switch_ip": SWITCH}, "bad_name", "location"),
        ("setpigroup", {"location": "x" * 65, "switch_ip": SWITCH}, "bad_name", "location"),
        ("setpigroup", {"location": ["front"], "switch_ip": SWITCH}, "bad_name", "location"),
        ("getpigroup", {}, "missing", "location"),
    ],
)
def test_a_call_that_cannot_be_understood_names_its_field(call: str, body: object, code: str, field: str) -> None:
    error = refused(call, body)
    assert (error.code, error.field) == (code, field)
    assert error.message.startswith(field or "The body")


def test_a_refused_call_changes_nothing() -> None:
    registry = Registry()
    with pytest.raises(ManagerError):
        post(registry, "addswitch", ip="nowhere", switch_ip=SWITCH)
    assert (registry.version, list(registry.bindings())) == (0, [])


def test_a_group_may_have_any_name_in_print() -> None:
    registry = Registry()
    post(registry, "setpigroup", location="front, back", switch_ip=SWITCH)
    assert post(registry, "getpigroup", location="front, back") == {"status": "true", "items": [SWITCH]}
    assert post(registry, "getpigroup", location="front") == {"status": "true", "items": []}


def test_calls_that_place_a_pi_say_where_it_is() -> None:
    registry = Registry()
    calls = [
        ("setport", {"ip": IP, "port": "4"}, Binding(IP, "", "", 4)),
        ("addswitch", {"ip": IP, "switch_ip": SWITCH}, Binding(IP, "", SWITCH, 4)),
        ("registerpi", {"ip": IP, "mac": MAC}, Binding(IP, MAC, SWITCH, 4)),
        ("getport", {"ip": IP}, None),
        ("remove", {"ip": IP}, None),
    ]
    for call, body, binding in calls:
        assert answer(registry, "POST", call, body, NOW).binding == binding
    assert not Binding(IP, "", "", 4).placed
    assert Binding(IP, MAC, SWITCH, 4).placed


def full() -> Registry:
    registry = Registry()
    for _, call, body, _ in GOLDEN["calls"][:-5]:
        answer(registry, "POST" if body is not None else "GET", call, body, NOW)
    return registry


def test_what_was_saved_is_restored() -> None:
    saved = json.loads(json.dumps(to_json(full())))
    other = Registry()
    restore(other, saved, NOW + 60)
    assert to_json(other) == saved
    assert list(other.bindings()) == list(full().bindings())


def test_an_empty_registry_can_be_saved_and_restored() -> None:
    registry = Registry()
    restore(registry, to_json(Registry()), NOW)
    restore(registry, {}, NOW)
    assert (len(registry), registry.version) == (0, 0)


def test_restored_pis_are_not_pinged_all_at_once() -> None:
    pis = {f"10.0.0.{i}": {"mac": f"b8:27:eb:00:00:{i:02x}", "seen": NOW} for i in range(1, 201)}
    registry = Registry()
    restore(registry, {"pis": pis}, NOW)
    pinged = [len(registry.due_pings(NOW + second)) for second in range(int(PING_S))]
    assert sum(pinged) == 200 - 9
    assert max(pinged) <= 10


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"pis": []},
        {"pis": {IP: 7}},
        {"pis": {IP: {"mac": MAC}}},
        {"pis": {IP: {"mac": MAC, "seen": float("nan")}}},
        {"pis": {IP: {"mac": MAC, "seen": 1e300}}},
        {"pis": {"x": {"mac": MAC, "seen": NOW}}},
        {"ports": {IP: "x"}},
        {"switches": {IP: -1}},
        {"groups": {"": [SWITCH]}},
        {"groups": {"front": 7}},
    ],
)
def test_a_damaged_save_is_refused_with_advice(value: object) -> None:
    with pytest.raises(ManagerError) as caught:
        restore(Registry(), value, NOW)
    assert caught.value.code == "bad_state"
    assert "Pis register again by themselves" in caught.value.message
