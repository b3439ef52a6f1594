"""A second implementation of everything that programs without SETPRECISION do, by walking the tree: that is
tests.warble.walker and the functions, effects and saved values of SPEC.md. It shares no arithmetic and no effects with
the first one.

checks.py is the caller, digits.py adds decimals. It does not count what big numbers cost; it only says whether there
were any.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.warble.fuzz.case import Case
from tests.warble.walker import Stopped, Walker
from warble import tree
from warble.effects import Effect

_ANGLES: dict[str, Callable[..., float]] = {
    "COS": math.cos, "SIN": math.sin, "TAN": math.tan, "ACOS": math.acos, "ASIN": math.asin, "ATAN": math.atan,
    "ATAN2": math.atan2,
}  # fmt: skip
_WHOLE: dict[str, Callable[..., int]] = {"ROUND": round, "FLOOR": math.floor, "CEIL": math.ceil}
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
_PLACES = {"DRAW": 2, "DRAWLINE": 4}


class Oracle(Walker):
    """What one case gives: printed, done, saved and data are to be compared with the run's."""

    def __init__(self, case: Case) -> None:
        super().__init__(case.limits.fuel, case.limits.bits)
        self.limits = case.limits
        self.shelves = {"SAVE": dict(case.saved), "SETDATA": dict(case.data)}
        self.done: list[Effect] = []
        self.room = case.limits.output
        self.slept = 0.0

    def statement(self, node: tree.Stmt) -> None:
        if isinstance(node, tree.Call):
            self.call(node)
        else:
            super().statement(node)

    def value(self, node: tree.Expr) -> int | float:
        if isinstance(node, tree.Call):
            value = self.call(node)
            assert value is not None
            return value
        return super().value(node)

    def call(self, node: tree.Call) -> int | float | None:
        """Arguments from left to right, then the function."""
        bare = [tree.bare(arg) for arg in node.args]
        args: list[Any] = [arg.value if isinstance(arg, tree.Text) else self.value(arg) for arg in bare]
        found: int | float | None = None
        match node.name:
            case "PRINT":
                self.print(" ".join(map(self.text, args)) + "\n")
            case "LOG":
                self.do("log", self.text(args[0]))
            case "LIGHTS":
                self.do("lights", whole(args[0], 0, self.limits.lights - 1), *(whole(arg, 0, 255) for arg in args[1:]))
            case "DRAW" | "DRAWLINE":
                first = _PLACES[node.name]
                places = [whole(arg, -32767, 32767) for arg in args[:first]]
                self.do(node.name.lower(), *places, *(whole(arg, 0, 255) for arg in args[first:]))
            case "SLEEP":
                self.sleep(args[0])
            case "PLAYSOUND":
                self.do("playsound", _sound(args[0]))
            case "SAVE" | "SETDATA":
                self.keep(node.name, *args)
            case "LOAD":
                found = self.load("SAVE", *args)
            case "GETDATA":
                found = self.load("SETDATA", *args)
            case _:
                found = self.fit(self.number(node.name, args))
        return found

    def number(self, name: str, args: list[Any]) -> int | float:
        x: int | float
        x, more = args[0], args[1:]
        if name == "ABS":
            return abs(x)
        if name == "SQRT":
            return _root(x)
        if name == "COMB":
            return self.ways(_count(x), _count(more[0]))
        if name == "ROUND" and more:
            return _round(x, whole(more[0], -(10**9), 10**9))
        if name in _ANGLES:
            return _angle(name, [_finite(float(arg)) for arg in args])
        return _WHOLE[name](_finite(x))

    def ways(self, n: int, k: int) -> int:
        """COMB, one factor after the other, so that it can be too big before it takes long."""
        if k > n:
            return 0
        found = 1
        for factor in range(1, min(k, n - k) + 1):
            found = found * (n - factor + 1) // factor
            self.fit(found)
        return found

    def print(self, line: str) -> None:
        kept = line.encode()[: self.room].decode(errors="ignore")
        self.printed.append(kept)
        self.room -= len(line.encode())
        if self.room < 0:
            raise Stopped("limit:output")

    def do(self, *effect: str | float) -> None:
        if len(self.done) == self.limits.effects:
            raise Stopped("limit:effects")
        self.done.append(effect)

    def sleep(self, seconds: float) -> None:
        if not seconds >= 0:
            raise Stopped("range")
        if seconds > self.limits.sleep or self.slept + float(seconds) > self.limits.sleep:
            raise Stopped("limit:sleep")
        self.slept += float(seconds)
        self.do("sleep", float(seconds) or 0.0)

    def keep(self, function: str, name: str, value: float) -> None:
        if len(self.done) == self.limits.effects:
            raise Stopped("limit:effects")
        text, shelf = self.text(value), self.shelves[function]
        if sum(sign in "0123456789" for sign in text.split("e")[0]) > self.limits.saved_digits:
            raise Stopped("limit:bits" if isinstance(value, int) else "limit:precision")
        if name not in shelf and len(shelf) >= self.limits.saved_names:
            raise Stopped("limit:memory")
        shelf[name] = value
        self.do(function.lower(), name, text)

    def load(self, function: str, name: str, default: float | None = None) -> int | float:
        if name not in self.shelves[function]:
            if default is None:
                raise Stopped("missing")
            return self.fit(default)
        kept = self.shelves[function][name]
        number = read(kept) if isinstance(kept, str) else kept
        if isinstance(number, Decimal):
            number = float(number)
        if number is None or not (isinstance(number, int) or math.isfinite(number)):
            raise Stopped("missing")
        return self.fit(number)

    def text(self, value: str | float) -> str:
        if isinstance(value, int):
            return str(Decimal(value))  # str of an integer has a limit of its own
        return value if isinstance(value, str) else str(_finite(value))


