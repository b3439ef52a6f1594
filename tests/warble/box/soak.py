"""Thousands of runs, and nothing may be left of them: `python -m tests.warble.box.soak [RUNS]`. Part of `make soak`.

A few of each hundred are killed, cancelled or wrong. In the middle the zygote is killed. At the end the host has the
same descriptors and children as before, and host and zygote about the same memory.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import time
from dataclasses import replace

from tests.wait import until
from tests.warble.box.processes import descendants, descriptors, resident
from warble.limits import Limits
from warble.run import Outcome
from warble.sandbox import Sandbox

LIMITS = Limits(cpu=0.5, wall=1.5, fuel=10**9)
QUICK = replace(LIMITS, cpu=0.02)
USUAL = '{FOR(i=0;i<9;i++){LIGHTS(i,0,255,0)}SAVE("n",LOAD("n",0)+1)PRINT("hello",i)}'
MOST_GROWTH = 6_000_000  # bytes of either process


async def one(box: Sandbox, number: int) -> Outcome | None:
    """One run of the kind that its number says; what it must give is asserted here."""
    match number % 100:
        case 7:
            outcome = await box.run("{PRINT(1)WHILE(1){}}", limits=QUICK)
            assert (outcome.stdout, outcome.error and outcome.error.kind) == ("1\n", "limit:time"), outcome
        case 23:
            outcome = await box.run("{PRINT(1/0)}")
            assert outcome.error is not None, outcome
            assert outcome.error.kind == "zerodiv", outcome
        case 51:
            task = asyncio.create_task(box.run("{WHILE(1){}}"))
            await asyncio.sleep(0.005)  # somewhere on its way
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return None
        case _:
            outcome = await box.run(USUAL, store={})
            assert (outcome.stdout, outcome.error) == ("hello 9\n", None), outcome
    return outcome


async def soak(runs: int) -> None:
    async with Sandbox(workers=2, queue=16, limits=LIMITS) as box:
        await many(box, 200)
        before = await settled(box)
        began = time.perf_counter()
        await many(box, runs // 2)
        after = await settled(box)
        say(f"{runs // 2:,} runs", before, after)
        keeper = box._pool.keeper
        assert keeper is not None
        os.kill(keeper._process.pid, signal.SIGKILL)
        await until(lambda: box._pool.keeper is not keeper and box._pool._idle, timeout_s=20)
        await many(box, runs - runs // 2)
        say(f"{runs:,} runs and another zygote", before, await settled(box))
        print(f"{runs / (time.perf_counter() - began):.0f} runs/s, some of them long ones on purpose")
    assert descendants(os.getpid()) == []


async def many(box: Sandbox, count: int) -> None:
    """Four at a time."""
    numbers = iter(range(count))

    async def line() -> None:
        for number in numbers:
            await one(box, number)

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(line())


async def settled(box: Sandbox) -> list[int]:
    """Descriptors, children, and memory of host and zygote, when nothing is under way."""
    pool = box._pool
    await until(lambda: len(pool._idle) == pool._wanted == len(pool.keeper.hands if pool.keeper else ()), timeout_s=20)
    gc.collect()
    children = descendants(os.getpid())
    assert [child for child in children if child.state == "Z"] == []
    parents = {child.parent for child in children}
    zygote = next(child.pid for child in children if child.pid in parents and child.pid != _outer(box))
    return [descriptors(), len(children), resident(), resident(zygote)]


def _outer(box: Sandbox) -> int:
    """The process that was started: where there are pid namespaces the zygote is its child."""
    keeper = box._pool.keeper
    assert keeper is not None
    own = [child for child in descendants(keeper._process.pid) if child.parent == keeper._process.pid]
    return keeper._process.pid if len(own) == 1 else 0


def say(what: str, before: list[int], after: list[int]) -> None:
    names = ("descriptors", "children", "host's memory", "zygote's memory")
    print(f"{what}: " + ", ".join(f"{n} {b:,} -> {a:,}" for n, b, a in zip(names, before, after, strict=True)))
    assert after[:2] == before[:2]
    assert all(late - early < MOST_GROWTH for early, late in zip(before[2:], after[2:], strict=True))


if __name__ == "__main__":
    asyncio.run(soak(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
