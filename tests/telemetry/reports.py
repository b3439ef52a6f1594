"""Reports for tests: the example as the agents in the field send it, and what hypothesis may draw around it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from telemetry.fields import MAX_AMOUNT, MAX_MS, MAX_PID, MAX_PROCESS_CPU
from telemetry.report import KNOWN, Process, Report

NAN = float("nan")


def field_report(**changes: object) -> dict[str, Any]:
    """The field's own example, with keys changed; a key that is given as `...` is left out."""
    report: dict[str, Any] = {
        "CPU": "9.7",
        "MemoryFree": 655.3,
        "MemoryTotal": 877.6,
        "MemoryPercentage": "25.3",
        "DiskFree": 19.7,
        "DiskTotal": 50.0,
        "DiskPercentage": "60.6",
        "CPUTemperature": "32.7'C",
        "ip": "172.20.20.23",
        "mac": "b8:27:eb:70:e3:c4",
        "port": 4,
        "switch_ip": "172.20.80.211",
        "processes": [
            [{"pid": 1, "name": "systemd", "username": "root", "memory_percent": 0.9, "cpu_percent": 1.2}],
        ],
        "data": {},
        "status": "true",
    }
    report.update(changes)
    return {key: value for key, value in report.items() if value is not ...}


def _numbers(high: float) -> st.SearchStrategy[float]:
    return st.one_of(st.just(NAN), st.floats(0, high).map(abs))


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | names,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=8,
)
macs = st.binary(min_size=6, max_size=6).filter(lambda b: b not in (b"\0" * 6, b"\xff" * 6)).map(lambda b: b.hex(":"))
ips = st.ip_addresses(v=4).map(str)
processes = st.builds(Process, st.integers(-1, MAX_PID), names, names, _numbers(100.0), _numbers(MAX_PROCESS_CPU))
reports = st.builds(
    Report,
    mac=macs,
    ip=st.one_of(st.just(""), ips),
    switch_ip=st.one_of(st.just(""), ips),
    port=st.integers(-1, 65535),
    cpu_pct=_numbers(100.0),
    mem_pct=_numbers(100.0),
    mem_free_mb=_numbers(MAX_AMOUNT),
    mem_total_mb=_numbers(MAX_AMOUNT),
    disk_pct=_numbers(100.0),
    disk_free_gb=_numbers(MAX_AMOUNT),
    disk_total_gb=_numbers(MAX_AMOUNT),
    temp_c=st.one_of(st.just(NAN), st.floats(-273.15, 1000.0).map(lambda f: f + 0.0)),
    processes=st.lists(processes, max_size=7).map(tuple),
    data=st.dictionaries(names, jsons, max_size=3),
    status=st.sampled_from(["", "true", "false", "online"]),
    sampled_ms=st.integers(-1, MAX_MS),
    extra=st.dictionaries(names.filter(lambda key: key not in KNOWN), jsons, max_size=3),
)

_texts = st.sampled_from(
    [
        "",
        " ",
        "9.7",
        "9.7%",
        " 12 %",
        "32.7'C",
        "temp=48.3'C",
        "48.3°C",
        "48.3120'C'",
        "no tool",
        "-1",
        "%",
        "'C",
    ]
)
_messy = st.one_of(_texts, st.none(), st.floats(), st.integers(-(10**30), 10**400), st.booleans(), names, jsons)
messy = st.dictionaries(st.sampled_from(sorted(KNOWN)), _messy, max_size=16).map(
    lambda given: {"mac": "b8:27:eb:70:e3:c4", **given}
)
