"""A scene with fewer things: fans become part of their caddy, rotors part of their fan. Called by usdz.py.

For files in which nothing turns: every thing less is a name less, and USD text has one for each.
"""

from __future__ import annotations

from dataclasses import replace

from models.scene import Item, Scene
from models.shape import Shape, back, moved, vector


def folded(scene: Scene) -> Scene:
    """The same scene to look at, without "rotors" and with only those "fans" that hang on no Pi."""
    shapes = dict(scene.shapes)
    fans = {fan.extras["of"]: fan for fan in scene.group("fans") if fan.extras["of"]}
    items: list[Item] = []
    for item in scene.items:
        if item.group == "pis" and (fan := fans.get(item.extras["id"])):
            items.append(replace(item, shape=_with_fan(shapes, item, fan)))
        elif item.group == "fans" and not item.extras["of"]:
            items.append(replace(item, shape=_whole_fan(shapes)))
        elif item.group not in ("fans", "rotors"):
            items.append(item)
    used = {item.shape for item in items}
    return Scene(scene.name, {name: shape for name, shape in shapes.items() if name in used}, tuple(items))


def _whole_fan(shapes: dict[str, Shape]) -> str:
    shapes.setdefault("whole-fan", Shape().add(shapes["fan"], (0, 0, 0)).add(shapes["rotor"], (0, 0, 0)))
    return "whole-fan"


def _with_fan(shapes: dict[str, Shape], item: Item, fan: Item) -> str:
    """The name of a Pi's shape with this fan behind it."""
    (ax, ay, az), (bx, by, bz) = fan.position, item.position
    offset = vector(moved((ax - bx, ay - by, az - bz), (0.0, 0.0, 0.0), back(item.rotation)))
    name = f"{item.shape}{offset}{fan.scale}"
    if name not in shapes:
        shapes[name] = (
            Shape().add(shapes[item.shape], (0, 0, 0)).add(shapes[_whole_fan(shapes)], offset, scale=fan.scale)
        )
    return name
