"""Measures the sandbox: `python -m tests.warble.box.figures [RUNS]`. docs/sandbox.md has the figures of one machine.

Each figure is that of one small program a run. Processor time is of all processes together, so it holds on a busy
machine too; times by the clock do not, and are printed with the load.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from warble import run
from warble.sandbox import Sandbox

PROGRAM = '{FOR(i=0;i<9;i++){LIGHTS(i,0,255,0)}PRINT("hello",i)}'


async def latencies(runs: int) -> tuple[list[float], list[float]]:
    """Seconds from run() to the program's start, and to its outcome, one run at a time."""
    starts, ends = [], []
    async with Sandbox(workers=1, zygote="tests.warble.box.stamps") as box:
        for _ in range(runs):
            asked = time.monotonic_ns()
            outcome = await box.run(PROGRAM)
            ends.append((time.monotonic_ns() - asked) / 1e9)
            starts.append((int(outcome.stdout) - asked) / 1e9)
            while len(box._pool._idle) < box._pool._wanted:  # the machine is quiet when the next one comes
                await asyncio.sleep(0.001)
    return sorted(starts), sorted(ends)


async def throughput(runs: int, workers: int) -> float:
    """Runs a second, as many at a time as there are workers."""
    async with Sandbox(workers=workers, queue=runs) as box:
        began = time.perf_counter()
        await asyncio.gather(*(box.run(PROGRAM) for _ in range(runs)))
        return runs / (time.perf_counter() - began)


@contextmanager
def processor() -> Iterator[list[float]]:
    """Seconds of processor time of the block: the host's own, and all its children's that are gone by its end."""
    spent: list[float] = []
    before = [_seconds(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    yield spent
    after = [_seconds(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    spent += [end - start for start, end in zip(before, after, strict=True)]


def _seconds(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    cores = len(os.sched_getaffinity(0))
    print(f"{cores} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    began = time.perf_counter()
    for _ in range(100):
        run(PROGRAM)
    print(f"in process       {(time.perf_counter() - began) * 10:.2f} ms a run")
    with processor() as start:
        asyncio.run(throughput(1, 1))
    with processor() as all_of_it:
        rate = asyncio.run(throughput(runs, cores))
    host, others = ((whole - one) / (runs - 1) for whole, one in zip(all_of_it, start, strict=True))
    print(f"throughput       {rate:.0f} runs/s with {cores} workers: {rate / cores:.0f} a core")
    print(f"processor time   {1000 * (host + others):.2f} ms a run ({1000 * host:.2f} of it the host's): ", end="")
    print(f"room for {1 / (host + others):.0f} runs/s a core")
    starts, ends = asyncio.run(latencies(runs))
    for name, found in (("run() to start", starts), ("run() to outcome", ends)):
        middle, late = found[len(found) // 2], found[len(found) * 99 // 100]
        print(f"{name:16} {1000 * middle:.1f} ms (p50), {1000 * late:.1f} ms (p99)")


if __name__ == "__main__":
    main()
