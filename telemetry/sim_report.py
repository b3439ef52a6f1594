"""Writes one simulated Pi's values in the dialect of the agents in the field, with its top five processes.
Owns the words (process names and users); values come from fleet.py, which calls this once a report.
"""

from __future__ import annotations

from typing import NamedTuple

from telemetry.sim_faults import Quirk
from telemetry.sim_load import DISK_TOTAL_GB, JOBS, MEMORY_TOTAL_MB
from telemetry.sim_node import Node, mix

TOP = 5
CORES = 4
SENSOR_STEP_C = 0.538  # the Pi's sensor counts in these
_ABSURD_C = (999.9, -127.0, 52_340.0)  # stuck high, not found, thousandths: the last is refused
_QUIET = (  # name, user, memory %, most CPU % of one core
    ("kworker/u8:2-events_unbound", "root", 0.0, 1.4),
    ("NetworkManager", "root", 2.1, 0.5),
    ("sshd", "root", 0.8, 0.3),
    ("chronyd", "chrony", 0.4, 0.2),
    ("rpcbind", "rpc", 0.4, 0.1),
    ("kworker/1:1H-kblockd", "root", 0.0, 0.9),
    ("dbus-broker", "dbus", 0.3, 0.4),
    ("rcu_sched", "root", 0.0, 0.6),
)


class Vitals(NamedTuple):
    """One node's values at one time. `*_kind` index JOBS, `*_number` tells one job from the next."""

    cpu_pct: float
    memory_pct: float
    disk_gb: float
    temp_c: float
    bank_cpu: float
    bank_kind: int
    bank_number: int
    own_cpu: float
    own_kind: int
    own_number: int


def field_report(node: Node, index: int, now: Vitals, stir: int, sampled_ms: int) -> dict[str, object]:
    """`stir` makes the small differences between two reports; the same stir, the same report."""
    sign = node.percent_sign
    free_mb = MEMORY_TOTAL_MB * (1 - now.memory_pct / 100)
    return {
        "CPU": f"{now.cpu_pct:.1f}{sign}",
        "MemoryFree": round(free_mb, 1),
        "MemoryTotal": MEMORY_TOTAL_MB,
        "MemoryPercentage": f"{now.memory_pct:.1f}{sign}",
        "DiskFree": round(DISK_TOTAL_GB - now.disk_gb, 1),
        "DiskTotal": DISK_TOTAL_GB,
        "DiskPercentage": f"{now.disk_gb * 100 / DISK_TOTAL_GB:.1f}{sign}",
        "CPUTemperature": _temperature(node, index, now.temp_c),
        "ip": node.ip,
        "mac": node.mac,
        "port": node.port,
        "switch_ip": node.switch_ip,
        "processes": [_processes(index, now, stir)],
        "data": {},
        "status": "true",
        "sampledAt": sampled_ms + node.clock_ms,
    }


def _temperature(node: Node, index: int, temp_c: float) -> str:
    if node.quirk is Quirk.NO_SENSOR:
        return "" if index % 2 else "sh: vcgencmd: command not found"
    if node.quirk is Quirk.ABSURD:
        temp_c = _ABSURD_C[mix(index, 3) % len(_ABSURD_C)]
    else:
        temp_c = round(temp_c / SENSOR_STEP_C) * SENSOR_STEP_C
    return f"{temp_c:.1f}'C"


def _processes(index: int, now: Vitals, stir: int) -> list[dict[str, object]]:
    """The five busiest, busiest first. CPU is of one core, as psutil has it: a job on all four says 400."""
    drawn = mix(index, stir)
    found = [
        _process(1, "systemd", "root", 0.9, (drawn & 3) / 10),
        _process(612 + index % 7, "python3", "root", 2.4, 0.8 + (drawn >> 2 & 15) / 10),
    ]
    if now.bank_cpu >= 1.0:
        found.append(_job(index, now.bank_kind, now.bank_number, now.bank_cpu))
    if now.own_cpu >= 1.0:
        found.append(_job(index, now.own_kind, now.own_number + 1000, now.own_cpu))
    first = drawn >> 6
    for turn in range(TOP - len(found)):
        which = (first + turn) % len(_QUIET)
        name, user, memory, most = _QUIET[which]
        found.append(_process(20 + 31 * which, name, user, memory, most * (drawn >> 9 + turn & 7) / 7))
    found.sort(key=_by_cpu, reverse=True)
    return found


def _job(index: int, kind: int, number: int, cpu_pct: float) -> dict[str, object]:
    job = JOBS[kind]
    pid = 1200 + mix(index, number + 7) % 30_000
    return _process(pid, job.name, job.username, job.memory_pct, min(cpu_pct, 100.0) * CORES * 0.96)


def _process(pid: int, name: str, user: str, memory_pct: float, cpu_pct: float) -> dict[str, object]:
    return {
        "pid": pid,
        "name": name,
        "username": user,
        "memory_percent": memory_pct,
        "cpu_percent": round(cpu_pct, 1),
    }


def _by_cpu(process: dict[str, object]) -> float:
    cpu = process["cpu_percent"]
    return cpu if isinstance(cpu, float) else 0.0
