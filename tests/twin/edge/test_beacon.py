"""Which address is announced on which network, and that the broadcast arrives."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.wait import until
from twin.edge import beacon
from twin.edge.beacon import announcements, interface_addresses

LAN = [("127.0.0.1", "255.0.0.0"), ("172.20.0.9", "255.255.0.0"), ("10.1.2.3", "255.255.255.0")]


def test_a_server_on_all_addresses_announces_each_on_its_own_network() -> None:
    for host in ("0.0.0.0", "::"):
        assert announcements(host, LAN) == [
            ("127.0.0.1", "127.255.255.255"),
            ("172.20.0.9", "172.20.255.255"),
            ("10.1.2.3", "10.1.2.255"),
        ]


def test_a_server_on_one_address_announces_only_that() -> None:
    assert announcements("172.20.0.9", LAN) == [("172.20.0.9", "172.20.255.255")]
    assert announcements("127.0.0.1", LAN) == [("127.0.0.1", "127.255.255.255")]
    assert announcements("localhost", LAN) == [("127.0.0.1", "127.255.255.255")]
    assert announcements("192.168.9.9", LAN) == []


@pytest.mark.parametrize("netmask", [None, "", "255.255.255.255", "255.255.255.254"])
def test_a_link_without_a_broadcast_address_is_left_out(netmask: str | None) -> None:
    assert announcements("0.0.0.0", [("10.8.0.1", netmask)]) == []


def test_odd_netmasks_are_worked_out() -> None:
    assert announcements("0.0.0.0", [("10.0.0.77", "255.255.255.192")]) == [("10.0.0.77", "10.0.0.127")]


def test_this_machine_has_loopback() -> None:
    assert "127.0.0.1" in [address for address, _ in interface_addresses()]


async def test_the_broadcast_arrives_as_today_ip_and_port_as_text() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("", 0))
        ear.setblocking(False)
        task = asyncio.ensure_future(beacon.run("127.0.0.1", 8123, ear.getsockname()[1], 0.02))
        try:
            async with asyncio.timeout(4):
                heard = [await asyncio.get_running_loop().sock_recv(ear, 100) for _ in range(3)]
            assert heard == [b"127.0.0.1:8123"] * 3
        finally:
            task.cancel()
            await asyncio.wait([task])


async def test_a_network_that_refuses_is_told_once_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = 0

    def addresses() -> list[tuple[str, str | None]]:
        nonlocal rounds
        rounds += 1
        return [("127.0.0.1", "255.0.0.0")]

    monkeypatch.setattr(beacon, "interface_addresses", addresses)
    monkeypatch.setattr(beacon, "LOOPBACK_BROADCAST", "no.such.host.invalid")
    task = asyncio.ensure_future(beacon.run("0.0.0.0", 1, 3333, 0.01))
    await until(lambda: rounds >= 4)
    task.cancel()
    await asyncio.wait([task])
    assert caplog.text.count("cannot broadcast") == 1
