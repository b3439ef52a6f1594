"""One Pi's report: the frozen type everything else works with, and its two written forms. Tolerant in
(every form the agents in the field send), strict out. Owns units and key names; one value's rules are in
fields.py, bytes in body.py, free-form data in freeform.py. Standard library only, no IO. Called by twin's
edges, agent and simulator.

    bytes --decode--> JSON value --parse--> Report --to_field---> today's dialect, for its strict readers
                                              |
                                              +-----to_record--> the same keys; unknown stays unknown
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from telemetry import fields
from telemetry.body import decode as decode
from telemetry.errors import ReportError as ReportError
from telemetry.freeform import Budget, shown

MAX_KEYS = 64  # keys of one report, known and unknown; the field sends 15
MAX_PROCESSES = 64  # kept, in the order they came; of more, the busiest (the oldest agents send them all)
_MAX_SENT = 1024  # processes of one report; more is an error
FIELD_PROCESSES = 5  # what today's dialect has room for
_MAX_KEY = 64  # characters of an unknown key

_NUMBERS = {  # key: attribute, in the order the field sends them
    "CPU": "cpu_pct",
    "MemoryFree": "mem_free_mb",
    "MemoryTotal": "mem_total_mb",
    "MemoryPercentage": "mem_pct",
    "DiskFree": "disk_free_gb",
    "DiskTotal": "disk_total_gb",
    "DiskPercentage": "disk_pct",
    "CPUTemperature": "temp_c",
}
KNOWN = frozenset((*_NUMBERS, "ip", "mac", "port", "switch_ip", "processes", "data", "status", "sampledAt"))


@dataclass(frozen=True, slots=True)
class Process:
    """One of the busiest processes. `cpu_pct` is of one core, so it may pass 100. Unknown: NaN, -1, ""."""

    pid: int
    name: str
    username: str
    memory_pct: float
    cpu_pct: float


@dataclass(frozen=True, slots=True)
class Report:
    """What one Pi said of itself at one time. A number that is missing is NaN, never 0."""

    mac: str  # aa:bb:cc:dd:ee:ff, "" unknown
    ip: str  # "" unknown
    switch_ip: str  # "" unknown
    port: int  # of the switch, -1 unknown
    cpu_pct: float
    mem_pct: float
    mem_free_mb: float
    mem_total_mb: float
    disk_pct: float
    disk_free_gb: float
    disk_total_gb: float
    temp_c: float
    processes: tuple[Process, ...]
    data: Mapping[str, object]
    status: str  # "" missing
    sampled_ms: int  # since 1970 on the Pi's clock, -1 unknown
    extra: Mapping[str, object]  # unknown keys, kept


def has_place(report: Report) -> bool:
    return report.switch_ip != "" and report.port >= 0


def parse(value: object) -> Report:
    """A Report from a JSON value. Raises ReportError naming the field; changes nothing of `value`."""
    if not isinstance(value, dict):
        raise ReportError("not_object", "", f"A report is one JSON object, not a {type(value).__name__}.")
    get = value.get
    data = get("data")
    extra: dict[str, object] = {}
    if data or not KNOWN.issuperset(value):
        data, extra = _free_form(value)
    found = get("processes")
    report = Report(
        fields.mac(get("mac")),
        fields.ip(get("ip")),
        fields.switch_ip(get("switch_ip")),
        fields.whole(get("port"), "port", fields.MAX_PORT),
        fields.percent(get("CPU"), "CPU"),
        fields.percent(get("MemoryPercentage"), "MemoryPercentage"),
        fields.number(get("MemoryFree"), "MemoryFree"),
        fields.number(get("MemoryTotal"), "MemoryTotal"),
        fields.percent(get("DiskPercentage"), "DiskPercentage"),
        fields.number(get("DiskFree"), "DiskFree"),
        fields.number(get("DiskTotal"), "DiskTotal"),
        fields.temperature(get("CPUTemperature"), "CPUTemperature"),
        _processes(found) if found else (),
        data or {},
        fields.text(get("status"), "status"),
        fields.whole(get("sampledAt"), "sampledAt", fields.MAX_MS),
        extra,
    )
    if not report.mac and not has_place(report):
        message = "There is neither a mac nor a switch_ip with a port, so whose report is it? Send the mac."
        raise ReportError("no_identity", "mac", message)
    return report


def _processes(value: object) -> tuple[Process, ...]:
    """Nested [[p, ...]] as the field has it, or flat [p, ...]."""
    if not isinstance(value, list):
        fields.fail("wrong_type", "processes", value, "it must be a list that holds one list of processes.")
    flat = value[0] if len(value) == 1 else value
    if not isinstance(flat, list):
        flat = value
    if len(flat) > _MAX_SENT:
        message = f"processes holds {len(flat)} processes; a report may hold {_MAX_SENT}."
        raise ReportError("too_many", "processes", message)
    found = [_process(each) for each in flat]
    if len(found) > MAX_PROCESSES:
        found.sort(key=lambda each: -_known(each.cpu_pct))
    return tuple(found[:MAX_PROCESSES])


def _process(value: object) -> Process:
    if not isinstance(value, dict):
        fields.fail("wrong_type", "processes", value, "each process must be an object with pid and name.")
    get = value.get
    return Process(
        fields.whole(get("pid"), "processes.pid", fields.MAX_PID),
        fields.text(get("name"), "processes.name"),
        fields.text(get("username"), "processes.username"),
        fields.percent(get("memory_percent"), "processes.memory_percent"),
        fields.number(get("cpu_percent"), "processes.cpu_percent", fields.MAX_PROCESS_CPU),
    )


def _free_form(value: dict[object, object]) -> tuple[dict[str, object], dict[str, object]]:
    """`data` and the unknown keys, checked against the bounds they share."""
    if len(value) > MAX_KEYS:
        raise ReportError("too_many", "", f"The report has {len(value)} keys; it may have {MAX_KEYS}.")
    budget = Budget()
    extra: dict[str, object] = {}
    for key, inner in value.items():
        if key in KNOWN:
            continue
        if not isinstance(key, str) or len(key) > _MAX_KEY:
            fields.fail("too_long", "", key, f"a key must be text of at most {_MAX_KEY} characters.")
        budget.check_text(key, "")
        budget.check(inner, shown(key))
        extra[key] = inner
    data = value.get("data") or {}
    budget.check(data, "data")
    # Free-form means free: what is not an object is kept too, under a name, because readers expect an object.
    return data if isinstance(data, dict) else {"value": data}, extra


def to_field(report: Report) -> dict[str, object]:
    """Today's dialect, so strict that the strictest reader in the field takes it whatever the Pi sent.

    The iPad app's decoder wants a number in every field and loses the whole picture over one node that has
    none. So unknown is written as 0 here, and only here: to_record keeps the difference.
    """
    body: dict[str, object] = {
        "CPU": repr(_known(report.cpu_pct)),
        "MemoryFree": _known(report.mem_free_mb),
        "MemoryTotal": _known(report.mem_total_mb),
        "MemoryPercentage": repr(_known(report.mem_pct)),
        "DiskFree": _known(report.disk_free_gb),
        "DiskTotal": round(_known(report.disk_total_gb)),  # the decoder takes a whole number only
        "DiskPercentage": repr(_known(report.disk_pct)),
        "CPUTemperature": f"{_known(report.temp_c)!r}'C",
        "ip": report.ip,
        "mac": report.mac,
        "port": report.port,
        "switch_ip": report.switch_ip or -1,  # as the agents in the field say "unknown"
        "processes": [[_process_body(each) for each in report.processes[:FIELD_PROCESSES]]],
        "data": dict(report.data),
        "status": "true",
    }
    body.update(_free_keys(report))
    return body


def to_record(report: Report) -> dict[str, object]:
    """The same keys with nothing lost: unknown ones are left out, and parse gives the same report back."""
    body = to_field(report)
    for key, attribute in _NUMBERS.items():
        if math.isnan(getattr(report, attribute)):
            del body[key]
    if "DiskTotal" in body:
        body["DiskTotal"] = report.disk_total_gb
    body["processes"] = [[_process_body(each) for each in report.processes]]
    body["status"] = report.status
    return body


def _free_keys(report: Report) -> dict[str, object]:
    """What is only sometimes there. An unknown key can never shadow a known one."""
    body = {key: value for key, value in report.extra.items() if key not in KNOWN}
    if report.sampled_ms >= 0:
        body["sampledAt"] = report.sampled_ms
    return body


def _known(number: float) -> float:
    return number if number == number else 0.0  # NaN is the one number that differs from itself


def _process_body(process: Process) -> dict[str, object]:
    """A process whose numbers are unknown is written without them; no reader in the field insists on them."""
    body: dict[str, object] = {"pid": process.pid, "name": process.name, "username": process.username}
    if process.memory_pct == process.memory_pct:
        body["memory_percent"] = process.memory_pct
    if process.cpu_pct == process.cpu_pct:
        body["cpu_percent"] = process.cpu_pct
    return body
