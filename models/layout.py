"""A cluster in space: every slot, switch, rack and named body, loaded from a cluster file.

Owns loading, looking up and layout.json; reading is plan.py's, geometry places.py's. Called by the service
(places, and layout.json for viewers), the dialects in twin/wire and the simulator. Coordinates: right-handed,
metres, y up, x east, z south, the origin on the floor at the frame's centre.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from models import fits, plan
from models.errors import LayoutError
from models.fittings import Fitting, Housing, lamps
from models.lines import line_of
from models.places import Body, Places, Rack, Slot, Switch, Vector
from models.table import quoted

__all__ = ["SHIPPED", "Body", "Layout", "LayoutError", "Rack", "Slot", "Switch", "load", "parse"]

VERSION = 1  # of layout.json
ANY_ORIGIN = "https://twin.example"  # what a marker says changes nothing about where it hangs
SHIPPED = ("cluster", "desk", "mini")
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Layout:
    """Never changes. `size` and `pi_size` are (width, height, depth) in metres; slot n is slots[n]."""

    name: str
    size: Vector
    pi_size: Vector
    slots: tuple[Slot, ...]
    switches: tuple[Switch, ...]
    racks: tuple[Rack, ...]
    bodies: tuple[Body, ...]
    fans: tuple[Fitting, ...] = ()
    chargers: tuple[Fitting, ...] = ()
    servers: tuple[Fitting, ...] = ()
    lamps: tuple[Fitting, ...] = ()
    housing: Housing | None = None

    @cached_property
    def _places(self) -> dict[tuple[str, int], Slot]:
        return {(slot.switch_ip, slot.port): slot for slot in self.slots}

    @cached_property
    def _named(self) -> dict[str, Body]:
        return {body.node_name: body for body in self.bodies}

    def slot_at(self, switch_ip: str, port: int) -> Slot | None:
        """The slot at a port of a switch, or None: such a node stands in the holding area."""
        return self._places.get((switch_ip, port))

    def body_named(self, node_name: str) -> Body | None:
        """The body of the old model with this name."""
        return self._named.get(node_name)

    def to_json(self) -> dict[str, object]:
        """layout.json for viewers: slots as columns, indexed by slot; every position is a centre."""
        columns = ("id", "switch_ip", "port", "rack", "bank", "shelf", "position", "yaw")
        return {
            "version": VERSION,
            "name": self.name,
            "units": "m",
            "size": list(self.size),
            "pi": list(self.pi_size),
            "slots": {name: [_plain(getattr(slot, name)) for slot in self.slots] for name in columns},
            "switches": [
                {name: _plain(getattr(switch, name)) for name in ("ip", "rack", "bank", "position", "size", "yaw")}
                for switch in self.switches
            ],
            "racks": [
                {name: _plain(getattr(rack, name)) for name in ("name", "position", "size", "yaw")}
                for rack in self.racks
            ],
            "fans": _columns(self.fans),
            "chargers": _columns(self.chargers),
            "servers": _columns(self.servers),
            "lamps": _columns(self.lamps),
            "markers": _hung(self),
        }

    @cached_property
    def encoded(self) -> bytes:
        """layout.json as bytes, the same for the same file. Serve exactly these: `hash` is theirs."""
        return json.dumps(self.to_json(), separators=(",", ":"), allow_nan=False).encode()

    @cached_property
    def hash(self) -> str:
        """sha256 of `encoded` in hex: a viewer keeps its layout until this changes."""
        return sha256(self.encoded).hexdigest()


def load(name_or_path: str) -> Layout:
    """A cluster of the twin's own ("cluster", "desk", "mini") or the path of a .toml. Raises LayoutError."""
    path = _HERE / f"{name_or_path}.toml" if name_or_path in SHIPPED else Path(name_or_path)
    if path.suffix != ".toml":
        what = f"is not a cluster of the twin's own: use {quoted(list(SHIPPED))}, or the path of a .toml file."
        raise LayoutError("not_found", repr(name_or_path), "", what)
    values, text = plan.read(path)
    try:
        return parse(path.name, values)
    except LayoutError as error:
        raise error.on_line(line_of(text, error.key)) from None


def parse(file: str, values: dict[str, object]) -> Layout:
    """The layout in the values of a .toml file; `file` is only for messages. Raises LayoutError."""
    drawn = plan.parse(file, values)
    fits.check(file, drawn)
    places = Places(drawn)
    return Layout(
        name=drawn.name,
        size=drawn.frame,
        pi_size=drawn.pi,
        slots=tuple(places.slots),
        switches=tuple(places.switches),
        racks=tuple(places.racks),
        bodies=tuple(places.bodies),
        fans=tuple(places.fans),
        chargers=tuple(places.chargers),
        servers=tuple(places.servers),
        lamps=lamps(drawn.fittings.lamp),
        housing=drawn.fittings.housing,
    )


def _columns(fittings: tuple[Fitting, ...]) -> dict[str, object]:
    return {name: [_plain(getattr(one, name)) for one in fittings] for name in ("id", "of", "position", "size", "yaw")}


def _hung(layout: Layout) -> dict[str, object]:
    """Where printed markers hang, as columns; none where a cluster has no room for them."""
    from models.errors import MarkerError
    from models.markers.place import markers  # which reads layouts itself

    try:
        found = markers(layout, ANY_ORIGIN)
    except MarkerError:
        found = ()
    columns = ("id", "switch_ip", "rack", "size_m", "position", "yaw")
    return {name.removesuffix("_m"): [_plain(getattr(one, name)) for one in found] for name in columns}


def _plain(value: object) -> object:
    """Vectors as lists: what JSON has, also for whoever uses to_json without encoding it."""
    return list(value) if isinstance(value, tuple) else value
