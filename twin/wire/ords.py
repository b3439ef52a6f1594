"""Today's database front (ORDS), pure: the answers the iPad app and the simulator read, and the colouring of a body.

Owns `v2`, `DigitalTwin` and `PUT v2/`; landing a report is telemetry/report.py's and the edge's. Called by
edge/ords_api. The iPad app's decoder takes all or nothing, so every value here has one type, whatever a Pi sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import NAMESPACE_URL, uuid5

from models.layout import Body, Layout
from telemetry.report import Report, to_field
from twin.core.errors import BadInput, NotFound

BASE = "/ords/picluster/AR/"
CATALOGUE = "/ords/picluster/metadata-catalog/AR/item"  # what a collection's "describedby" points to

# What the colour indexes stand for: the iPad app's three colours, full as iOS has them.
RGB: Mapping[int, tuple[int, int, int]] = {1: (0, 0, 255), 2: (255, 255, 0), 3: (255, 0, 0)}
BLUE, YELLOW, RED = RGB
IDLE_BELOW, BUSY_FROM = 10.0, 90.0  # % CPU: the app's limits between blue, yellow and red

# key of an item: (key of the field dialect, attribute that is NaN when unknown)
_NUMBERS = {
    "cpu": ("CPU", "cpu_pct"),
    "memoryfree": ("MemoryFree", "mem_free_mb"),
    "memorytotal": ("MemoryTotal", "mem_total_mb"),
    "memorypercentage": ("MemoryPercentage", "mem_pct"),
    "diskfree": ("DiskFree", "disk_free_gb"),
    "disktotal": ("DiskTotal", "disk_total_gb"),
    "diskpercentage": ("DiskPercentage", "disk_pct"),
    "cputemperature": ("CPUTemperature", "temp_c"),
}
_EMPTY: dict[str, object] = dict.fromkeys(("temperature", *_NUMBERS, "ip", "mac", "port", "processes"))


class OrdsError(BadInput):
    """A call of the database front that cannot be understood. Codes: missing, out_of_range."""

    def __init__(self, code: str, message: str, field: str) -> None:
        super().__init__(message, field=field, code=code)


@dataclass(frozen=True, slots=True)
class Paint:
    """`PUT v2/?node_name=...&colorindex=...`: one body gets one of three colours."""

    body: Body
    index: int

    @property
    def rgb(self) -> tuple[int, int, int]:
        return RGB[self.index]


def cluster(reports: Iterable[Report], layout: Layout) -> dict[str, object]:
    """`GET v2/<limit>`: {"CLUSTER": [{"DATA": report}, ...]}, give one report a node.

    The app lays a switch's nodes out in list order, upper row first, so the order is that of the slots; nodes without
    a slot come last, by mac. (The app's rows have 22 places and ours 21 Pis: its second row begins one place early.)
    """

    def order(report: Report) -> tuple[int, str]:
        slot = layout.slot_at(report.switch_ip, report.port)
        return (slot.index if slot else len(layout.slots), report.mac)

    return {"CLUSTER": [{"DATA": to_field(report)} for report in sorted(reports, key=order)]}


def digital_twin(
    layout: Layout, reports: Mapping[int, Report], painted: Mapping[str, int], origin: str
) -> dict[str, object]:
    """`GET DigitalTwin`: an ORDS collection of every body of the old model.

    reports: the last report of each slot; painted: the colour index of each body that was coloured, by name;
    origin: of this server as the caller sees it, "http://twin.local:8080".
    """
    items = [_item(layout.name, body, reports.get(body.slot), painted.get(body.node_name)) for body in layout.bodies]
    root = origin.rstrip("/")
    return {
        "items": items,
        "hasMore": False,
        "limit": 0,
        "offset": 0,
        "count": len(items),
        "links": [
            {"rel": "self", "href": f"{root}{BASE}DigitalTwin"},
            {"rel": "describedby", "href": f"{root}{CATALOGUE}"},
        ],
    }


def body_rows(layout: Layout) -> list[dict[str, object]]:
    """Every body and the place of its Pi, for a database that answers these calls itself (telemetry/store/ords)."""
    rows: list[dict[str, object]] = []
    for body in layout.bodies:
        slot = layout.slots[body.slot] if body.slot >= 0 else None
        rows.append(
            {
                "node_name": body.node_name,
                "body_no": body.index + 1,
                "uuid": _uuid(layout.name, body.node_name),
                "row_id": body.row_id,
                "side": body.side,
                "orientation": body.orientation,
                "slot": body.slot,
                "switch_ip": slot.switch_ip if slot else None,
                "port": slot.port if slot else None,
            }
        )
    return rows


def parse_paint(query: Mapping[str, str], layout: Layout) -> Paint:
    """The colouring that a query string asks for. Raises OrdsError (400), NotFound (404)."""
    for key in ("node_name", "colorindex"):
        if not query.get(key, "").strip():
            raise OrdsError("missing", f"{key} is missing: PUT v2/?node_name=Body1.026&colorindex=1.", key)
    name, text = query["node_name"].strip(), query["colorindex"].strip()
    if text not in ("1", "2", "3"):
        what = f"colorindex is {text[:20]!r}: it must be 1 (blue), 2 (yellow) or 3 (red)."
        raise OrdsError("out_of_range", what, "colorindex")
    body = layout.body_named(name)
    if body is None:
        what = f"node_name is {name[:40]!r}: the model {layout.name!r} has no such body. GET DigitalTwin lists them."
        raise NotFound(what, field="node_name")
    return Paint(body, int(text))


def color_of(report: Report) -> int | None:
    """The colour index the app would give this report: by CPU; None when that is unknown."""
    if report.cpu_pct != report.cpu_pct:  # NaN
        return None
    if report.cpu_pct < IDLE_BELOW:
        return BLUE
    return YELLOW if report.cpu_pct < BUSY_FROM else RED


def _item(layout_name: str, body: Body, report: Report | None, painted: int | None) -> dict[str, object]:
    color = painted if painted is not None or report is None else color_of(report)
    return {
        "row_id": body.row_id,
        "node_name": body.node_name,
        "side": body.side,
        "orientation": body.orientation,
        "id": str(body.index + 1),
        "uuid": _uuid(layout_name, body.node_name),
        "color": color,
        **(_EMPTY if report is None else _values(report)),
    }


def _values(report: Report) -> dict[str, object]:
    """What is known of a node; unknown is null here, where the field dialect has to write a 0."""
    field = to_field(report)
    values = dict(_EMPTY)
    for name, (key, attribute) in _NUMBERS.items():
        number = getattr(report, attribute)
        if number == number:  # not NaN
            values[name] = field[key]
    if values["cputemperature"] is not None:
        values["temperature"] = report.temp_c
    values["ip"] = report.ip or None
    values["mac"] = report.mac or None
    values["port"] = report.port if report.port >= 0 else None
    values["processes"] = field["processes"] if report.processes else None
    return values


@lru_cache(maxsize=4096)  # three layouts' bodies; sha1 of 1100 names at every GET would be 3 ms of the loop
def _uuid(layout_name: str, node_name: str) -> str:
    """The same body has the same uuid on every server and after every restart."""
    return str(uuid5(NAMESPACE_URL, f"picluster:{layout_name}/{node_name}"))
