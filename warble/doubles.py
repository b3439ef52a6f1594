"""Owns the arithmetic of programs without SETPRECISION: exact integers beside doubles, as Python has them.

run.py builds one a run, as the fast code's or the careful code's; compiled programs call its methods.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from warble import integers, show
from warble.errors import Fault
from warble.integers import Integers, Number

_NATIVE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod,
}  # fmt: skip
_TRIGONOMETRY: Final[dict[str, Callable[..., float]]] = {
    "COS": math.cos, "SIN": math.sin, "TAN": math.tan,
    "ACOS": math.acos, "ASIN": math.asin, "ATAN": math.atan, "ATAN2": math.atan2,
}  # fmt: skip
#: A double has no digit beyond 324 places, on either side of the point.
_MOST_PLACES: Final = 400


class Doubles(Integers):
    """Integers, and everything else is a double."""

    def helpers(self) -> dict[str, Callable[..., object]]:
        named = super().helpers() | {
            "f_ROUND": self.round, "f_ABS": self.absolute, "f_FLOOR": self.floor, "f_CEIL": self.ceil,
            "f_SQRT": self.sqrt,
        }  # fmt: skip
        if self.fast:
            named["f_ABS"] = abs
        return named | {f"f_{name}": quick_trigonometry(name) for name in _TRIGONOMETRY}

    def mixed(self, op: str, a: Any, b: Any) -> Any:
        if op in _NATIVE:
            return _NATIVE[op](a, b)
        if op == "^":
            value = a**b
            if isinstance(value, complex):
                raise Fault("domain", "A negative number has no real power with this exponent.")
            return value
        return integers.compare(op, a, b)

    def negate(self, a: Any) -> Any:
        return super().negate(a) if type(a) is int else -a

    def round(self, x: Any, n: Any = None) -> Number:
        if n is None:
            return x if type(x) is int else self.fit(round(show.finite(x)))
        places = self.places(n)
        if type(x) is int:
            return self.round_places(x, places)
        return round(show.finite(x), max(-_MOST_PLACES, min(places, _MOST_PLACES)))

    def absolute(self, x: Any) -> Any:
        return super().absolute(x) if type(x) is int else abs(x)

    def floor(self, x: Any) -> int:
        return x if type(x) is int else self.fit(math.floor(show.finite(x)))

    def ceil(self, x: Any) -> int:
        return x if type(x) is int else self.fit(math.ceil(show.finite(x)))

    def sqrt(self, x: Any) -> Number:
        if x < 0:
            raise no_root()
        root = self.root(x) if type(x) is int else None
        return math.sqrt(x) if root is None else root

    def from_saved(self, saved: object) -> Number | None:
        """A saved value as this arithmetic's number; None when it is none."""
        if isinstance(saved, str):
            saved = parse_saved(saved)
        if isinstance(saved, Decimal):
            saved = float(saved)
        if type(saved) is int:
            return self.fit(saved)
        return saved if isinstance(saved, float) and math.isfinite(saved) else None


def trigonometry(name: str, give: Callable[[float], Number]) -> Callable[..., Number]:
    """A function of doubles that reports what it cannot do; give makes its result the program's number."""
    function = _TRIGONOMETRY[name]

    def call(*args: Any) -> Number:
        doubles = [show.finite(float(arg)) for arg in args]
        try:
            return give(function(*doubles))
        except ValueError:
            raise Fault("domain", f"{name} is not defined for {show.text(doubles[0])}.", arg=0) from None

    return call


def quick_trigonometry(name: str) -> Callable[..., Number]:
    """The same for programs without decimals: what goes well takes no detour. ATAN takes infinity, so it needs one."""
    careful = trigonometry(name, _same)
    if name.startswith("ATAN"):
        return careful
    function = _TRIGONOMETRY[name]

    def call(x: Any) -> Number:
        try:
            value = function(x)
        except (ValueError, OverflowError):
            return careful(x)
        return value if value == value else careful(x)

    return call


def no_root() -> Fault:
    return Fault("domain", "A negative number has no real square root.", arg=0)


def parse_saved(saved: str) -> int | Decimal | None:
    """The text of a number as SAVE's effect has it."""
    value = show.read(saved)
    if not (value.is_finite() and saved.isascii()):  # decimal reads the digits of every script
        return None
    return int(value) if saved.lstrip("-").isdigit() else value


def _same(value: float) -> float:
    return value
