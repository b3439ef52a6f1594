"""Owns the resource limits of a worker: two that the host chooses, the rest nothing or nearly so. lock.py calls it."""

from __future__ import annotations

import math
import resource
from dataclasses import dataclass
from typing import Final

#: Seconds above the worker's own timers: the kernel counts whole ones, and this is only the last resort.
_SPARE_CPU: Final = 1
_STACK: Final = 8 << 20  # bytes; the usual size, and CPython's own guard expects no less

#: No file written or opened, no process, no dump, no memory locked, no queue, no priority.
_NOTHING: Final = ("FSIZE", "NOFILE", "NPROC", "CORE", "MEMLOCK", "MSGQUEUE", "NICE", "RTPRIO")


@dataclass(frozen=True, slots=True)
class Rlimits:
    memory: int = 268_435_456  # bytes of address space, the interpreter's own included
    cpu: float = 2.0  # seconds of processor time


#: Which limit, and its soft and hard value.
Plan = tuple[tuple[int, tuple[int, int]], ...]


def plan(limits: Rlimits) -> Plan:
    """What to set, never above what this process has. Workers inherit that, so it is asked before they are forked."""
    seconds = math.ceil(limits.cpu) + _SPARE_CPU
    return (
        # SIGXCPU first, SIGKILL a second later, so that a host can tell the clock from the kernel's want of memory.
        _lowered(resource.RLIMIT_CPU, seconds, seconds + 1),
        _lowered(resource.RLIMIT_STACK, _STACK, _STACK),
        *(_lowered(getattr(resource, f"RLIMIT_{name}"), 0, 0) for name in _NOTHING),
        # Last, since from here on Python itself may run out of memory.
        _lowered(resource.RLIMIT_AS, limits.memory, limits.memory),
    )


def apply(planned: Plan) -> None:
    """For good: hard limits go down as well. File descriptors that are open stay usable. Raises OSError, ValueError."""
    for which, values in planned:
        resource.setrlimit(which, values)


def _lowered(which: int, soft: int, hard: int) -> tuple[int, tuple[int, int]]:
    _, most = resource.getrlimit(which)
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    return which, (soft, hard)
