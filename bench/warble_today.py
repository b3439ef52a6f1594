"""Today's scheme for running Warble, written again in its plainest form: what the bench measures Warble against.

A process of its own for each program: `python bench/warble_today.py SOURCE` imports a parser generator, builds the
grammar, turns the tree into Python text, and gives the text to exec() with the functions as global names. Nothing is
cached from program to program, and nothing is guarded: no limits, no fuel, no sandbox. Nothing is slowed down either:
the parser is LALR(1), the faster of lark's two, it makes the text while it reads, and SLEEP does not wait. Effects go
to standard error as JSON. It knows what the programs of the bench need, and has no decimals.

It runs whatever it is given, with all rights: for the bench's own programs only. It imports nothing of the project, so
that the process starts with what it needs and no more.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from typing import Any

from lark import Lark, Token, Transformer

GRAMMAR = r"""
start: HASHTAG? block
block: "{" (_statement | ";")* "}"
_statement: assign | step | call | if | while | for
?simple: assign | step
assign: NAME "=" expr
step: NAME STEP
if: "IF" "(" expr ")" block ("ELSE" (block | if))?
while: "WHILE" "(" expr ")" block
for: "FOR" "(" simple ";" expr ";" simple ")" block
?expr: sum | sum COMPARE sum -> joined
?sum: term | sum SIGN term -> joined
?term: unary | term TIMES unary -> joined
?unary: power | SIGN unary -> joined
?power: atom | atom "^" unary -> power
?atom: NUMBER -> word | STRING -> word | NAME -> word | call | "(" expr ")" -> group
call: NAME "(" (expr ("," expr)*)? ")"
HASHTAG: "#pi"i
NAME: /(?!(IF|ELSE|WHILE|FOR)\b)[A-Za-z][A-Za-z0-9]*/
NUMBER: /(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?/
STRING: /"[^"]*"/
STEP.2: "++" | "--"
SIGN: "+" | "-"
TIMES: "*" | "//" | "/" | "%"
COMPARE: "<=" | ">=" | "<" | ">" | "==" | "!="
%ignore /\s+/
"""
#: Names that Python has under another one.
PYTHON = {"PRINT": "print", "ROUND": "round", "ABS": "abs"}


class Text(Transformer[Token, Any]):
    """Every rule gives its Python: an expression as text, a statement as a list of lines."""

    def start(self, parts: list[Any]) -> str:
        return "\n".join(parts[-1]) + "\n"

    def block(self, parts: list[Any]) -> list[str]:
        return [line for part in parts for line in (part if isinstance(part, list) else [part])]

    def assign(self, parts: list[Any]) -> list[str]:
        return [f"{parts[0]}={parts[1]}"]

    def step(self, parts: list[Any]) -> list[str]:
        return [f"{parts[0]}={parts[0]}{parts[1][0]}1"]

    def while_(self, parts: list[Any]) -> list[str]:
        return [f"while {parts[0]}:", *indented(parts[1])]

    def for_(self, parts: list[Any]) -> list[str]:
        first, condition, step, body = parts
        return [*first, f"while {condition}:", *indented([*body, *step])]

    def if_(self, parts: list[Any]) -> list[str]:
        condition, then, *other = parts
        return [f"if {condition}:", *indented(then), *(["else:", *indented(other[0])] if other else [])]

    def joined(self, parts: list[Any]) -> str:
        return "".join(parts)

    def power(self, parts: list[Any]) -> str:
        return f"{parts[0]}**{parts[1]}"

    def word(self, parts: list[Any]) -> str:
        return str(parts[0])

    def group(self, parts: list[Any]) -> str:
        return f"({parts[0]})"

    def call(self, parts: list[Any]) -> str:
        return f"{PYTHON.get(parts[0], parts[0])}({','.join(parts[1:])})"


for rule in ("if", "while", "for"):
    setattr(Text, rule, getattr(Text, rule + "_"))


def indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines or ["pass"]]


def parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", transformer=Text())


def transpile(source: str, lark: Lark | None = None) -> str:
    """The Python text of a program."""
    return str((lark or parser()).parse(source))


def functions(effects: list[tuple[Any, ...]], kept: dict[str, Any]) -> dict[str, Any]:
    """The global names of a program; effects are added to the list, saved values to kept."""

    def effect(name: str) -> Callable[..., None]:
        return lambda *arguments: effects.append((name, *arguments))

    def save(name: str, value: float) -> None:
        kept[name] = value
        effects.append(("save", name, str(value)))

    named = {name: effect(name.lower()) for name in ("LIGHTS", "SLEEP", "PLAYSOUND", "DRAW", "DRAWLINE", "LOG")}
    maths = {"SQRT": math.sqrt, "COS": math.cos, "SIN": math.sin, "ATAN2": math.atan2, "FLOOR": math.floor}
    return {**named, **maths, "COMB": math.comb, "SAVE": save, "LOAD": kept.get}


def main() -> None:
    effects: list[tuple[Any, ...]] = []
    exec(transpile(sys.argv[1]), functions(effects, {}))
    if effects:
        print(json.dumps(effects), file=sys.stderr)


if __name__ == "__main__":
    main()
