"""Lua 5.4 through lupa, as a host would embed it for strangers: a fresh runtime a program, without Python in it.

Owns the runtime and the functions that Lua's programs call; the programs are in warble_loops.py and warble_typical.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lupa import lua54


def runtime(functions: dict[str, Callable[..., object]]) -> Any:
    """A Lua with `functions` as global names; neither Python's eval nor its builtins are within reach."""
    lua = lua54.LuaRuntime(unpack_returned_tuples=True, register_eval=False, register_builtins=False)
    names = lua.globals()
    for name, function in functions.items():
        names[name] = function
    return lua


def run(source: str) -> tuple[str, list[tuple[Any, ...]]]:
    """One whole run: a runtime, the source parsed and run; what it printed, and its effects."""
    lines: list[str] = []
    effects: list[tuple[Any, ...]] = []
    runtime(_functions(lines, effects, {})).execute(source)
    return "".join(line + "\n" for line in lines), effects


def loop(source: str) -> Callable[[], str]:
    """A chunk that is compiled once and can run any number of times; gives what it printed."""
    lines: list[str] = []
    chunk = runtime({"print": _printer(lines)}).compile(source)

    def act() -> str:
        lines.clear()
        chunk()
        return "".join(line + "\n" for line in lines)

    return act


def _printer(lines: list[str]) -> Callable[..., None]:
    return lambda *values: lines.append(" ".join(map(str, values)))


def _functions(
    lines: list[str], effects: list[tuple[Any, ...]], kept: dict[str, float]
) -> dict[str, Callable[..., object]]:
    """What Warble's functions of the same names do, as far as the programs of the bench use them."""

    def effect(name: str) -> Callable[..., None]:
        return lambda *arguments: effects.append((name, *arguments))

    def save(name: str, value: float) -> None:
        kept[name] = value
        effects.append(("save", name, str(value)))

    named = {name: effect(name.lower()) for name in ("LIGHTS", "SLEEP", "PLAYSOUND", "DRAW", "LOG")}
    return {
        **named,
        "PRINT": _printer(lines),
        "ROUND": round,
        "COS": math.cos,
        "SIN": math.sin,
        "LOAD": kept.get,
        "SAVE": save,
    }
