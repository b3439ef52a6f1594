"""What stands around the racks: a police box as the British had them, or a table. In the cluster's own axes.

Owns its looks; its sizes follow the frame and the racks of the cluster file. Called by scene.py.

    seen from the south                    the roof, from above the racks (share of the room that is left there)
        lamp      2 steps, a low hip           0.00  beam with the sign, lit from within
     [ PI CLUSTER ]                            0.36  first step
     |  pis | pis |   posts, no doors:         0.47  second step
     |  pis | pis |   the Pis are the front    0.54  hip
     |panels|panel|                            0.68  lamp's foot, glass, cap
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

from models.layout import Layout
from models.letters import write
from models.places import Vector
from models.shape import Quaternion, Shape, about_y

BEAM, STEP, SECOND, HIP, LAMP, GLASS, CAP = 0.36, 0.36, 0.47, 0.54, 0.665, 0.71, 0.885  # shares, see the drawing
FOOT = 0.07  # metres of plinth
RAIL = 0.055  # width of the wood around a panel
RELIEF = 0.018  # how deep panels lie in the doors
TABLE_M, LEG_M = 0.03, 0.05
SOUTH, EAST, NORTH, WEST = (about_y(turn * pi / 2) for turn in range(4))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the housing; parts of one `kind` look the same."""

    name: str
    kind: str
    shape: Shape
    position: Vector = (0.0, 0.0, 0.0)
    rotation: Quaternion = SOUTH


def draw(layout: Layout) -> list[Part]:
    """The housing of a layout; nothing if its file names none."""
    if layout.housing is None:
        return []
    return {"police-box": police_box, "table": table}[layout.housing.kind](layout, layout.housing.sign)


def police_box(layout: Layout, sign: str) -> list[Part]:
    """Posts, plinth, doors to the east and the west, signs on all four sides, the roof; north and south stay open."""
    width, height, depth = layout.size
    top = max(rack.position[1] + rack.size[1] / 2 for rack in layout.racks)
    inner_x, inner_z = _reach(layout)
    posts = Shape()
    for x in (-1, 1):
        for z in (-1, 1):
            a, b = sorted((x * inner_x, x * width / 2))
            c, d = sorted((z * inner_z, z * depth / 2))
            posts.span("blue", (a, 0, c), (b, top, d), "rlfb")
    plinth, doors = _plinth(2 * inner_x, depth / 2 - inner_z), _doors(2 * inner_z, top, width / 2 - inner_x)
    beam = (height - top) * BEAM
    parts = [
        Part("posts", "posts", posts),
        Part("plinth-south", "plinth", plinth, (0, 0, depth / 2), SOUTH),
        Part("plinth-north", "plinth", plinth, (0, 0, -depth / 2), NORTH),
        Part("doors-east", "doors", doors, (width / 2, 0, 0), EAST),
        Part("doors-west", "doors", doors, (-width / 2, 0, 0), WEST),
        Part("roof", "roof", _roof(layout.size, top)),
    ]
    board = _sign(min(width, depth) * 0.84, beam * 0.74, sign)
    y = top + beam / 2
    sides: list[tuple[str, Vector, Quaternion]] = [
        ("south", (0, y, depth / 2), SOUTH),
        ("east", (width / 2, y, 0), EAST),
        ("north", (0, y, -depth / 2), NORTH),
        ("west", (-width / 2, y, 0), WEST),
    ]
    return parts + [Part(f"sign-{name}", "sign", board, at, rotation) for name, at, rotation in sides]


def table(layout: Layout, sign: str) -> list[Part]:
    """A table of the frame's width and depth under the lowest rack, the sign on its front edge."""
    width, _, depth = layout.size
    top = min(rack.position[1] - rack.size[1] / 2 for rack in layout.racks)
    shape = Shape().span("wood", (-width / 2, top - TABLE_M, -depth / 2), (width / 2, top, depth / 2))
    for x in (-width / 2 + LEG_M, width / 2 - LEG_M):
        for z in (-depth / 2 + LEG_M, depth / 2 - LEG_M):
            shape.span("rail", (x - LEG_M / 2, 0, z - LEG_M / 2), (x + LEG_M / 2, top - TABLE_M, z + LEG_M / 2), "rlfb")
    shape.add(write(sign, width * 0.5, TABLE_M * 0.6), (0, top - TABLE_M / 2, depth / 2 + 0.0005))
    return [Part("table", "table", shape)]


def _reach(layout: Layout) -> tuple[float, float]:
    """How far the racks reach from the middle, to the east or west and to the north or south."""
    reach_x, reach_z = 0.0, 0.0
    for rack in layout.racks:
        turned = round(rack.yaw / (pi / 2)) % 2
        width, _, depth = rack.size
        reach_x = max(reach_x, abs(rack.position[0]) + (depth if turned else width) / 2)
        reach_z = max(reach_z, abs(rack.position[2]) + (width if turned else depth) / 2)
    return reach_x, reach_z


