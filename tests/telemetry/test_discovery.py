"""The broadcast: what counts as an address, and real datagrams on this machine."""

from __future__ import annotations

import select
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry import discovery


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def hear_one(sock: socket.socket) -> str | None:
    assert select.select([sock], [], [], 5)[0], "nothing came"
    return discovery.hear(sock)


@pytest.mark.parametrize("data", [b"172.20.0.10:8080", b"172.20.0.10:8080\n", b" 172.20.0.10:08080"])
def test_an_address_is_read(data: bytes) -> None:
    assert discovery.parse(data, "172.20.0.10") == "http://172.20.0.10:8080"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b":",
        b"172.20.0.10",
        b"172.20.0.10:",
        b":8080",
        b"172.20.0.10:0",
        b"172.20.0.10:65536",
        b"172.20.0.10:-1",
        b"172.20.0.10:80 80",
        b"172.20.0.10:8080/path",
        b"172.20.0:8080",
        b"172.20.0.256:8080",
        b"0.0.0.0:8080",
        b"224.0.0.1:8080",
        b"255.255.255.255:8080",
        b"host:8080",
        b"http://172.20.0.10:8080",
        b"user@172.20.0.10:8080",
        b"::1:8080",
        b"\xff\xfe",
        "١٧٢.20.0.10:8080".encode(),
        b"172.20.0.10:8080" + b" " * 60,
        b"127.0.0.1:8080",
    ],
)
def test_rubbish_is_ignored(data: bytes) -> None:
    assert discovery.parse(data, "172.20.0.10") is None


def test_loopback_is_believed_only_from_this_machine() -> None:
    assert discovery.parse(b"127.0.0.1:8080", "127.0.0.1") == "http://127.0.0.1:8080"


@given(st.binary(max_size=80))
def test_no_datagram_breaks_it(data: bytes) -> None:
    found = discovery.parse(data, "10.0.0.1")
    assert found is None or found.startswith("http://")


def test_several_agents_on_one_desktop_all_hear_one_broadcast() -> None:
    port = free_udp_port()
    with (
        discovery.open_socket(port) as one,
        discovery.open_socket(port) as other,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sender.sendto(b"127.0.0.1:8080", ("127.255.255.255", port))
        assert hear_one(one) == "http://127.0.0.1:8080"
        assert hear_one(other) == "http://127.0.0.1:8080"


def test_the_newest_address_counts_and_rubbish_between_does_not() -> None:
    port = free_udp_port()
    with discovery.open_socket(port) as ears, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for data in (b"127.0.0.1:1", b"rubbish", b"127.0.0.1:2", b"\xff"):
            sender.sendto(data, ("127.0.0.1", port))
        found = None
        while found != "http://127.0.0.1:2":
            found = hear_one(ears)
        while select.select([ears], [], [], 0)[0]:
            assert discovery.hear(ears) is None


def test_a_flood_does_not_keep_the_agent_from_its_work() -> None:
    port = free_udp_port()
    with discovery.open_socket(port) as ears, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(200):
            sender.sendto(b"127.0.0.1:1", ("127.0.0.1", port))
        assert hear_one(ears) == "http://127.0.0.1:1"
        assert select.select([ears], [], [], 5)[0], "one call read all 200"
