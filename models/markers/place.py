"""Which markers a cluster has, and where each hangs: beside the boards of its switch, on the plane of the rack's front.

Owns ids, sizes and nominal poses, in the cluster's axes (right-handed, metres, y up). A survey of the real room may
replace the poses (data.py). Called by sheets.py and data.py.

    seen from the front, between two racks          A hangs left of its switch and half a card above it, B right and
        | panel |A of east       |                  below: two racks share the gap between their panels, and what a
        | panel |       B of west|                  camera sees is spread wide and tall.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from math import cos, sin

from models.errors import MarkerError
from models.layout import Layout, Rack, Slot, Switch
from models.markers.symbol import MODULES, QUIET, Symbol, address, encode
from models.places import Vector

SIZE_M = 0.080  # of the dark and light modules, without the quiet zone: what was measured to be enough for 2 m
SMALLEST_M, LARGEST_M = 0.030, 0.100
STRIP_M = 0.0054  # below the symbol, for its name; two cards above each other then fit one bank of 5 units
LETTERS = "AB"
SLACK_M = 1e-6


@dataclass(frozen=True, slots=True)
class Marker:
    """`position` is the symbol's centre, `yaw` radians about +y (0 faces +z), `size_m` the symbol's edge."""

    id: str
    switch_ip: str
    rack: str
    bank: int
    shelves: tuple[int, ...]
    size_m: float
    position: Vector
    yaw: float
    symbol: Symbol

    def at(self, right: float, up: float) -> Vector:
        """A point of the marker's plane, metres from its centre as its reader sees it, in the cluster's axes."""
        x, y, z = self.position
        return (
            round(x + right * cos(self.yaw), 6) + 0.0,
            round(y + up, 6) + 0.0,
            round(z - right * sin(self.yaw), 6) + 0.0,
        )

    @property
    def corners(self) -> tuple[Vector, Vector, Vector, Vector]:
        """Of the symbol without its quiet zone: top left, top right, bottom right, bottom left as seen from before."""
        half = self.size_m / 2
        return (self.at(-half, half), self.at(half, half), self.at(half, -half), self.at(-half, -half))


def card_of(size_m: float) -> tuple[float, float]:
    """Width and height of what is cut out: the symbol, its quiet zone and the strip with its name."""
    width = size_m * (MODULES + 2 * QUIET) / MODULES
    return width, width + STRIP_M


def id_of(switch: Switch, letter: str) -> str:
    """What stands on a marker: its bank, counted from 1 as viewers count for people, and a letter."""
    return f"{switch.bank + 1}{letter}"


def path_of(marker_id: str) -> str:
    """Where a marker leads, on the twin's own address."""
    return f"/m/{marker_id}"


def markers(layout: Layout, origin: str, size_m: float = SIZE_M, per_switch: int = 2) -> tuple[Marker, ...]:
    """Every marker, in the order of the switches. `origin`: "https://twin.example".

    Raises MarkerError: out_of_range, does_not_fit (a card would cover boards, another card or leave the frame),
    too_long.
    """
    if not SMALLEST_M <= size_m <= LARGEST_M:
        what = f"a marker of {size_m * 1000:g} mm: it must be {SMALLEST_M * 1000:g} to {LARGEST_M * 1000:g} mm."
        raise MarkerError("out_of_range", what)
    if not 1 <= per_switch <= len(LETTERS):
        raise MarkerError("out_of_range", f"{per_switch} markers a switch: it must be 1 or {len(LETTERS)}.")
    racks = {rack.name: rack for rack in layout.racks}
    banks: dict[int, list[Slot]] = {}
    for slot in layout.slots:
        banks.setdefault(slot.bank, []).append(slot)
    wanted = [(switch, letter) for switch in layout.switches for letter in LETTERS[:per_switch]]
    symbols = encode([address(origin, path_of(id_of(switch, letter))) for switch, letter in wanted])
    found = tuple(
        Marker(
            id_of(switch, letter),
            switch.ip,
            switch.rack,
            switch.bank,
            tuple(sorted({slot.shelf for slot in banks[switch.bank]})),
            size_m,
            _centre(layout, racks[switch.rack], switch, banks[switch.bank], letter, size_m),
            switch.yaw,
            symbol,
        )
        for (switch, letter), symbol in zip(wanted, symbols, strict=True)
    )
    _apart(found)
    return found


def _centre(layout: Layout, rack: Rack, switch: Switch, slots: Iterable[Slot], letter: str, size_m: float) -> Vector:
    """The symbol's centre: the card beside the panel, pulled in where the frame ends, never over a board."""
    width, height = card_of(size_m)
    side = -1 if letter == "A" else 1
    rack_right = _right(rack.position, switch.yaw)
    frame = abs(layout.size[0] * cos(switch.yaw)) + abs(layout.size[2] * sin(switch.yaw))
    along = min(switch.size[0] / 2 + width / 2, frame / 2 - side * rack_right - width / 2)
    boards = max(side * (_right(slot.position, switch.yaw) - rack_right) for slot in slots) + layout.pi_size[0] / 2
    if along - width / 2 < boards - SLACK_M:
        raise MarkerError(
            "does_not_fit",
            f"marker {id_of(switch, letter)}: a card of {width * 1000:.1f} mm would hang over the boards of "
            f"{rack.name}. Print smaller ones (--size) or one a switch (--per-switch 1).",
        )
    low, high = rack.position[1] - rack.size[1] / 2, rack.position[1] + rack.size[1] / 2
    card = min(max(switch.position[1] - side * height / 2, low + height / 2), max(high, low + height) - height / 2)
    depth = rack.size[2] / 2
    x, _, z = rack.position
    return (
        round(x + side * along * cos(switch.yaw) + depth * sin(switch.yaw), 6) + 0.0,
        round(card + STRIP_M / 2, 6),
        round(z - side * along * sin(switch.yaw) + depth * cos(switch.yaw), 6) + 0.0,
    )


def _right(point: Vector, yaw: float) -> float:
    return point[0] * cos(yaw) - point[2] * sin(yaw)


def _apart(found: tuple[Marker, ...]) -> None:
    for one, other in combinations(found, 2):
        width, height = card_of(one.size_m)
        level = abs(one.position[1] - other.position[1]) < height - SLACK_M
        x, z = one.position[0] - other.position[0], one.position[2] - other.position[2]
        if level and one.yaw == other.yaw and (x * x + z * z) ** 0.5 < width - SLACK_M:
            raise MarkerError(
                "does_not_fit",
                f"markers {one.id} and {other.id} would lie on each other: print smaller ones (--size) or one a "
                "switch (--per-switch 1).",
            )
