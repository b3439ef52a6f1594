"""Builds reports for tests, in words short enough to read beside an assertion."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from telemetry.report import Process, Report

BASE = Report(
    mac="b8:27:eb:00:00:00",
    ip="10.0.0.0",
    switch_ip="",
    port=-1,
    cpu_pct=9.5,
    mem_pct=25.5,
    mem_free_mb=655.5,
    mem_total_mb=877.5,
    disk_pct=60.5,
    disk_free_gb=19.5,
    disk_total_gb=50.0,
    temp_c=32.5,
    processes=(Process(1, "systemd", "root", 0.9, 1.2),),
    data={},
    status="true",
    sampled_ms=-1,
    extra={},
)


def mac_of(n: int) -> str:
    """The mac of test node n."""
    return f"b8:27:eb:{n >> 16 & 255:02x}:{n >> 8 & 255:02x}:{n & 255:02x}"


def report_of(n: int, **values: Any) -> Report:
    """Report of test node n, with some values changed."""
    return replace(BASE, mac=mac_of(n), ip=f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}", **values)


def field_report(n: int, **keys: object) -> dict[str, object]:
    """What an agent in the field sends for node n, as JSON, with some keys changed."""
    body: dict[str, object] = {
        "CPU": "9.7",
        "MemoryFree": 655.3,
        "MemoryTotal": 877.6,
        "MemoryPercentage": "25.3",
        "DiskFree": 19.7,
        "DiskTotal": 50.0,
        "DiskPercentage": "60.6",
        "CPUTemperature": "32.7'C",
        "ip": f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}",
        "mac": mac_of(n),
        "port": n % 42 + 1,
        "switch_ip": f"172.20.80.{201 + n // 42}",
        "processes": [[{"pid": 1, "name": "systemd", "username": "root", "memory_percent": 0.9, "cpu_percent": 1.2}]],
        "data": {},
        "status": "true",
    }
    body.update(keys)
    return body
