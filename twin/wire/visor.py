"""Today's broadcaster dialect, pure: what `cluster.all` and `cluster.event` carry, and what feeders send.

Owns the ids, `lastUpdated`, the status word and the tolerant reading of `cluster.update`; a report's own fields are
telemetry/report.py's. Sockets and who may feed are the edge's. Called by edge/broadcaster_api and its fan-out.

    cluster.all, cluster.event  server -> viewer   {id: report}, report = field dialect + lastUpdated + status
    cluster.delete              both ways          no data: everything is forgotten
    cluster.update              feeder -> server   {id: report}, or {"id": id, "data": report} from older feeders
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from telemetry.report import Report, ReportError, has_place, parse, to_field

ALL, EVENT, DELETE, UPDATE = "cluster.all", "cluster.event", "cluster.delete", "cluster.update"

MAX_ENTRIES = 5000  # reports in one cluster.update: four times the cluster
MAX_ID = 96  # characters of an id: a switch's name has 64 at most, a port 5

# Today's broadcaster knows one word, "online", and says it for ever. We say it too, and one word more, because a
# viewer that shows `status` must not call a dead Pi online. Viewers that test for "online" do the right thing, and
# those that never looked are no worse off. A Pi that is only late is still taken for alive, so it stays "online".
ONLINE, OFFLINE = "online", "offline"
_DEAD = frozenset({"lost", "rebooting", "unknown"})  # "unknown": known from disk, not heard of since the start

_UNKNOWN = (None, "", "-1", -1)  # how senders write a place that they do not know


def node_id(report: Report) -> str:
    """`<switch_ip>-<port>`, or the mac while the place is unknown."""
    return f"{report.switch_ip}-{report.port}" if has_place(report) else report.mac


def report_form(report: Report, seen_ms: int, status: str) -> dict[str, object]:
    """One report as today's viewers have it. `seen_ms`: when it was true; `status`: the live twin's word."""
    body = to_field(report)
    body["lastUpdated"] = seen_ms
    body["status"] = OFFLINE if status in _DEAD else ONLINE
    return body


def cluster(nodes: Iterable[tuple[Report, int, str]]) -> dict[str, dict[str, object]]:
    """The payload of `cluster.all` and `cluster.event`, from (report, seen_ms, status) of each node."""
    return {node_id(report): report_form(report, seen_ms, status) for report, seen_ms, status in nodes}


@dataclass(frozen=True, slots=True)
class BadEntry:
    """An entry of `cluster.update` that was left out. `id` is "" when the whole message is to blame."""

    id: str
    code: str
    field: str
    message: str


def parse_update(value: object) -> tuple[list[Report], list[BadEntry]]:
    """The reports in a `cluster.update`, and what was wrong with the others: one bad entry loses no other."""
    if not isinstance(value, Mapping):
        what = f"cluster.update takes one object {{id: report}}, not a {type(value).__name__}."
        return [], [BadEntry("", "not_object", "", what)]
    entries = _entries(value)
    if len(entries) > MAX_ENTRIES:
        what = f"cluster.update holds {len(entries)} reports; send at most {MAX_ENTRIES} at a time."
        return [], [BadEntry("", "too_many", "", what)]
    reports: list[Report] = []
    errors: list[BadEntry] = []
    for public_id, body in entries.items():
        try:
            reports.append(parse(_with_identity(public_id, body)))
        except ReportError as error:
            shown = str(public_id)[:MAX_ID]
            errors.append(BadEntry(shown, error.code, error.field, f"{shown}: {error.message}"))
    return reports, errors


def _entries(value: Mapping[object, object]) -> Mapping[object, object]:
    """{id: report} of either shape. In the usual one values are objects, so a text under "id" tells them apart."""
    if isinstance(value.get("id"), str) and value.keys() <= {"id", "data"}:
        return {value["id"]: value.get("data")}
    return value


def _with_identity(public_id: object, body: object) -> object:
    """The report, with what its id says filled in where it says nothing itself."""
    if not isinstance(body, Mapping):
        return body
    if not isinstance(public_id, str) or not 0 < len(public_id) <= MAX_ID:
        raise ReportError("bad_id", "id", f"an id must be a text of 1 to {MAX_ID} characters.")
    filled = dict(body)
    switch_ip, dash, port = public_id.rpartition("-")
    if dash and switch_ip and port.isascii() and port.isdigit():
        for key, known in (("switch_ip", switch_ip), ("port", port)):
            if _lacks(filled, key):
                filled[key] = known
    elif _lacks(filled, "mac"):
        filled["mac"] = public_id
    return filled


def _lacks(body: Mapping[str, object], key: str) -> bool:
    found = body.get(key)
    return not isinstance(found, bool | list | dict) and found in _UNKNOWN
