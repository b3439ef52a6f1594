"""A cluster file as frozen types: what its author wrote, in metres, and checked.

Owns reading and refusing (fits.py holds the checks of size). Where things stand in space is places.py's work.
Called by layout.py only.
"""

from __future__ import annotations

import tomllib
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

from models import fittings
from models.errors import LayoutError
from models.table import Table

FACINGS = ("south", "east", "north", "west")  # quarter turns about +y, from facing +z
SIDES = ("North", "South")
ORIENTATIONS = ("East", "West")
KINDS = ("shelf", "switch")
LOWEST_ROW, HIGHEST_ROW = -2, 12  # row ids that the old 3D model knows; there is no row 0
MAX_UNITS = 100  # of a rack; the tallest sold have 58
MAX_BYTES = 1_000_000  # of a cluster file; the real one has 4 kB
SHELF, SWITCH = KINDS


@dataclass(frozen=True, slots=True)
class Part:
    """A layer of every bank: a shelf (its ports: first, first + step, ...) or the switch."""

    kind: str
    units: int
    first_port: int = 0
    port_step: int = 0


@dataclass(frozen=True, slots=True)
class BankPlan:
    """One bank: `top_unit` is its highest unit, counted from 1 at the bottom; `rows` from the top down."""

    switch_ip: str
    top_unit: int
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RackPlan:
    """`foot` is the middle of the foot, in metres; `turns` quarter turns about +y (0 faces south, +z)."""

    name: str
    side: str
    orientation: str
    foot: tuple[float, float, float]
    turns: int
    units: int
    banks: tuple[BankPlan, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole file. Lengths in metres, sizes as (width, height, depth)."""

    name: str
    frame: tuple[float, float, float]
    unit: float
    panel: float
    opening: float
    rack_width: float
    rack_depth: float
    pi: tuple[float, float, float]
    columns: int
    pis: int
    pitch: float
    setback: float
    ports: int
    switch_depth: float
    parts: tuple[Part, ...]
    racks: tuple[RackPlan, ...]
    fittings: fittings.Fittings


def read(path: Path) -> tuple[dict[str, object], str]:
    """The values of a .toml file, and its text. Raises LayoutError."""
    file = path.name
    try:
        with path.open("rb") as stream:
            body = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise LayoutError("not_found", str(path), "", "there is no such file. Check the path.") from None
    except OSError as error:
        raise LayoutError("unreadable", str(path), "", f"cannot be read: {error.strerror}.") from None
    if len(body) > MAX_BYTES:
        raise LayoutError("unreadable", file, "", f"has more than {MAX_BYTES} bytes. Is this a cluster file?")
    try:
        text = body.decode("utf-8")
        return tomllib.loads(text), text
    except UnicodeDecodeError as error:
        raise LayoutError("bad_toml", file, "", f"is not UTF-8 at byte {error.start}: save it so.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise LayoutError("bad_toml", file, "", f"is not TOML: {error}. Mend that place.") from None


def parse(file: str, values: dict[str, object]) -> Plan:
    """The plan in the values of a .toml file; `file` is only for messages. Raises LayoutError."""
    top = Table(file, "", values)
    name, frame, mount = top.text("name"), top.table("frame"), top.table("mount")
    pi, shelf, switch = top.table("pi"), top.table("shelf"), top.table("switch")
    columns, ports = shelf.whole("columns", 1, 64), switch.whole("ports", 1, 512)
    pis = shelf.whole("pis", 1, columns)
    parts = _parts(top, pis, ports)
    plan = Plan(
        name=name,
        frame=_size(frame),
        unit=mount.metres("unit_mm"),
        panel=mount.metres("panel_mm"),
        opening=mount.metres("opening_mm"),
        rack_width=mount.metres("rack_width_mm"),
        rack_depth=mount.metres("rack_depth_mm"),
        pi=_size(pi),
        columns=columns,
        pis=pis,
        pitch=shelf.metres("pitch_mm"),
        setback=shelf.distance("setback_mm"),
        ports=ports,
        switch_depth=switch.metres("depth_mm"),
        parts=parts,
        racks=_racks(top, parts),
        fittings=fittings.read(top, pis, MAX_UNITS),
    )
    for table in (frame, mount, pi, shelf, switch, top):
        table.done()
    return plan


def _size(table: Table) -> tuple[float, float, float]:
    return (table.metres("width_mm"), table.metres("height_mm"), table.metres("depth_mm"))


def _parts(top: Table, pis: int, ports: int) -> tuple[Part, ...]:
    parts: list[Part] = []
    used: set[int] = set()
    for table in top.tables("part"):
        kind, units = table.text("kind", KINDS), table.whole("units", 1, MAX_UNITS)
        if kind == SHELF:
            parts.append(Part(kind, units, *_ports(table, pis, ports, used)))
        elif any(part.kind == SWITCH for part in parts):
            table.fail("duplicate", "kind", "is a second switch: a bank has one. Make it another bank.")
        else:
            parts.append(Part(kind, units))
        table.done()
    for kind in KINDS:
        if not any(part.kind == kind for part in parts):
            top.fail("missing_key", "part", f'has no {kind}: add a [[part]] with kind = "{kind}".')
    return tuple(parts)


def _ports(table: Table, pis: int, ports: int, used: set[int]) -> tuple[int, int]:
    """First port and step of a shelf; takes its ports from those of the bank that are not `used`."""
    first, step = table.whole("first_port", 1, ports), table.whole("port_step", 1, ports)
    own = range(first, first + step * pis, step)
    if own[-1] > ports:
        what = f"leads to port {own[-1]}, but the switch has {ports}. Lower it, or raise switch.ports."
        table.fail("out_of_range", "first_port", what)
    if twice := used.intersection(own):
        what = f"leads to port {min(twice)}, which another shelf of the bank has. Change one of them."
        table.fail("duplicate", "first_port", what)
    used.update(own)
    return first, step


def _racks(top: Table, parts: tuple[Part, ...]) -> tuple[RackPlan, ...]:
    racks: list[RackPlan] = []
    seen: dict[Hashable, str] = {}
    for table in top.tables("rack"):
        name, side = table.text("name"), table.text("side", SIDES)
        orientation, units = table.text("orientation", ORIENTATIONS), table.whole("units", 1, MAX_UNITS)
        foot, turns = table.point("foot_mm"), FACINGS.index(table.text("facing", FACINGS))
        _once(seen, table, "name", ("rack", name), name)
        free = set(range(1, units + 1))
        banks: list[BankPlan] = []
        for inner in table.tables("bank"):
            bank = _bank(inner, parts, units, free)
            _once(seen, inner, "switch_ip", ("switch", bank.switch_ip), bank.switch_ip)
            for i, row in enumerate(bank.rows):
                _once(seen, inner, f"rows[{i}]", (side, orientation, row), f"row {row} of {side}-{orientation}")
            banks.append(bank)
        table.done()
        racks.append(RackPlan(name, side, orientation, foot, turns, units, tuple(banks)))
    return tuple(racks)


def _bank(table: Table, parts: tuple[Part, ...], units: int, free: set[int]) -> BankPlan:
    """One bank; takes its units from the `free` ones of its rack."""
    switch_ip, top_unit = table.address("switch_ip"), table.whole("top_unit", 1, MAX_UNITS)
    rows = table.wholes("rows", LOWEST_ROW, HIGHEST_ROW)
    table.done()
    shelves = sum(part.kind == SHELF for part in parts)
    if len(rows) != shelves:
        table.fail("wrong_type", "rows", f"has {len(rows)} numbers: write {shelves}, one for each shelf.")
    if 0 in rows:
        table.fail("out_of_range", "rows", f"has a 0: rows are 1 to {HIGHEST_ROW}, and -1 and -2.")
    height = sum(part.units for part in parts)
    wanted = set(range(top_unit - height + 1, top_unit + 1))
    if not wanted <= free:
        outside = top_unit > units or top_unit < height
        where = f"outside the rack's units 1 to {units}" if outside else "where another bank is"
        what = f"puts a bank of {height} units {where}. Move the bank, or make the rack taller."
        table.fail("does_not_fit", "top_unit", what)
    free -= wanted
    return BankPlan(switch_ip, top_unit, rows)


def _once(seen: dict[Hashable, str], table: Table, key: str, value: Hashable, shown: str) -> None:
    """Refuses a value that the file has already."""
    where = seen.setdefault(value, table.key(key))
    if where != table.key(key):
        table.fail("duplicate", key, f"is {shown}, which {where} is already. Change one of them.")
