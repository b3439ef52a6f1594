"""Who a simulated Pi is: its addresses, boot id, manner of writing, and what it claims of its place and
clock. All of it follows from its number, its quirk and the table of places. Owns no values that change
but the boot id's count. Pure; called by fleet.py once a node.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from telemetry.sim_faults import Quirk
from telemetry.sim_places import Place

UNKNOWN_SWITCH = "172.20.99.99"  # what a node in the wrong place names
HOUR_MS = 3_600_000
_OLD_AGENTS = 10  # one Pi in so many runs an older agent: "%" after percentages, the port as text


class Node(NamedTuple):
    """What stays the same in every report of one Pi. `switch_ip` and `port` are as sent, -1 unknown."""

    mac: str
    ip: str
    switch_ip: str | int
    port: int | str
    percent_sign: str
    quirk: Quirk
    clock_ms: int  # fast (+) or slow (-)


def make_node(index: int, places: Sequence[Place], quirk: Quirk) -> Node:
    """The same Pi for every seed: another seed is other weather, not other hardware."""
    switch_ip, port = _claim(index, places, quirk)
    old = mix(index, 1) % _OLD_AGENTS == 0
    return Node(
        mac=mac_of(index),
        ip=f"172.{20 + index // 62_500}.{index // 250 % 250}.{index % 250 + 2}",
        switch_ip=switch_ip,
        port=str(port) if old else port,
        percent_sign="%" if old else "",
        quirk=quirk,
        clock_ms=_clock_ms(index) if quirk is Quirk.CLOCK else 0,
    )


def mac_of(index: int) -> str:
    """b8:27:eb and 24 bits that look drawn; times an odd number, so no two are the same."""
    low = f"{(index * 0x9E3779 + 0x70E3C4) % 2**24:06x}"
    return f"b8:27:eb:{low[:2]}:{low[2:4]}:{low[4:]}"


def boot_id_of(seed: int, index: int, boots: int) -> str:
    """Looks like /proc/sys/kernel/random/boot_id; another one after each boot."""
    words = [mix(index * 8 + turn, seed * 65_537 + boots) for turn in range(4)]
    text = "".join(f"{word:08x}" for word in words)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def mix(first: int, second: int) -> int:
    """32 well-stirred bits of two numbers: chance that does not depend on who asks in which order."""
    value = (first * 0x9E3779B1 ^ second * 0x85EBCA77) & 0xFFFFFFFF
    value = (value ^ value >> 15) * 0x2C1B3C6D & 0xFFFFFFFF
    value = (value ^ value >> 12) * 0x297A2D39 & 0xFFFFFFFF
    return value ^ value >> 15


def _claim(index: int, places: Sequence[Place], quirk: Quirk) -> tuple[str | int, int]:
    if quirk is Quirk.NO_PLACE:
        return -1, -1
    if quirk is Quirk.WRONG_PLACE:
        return UNKNOWN_SWITCH, places[index].port
    place = places[(index + 1) % len(places)] if quirk is Quirk.SAME_PLACE else places[index]
    return place.switch_ip, place.port


def _clock_ms(index: int) -> int:
    """One to twelve hours, fast or slow."""
    drawn = mix(index, 2)
    hours = 1 + drawn % 12
    return hours * HOUR_MS if drawn & 0x10000 else -hours * HOUR_MS
