"""Warble's loops beside the same loops as Python text and in Lua, and what drawing fuel costs them.

Milliseconds of processor time, the least of some rounds in which the three take turns. All are read before the clock
starts: Warble is a checked tree, the Python text a code object, Lua a chunk. Warble's time also has the making of
Python code from the tree in it (about a millisecond), since that belongs to each run. What each prints goes into a list
and must be the same.

Without fuel: the same code with `while True` where it draws from the fuel, and a plain range where it draws for many
rounds at once, in the mode in which the program ends. What is done once a chunk of fuel falls away with it, such as a
look at the clock and at how far numbers have grown, so the cost told is rather too high. All code is made before.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from itertools import repeat
from typing import Any
from unittest import mock

import warble.compile
from bench import warble_lua
from bench.fanout import Say
from bench.plan import Plan
from bench.table import Figure, Target
from bench.warble_loops import LOOPS, Loop
from bench.warble_race import HERE_S, geometric, geometric_of, race
from warble.limits import Limits
from warble.meter import Meter
from warble.run import Outcome, execute, prepare

#: The module; the package has a function of that name.
RUN = sys.modules["warble.run"]
NAME = "Warble: loops"
OURS, TEXT, LUA = "Warble", "Python text, exec'd", "Lua 5.4"
#: What loops.py calls the iterators that hold fuel.
DRAWN = ("fuel", "rounds")
#: Percent of a loop's time that drawing fuel may cost.
FUEL_PCT = 5


def figures(plan: Plan, say: Say) -> list[Figure]:
    results = []
    for loop in LOOPS:
        say(f"warble: loop {loop.name}")
        results.append(race(checked(runners(loop), loop.name), plan.warble_rounds, min, HERE_S))
    target = [Target(2.3)]
    made = [_ms(loop.name, result, TEXT, target) for loop, result in zip(LOOPS, results, strict=True)]
    in_all = [result for loop, result in zip(LOOPS, results, strict=True) if loop.lua]
    text_only = [{OURS: result[OURS], TEXT: result[TEXT]} for result in results]
    made.append(_ms("geometric mean of all", geometric_of(text_only), TEXT, target))
    made.append(_ms("geometric mean of those that Lua can do, against Lua", geometric_of(in_all), LUA, []))
    return [*made, *_fuel(plan, say)]


def runners(loop: Loop) -> dict[str, Callable[[], str]]:
    """The three ways to run a loop, all read already; each gives what was printed."""
    program = prepare(loop.warble, Limits())
    code = compile(loop.python, "<text>", "exec")

    def text() -> str:
        lines: list[str] = []
        exec(code, {"print": lambda *values: lines.append(" ".join(map(str, values)) + "\n")})
        return "".join(lines)

    def ours() -> str:
        outcome = execute(program)
        if outcome.error is not None:
            raise RuntimeError(f"the loop {loop.name!r} ended in an error: {outcome.error}")
        return outcome.stdout

    lua = {LUA: warble_lua.loop(loop.lua)} if loop.lua else {}
    return {OURS: ours, TEXT: text, **lua}


def checked(acts: dict[str, Callable[[], str]], name: str) -> dict[str, Callable[[], str]]:
    """The same, once it is known that all print the same."""
    printed = {runner: act() for runner, act in acts.items()}
    if len(set(printed.values())) != 1:
        raise RuntimeError(f"the loop {name!r} does not print the same everywhere: {printed}")
    return acts


def _ms(what: str, result: dict[str, float], baseline: str, targets: list[Target]) -> Figure:
    ms = {runner: 1000 * seconds for runner, seconds in result.items()}
    return Figure(NAME, what, "ms", ms, baseline, targets=targets)


def _fuel(plan: Plan, say: Say) -> list[Figure]:
    costs = []
    for loop in LOOPS:
        say(f"warble: fuel of {loop.name}")
        found = race(with_and_without(loop), plan.warble_rounds, min, HERE_S)
        costs.append(found["with"] / found["without"])
    target = [Target(FUEL_PCT, "value", most=True)]
    mean, most = 100 * (geometric(costs) - 1), 100 * (max(costs) - 1)
    return [
        Figure(NAME, "what drawing fuel adds, geometric mean", "%", {OURS: mean}, targets=target),
        Figure(NAME, f"the same, of the loop where it adds most ({LOOPS[costs.index(max(costs))].name})", "%",
               {OURS: most}),
    ]  # fmt: skip


def with_and_without(loop: Loop) -> dict[str, Callable[[], Outcome]]:
    """The loop as it is and without fuel, both compiled; an error when the second still draws some."""
    program = prepare(loop.warble, Limits())
    paid, free = _Kept(), _Kept(_Forever())
    with mock.patch.object(RUN, "compile_program", paid):
        execute(program)
    mode = list(paid.made)[-1]  # careful code when the fast one gave up, which it does at the end of a chunk

    def drawing() -> Outcome:
        with mock.patch.object(RUN, "compile_program", paid):
            return execute(program, modes=(mode,))

    def drawing_nothing() -> Outcome:
        with (
            mock.patch.object(RUN, "compile_program", free),
            mock.patch.object(Meter, "rounds", _rounds_for_nothing),
            mock.patch.object(Meter, "times", _times_for_nothing),
        ):
            return execute(program, modes=(mode,))

    drawn, less = drawing(), drawing_nothing()
    if less.stdout != drawn.stdout or less.fuel >= drawn.fuel:
        raise RuntimeError(f"the loop {loop.name!r} is not the same without fuel: {less} instead of {drawn}")
    return {"with": drawing, "without": drawing_nothing}


def _rounds_for_nothing(_: Meter, start: int, stop: int, step: int, *_rest: int) -> range:
    return range(start, stop, step)


def _times_for_nothing(meter: Meter, start: int, stop: int, step: int, *_rest: int) -> repeat[None]:
    rounds = range(start, stop, step)
    meter.counted = start + len(rounds) * step
    return repeat(None, len(rounds))


class _Kept:
    """compile_program that makes the code of each mode once, changed before Python compiles it."""

    def __init__(self, change: ast.NodeTransformer | None = None) -> None:
        self.change = change
        self.made: dict[Any, Any] = {}

    def __call__(self, tree: Any, mode: Any, *rest: Any, **named: Any) -> Any:
        if mode not in self.made:
            with mock.patch.object(warble.compile, "compile", self._python, create=True):
                self.made[mode] = warble.compile.compile_program(tree, mode, *rest, **named)
        return self.made[mode]

    def _python(self, module: ast.Module, *rest: Any, **named: Any) -> Any:
        return compile(self.change.visit(module) if self.change else module, *rest, **named)


class _Forever(ast.NodeTransformer):
    """`while True` for each loop over fuel, without what happens when a piece of it is used up."""

    def visit_For(self, node: ast.For) -> ast.stmt:  # the name that ast looks for
        self.generic_visit(node)
        if isinstance(node.iter, ast.Name) and node.iter.id in DRAWN:
            return ast.copy_location(ast.While(ast.copy_location(ast.Constant(True), node), node.body, []), node)
        return node