def _plinth(width: float, thick: float) -> Shape:
    return Shape().span("blue_dark", (-width / 2, 0, -thick), (width / 2, FOOT, 0), "tfb")


def _doors(width: float, top: float, thick: float) -> Shape:
    """A side of two door leaves, its outer plane at z = 0: a row of windows over three rows of panels."""
    shape = Shape().span("blue_dark", (-width / 2, 0, -thick), (width / 2, FOOT, 0), "tf")
    shape.span("blue", (-width / 2, FOOT, -thick), (width / 2, top, -RELIEF), "fb")
    leaf = width / 2
    rows = 4
    tall = (top - FOOT - RAIL) / rows
    for side in (-1, 1):
        left = -leaf if side < 0 else 0.0
        for x in (left, left + leaf - RAIL):
            shape.span("blue", (x, FOOT, -RELIEF), (x + RAIL, top, 0), "rlf")
        for row in range(rows + 1):
            y = FOOT + row * tall
            shape.span("blue", (left + RAIL, y, -RELIEF), (left + leaf - RAIL, y + RAIL, 0), "tuf")
        for row in range(rows):
            low = (left + RAIL, FOOT + row * tall + RAIL)
            high = (left + leaf - RAIL, FOOT + (row + 1) * tall)
            (_window if row == rows - 1 else _panel)(shape, low, high)
    shape.span("rail", (0.012, FOOT + 1.9 * tall, 0), (0.030, FOOT + 2.25 * tall, 0.016), "rltuf")  # handle
    y = FOOT + 2 * tall + RAIL + (tall - RAIL) / 2
    return shape.box("plug", (-leaf / 2, y, -RELIEF / 2 + 0.004), (leaf * 0.42, tall * 0.52, 0.006), "rltuf")  # notice


def _panel(shape: Shape, low: tuple[float, float], high: tuple[float, float]) -> None:
    edge = 0.03
    a, b = (low[0] + edge, low[1] + edge, -RELIEF), (high[0] - edge, high[1] - edge, -RELIEF * 0.45)
    shape.span("blue_light", a, b, "rltuf")


def _window(shape: Shape, low: tuple[float, float], high: tuple[float, float]) -> None:
    """Three by two panes, lit from within."""
    width, height, bar = high[0] - low[0], high[1] - low[1], 0.016
    shape.box("pane", ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, -RELIEF * 0.8), (width, height, 0), "f")
    for column in (1, 2):
        x = low[0] + width * column / 3
        shape.span("blue", (x - bar / 2, low[1], -RELIEF), (x + bar / 2, high[1], -RELIEF * 0.3), "rlf")
    y = low[1] + height / 2
    shape.span("blue", (low[0], y - bar / 2, -RELIEF), (high[0], y + bar / 2, -RELIEF * 0.3), "tuf")


def _roof(size: Vector, top: float) -> Shape:
    width, height, depth = size
    room = height - top
    at = [top + room * share for share in (0, BEAM, SECOND, HIP, LAMP, GLASS, CAP, 1)]
    shape = Shape().span("blue", (-width / 2, top, -depth / 2), (width / 2, at[1], depth / 2), "rltufb")
    for low, high, share in ((at[1], at[2], 0.94), (at[2], at[3], 0.87)):
        shape.span(
            "roof", (-width * share / 2, low, -depth * share / 2), (width * share / 2, high, depth * share / 2), "rltfb"
        )
    shape.hip("roof", (0, at[3], 0), (width * 0.84, at[4] - at[3], depth * 0.84), 0.26)
    shape.cylinder("blue", (0, at[4], 0), 0.098, at[5] - at[4], 16, "t")
    shape.cylinder("pane", (0, at[5], 0), 0.024, at[6] - at[5], 8, "")
    shape.cylinder("glass", (0, at[5], 0), 0.082, at[6] - at[5], 16, "")
    for i in range(4):  # the cage of the lamp
        x, z = ((0.086, 0), (0, 0.086), (-0.086, 0), (0, -0.086))[i]
        shape.span("blue", (x - 0.005, at[5], z - 0.005), (x + 0.005, at[6], z + 0.005), "rlfb")
    shape.cylinder("blue", (0, at[6], 0), 0.096, (at[7] - at[6]) * 0.4, 16, "tu")
    return shape.hip("blue", (0, at[6] + (at[7] - at[6]) * 0.4, 0), (0.13, (at[7] - at[6]) * 0.6, 0.13), 0.2)


def _sign(width: float, height: float, text: str) -> Shape:
    """A board with its letters, its back at z = 0 and in the wall."""
    shape = Shape().box("sign", (0, 0, 0), (width, height, 0.012), "rltuf")
    return shape.add(write(text, width * 0.9, height * 0.62), (0, 0, 0.0065))
