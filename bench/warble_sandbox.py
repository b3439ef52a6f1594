"""The sandbox: one-shot runs a second on one core, and how long a stranger waits, beside a new process each.

Runs a second: host, zygote and workers share one core; the typical programs in turn, four under way at any time; the
best of some rounds. The new process (warble_today.py) has no defences at all, and takes turns with the sandbox.

The wait: from `await box.run("{}")` until its outcome is here, one after the other, host and workers on a core each. It
is more than the time until a program starts, since the end of the run and its result are in it.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

from bench import machine, warble_memory
from bench.fanout import Say
from bench.plan import Plan
from bench.servers import HERE
from bench.table import Figure, Target
from bench.warble_race import geometric, percentile
from bench.warble_typical import TYPICAL
from warble.sandbox import Sandbox

NAME = "Warble: sandbox"
OURS, TODAY = "sandbox", "new process"
WORKERS = 2
UNDER_WAY = 4
ROUNDS = 3
NOTHING = "{}"


async def figures(plan: Plan, say: Say) -> list[Figure]:
    say("warble: sandbox: runs a second")
    found = [await _rate(plan)]
    say("warble: sandbox: the wait")
    found += await _waits(plan)
    say("warble: sandbox: memory")
    return [*found, *await warble_memory.figures()]


def new_process(source: str) -> None:
    subprocess.run([sys.executable, str(HERE / "warble_today.py"), source], capture_output=True, check=True, timeout=30)


async def _rate(plan: Plan) -> Figure:
    """Everything on the one core that this process is pinned to."""
    rates: dict[str, list[float]] = {OURS: [], TODAY: []}
    async with Sandbox(workers=WORKERS) as box:
        await _many(box, len(TYPICAL))
        rounds = 1 if plan.quick else ROUNDS
        for _ in range(rounds):
            count = max(len(TYPICAL), plan.warble_runs // rounds)
            rates[OURS].append(count / await _many(box, count))
            began = time.perf_counter()
            for typical in TYPICAL:
                new_process(typical.warble)  # nothing of this process's loop is due meanwhile
            rates[TODAY].append(len(TYPICAL) / (time.perf_counter() - began))
    best = {name: max(values) for name, values in rates.items()}
    target = [Target(120, "value")]
    return Figure(NAME, "one-shot runs a second on one core", "/s", best, TODAY, more_is_better=True, targets=target)


async def _many(box: Sandbox, count: int) -> float:
    """Seconds for so many runs, some of them under way at any time."""
    left = iter(range(count))

    async def lane() -> None:
        for number in left:
            await _one(box, TYPICAL[number % len(TYPICAL)].warble)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as lanes:
        for _ in range(UNDER_WAY):
            lanes.create_task(lane())
    return time.perf_counter() - began


async def _one(box: Sandbox, source: str) -> float:
    """Seconds from asking for a run until its outcome is here."""
    began = time.perf_counter()
    outcome = await box.run(source, store={}, data={})
    took = time.perf_counter() - began
    if outcome.error is not None:
        raise RuntimeError(f"{source} ended in an error in the sandbox: {outcome.error}")
    return took


async def _waits(plan: Plan) -> list[Figure]:
    began = time.perf_counter()
    with machine.on_core(machine.SERVER_CORE):
        box = await Sandbox(workers=WORKERS).__aenter__()
    try:
        ready_s = time.perf_counter() - began
        await _one(box, NOTHING)
        waits = [await _one(box, NOTHING) for _ in range(plan.warble_runs)]
        ratios, boxed, today = [], [], []
        for typical in TYPICAL:
            ours, theirs = await _in_turns(box, typical.warble, plan.warble_rounds)
            ratios.append(theirs / ours)
            boxed.append(ours)
            today.append(theirs)
    finally:
        await box.__aexit__(None, None, None)
    mean = {OURS: 1000 * geometric(boxed), TODAY: 1000 * geometric(today)}
    return [
        _ms("an empty program, p50", percentile(waits, 0.5), 5),
        _ms("an empty program, p99", percentile(waits, 0.99), 15),
        Figure(NAME, "a typical run from text to outcome, geometric mean", "ms", mean, TODAY),
        Figure(NAME, "ready to take programs, once a host", "ms", {OURS: 1000 * ready_s}),
    ]


def _ms(what: str, seconds: float, most: float) -> Figure:
    return Figure(NAME, what, "ms", {OURS: 1000 * seconds}, targets=[Target(most, "value", most=True)])


async def _in_turns(box: Sandbox, source: str, rounds: int) -> tuple[float, float]:
    """The least seconds of a run in the sandbox and in a new process."""
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(await _one(box, source))
        began = time.perf_counter()
        new_process(source)
        theirs.append(time.perf_counter() - began)
    return min(ours), min(theirs)
