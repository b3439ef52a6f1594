"""Owns programs made by chance from a seed: the same ones every time, and none that only a human would think of.

Three kinds: integers and doubles, decimals, and trigonometry, whose last bit belongs to each machine's libm.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

SEED: Final = 314159
COUNT: Final = 400
_NAMES: Final = "abcd"
_NUMBERS: Final = [
    "1", "2", "3", "7", "10", "97", "255", "65536", "99999999999999999999", "10^30", "7^99", "3^400", "0.5", "1.",
    ".1", "1e3", "2.5e-7", "1e15", "123456789.125", "1e308", "5e-324",
]  # fmt: skip
_OPERATORS: Final = ["+", "-", "*", "*", "/", "//", "%", "<", ">=", "==", "^"]
_ROUNDING: Final = ["ABS(%s)", "FLOOR(%s)", "CEIL(%s)", "ROUND(%s)", "ROUND(%s,2)", "ROUND(%s,-1)", "SQRT(ABS(%s))"]
_TRIGONOMETRY: Final = ["SIN(%s)", "COS(%s)", "TAN(%s)", "ATAN(%s)", "ATAN2(%s,3)", "ASIN(%s/9)", "ACOS(%s/9)"]
_PRECISIONS: Final = [1, 2, 9, 18, 19, 28, 100, 499, 500, 1000, 12_000]


def programs(seed: int = SEED, count: int = COUNT) -> Iterator[tuple[str, str]]:
    """Names and sources."""
    chance = Random(seed)
    for number in range(count):
        kind = ("numbers", "numbers", "decimals", "trigonometry")[number % 4]
        yield f"made_{kind}_{number}", _program(chance, kind)


def _program(chance: Random, kind: str) -> str:
    """At most 280 characters: statements are added while there is room."""
    head = "{" + "".join(f"{name}={_number(chance)};" for name in _NAMES)
    if kind == "decimals":
        head += f"SETPRECISION({chance.choice(_PRECISIONS)});"
    tail = f"PRINT({','.join(_NAMES)})}}"
    while True:
        line = _statement(chance, kind)
        if len(head) + len(line) + len(tail) > 280:
            return head + tail
        head += line


def _statement(chance: Random, kind: str) -> str:
    line = f"{chance.choice(_NAMES)}={_expression(chance, kind, 3)};"
    match chance.randrange(6):
        case 0:
            return f"IF({_expression(chance, kind, 1)}){{{line}}}"
        case 1:
            name = chance.choice("ijk")
            return f"FOR({name}=0;{name}<{chance.randrange(2, 40)};{name}++){{{line}}}"
        case 2:
            return f"PRINT({_expression(chance, kind, 2)});"
        case 3:
            return f'SAVE("{chance.choice(_NAMES)}",{_expression(chance, kind, 1)});'
    return line


def _expression(chance: Random, kind: str, depth: int) -> str:
    if depth == 0 or chance.random() < 0.2:
        return chance.choice([*_NAMES, *_NAMES, _number(chance)])
    if chance.random() < (0.4 if kind == "trigonometry" else 0.2):
        functions = _TRIGONOMETRY if kind == "trigonometry" else _ROUNDING
        return chance.choice(functions) % _expression(chance, kind, depth - 1)
    operator = chance.choice(_OPERATORS)
    left, right = (_expression(chance, kind, depth - 1) for _ in "lr")
    if operator in ("/", "//", "%") and chance.random() < 0.9:  # most programs shall get further than a division by 0
        right = _number(chance)
    if operator == "^" and chance.random() < 0.9:
        left, right = f"ABS({left})", chance.choice(["2", "3", "0.5", "1.5", "12"])
    return f"({left}{operator}{right})"


def _number(chance: Random) -> str:
    return chance.choice(_NUMBERS)
