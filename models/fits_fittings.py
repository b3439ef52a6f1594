"""Does what a cluster has beside Pis fit: fans behind boards, chargers behind switches, servers in free units?

Owns the checks of fittings.py's tables that compare one length with another. Called by fits.py.
"""

from __future__ import annotations

from collections.abc import Callable

from models.fittings import FAN_GAP, ServerPlan
from models.plan import Plan, RackPlan

SLACK_M = 1e-6
ROOF_M = 0.12  # a police box needs this much above its racks for sign, roof and lamp
WALL_M = 0.02  # and this much beside them
TABLE_M = 0.05

Need = Callable[[bool, str, str], None]  # (does it fit, key, what to say if not)


def check(plan: Plan, need: Need) -> None:
    """Calls `need` for everything that must be so."""
    _fans(plan, need)
    if (charger := plan.fittings.charger) is not None:
        room = plan.rack_depth - plan.switch_depth
        what = f"is more than the {room * 1000:g} mm behind a switch: choose a flatter charger."
        need(charger[2] <= room + SLACK_M, "charger.depth_mm", what)
        need(charger[0] <= plan.opening + SLACK_M, "charger.width_mm", "is wider than the opening: choose another.")
    taken: dict[str, set[int]] = {rack.name: _units(plan, rack) for rack in plan.racks}
    for i, server in enumerate(plan.fittings.servers):
        _server(plan, server, f"server[{i}]", taken, need)
    if (lamp := plan.fittings.lamp) is not None:
        reach = lamp.radius + lamp.edge / 2
        _inside(plan, lamp.at, (reach, lamp.edge / 2, reach), "lamp.at_mm", need)
    _housing(plan, need)


def _fans(plan: Plan, need: Need) -> None:
    if (fan := plan.fittings.fan) is not None:
        behind = plan.setback + plan.pi[2] + FAN_GAP + fan.size[2]
        what = f"puts the fans {behind * 1000:g} mm deep into the rack: choose flatter ones."
        need(behind <= plan.rack_depth + SLACK_M, "fan.depth_mm", what)
        outermost = (plan.columns - 1) / 2 * plan.pitch
        need(
            outermost + fan.size[0] / 2 <= plan.opening / 2 + SLACK_M,
            "fan.width_mm",
            "makes the fan of the first or last column wider than the opening: choose a narrower one.",
        )
    if (fans := plan.fittings.frame_fan) is not None:
        for i, at in enumerate(fans.at):
            width, height, depth = (edge / 2 for edge in fans.size)
            _inside(plan, at, (width, height, depth), f"frame_fan.at_mm[{i}]", need)


def _server(plan: Plan, server: ServerPlan, key: str, taken: dict[str, set[int]], need: Need) -> None:
    names = ", ".join(f'"{name}"' for name in taken)
    need(server.rack in taken, f"{key}.rack", f'is "{server.rack}": the racks are {names}.')
    rack = next(rack for rack in plan.racks if rack.name == server.rack)
    wanted = set(range(server.top_unit - server.units + 1, server.top_unit + 1))
    fits = min(wanted) >= 1 and max(wanted) <= rack.units
    need(fits, f"{key}.top_unit", f"puts the server outside the rack's units 1 to {rack.units}. Move it.")
    need(not wanted & taken[server.rack], f"{key}.top_unit", "puts the server where something else is. Move it.")
    taken[server.rack] |= wanted
    need(server.depth <= plan.rack_depth + SLACK_M, f"{key}.depth_mm", "is deeper than the rack: choose another.")


def _units(plan: Plan, rack: RackPlan) -> set[int]:
    height = sum(part.units for part in plan.parts)
    return {unit for bank in rack.banks for unit in range(bank.top_unit - height + 1, bank.top_unit + 1)}


def _inside(plan: Plan, at: tuple[float, float, float], half: tuple[float, float, float], key: str, need: Need) -> None:
    width, height, depth = plan.frame
    fits = (
        abs(at[0]) + half[0] <= width / 2 + SLACK_M
        and abs(at[2]) + half[2] <= depth / 2 + SLACK_M
        and half[1] - SLACK_M <= at[1] <= height - half[1] + SLACK_M
    )
    need(fits, key, "is outside the frame. Move it, or make the frame larger.")


def _housing(plan: Plan, need: Need) -> None:
    if plan.fittings.housing is None:
        return
    if plan.fittings.housing.kind == "table":
        lowest = min(rack.foot[1] for rack in plan.racks)
        what = f"is a table, but a rack stands {lowest * 1000:g} mm above the floor: at least 50 are needed."
        need(lowest >= TABLE_M, "housing.kind", what)
        return
    width, height, depth = plan.frame
    top = max(rack.foot[1] + rack.units * plan.unit for rack in plan.racks)
    what = (
        f"leaves {(height - top) * 1000:.0f} mm above the racks: a police box needs {ROOF_M * 1000:.0f} for its roof."
    )
    need(height - top >= ROOF_M, "frame.height_mm", what)
    for key, room, axis in (("frame.width_mm", width, 0), ("frame.depth_mm", depth, 2)):
        reach = max(abs(rack.foot[axis]) + _half(plan, rack, axis) for rack in plan.racks)
        what = f"leaves {(room / 2 - reach) * 1000:.0f} mm beside the racks: a police box needs {WALL_M * 1000:.0f}."
        need(room / 2 - reach >= WALL_M - SLACK_M, key, what)


def _half(plan: Plan, rack: RackPlan, axis: int) -> float:
    turned = rack.turns % 2 == 1
    return (plan.rack_width if (axis == 0) != turned else plan.rack_depth) / 2
