"""A layout as a scene: which shape stands where, under which name. What both writers write.

Owns names, groups and which shapes there are; looks are pieces.py's and housing.py's, places the layout's. Called by
build.py. Every position is the layout's own, to the micrometre.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from models import housing, pieces
from models.layout import Layout
from models.places import Rack, Vector
from models.shape import ONE, UPRIGHT, Quaternion, Shape, about_y, after, moved, vector

FAR, NEAR = "far", "near"
LYING: Quaternion = (-0.707106781, 0.0, 0.0, 0.707106781)  # +z turned to +y: a fan that blows up
RAIL_M = 0.016  # a rack's posts
TRAY_M = 0.03  # that a tray is deeper than the boards on it
BLANK_UNITS = 6  # of one blank panel


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in the scene. `id` is its place in its group; `extras` is what viewers may read of it."""

    name: str
    group: str
    id: int
    shape: str
    position: Vector
    rotation: Quaternion = UPRIGHT
    scale: Vector = ONE
    extras: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """`items` refer to `shapes`. Groups: pis, switches, fans, rotors, lamps, chargers, servers, racks, housing."""

    name: str
    shapes: dict[str, Shape]
    items: tuple[Item, ...]

    def group(self, name: str) -> list[Item]:
        return [item for item in self.items if item.group == name]

    @property
    def triangles(self) -> int:
        return sum(self.shapes[item.shape].triangles for item in self.items)


def scene(layout: Layout, detail: str = NEAR) -> Scene:
    """Everything a layout has. FAR draws a Pi in 16 triangles and leaves out what nobody sees from afar."""
    pi = pieces.pi_near(layout.pi_size) if detail == NEAR else pieces.pi_far(layout.pi_size)
    shapes = {"pi": pi}
    items = [*_pis(layout), *_switches(layout, shapes), *_fans(layout, shapes, detail), *_lamps(layout, shapes)]
    items += [*_chargers(layout, shapes), *_servers(layout, shapes), *_racks(layout, shapes)]
    items += [*_trays(layout, shapes), *_housing(layout, shapes)]
    return Scene(layout.name, shapes, tuple(items))


def close_pi(layout: Layout) -> Scene:
    """One Pi in full detail about the origin, in its caddy."""
    shapes = {"pi": pieces.pi_close(layout.pi_size)}
    return Scene(f"{layout.name}-pi", shapes, (Item("pi", "pis", 0, "pi", (0.0, 0.0, 0.0)),))


def _pis(layout: Layout) -> Iterator[Item]:
    for slot in layout.slots:
        extras: dict[str, object] = {"slot": slot.index, "id": slot.id}
        yield Item(slot.node_name, "pis", slot.index, "pi", slot.position, about_y(slot.yaw), extras=extras)


def _switches(layout: Layout, shapes: dict[str, Shape]) -> Iterator[Item]:
    ports = max(slot.port for slot in layout.slots)
    for i, switch in enumerate(layout.switches):
        shapes.setdefault("switch", pieces.switch(switch.size, ports))
        extras: dict[str, object] = {"ip": switch.ip, "bank": switch.bank}
        yield Item(f"switch-{i}", "switches", i, "switch", switch.position, about_y(switch.yaw), extras=extras)


def _fans(layout: Layout, shapes: dict[str, Shape], detail: str) -> Iterator[Item]:
    """Frames and rotors, apart: the rotors are what a viewer turns."""
    if detail == FAR or not layout.fans:
        return
    shapes["fan"], shapes["rotor"] = pieces.fan(), pieces.rotor()
    for group, shape in (("fans", "fan"), ("rotors", "rotor")):
        for i, fan in enumerate(layout.fans):
            width, height, depth = fan.size
            lying = height < min(width, depth)
            rotation = after(about_y(fan.yaw), LYING) if lying else about_y(fan.yaw)
            scale = (width, depth, height) if lying else fan.size
            name = fan.id if group == "fans" else f"{fan.id}-rotor"
            yield Item(name, group, i, shape, fan.position, rotation, scale, {"of": fan.of})


def _lamps(layout: Layout, shapes: dict[str, Shape]) -> Iterator[Item]:
    for i, lamp in enumerate(layout.lamps):
        shapes.setdefault("lamp", Shape().box("lamp", (0, 0, 0), lamp.size))
        yield Item(lamp.id, "lamps", i, "lamp", lamp.position)  # light has no front: all are turned alike


def _housing(layout: Layout, shapes: dict[str, Shape]) -> Iterator[Item]:
    for i, part in enumerate(housing.draw(layout)):
        shapes.setdefault(part.kind, part.shape)
        yield Item(part.name, "housing", i, part.kind, part.position, part.rotation)


def _chargers(layout: Layout, shapes: dict[str, Shape]) -> Iterator[Item]:
    for i, charger in enumerate(layout.chargers):
        shapes.setdefault("charger", pieces.charger(charger.size))
        yield Item(
            charger.id, "chargers", i, "charger", charger.position, about_y(charger.yaw), extras={"of": charger.of}
        )


