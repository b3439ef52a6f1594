"""Reads the values of one manager call: addresses, macs, ports and names, tolerant in, one form out.

Owns what each value may be and the sentence a person reads when it is not. Called by manager.py only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import NoReturn

from twin.wire.registry import ManagerError

MAX_PORT = 65_535
MAX_NAME = 64  # characters of a group's name
LAST_S = 253_402_300_799  # the last second of the year 9999, which datetime can still write

_MAC = re.compile(r"[:-]?".join([r"([0-9a-f]{2})"] * 6))


class Body:
    """A request's JSON object; each method reads one key, or raises ManagerError naming it."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, Mapping):
            what = f"must be one JSON object, not a {type(value).__name__}."
            raise ManagerError("not_object", f"The body {what}")
        self._values = value

    def has(self, key: str) -> bool:
        return self._values.get(key) is not None

    def take(self, key: str) -> object:
        value = self._values.get(key)
        if value is None:
            fail("missing", key, "is missing: send it.")
        return value

    def ip(self) -> str:
        return address(self.take("ip"), "ip")

    def switch_ip(self) -> str:
        return address(self.take("switch_ip"), "switch_ip")

    def port(self) -> int:
        return port_number(self.take("port"))

    def location(self) -> str:
        return group_name(self.take("location"))

    def mac(self) -> str:
        value = self.take("mac")
        found = _MAC.fullmatch(value.strip().lower()) if isinstance(value, str) else None
        if found is None:
            fail("bad_address", "mac", "must be six pairs of hex digits such as b8:27:eb:70:e3:c4.")
        return ":".join(found.groups())

    def seconds(self, key: str) -> float:
        value = self.take(key)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= LAST_S:
            fail("out_of_range", key, "must be seconds since 1970.")
        return float(value)

    def table(self, key: str) -> Mapping[object, object]:
        value = self._values.get(key, {})
        if not isinstance(value, Mapping):
            fail("wrong_type", key, "must be an object.")
        return value


def fail(code: str, field: str, what: str) -> NoReturn:
    raise ManagerError(code, f"{field} {what}", field)


def address(value: object, field: str) -> str:
    """An address as everyone else writes it: the registry's keys must meet those of reports and requests."""
    if not isinstance(value, str):
        fail("wrong_type", field, 'must be a text such as "172.20.20.23".')
    try:
        found = ip_address(value.strip())
    except ValueError:
        fail("bad_address", field, f"is {value[:40]!r}: it must be an address such as 172.20.20.23.")
    if isinstance(found, IPv6Address):
        if found.scope_id is not None:
            fail("bad_address", field, "must not name an interface (%...): that means nothing to others.")
        found = found.ipv4_mapped or found
    if found.is_multicast or found.is_unspecified or str(found) == "255.255.255.255":
        fail("bad_address", field, f"is {found}, which is no single machine's address.")
    return str(found)


def port_number(value: object) -> int:
    """A port as a number or as text: 4, 4.0, "4"."""
    number = value
    if isinstance(value, str):
        text = value.strip()
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else None
    elif isinstance(value, float) and value.is_integer():
        number = int(value)
    if not isinstance(number, int) or isinstance(number, bool):
        fail("wrong_type", "port", "must be a whole number, or one as text.")
    if not 0 <= number <= MAX_PORT:
        fail("out_of_range", "port", f"must be from 0 to {MAX_PORT}.")
    return number


def group_name(value: object) -> str:
    """A group's name, kept as given."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME or not value.isprintable():
        fail("bad_name", "location", f'must be a text of 1 to {MAX_NAME} characters such as "front".')
    return value
