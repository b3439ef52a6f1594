"""Reads the sensors: one Report a call, in a few milliseconds, never waiting for anything. Owns units and rounding
as the agents in the field have them (MB and GB of 1024s, one decimal); processes.py owns processes. Called by agent.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from telemetry.nodeclock import NodeClock
from telemetry.processes import Top
from telemetry.report import Report

NAN = float("nan")
_MB, _GB = 1024.0**2, 1024.0**3
_CPU_ZONES = ("cpu-thermal", "cpu_thermal", "soc-thermal", "soc_thermal", "x86_pkg_temp")
_CPU_SENSORS = ("cpu_thermal", "cpu-thermal", "coretemp", "k10temp", "zenpower", "acpitz")
_SHORTEST_S = 0.1  # CPU times count in steps of 10 ms: over less than this they say nothing


@dataclass(frozen=True, slots=True)
class Who:
    """What a report says of its sender, apart from what is measured."""

    mac: str
    ip: str
    switch_ip: str = ""
    port: int = -1


def _memory() -> tuple[float, float, float]:
    """Bytes that can be had, bytes in all, percent in use."""
    found = psutil.virtual_memory()
    return float(found.available), float(found.total), float(found.percent)


def _disk() -> tuple[float, float, float]:
    """The same of the root file system, which on a network-booted Pi is the server's."""
    try:
        found = psutil.disk_usage("/")
    except OSError:  # a stale NFS handle, for one
        return NAN, NAN, NAN
    return float(found.free), float(found.total), float(found.percent)


def find_thermometer(zones: Path = Path("/sys/class/thermal")) -> Callable[[], float]:
    """Where this machine keeps its CPU's temperature: looked for once, then one small read a sample."""
    known = {}
    for zone in sorted(zones.glob("thermal_zone*")):
        try:
            known[(zone / "type").read_text().strip()] = zone / "temp"
        except OSError:
            continue
    for name in _CPU_ZONES:
        if name in known:
            return lambda: _read_zone(known[name])
    if _read_psutil() == _read_psutil():  # not NaN: psutil sees a sensor
        return _read_psutil
    if known:
        first = next(iter(known.values()))
        return lambda: _read_zone(first)
    return lambda: NAN


def _read_zone(path: Path) -> float:
    try:
        return int(path.read_text()) / 1000.0
    except (OSError, ValueError):
        return NAN


def _read_psutil() -> float:
    sensors = getattr(psutil, "sensors_temperatures", None)  # not on macOS, not on Windows
    found = sensors() if sensors is not None else {}
    for name in (*_CPU_SENSORS, *found):
        if found.get(name):
            return float(found[name][0].current)
    return NAN


@dataclass
class Sources:
    """Where the numbers come from; tests bring their own."""

    memory: Callable[[], tuple[float, float, float]] = _memory
    disk: Callable[[], tuple[float, float, float]] = _disk
    cpu_percent: Callable[[], float] = lambda: psutil.cpu_percent(interval=None)
    temperature: Callable[[], float] = field(default_factory=find_thermometer)
    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time


class Sampler:
    """`sample()` measures CPU and processes since the call before; the first one does not know them yet."""

    def __init__(self, sources: Sources | None = None, top: Top | None = None) -> None:
        self._sources = sources or Sources()
        self._top = top or Top(self._sources.memory()[1])
        self._last_at = -1e9
        self._clock = NodeClock()
        self._sources.cpu_percent()  # the first answer of psutil means nothing
        self._primed = False

    def sample(self, who: Who) -> Report:
        sources = self._sources
        now = sources.monotonic()
        elapsed, self._last_at = now - self._last_at, now
        known = self._primed and elapsed >= _SHORTEST_S
        self._primed = True
        cpu = sources.cpu_percent()
        free, total, mem_pct = sources.memory()
        disk_free, disk_total, disk_pct = sources.disk()
        return Report(
            mac=who.mac,
            ip=who.ip,
            switch_ip=who.switch_ip,
            port=who.port,
            cpu_pct=_percent(cpu) if known else NAN,
            mem_pct=_percent(mem_pct),
            mem_free_mb=round(free / _MB, 1),
            mem_total_mb=round(total / _MB, 1),
            disk_pct=_percent(disk_pct),
            disk_free_gb=round(disk_free / _GB, 1),
            disk_total_gb=round(disk_total / _GB, 1),
            temp_c=round(sources.temperature(), 1),
            processes=self._top.busiest(now),
            data={},
            status="true",
            sampled_ms=self._clock.read(int(sources.wall() * 1000)),
            extra={},
        )

    def processes(self) -> list[tuple[str, int]]:
        """(name, pid) of every process at the last sample."""
        return self._top.names()


def _percent(value: float) -> float:
    return round(min(100.0, max(0.0, value)), 1) if value == value else NAN