def _servers(layout: Layout, shapes: dict[str, Shape]) -> Iterator[Item]:
    for i, server in enumerate(layout.servers):
        shape = f"server-{i}"
        shapes[shape] = pieces.server(server.size)
        yield Item(f"server-{server.id}", "servers", i, shape, server.position, about_y(server.yaw))


def _racks(layout: Layout, shapes: dict[str, Shape]) -> Iterator[Item]:
    for i, rack in enumerate(layout.racks):
        drawn = _rack(layout, rack)
        alike = (name for name, shape in shapes.items() if name.startswith("rack-") and shape.faces == drawn.faces)
        shape = next(alike, f"rack-{i}")
        shapes.setdefault(shape, drawn)
        yield Item(f"rack-{rack.name}", "racks", i, shape, rack.position, about_y(rack.yaw))


def _trays(layout: Layout, shapes: dict[str, Shape]) -> Iterator[Item]:
    """The floor of every shelf, from the rack's rails to behind its boards."""
    panel, depth = layout.switches[0].size[0], layout.pi_size[2] + TRAY_M
    racks = {rack.name: rack for rack in layout.racks}
    shapes["tray"] = pieces.tray(panel - 2 * RAIL_M, layout.pi_size[1] + 0.003, depth)
    first = {slot.shelf: slot for slot in reversed(layout.slots)}
    for shelf, slot in sorted(first.items()):
        rack = racks[slot.rack]
        middle = (rack.position[0], slot.position[1], rack.position[2])
        turned = about_y(rack.yaw)
        position = moved((0.0, 0.0, rack.size[2] / 2 - 0.008 - depth / 2), middle, turned)
        yield Item(f"tray-{shelf}", "trays", shelf, "tray", vector(position), turned)


def _rack(layout: Layout, rack: Rack) -> Shape:
    """Posts, flanges, a tray under every shelf, blank panels where nothing is; about the rack's centre."""
    width, height, depth = rack.size
    shape = Shape()
    panel = min(max((switch.size[0] for switch in layout.switches), default=width), width)
    for side in (-1, 1):
        inner, outer = sorted((side * panel / 2, side * width / 2))
        shape.span("blue", (inner, -height / 2, depth / 2 - 0.03), (outer, height / 2, depth / 2 - 0.001), "rlf")
        a, b = sorted((side * (panel / 2 - RAIL_M), side * panel / 2))
        for z in (depth / 2 - 0.02, -depth / 2 + 0.002):
            shape.span("rail", (a, -height / 2, z), (b, height / 2, z + 0.016), "rlfb")
    for y in (-height / 2, height / 2 - 0.003):
        shape.span("rail", (-width / 2, y, -depth / 2), (width / 2, y + 0.003, depth / 2 - 0.002), "tufb")
    taken = []
    for y, tall in _shelves(layout, rack):
        taken.append((y - tall / 2, y + tall / 2))
    others = [(s.position[1], s.size[1]) for s in layout.switches if s.rack == rack.name]
    others += [(s.position[1], s.size[1]) for s in layout.servers if s.of == rack.name]
    taken += [(y - rack.position[1] - tall / 2, y - rack.position[1] + tall / 2) for y, tall in others]
    for low, high in _gaps(sorted(taken), -height / 2, height / 2):
        _blank(shape, panel, low, high, depth / 2)
    return shape


def _shelves(layout: Layout, rack: Rack) -> list[tuple[float, float]]:
    """(middle, height) of every shelf of a rack, from the rack's centre. A shelf is at least as high as its boards."""
    middles = sorted({slot.position[1] for slot in layout.slots if slot.rack == rack.name})
    return [(y - rack.position[1], layout.pi_size[1] + 0.034) for y in middles]


def _gaps(taken: list[tuple[float, float]], low: float, high: float) -> list[tuple[float, float]]:
    """Where nothing is, in pieces that are at least 20 mm high."""
    gaps, at = [], low
    for start, end in [*taken, (high, high)]:
        if start - at > 0.02:
            parts = max(1, round((start - at) / (BLANK_UNITS * 0.04445)))
            step = (start - at) / parts
            gaps += [(at + i * step, at + (i + 1) * step) for i in range(parts)]
        at = max(at, end)
    return gaps


def _blank(shape: Shape, width: float, low: float, high: float, front: float) -> None:
    """A panel in the manner of the box's doors: a frame around a raised field."""
    gap, edge = 0.001, min(0.04, (high - low) / 4)
    shape.span("blue", (-width / 2, low + gap, front - 0.012), (width / 2, high - gap, front - 0.008), "tuf")
    for a, b in (
        ((-width / 2, low + gap), (-width / 2 + edge, high - gap)),
        ((width / 2 - edge, low + gap), (width / 2, high - gap)),
    ):
        shape.span("blue", (*a, front - 0.008), (*b, front - 0.001), "rlf")
    for y in (low + gap, high - gap - edge):
        shape.span("blue", (-width / 2 + edge, y, front - 0.008), (width / 2 - edge, y + edge, front - 0.001), "tuf")
    inset = edge * 1.6
    shape.span(
        "blue_light",
        (-width / 2 + inset, low + inset, front - 0.008),
        (width / 2 - inset, high - inset, front - 0.004),
        "rltuf",
    )
