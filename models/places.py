"""Where things stand: numbers slots, shelves, banks and bodies of a plan and computes their centres.

Owns numbering and geometry; what may be written in a file is plan.py's. Called by layout.py once a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin

from models.fittings import FAN_GAP, Fitting
from models.plan import SHELF, BankPlan, Part, Plan, RackPlan

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one Pi. `position` is the board's centre in metres, `yaw` radians about +y (0 faces +z)."""

    index: int
    id: str
    switch_ip: str
    port: int
    rack: str
    side: str
    orientation: str
    bank: int
    shelf: int
    row_id: int
    column: int
    node_name: str
    position: Vector
    yaw: float


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch; `position` is its centre, `size` (width, height, depth) before it is turned by `yaw`."""

    ip: str
    rack: str
    bank: int
    position: Vector
    size: Vector
    yaw: float


@dataclass(frozen=True, slots=True)
class Rack:
    """A rack; `position` is its centre, `size` (width, height, depth) before it is turned by `yaw`."""

    name: str
    position: Vector
    size: Vector
    yaw: float


@dataclass(frozen=True, slots=True)
class Body:
    """A named body of the old 3D model. `index` counts from 0; `slot` is -1 where no Pi is."""

    index: int
    row_id: int
    column: int
    node_name: str
    side: str
    orientation: str
    slot: int


def body_name(index: int) -> str:
    """Body1, Body1.001, Body1.002 ... as a 3D program names copies of one body."""
    return f"Body1.{index:03}" if index else "Body1"


class Places:
    """Everything in a plan, counted in the file's order; shelves from the top, columns from the left."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.slots: list[Slot] = []
        self.switches: list[Switch] = []
        self.racks: list[Rack] = []
        self.bodies: list[Body] = []
        self.fans: list[Fitting] = []
        self.chargers: list[Fitting] = []
        self.servers: list[Fitting] = []
        self._banks = 0
        self._shelves = 0
        for rack in plan.racks:
            self._add_rack(rack)
            for bank in rack.banks:
                self._add_bank(rack, bank)
            self._add_servers(rack)
        self._add_frame_fans()

    def _add_rack(self, rack: RackPlan) -> None:
        plan = self._plan
        height = rack.units * plan.unit
        size = (plan.rack_width, _round(height), plan.rack_depth)
        self.racks.append(Rack(rack.name, _at(rack, 0, height / 2, 0), size, _yaw(rack)))

    def _add_bank(self, rack: RackPlan, bank: BankPlan) -> None:
        top = bank.top_unit * self._plan.unit
        rows = iter(bank.rows)
        number = self._banks
        self._banks += 1
        for part in self._plan.parts:
            height = part.units * self._plan.unit
            if part.kind == SHELF:
                self._add_shelf(rack, bank, number, part, next(rows), top - height / 2)
            else:
                self._add_switch(rack, bank, number, height, top - height / 2)
            top -= height

    def _add_switch(self, rack: RackPlan, bank: BankPlan, number: int, height: float, middle: float) -> None:
        plan = self._plan
        # Flush with the rack's front, where its ports are.
        position = _at(rack, 0, middle, (plan.rack_depth - plan.switch_depth) / 2)
        size = (plan.panel, _round(height), plan.switch_depth)
        self.switches.append(Switch(bank.switch_ip, rack.name, number, position, size, _yaw(rack)))
        if (charger := plan.fittings.charger) is not None:
            behind = _at(rack, 0, middle, (charger[2] - plan.rack_depth) / 2)
            self.chargers.append(Fitting(f"charger-{number}", bank.switch_ip, behind, charger, _yaw(rack)))

    def _add_servers(self, rack: RackPlan) -> None:
        plan = self._plan
        for server in plan.fittings.servers:
            if server.rack == rack.name:
                height = server.units * plan.unit
                middle = server.top_unit * plan.unit - height / 2
                position = _at(rack, 0, middle, (plan.rack_depth - server.depth) / 2)
                size = (plan.panel, _round(height), server.depth)
                self.servers.append(Fitting(server.name, rack.name, position, size, _yaw(rack)))

    def _add_frame_fans(self) -> None:
        if (plan := self._plan.fittings.frame_fan) is not None:
            for position in plan.at:
                self.fans.append(Fitting(f"fan-{len(self.fans)}", "", position, plan.size))

    def _add_fan(self, rack: RackPlan, slot: Slot, right: float, middle: float, forward: float) -> None:
        fan = self._plan.fittings.fan
        if fan is not None and slot.column >= fan.first and (slot.column - fan.first) % fan.every == 0:
            behind = forward - self._plan.pi[2] / 2 - FAN_GAP - fan.size[2] / 2
            position = _at(rack, right, middle, behind)
            self.fans.append(Fitting(f"fan-{len(self.fans)}", slot.id, position, fan.size, slot.yaw))

    def _add_shelf(self, rack: RackPlan, bank: BankPlan, number: int, part: Part, row_id: int, middle: float) -> None:
        plan = self._plan
        forward = plan.rack_depth / 2 - plan.setback - plan.pi[2] / 2
        for column in range(plan.columns):
            body = len(self.bodies)
            slot = len(self.slots) if column < plan.pis else -1
            name = body_name(body)
            self.bodies.append(Body(body, row_id, column, name, rack.side, rack.orientation, slot))
            if slot < 0:
                continue
            port = part.first_port + column * part.port_step
            right = (column - (plan.columns - 1) / 2) * plan.pitch
            found = Slot(
                index=slot,
                id=f"{bank.switch_ip}-{port}",
                switch_ip=bank.switch_ip,
                port=port,
                rack=rack.name,
                side=rack.side,
                orientation=rack.orientation,
                bank=number,
                shelf=self._shelves,
                row_id=row_id,
                column=column,
                node_name=name,
                position=_at(rack, right, middle, forward),
                yaw=_yaw(rack),
            )
            self.slots.append(found)
            self._add_fan(rack, found, right, middle, forward)
        self._shelves += 1


def _yaw(rack: RackPlan) -> float:
    return round(rack.turns * pi / 2, 9)


def _at(rack: RackPlan, right: float, up: float, forward: float) -> Vector:
    """A point, given from the middle of a rack's foot as seen from its front, in the cluster's axes."""
    yaw = rack.turns * pi / 2
    x, y, z = rack.foot
    east = x + right * cos(yaw) + forward * sin(yaw)
    south = z - right * sin(yaw) + forward * cos(yaw)
    return (_round(east), _round(y + up), _round(south))


def _round(metres: float) -> float:
    """To a micrometre: sines leave noise in the last digits, and -0.0 reads badly."""
    return round(metres, 6) + 0.0
