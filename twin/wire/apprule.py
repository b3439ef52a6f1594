"""Where today's iPad app puts a switch's nodes, pure: its rule, and answers from which the rule gives the right places.

The app finds a switch's marker and lays the nodes of that switch out in list order, in rows of 22: a node that is
missing from the list moves all that follow it. So here a switch is two rows (a shelf each) of 22 places in the order
of their ports, and a place without a Pi is a hole that keeps its width. Called by edge/markers_api.

    list:   shelf of the odd ports 1 3 5 ... 41 (hole) | shelf of the even ports 2 4 6 ... 42 (hole)
"""

from __future__ import annotations

from collections.abc import Iterable
from math import nan

from models.layout import Layout, Slot
from telemetry.report import Report, to_field
from twin.wire.ords import color_of

COLUMNS = 22
PITCH_M = 0.015
FIRST_M = (-0.090, 0.070)  # right and up of the marker's centre
ROW_M = 0.090  # from a row down to the next
VERSION = 1


def place(index: int) -> tuple[float, float]:
    """Where the app draws the node at `index` of its switch's list: metres right and up of the marker's centre."""
    row, column = divmod(index, COLUMNS)
    return FIRST_M[0] + column * PITCH_M, FIRST_M[1] - row * ROW_M


def rows(layout: Layout, reports: Iterable[Report]) -> dict[str, object]:
    """{"version", "rule", "switches": [{"switch_ip", "ports", "nodes", "colors"}]}: each a list of rows of 22.

    `ports` has null where no Pi can be, `nodes` (reports) also where none has reported, `colors` (1 blue, 2 yellow,
    3 red) also where its CPU is unknown.
    """
    known = {(report.switch_ip, report.port): report for report in reports}
    switches = []
    for switch_ip, shelves in _shelves(layout).items():
        ports = [_row([slot.port for slot in shelf]) for shelf in shelves]
        found = [[known.get((switch_ip, port)) if port else None for port in row] for row in ports]
        switches.append(
            {
                "switch_ip": switch_ip,
                "ports": ports,
                "nodes": [[to_field(report) if report else None for report in row] for row in found],
                "colors": [[color_of(report) if report else None for report in row] for row in found],
            }
        )
    rule = {"columns": COLUMNS, "pitch": PITCH_M, "first": list(FIRST_M), "row": ROW_M, "units": "m"}
    return {"version": VERSION, "rule": rule, "switches": switches}


def cluster(layout: Layout, reports: Iterable[Report]) -> dict[str, object]:
    """The same as `GET v2/<limit>` has it, for the app as it is: {"CLUSTER": [{"DATA": report}, ...]}, 22 a row.

    Its decoder takes no null, so a hole is a report of nobody: no mac, no ip, zeros, and `"hole": true`, which the app
    does not read. It shows holes as idle Pis; every other dot is at its own Pi.
    """
    known = {(report.switch_ip, report.port): report for report in reports}
    nodes: list[dict[str, object]] = []
    for switch_ip, shelves in _shelves(layout).items():
        for shelf in shelves:
            for port in _row([slot.port for slot in shelf]):
                report = known.get((switch_ip, port)) if port else None
                nodes.append({"DATA": to_field(report) if report else _hole(switch_ip, port)})
    return {"CLUSTER": nodes}


def _shelves(layout: Layout) -> dict[str, list[list[Slot]]]:
    """Each switch's shelves from the top, each in the order of its ports: that of the slots."""
    found: dict[str, dict[int, list[Slot]]] = {}
    for slot in layout.slots:
        found.setdefault(slot.switch_ip, {}).setdefault(slot.shelf, []).append(slot)
    return {
        switch_ip: [sorted(shelf, key=lambda slot: slot.port) for shelf in shelves.values()]
        for switch_ip, shelves in found.items()
    }


def _row(ports: list[int]) -> list[int | None]:
    """A row as long as the app's, or as many rows as a longer shelf needs."""
    return [*ports, *([None] * (-len(ports) % COLUMNS))]


def _hole(switch_ip: str, port: int | None) -> dict[str, object]:
    unknown = (nan,) * 8
    nobody = Report("", "", switch_ip, -1 if port is None else port, *unknown, (), {}, "", -1, {})
    return {**to_field(nobody), "hole": True}
