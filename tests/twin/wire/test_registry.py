"""The manager's memory: bounds, bindings and pings."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from twin.wire.registry import MAX_GROUPS, Binding, ManagerError, Registry

IP, MAC, OTHER = "172.20.20.23", "b8:27:eb:70:e3:c4", "b8:27:eb:70:e3:c5"
SWITCH = "172.20.80.211"


def test_a_pi_is_pinged_once_a_period() -> None:
    registry = Registry(ping_s=20)
    registry.register(IP, MAC, 1000)
    assert registry.due_pings(1019) == []
    assert registry.due_pings(1020) == [IP]
    assert registry.due_pings(1020) == []
    assert registry.due_pings(1039) == []
    assert registry.due_pings(1040) == [IP]


def test_a_pi_that_misses_its_pings_is_forgotten_and_its_place_kept() -> None:
    registry = Registry(ping_s=20, max_missed=2)
    registry.set_port(IP, 4)
    registry.register(IP, MAC, 1000)
    assert not registry.missed(IP, 1021)
    assert registry.missed(IP, 1041)
    assert len(registry) == 0
    assert registry.due_pings(2000) == []
    assert registry.binding(IP) == Binding(IP, "", "", 4)


@pytest.mark.parametrize("sign", ["pong", "register"])
def test_a_sign_of_life_clears_missed_pings(sign: str) -> None:
    registry = Registry(ping_s=20, max_missed=2)
    registry.register(IP, MAC, 1000)
    registry.missed(IP, 1021)
    if sign == "pong":
        registry.pong(IP, 1040)
    else:
        registry.register(IP, MAC, 1040)
    assert not registry.missed(IP, 1061)
    assert registry.pis[IP].seen == 1040


def test_a_ping_that_failed_before_a_registration_does_not_count() -> None:
    registry = Registry(ping_s=20, max_missed=1)
    registry.register(IP, MAC, 1000)
    assert not registry.missed(IP, 1001)
    assert len(registry) == 1


def test_late_news_of_a_removed_pi_do_not_bring_it_back() -> None:
    registry = Registry()
    registry.register(IP, MAC, 1000)
    assert registry.forget(IP)
    assert not registry.forget(IP)
    registry.pong(IP, 1001)
    assert not registry.missed(IP, 1041)
    assert len(registry) == 0


def test_another_pi_may_take_an_address_over() -> None:
    registry = Registry()
    registry.register(IP, MAC, 1000)
    registry.register(IP, OTHER, 1001)
    assert len(registry) == 1
    assert registry.binding(IP).mac == OTHER


def test_the_version_grows_with_what_is_worth_saving_only() -> None:
    registry = Registry()
    steps: list[tuple[Callable[[], object], int]] = [
        (lambda: registry.register(IP, MAC, 1000), 1),
        (lambda: registry.register(IP, MAC, 1001), 1),
        (lambda: registry.pong(IP, 1002), 1),
        (lambda: registry.set_port(IP, 4), 2),
        (lambda: registry.set_port(IP, 4), 2),
        (lambda: registry.set_switch(IP, SWITCH), 3),
        (lambda: registry.join("front", SWITCH), 4),
        (lambda: registry.join("front", SWITCH), 4),
        (lambda: registry.forget(IP), 5),
        (lambda: registry.forget(IP), 5),
    ]
    for step, version in steps:
        step()
        assert registry.version == version


def test_every_address_of_which_anything_is_known_is_listed_once() -> None:
    registry = Registry()
    registry.register("10.0.0.1", MAC, 1000)
    registry.set_port("10.0.0.1", 1)
    registry.set_port("10.0.0.2", 2)
    registry.set_switch("10.0.0.3", SWITCH)
    assert list(registry.bindings()) == [
        Binding("10.0.0.1", MAC, "", 1),
        Binding("10.0.0.2", "", "", 2),
        Binding("10.0.0.3", "", SWITCH, -1),
    ]


def test_a_switch_in_two_groups_is_listed_once() -> None:
    registry = Registry()
    for location in ("front", "back"):
        registry.join(location, SWITCH)
    assert registry.group("all") == [SWITCH]


def test_a_flood_of_invented_addresses_ends_at_the_bound() -> None:
    registry = Registry(max_entries=3)
    for i in range(3):
        registry.register(f"10.0.0.{i}", MAC, 1000)
        registry.set_port(f"10.0.0.{i}", 1)
        registry.set_switch(f"10.0.0.{i}", SWITCH)
    calls: list[Callable[[], object]] = [
        lambda: registry.register("10.0.0.9", MAC, 1000),
        lambda: registry.set_port("10.0.0.9", 1),
        lambda: registry.set_switch("10.0.0.9", SWITCH),
    ]
    for call in calls:
        with pytest.raises(ManagerError) as caught:
            call()
        assert caught.value.code == "too_many"
    registry.set_port("10.0.0.1", 7)
    assert registry.binding("10.0.0.1") == Binding("10.0.0.1", MAC, SWITCH, 7)


def test_groups_have_a_bound() -> None:
    registry = Registry()
    for i in range(MAX_GROUPS):
        registry.join(f"group {i}", SWITCH)
    with pytest.raises(ManagerError) as caught:
        registry.join("one more", SWITCH)
    assert (caught.value.code, caught.value.field) == ("too_many", "location")
    registry.join("group 0", "172.20.80.212")
