"""The names and addresses under which this machine is reached, and those that its authority may ever vouch for.

Pure but for `here`, which asks the system. Called by tls_authority.py and tls.py.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Domains that the public name system promises never to give to anybody.
LOCAL_DOMAINS = ("localhost", "local", "home.arpa", "internal", "lan")
LOCAL_NETWORKS: tuple[Network, ...] = tuple(
    ipaddress.ip_network(each)
    for each in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "100.64.0.0/10",
        "192.0.2.0/24",  # kept for documentation, and used by virtual machines
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


@dataclass(frozen=True, slots=True)
class Names:
    """What a certificate is for: host names in lower case, and addresses. Sorted, each once."""

    hosts: tuple[str, ...]
    addresses: tuple[Address, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Names:
        """Names and addresses told apart."""
        hosts: set[str] = set()
        addresses: set[Address] = set()
        for text in texts:
            try:
                addresses.add(ipaddress.ip_address(text))
            except ValueError:
                hosts.add(text.lower().rstrip("."))
        ordered = sorted(addresses, key=lambda each: (each.version, int(each)))
        return cls(tuple(sorted(hosts)), tuple(ordered))

    def covers(self, other: Names) -> bool:
        """Whether every name of `other` is among these."""
        return set(other.hosts) <= set(self.hosts) and set(other.addresses) <= set(self.addresses)

    def texts(self) -> list[str]:
        return [*self.hosts, *map(str, self.addresses)]


def here(more: Iterable[str] = ()) -> Names:
    """This machine's own names, and `more` that its owner knows of."""
    first = socket.gethostname().split(".")[0].lower()
    own = [f"{first}.local", *([first] if _is_safe_bare(first) else [])] if LABEL.fullmatch(first) else []
    return Names.of(["localhost", "127.0.0.1", "::1", *own, *_interfaces(), *more])


def _interfaces() -> Iterable[str]:
    for interface in psutil.net_if_addrs().values():
        for each in interface:
            # A link-local address of IPv6 needs the name of an interface, which no browser takes in a URL.
            linked = "%" in each.address or each.address.startswith("fe80")
            if each.family in (socket.AF_INET, socket.AF_INET6) and not linked:
                yield each.address


def domains(names: Names) -> tuple[str, ...]:
    """The domains a new authority is bound to: the local ones, and the machine's bare name where that is harmless."""
    return (*LOCAL_DOMAINS, *(host for host in names.hosts if _is_safe_bare(host)))


def permitted(names: Names, allowed: Iterable[str]) -> tuple[Names, list[str]]:
    """`names` that an authority bound to the domains `allowed` may vouch for, and those that it may not."""
    domains = tuple(allowed)
    hosts = [host for host in names.hosts if any(host == each or host.endswith(f".{each}") for each in domains)]
    addresses = [each for each in names.addresses if any(each in network for network in LOCAL_NETWORKS)]
    kept = Names.of([*hosts, *map(str, addresses)])
    return kept, [each for each in names.texts() if each not in kept.texts()]


def _is_safe_bare(host: str) -> bool:
    """A bound to `media` would allow every site under the top-level domain media. Those have letters only, or xn--."""
    return bool(LABEL.fullmatch(host)) and not host.isalpha() and not host.startswith("xn--") and not host.isdigit()
