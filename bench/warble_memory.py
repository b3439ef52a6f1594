"""Memory of the sandbox: of its zygote, of a worker that waits and of one that works, beside a new process each.

PSS, in which a page that n processes share counts as one n-th. The worker that works and the new process of today's
scheme (warble_today.py) are both in the midst of the same loop. warble_sandbox.py is the caller.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import sys
import time
from collections.abc import Collection
from pathlib import Path

from bench import machine
from bench.servers import HERE
from bench.table import Figure
from warble.limits import Limits
from warble.sandbox import Sandbox

NAME = "Warble: sandbox"
OURS, TODAY = "sandbox", "new process"
WORKERS = 2
NOTHING = "{}"
BUSY = "{WHILE(1){}}"
#: How long a run may take to show up in the list of processes, and how long that it must have computed.
APPEAR_S, COMPUTED_S = 1.5, 0.3
#: Nobody coming or going for so long means that the zygote is done.
REST_S = 0.3


async def figures() -> list[Figure]:
    async with Sandbox(workers=WORKERS) as box:
        for _ in range(4 * WORKERS):
            await box.run(NOTHING)  # so that those who wait now were forked by a zygote that has settled
        waiting, zygotes = await _at_rest()
        rows = {
            f"memory: the zygote, {len(waiting)} workers waiting": _sum_kb(zygotes),
            "memory: a worker that waits": _sum_kb(waiting) / max(1, len(waiting)),
        }
        run = asyncio.create_task(box.run(BUSY, limits=Limits(fuel=10**10)))
        try:
            busy = await _busy_kb()
        finally:
            run.cancel()
            await asyncio.wait([run], timeout=APPEAR_S)
    rows["memory: a worker in the midst of a loop"] = busy
    process = await asyncio.create_subprocess_exec(sys.executable, str(HERE / "warble_today.py"), BUSY)
    try:
        today = await _busy_kb()
    finally:
        process.kill()
        await asyncio.wait_for(process.wait(), timeout=APPEAR_S)
    return [Figure(NAME, what, "MB", {OURS: kb / 1024, TODAY: today / 1024}, TODAY) for what, kb in rows.items()]


async def _at_rest() -> tuple[list[int], set[int]]:
    """The workers that wait and their zygote, once nobody has come or gone for a while."""
    until = time.monotonic() + APPEAR_S
    before, since = family_of(os.getpid()), time.monotonic()
    while time.monotonic() < min(until, since + REST_S):
        await asyncio.sleep(0.02)
        family = family_of(os.getpid())
        if family != before:
            before, since = family, time.monotonic()
    waiting = [pid for pid in before if pid not in before.values()]
    return waiting, {before[pid] for pid in waiting}


async def _busy_kb() -> float:
    """The memory of the process below this one that has just computed for a while; NaN when none shows itself."""
    before = {pid: _cpu_s(pid) for pid in family_of(os.getpid())}
    until = time.monotonic() + APPEAR_S
    while time.monotonic() < until:
        await asyncio.sleep(0.02)
        family = family_of(os.getpid())
        for pid in family.keys() - set(family.values()):
            if _cpu_s(pid) - before.get(pid, 0.0) >= COMPUTED_S:
                return pss_kb(pid)
    return math.nan


def _cpu_s(pid: int) -> float:
    with contextlib.suppress(OSError):  # it ended just now
        return machine.cpu_s([pid])
    return 0.0


def _sum_kb(pids: Collection[int]) -> float:
    return sum(pss_kb(pid) for pid in pids) if pids else math.nan


def pss_kb(pid: int) -> float:
    """A process's share of memory; NaN where the kernel does not show it, as without root."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return float(line.split()[1])
    return math.nan


def family_of(root: int) -> dict[int, int]:
    """Every process below root, and the parent of each."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended while we were looking
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    below: dict[int, int] = {}
    grown = True
    while grown:
        more = {pid: parent for pid, parent in parents.items() if parent in {root, *below} and pid not in below}
        below |= more
        grown = bool(more)
    return below