def read(text: str) -> int | Decimal | None:
    """A number as SAVE's effect writes it."""
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return None
    if set(text) - set("-+0123456789.eE"):
        return None
    return exact if set(text) - set("-0123456789") else int(exact)


def _finite(value: float) -> float:
    if isinstance(value, float) and not math.isfinite(value):
        raise Stopped("overflow")
    return value


def whole(value: float, least: int, most: int) -> int:
    if not least <= value <= most or value != int(value):
        raise Stopped("range")
    return int(value)


def _count(value: float) -> int:
    if not value >= 0 or (not isinstance(value, int) and (value > 2**256 or value != int(value))):
        raise Stopped("domain")
    return int(value)


def _root(x: float) -> int | float:
    if x < 0:
        raise Stopped("domain")
    if isinstance(x, int):
        root = math.isqrt(x)
        if root * root == x:
            return root
    return math.sqrt(x)


def _angle(name: str, args: list[float]) -> float:
    try:
        return _ANGLES[name](*args)
    except ValueError:
        raise Stopped("domain") from None


def _round(x: int | float, places: int) -> int | float:
    """Half to even; of an integer without a power of ten that fills the memory."""
    if isinstance(x, float):
        return round(_finite(x), max(-1_000, min(places, 1_000)))
    if places >= 0:
        return x
    if -places > len(str(Decimal(abs(x)))):
        return 0
    unit = int(Decimal(f"1e{-places}"))
    quotient, rest = divmod(x, unit)
    up = rest * 2 > unit or (rest * 2 == unit and quotient % 2 == 1)
    return (quotient + up) * unit


def _sound(url: str) -> str:
    for scheme in ("http://", "https://"):
        if url.lower().startswith(scheme):
            rest = url[len(scheme) :]
            if not rest or rest[0] == "/" or any(sign.isspace() for sign in rest):
                raise Stopped("range")
            return url
    if not url or url[0] not in _LETTERS or set(url) - set(_LETTERS + ".-"):
        raise Stopped("range")
    return url
