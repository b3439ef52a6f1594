"""Broadcasts `IP:PORT` over UDP, so that Pis find the server without being told (today's agents and ours).

Each interface announces its own address on its own broadcast address; loopback too, so that an agent on the same desk
works. Owns the socket; the text is what the field expects (docs/dialects.md), one datagram, no answer.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Iterable

import psutil

log = logging.getLogger(__name__)
LOOPBACK_BROADCAST = "127.255.255.255"


def announcements(host: str, addresses: Iterable[tuple[str, str | None]]) -> list[tuple[str, str]]:
    """(address to announce, broadcast address) for a server that listens on `host`.

    `addresses`: (IPv4 address, netmask) of the machine's interfaces. Only addresses that `host` serves are announced.
    """
    found: list[tuple[str, str]] = []
    for address, netmask in addresses:
        serves = host in ("0.0.0.0", "::", address) or (host == "localhost" and address == "127.0.0.1")
        if not serves:
            continue
        if ipaddress.ip_address(address).is_loopback:
            found.append((address, LOOPBACK_BROADCAST))
        elif netmask:
            network = ipaddress.ip_network(f"{address}/{netmask}", strict=False)
            if network.prefixlen < 31:  # point-to-point links have no broadcast address
                found.append((address, str(network.broadcast_address)))
    return found


def interface_addresses() -> list[tuple[str, str | None]]:
    """(IPv4 address, netmask) of every interface of this machine."""
    return [
        (each.address, each.netmask)
        for interface in psutil.net_if_addrs().values()
        for each in interface
        if each.family == socket.AF_INET
    ]


async def run(host: str, port: int, beacon_port: int, every_s: float) -> None:
    """Announce until cancelled. A network that refuses is logged once and tried again."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        out.setblocking(False)
        failed: set[str] = set()
        while True:
            # Interfaces come and go on a show floor, so they are looked up each time.
            for address, target in announcements(host, interface_addresses()):
                try:
                    out.sendto(f"{address}:{port}".encode(), (target, beacon_port))
                    failed.discard(target)
                except OSError as error:
                    if target not in failed:
                        log.warning("cannot broadcast to %s: %s", target, error)
                    failed.add(target)
            await asyncio.sleep(every_s)
