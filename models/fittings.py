"""What a cluster has beside Pis and switches: fans, chargers, servers, lamps, and the housing around it all.

Owns their part of a cluster file (every table of it may be left out) and where they stand. Called by plan.py for the
reading and by places.py for the places.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin

from models.table import Table

Vector = tuple[float, float, float]

HOUSINGS = ("police-box", "table")
MAX_LAMPS = 1024
MAX_SIGN = 24  # letters that still fit a side
FAN_GAP = 0.002  # metres between a board's rear and its fan: the bracket of the printed caddy


@dataclass(frozen=True, slots=True)
class Fitting:
    """`of` names what it belongs to: a slot's id, a switch's address, a rack's name, or "" for the frame.

    `position` is its centre in metres, `size` (width, height, depth) before it is turned by `yaw`. A fan blows along
    its shortest edge.
    """

    id: str
    of: str
    position: Vector
    size: Vector
    yaw: float = 0.0


@dataclass(frozen=True, slots=True)
class FanPlan:
    """Behind every `every`th board of a shelf, from column `first` on."""

    first: int
    every: int
    size: Vector


@dataclass(frozen=True, slots=True)
class FramePlan:
    """Fans that belong to no shelf: their centres, and the size of each."""

    at: tuple[Vector, ...]
    size: Vector


@dataclass(frozen=True, slots=True)
class LampPlan:
    """`count` lamps in a level ring about `at`; lamp 0 is the most southern, the others follow towards the east."""

    count: int
    radius: float
    edge: float
    at: Vector


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """A computer of `units` height in a rack; `top_unit` is its highest unit."""

    name: str
    rack: str
    top_unit: int
    units: int
    depth: float


@dataclass(frozen=True, slots=True)
class Housing:
    """What stands around the racks; the sign is written on it."""

    kind: str
    sign: str


@dataclass(frozen=True, slots=True)
class Fittings:
    """All of it; None and () for what a file leaves out."""

    fan: FanPlan | None = None
    frame_fan: FramePlan | None = None
    charger: Vector | None = None
    lamp: LampPlan | None = None
    housing: Housing | None = None
    servers: tuple[ServerPlan, ...] = ()


def read(top: Table, pis: int, max_units: int) -> Fittings:
    """The optional tables of a cluster file. Raises LayoutError."""
    return Fittings(
        fan=_fan(top.optional("fan"), pis),
        frame_fan=_frame_fan(top.optional("frame_fan")),
        charger=_charger(top.optional("charger")),
        lamp=_lamp(top.optional("lamp")),
        housing=_housing(top.optional("housing")),
        servers=tuple(_server(table, max_units) for table in top.optional_tables("server")),
    )


def _size(table: Table) -> Vector:
    return (table.metres("width_mm"), table.metres("height_mm"), table.metres("depth_mm"))


def _fan(table: Table | None, pis: int) -> FanPlan | None:
    if table is None:
        return None
    fan = FanPlan(table.whole("first", 0, pis - 1), table.whole("every", 1, pis), _size(table))
    table.done()
    return fan


def _frame_fan(table: Table | None) -> FramePlan | None:
    if table is None:
        return None
    fans = FramePlan(table.points("at_mm"), _size(table))
    table.done()
    return fans


def _charger(table: Table | None) -> Vector | None:
    if table is None:
        return None
    size = _size(table)
    table.done()
    return size


def _lamp(table: Table | None) -> LampPlan | None:
    if table is None:
        return None
    count = table.whole("count", 1, MAX_LAMPS)
    lamp = LampPlan(count, table.distance("radius_mm"), table.metres("edge_mm"), table.point("at_mm"))
    table.done()
    return lamp


def _housing(table: Table | None) -> Housing | None:
    if table is None:
        return None
    housing = Housing(table.text("kind", HOUSINGS), table.text("sign"))
    if len(housing.sign) > MAX_SIGN:
        table.fail("out_of_range", "sign", f"has {len(housing.sign)} letters: at most {MAX_SIGN} fit. Shorten it.")
    table.done()
    return housing


def _server(table: Table, max_units: int) -> ServerPlan:
    server = ServerPlan(
        name=table.text("name"),
        rack=table.text("rack"),
        top_unit=table.whole("top_unit", 1, max_units),
        units=table.whole("units", 1, max_units),
        depth=table.metres("depth_mm"),
    )
    table.done()
    return server


def lamps(plan: LampPlan | None) -> tuple[Fitting, ...]:
    """The lamps, in the order in which commands count them."""
    if plan is None:
        return ()
    found = []
    x, y, z = plan.at
    for i in range(plan.count):
        angle = 2 * pi * i / plan.count
        position = (_round(x + plan.radius * sin(angle)), y, _round(z + plan.radius * cos(angle)))
        found.append(Fitting(f"lamp-{i}", "", position, (plan.edge, plan.edge, plan.edge), round(angle, 9)))
    return tuple(found)


def _round(metres: float) -> float:
    return round(metres, 6) + 0.0
