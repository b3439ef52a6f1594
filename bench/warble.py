"""Warble: whole runs, the parser, and digits of pi; then loops (warble_speed.py) and the sandbox (warble_sandbox.py).

A whole run is from source text to the outcome with output and effects: for Warble `warble.run` in this process, for
today's scheme a new process (warble_today.py), for Lua a new runtime in this process. The least processor time of some
rounds in which they take turns, the new process's own included; what all of them print and do is compared first.

The parser's time is from text to tree, its grammar built; beside it today's from text to Python text, its grammar built
too. Pi is a Warble of at most 280 characters under raised limits, every digit compared with the package's own pi;
beside it the same method written in Python.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import warble
from bench import warble_lua, warble_sandbox, warble_speed, warble_today
from bench.fanout import Say
from bench.plan import Plan
from bench.servers import HERE
from bench.table import Figure, Target
from bench.warble_race import HERE_S, geometric_of, race, with_children_s
from bench.warble_typical import DENSE, TYPICAL, Typical
from tests.warble import long_pi
from warble import pi
from warble.parse import parse

NAME = "Warble: whole runs"
OURS, TODAY, LUA = "Warble", "new process", "Lua 5.4"
PYTHON = "Python's decimals"
TODAY_TIMEOUT_S = 30
#: A parse takes a millisecond, so it takes many for a median.
PARSES_A_ROUND = 25


async def run(plan: Plan, work: Path, say: Say) -> list[Figure]:
    figures = [*_runs(plan, say), _parser(plan, say), _pi(plan, say)]
    figures += warble_speed.figures(plan, say)
    return [*figures, *await warble_sandbox.figures(plan, say)]


def today(source: str) -> tuple[str, list[Any]]:
    """A run as it is today: what a new process prints, and its effects."""
    command = [sys.executable, str(HERE / "warble_today.py"), source]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TODAY_TIMEOUT_S)
    return done.stdout, json.loads(done.stderr or "[]")


def ours(source: str) -> tuple[str, list[Any]]:
    outcome = warble.run(source, store={}, data={})
    if outcome.error is not None:
        raise RuntimeError(f"{source} ended in an error: {outcome.error}")
    return outcome.stdout, list(outcome.effects)


def agree(typical: Typical) -> None:
    """All three print the same and do the same, or there is nothing to compare."""
    found = {OURS: ours(typical.warble), TODAY: today(typical.warble), LUA: warble_lua.run(typical.lua)}
    plain = {name: (printed, [tuple(effect) for effect in effects]) for name, (printed, effects) in found.items()}
    if any(result != plain[OURS] for result in plain.values()):
        raise RuntimeError(f"the program {typical.name!r} is not the same everywhere: {plain}")


def _runs(plan: Plan, say: Say) -> list[Figure]:
    results = []
    for typical in TYPICAL:
        say(f"warble: whole runs: {typical.name}")
        agree(typical)
        results.append(race(_runners(typical), plan.warble_rounds, min, with_children_s))
    figures = [_ms(typical.name, result, TODAY, []) for typical, result in zip(TYPICAL, results, strict=True)]
    mean = geometric_of(results)
    figures.append(_ms("geometric mean", mean, TODAY, [Target(50)]))
    return [*figures, _ms("the same, against Lua", mean, LUA, [])]


def _runners(typical: Typical) -> dict[str, Callable[[], object]]:
    return {
        OURS: lambda: ours(typical.warble),
        TODAY: lambda: today(typical.warble),
        LUA: lambda: warble_lua.run(typical.lua),
    }


def _ms(what: str, result: dict[str, float], baseline: str, targets: list[Target]) -> Figure:
    ms = {name: 1000 * seconds for name, seconds in result.items()}
    return Figure(NAME, what, "ms", ms, baseline, targets=targets)


def _parser(plan: Plan, say: Say) -> Figure:
    say("warble: the parser")
    lark = warble_today.parser()
    theirs = "today's parser"
    acts: dict[str, Callable[[], object]] = {OURS: lambda: parse(DENSE), theirs: lambda: lark.parse(DENSE)}
    result = race(acts, PARSES_A_ROUND * plan.warble_rounds, statistics.median, HERE_S)
    return _ms(f"{len(DENSE)} dense characters parsed", result, theirs, [Target(1, "value", most=True)])


def _pi(plan: Plan, say: Say) -> Figure:
    digits = plan.warble_digits
    say(f"warble: {digits:,} digits of pi")
    source, limits = long_pi.program(digits), long_pi.limits(digits)
    began = time.process_time()
    outcome = warble.run(source, limits=limits)
    took_s = time.process_time() - began
    if outcome.error is not None:
        raise RuntimeError(f"the program for pi ended in an error: {outcome.error}")
    right = right_digits(outcome.stdout, digits)
    if right < digits:
        raise RuntimeError(f"only {right:,} of {digits:,} digits of pi are right")
    began = time.process_time()
    pi.gauss_legendre(digits)
    values = {OURS: took_s, PYTHON: time.process_time() - began}
    targets = [] if plan.quick else [Target(10, "value", most=True)]
    what = f"{digits:,} digits of pi in {len(source)} characters"
    return Figure(NAME, what, "s of CPU", values, PYTHON, targets=targets)


def right_digits(printed: str, most: int) -> int:
    """How many digits are those of pi, the 3 included, before the first that is not; at most so many."""
    found, known = printed.strip().replace(".", "", 1), pi.verified(most)
    return next((n for n, (a, b) in enumerate(zip(found, known, strict=False)) if a != b), min(len(found), most))
