"""Who this Pi is: mac, ip, boot id. Owns the choice of the interface. Called by agent.py, at the start and again
at each birth, because an address may change while the agent runs.
"""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from telemetry.errors import AgentError, ReportError
from telemetry.fields import ip as read_ip
from telemetry.fields import mac as read_mac

_ROUTES = Path("/proc/net/route")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_VIRTUAL = ("docker", "veth", "br-", "virbr")  # bridges between containers, never the way to the server
Addresses = Mapping[str, Sequence[tuple[int, str]]]  # interface -> (address family, address)


@dataclass(frozen=True, slots=True)
class Identity:
    mac: str
    ip: str  # "" while there is no network yet
    boot_id: str  # another one after each boot


def identify(interface_ip: str = "", mac: str = "") -> Identity:
    """This machine. Raises AgentError for an `interface_ip` or a `mac` that is none."""
    addresses = {
        name: [(int(each.family), each.address) for each in found] for name, found in psutil.net_if_addrs().items()
    }
    routes = _ROUTES.read_text() if _ROUTES.exists() else ""
    own_mac, own_ip = choose(addresses, default_interface(routes), interface_ip)
    try:
        own_mac = read_mac(mac) or own_mac
    except ReportError as error:
        raise AgentError("bad_option", f"--mac: {error.message}") from None
    return Identity(own_mac or made_up_mac(socket.gethostname()), own_ip, _boot_id())


def default_interface(routes: str) -> str:
    """The interface of the default route with the lowest metric, from the text of /proc/net/route; or ""."""
    found = []
    for line in routes.splitlines()[1:]:
        columns = line.split()
        if len(columns) > 7 and columns[1] == "00000000" and columns[7] == "00000000":
            found.append((int(columns[6]), columns[0]))
    return min(found)[1] if found else ""


def choose(addresses: Addresses, default: str, interface_ip: str = "") -> tuple[str, str]:
    """(mac, ip) of the interface with `interface_ip`, else of the default route, else of the first with both."""
    if interface_ip:
        for found in addresses.values():
            if any(address == interface_ip for _, address in found):
                return _pair(found)[0], interface_ip
        try:
            return "", read_ip(interface_ip)  # no interface's, as behind address translation: believe the user
        except ReportError:
            raise AgentError("bad_option", f"--interface-ip: {interface_ip!r} is not an address.") from None
    pairs = {name: _pair(found) for name, found in addresses.items()}
    if default in pairs:
        return pairs[default]
    real = [pair for name, pair in sorted(pairs.items()) if pair[0] and not name.startswith(_VIRTUAL)]
    return max(real, key=lambda pair: pair[1] != "", default=("", ""))


def _pair(found: Sequence[tuple[int, str]]) -> tuple[str, str]:
    mac = ip = ""
    for family, address in found:
        if family == psutil.AF_LINK and not mac:
            try:
                mac = read_mac(address)
            except ReportError:
                continue  # a tunnel's address, of another length
        elif family == socket.AF_INET and not ip and not address.startswith("127."):
            ip = address
    return mac, ip


def made_up_mac(name: str) -> str:
    """For a machine that shows no interface (some containers): stable, and marked as locally administered."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return ":".join(["02", *(digest[at : at + 2] for at in range(0, 10, 2))])


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return str(int(psutil.boot_time()))
