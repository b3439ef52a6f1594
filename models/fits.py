"""Does everything in a plan fit: boards in their columns, columns in their rack, racks in their frame?

Owns the checks that compare one length with another; single values are table.py's. Called by
layout.py once a file.
"""

from __future__ import annotations

from models import fits_fittings
from models.errors import LayoutError
from models.plan import SHELF, Plan, RackPlan

SLACK_M = 1e-6  # lengths compare to a micrometre, so that 22 * 20 mm fit 440 mm in binary too
Corners = tuple[tuple[float, ...], tuple[float, ...]]


def check(file: str, plan: Plan) -> None:
    """Raises LayoutError (does_not_fit) at the first thing that does not fit."""
    _check_boards(file, plan)
    _check_racks(file, plan)
    fits_fittings.check(plan, lambda fits, key, what: _need(fits, file, key, what))


def _need(fits: bool, file: str, key: str, what: str) -> None:
    if not fits:
        raise LayoutError("does_not_fit", file, key, what)


def _check_boards(file: str, plan: Plan) -> None:
    width, height, depth = plan.pi
    what = f"is {_mm(plan.pitch)}, but a board is {_mm(width)} thick: space the columns wider."
    _need(width <= plan.pitch + SLACK_M, file, "shelf.pitch_mm", what)
    row = plan.columns * plan.pitch
    what = f"need {_mm(row)}, but the opening has {_mm(plan.opening)}: fewer columns, or closer ones."
    _need(row <= plan.opening + SLACK_M, file, "shelf.columns", what)
    for i, part in enumerate(plan.parts):
        room = part.units * plan.unit
        what = f"are {_mm(room)} high, but a board is {_mm(height)}: give the shelf more units."
        _need(part.kind != SHELF or height <= room + SLACK_M, file, f"part[{i}].units", what)
    behind = plan.setback + depth
    what = f"puts the boards {_mm(behind)} deep into a rack of {_mm(plan.rack_depth)}: set them back less."
    _need(behind <= plan.rack_depth + SLACK_M, file, "shelf.setback_mm", what)


def _check_racks(file: str, plan: Plan) -> None:
    limits = (
        ("mount.opening_mm", plan.opening, plan.rack_width),
        ("mount.panel_mm", plan.panel, plan.rack_width),
        ("switch.depth_mm", plan.switch_depth, plan.rack_depth),
    )
    for key, length, room in limits:
        _need(length <= room + SLACK_M, file, key, f"is {_mm(length)}, but the rack has {_mm(room)}.")
    width, height, depth = plan.frame
    frame: Corners = ((-width / 2, 0.0, -depth / 2), (width / 2, height, depth / 2))
    boxes = [_box(plan, rack) for rack in plan.racks]
    for i, box in enumerate(boxes):
        key = f"rack[{i}].foot_mm"
        what = "puts the rack outside the frame. Move the rack, or make the frame larger."
        _need(_inside(box, frame), file, key, what)
        for j, other in enumerate(boxes[:i]):
            _need(not _meet(box, other), file, key, f"puts the rack into rack[{j}]. Move one of them.")


def _box(plan: Plan, rack: RackPlan) -> Corners:
    x, y, z = rack.foot
    sides = (plan.rack_width / 2, plan.rack_depth / 2)
    half_x, half_z = sides if rack.turns % 2 == 0 else sides[::-1]
    return (x - half_x, y, z - half_z), (x + half_x, y + rack.units * plan.unit, z + half_z)


def _inside(box: Corners, frame: Corners) -> bool:
    low = all(mine >= limit - SLACK_M for mine, limit in zip(box[0], frame[0], strict=True))
    return low and all(mine <= limit + SLACK_M for mine, limit in zip(box[1], frame[1], strict=True))


def _meet(one: Corners, other: Corners) -> bool:
    axes = zip(*one, *other, strict=True)
    return all(low < far - SLACK_M and near < high - SLACK_M for low, high, near, far in axes)


def _mm(metres: float) -> str:
    return f"{metres * 1000:g} mm"
