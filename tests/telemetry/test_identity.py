"""Who this Pi is, from what an operating system shows."""

from __future__ import annotations

import socket

import psutil
import pytest

from telemetry import fields, identity
from telemetry.errors import AgentError

LINK, INET = int(psutil.AF_LINK), int(socket.AF_INET)
ETH = [(INET, "172.20.20.23"), (LINK, "B8:27:EB:70:E3:C4")]
WLAN = [(INET, "192.168.1.7"), (LINK, "b8:27:eb:00:00:07")]
LO = [(INET, "127.0.0.1"), (LINK, "00:00:00:00:00:00")]
ROUTES = """Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
wlan0	00000000	0101A8C0	0003	0	0	600	00000000	0	0	0
eth0	00000000	010014AC	0003	0	0	100	00000000	0	0	0
eth0	000014AC	00000000	0001	0	0	100	00FFFFFF	0	0	0
"""


def test_the_default_route_with_the_lowest_metric_counts() -> None:
    assert identity.default_interface(ROUTES) == "eth0"
    assert identity.default_interface("") == ""
    assert identity.default_interface("Iface\nrubbish\n") == ""


def test_the_interface_of_the_default_route_is_ours() -> None:
    addresses = {"lo": LO, "wlan0": WLAN, "eth0": ETH}
    assert identity.choose(addresses, "eth0") == ("b8:27:eb:70:e3:c4", "172.20.20.23")
    assert identity.choose(addresses, "wlan0")[1] == "192.168.1.7"


def test_an_address_on_the_command_line_chooses_its_interface() -> None:
    assert identity.choose({"eth0": ETH, "wlan0": WLAN}, "eth0", "192.168.1.7") == ("b8:27:eb:00:00:07", "192.168.1.7")
    assert identity.choose({"eth0": ETH}, "eth0", "10.9.9.9") == ("", "10.9.9.9")
    with pytest.raises(AgentError, match="--interface-ip"):
        identity.choose({"eth0": ETH}, "eth0", "nonsense")


def test_without_a_route_the_first_real_interface_is_ours() -> None:
    unplugged = [(LINK, "b8:27:eb:00:00:01")]
    docker = [(INET, "172.17.0.1"), (LINK, "02:42:00:00:00:01")]
    addresses = {"docker0": docker, "eth0": unplugged, "lo": LO, "wlan0": WLAN}
    assert identity.choose(addresses, "") == ("b8:27:eb:00:00:07", "192.168.1.7")
    assert identity.choose({"eth0": unplugged, "lo": LO}, "") == ("b8:27:eb:00:00:01", "")
    assert identity.choose({"lo": LO}, "") == ("", "")


def test_a_tunnels_address_is_not_mistaken_for_a_mac() -> None:
    tunnel = [(LINK, "80:00:02:08:fe:80:00:00:00:00:00:00:f4:52:14:03:00:7b:cb:a1"), (INET, "10.8.0.2")]
    assert identity.choose({"ib0": tunnel}, "ib0") == ("", "10.8.0.2")


def test_a_made_up_mac_is_stable_valid_and_marked_as_local() -> None:
    mac = identity.made_up_mac("pi-7")
    assert mac == identity.made_up_mac("pi-7") != identity.made_up_mac("pi-8")
    assert fields.mac(mac) == mac
    assert mac.startswith("02:")


def test_this_machine_has_an_identity() -> None:
    found = identity.identify()
    assert fields.mac(found.mac) == found.mac != ""
    assert found.boot_id == identity.identify().boot_id != ""
    assert identity.identify(mac="B8-27-EB-00-00-01").mac == "b8:27:eb:00:00:01"
    with pytest.raises(AgentError, match="--mac"):
        identity.identify(mac="nonsense")
