"""The second implementation's half for programs with SETPRECISION: oracle.py with decimals instead of doubles. Rounding
down, rests and texts are made from whole numbers and digits here, not by decimal's own means.

checks.py is the caller.
"""

from __future__ import annotations

import decimal
import math
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Any

from tests.warble.fuzz.case import Case
from tests.warble.fuzz.oracle import Oracle, read, whole
from tests.warble.walker import Stopped
from warble import tree
from warble.effects import Saved

_REACH = 999_999_999
_ROUNDINGS = {"ROUND": ROUND_HALF_EVEN, "FLOOR": ROUND_FLOOR, "CEIL": ROUND_CEILING}
#: Digits of an exact result that are worth computing; every program that a case makes stays far below.
_MANY = 2_000


class Digits(Oracle):
    """Fuel is not compared: every operation on decimals costs some, and that is not counted here."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        traps = [decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow]
        self.context = decimal.Context(28, ROUND_HALF_EVEN, -_REACH, _REACH, 1, 0, [], traps)
        self.kept: dict[str, dict[str, Any]] = {"SAVE": {}, "SETDATA": {}}

    def run(self, program: tree.Program) -> str | None:
        with decimal.localcontext(self.context) as self.context:
            try:
                return super().run(program)
            except decimal.Overflow:
                return "overflow"
            except decimal.InvalidOperation:
                return "domain"

    def value(self, node: tree.Expr) -> Any:
        match node:
            case tree.Num(text) if not text.isdigit():
                return +Decimal(text)
            case tree.Unary(op, operand):
                value = self.value(operand)
                return -value if op == "-" else +value
            case tree.Binary(op, left, right) if op in ("/", "//", "%"):
                return self.quotient(op, self.value(left), self.value(right))
        return super().value(node)

    def quotient(self, op: str, a: Any, b: Any) -> Any:
        if b == 0:
            raise ZeroDivisionError
        if op == "/":
            return Decimal(a) / Decimal(b)
        if isinstance(a, int) and isinstance(b, int):
            return a // b if op == "//" else a % b
        a, b = Decimal(a), Decimal(b)
        if a and a.adjusted() - b.adjusted() > self.context.prec:
            raise Stopped("domain")
        unit = min(_exponent(a), _exponent(b))
        whole_a, whole_b = _units(a, unit), _units(b, unit)
        down = whole_a // whole_b
        toward_zero = down + (down < 0 and down * whole_b != whole_a)
        if len(Decimal(abs(toward_zero)).as_tuple().digits) > self.context.prec:
            raise Stopped("domain")
        return +Decimal(down) if op == "//" else self.rest(whole_a - toward_zero * whole_b, unit, b)

    def rest(self, units: int, unit: int, b: Decimal) -> Decimal:
        """The rest by division toward zero is rounded, and what makes its sign the divisor's is rounded again."""
        sign, figures, _ = Decimal(units).as_tuple()
        found = +Decimal((sign, figures, unit))
        return found + b if found and (found < 0) != (b < 0) else found

    def power(self, a: Any, b: Any) -> Any:
        if isinstance(a, int) and isinstance(b, int) and b >= 0:
            return super().power(a, b)
        if b == 0:
            return Decimal(1)
        if a == 0 and b < 0:
            raise ZeroDivisionError
        return Decimal(a) ** b

    def call(self, node: tree.Call) -> Any:
        if node.name != "SETPRECISION":
            return super().call(node)
        digits = self.value(node.args[0])
        if digits > self.limits.precision:
            raise Stopped("limit:precision")
        self.context.prec = whole(digits, 1, self.limits.precision)
        if self.context.prec > _MANY:  # without fuel, a power of so many digits takes for ever
            raise RecursionError
        return None

    def number(self, name: str, args: list[Any]) -> Any:
        x = args[0]
        if name == "SQRT":
            if x < 0:
                raise Stopped("domain")
            square = isinstance(x, int) and math.isqrt(x) ** 2 == x
            return math.isqrt(x) if square else Decimal(x).sqrt()
        if name in _ROUNDINGS and not isinstance(x, int):
            return self.rounded(x, *[whole(arg, -(10**9), 10**9) for arg in args[1:]], name=name)
        value = super().number(name, args)
        return +Decimal(repr(value)) if isinstance(value, float) else value

    def rounded(self, x: Decimal, places: int | None = None, *, name: str) -> Any:
        if places is None:
            if x and x.adjusted() * 3.32 > self.limits.bits:
                raise Stopped("limit:bits")
            return int(x.to_integral_value(_ROUNDINGS[name]))
        before = x.adjusted() + places + 1
        if not x or before > _MANY:
            return +x
        if before < 0:
            return Decimal(0)
        unit = Decimal((0, (1,), -places))
        room = decimal.Context(before + 2, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX)
        return +x.quantize(unit, ROUND_HALF_EVEN, room)

    def text(self, value: Any) -> str:
        if not isinstance(value, Decimal):
            return super().text(value)
        sign, figures, exponent = value.as_tuple()
        assert isinstance(exponent, int)
        digits = "".join(map(str, figures)).strip("0") if value else ""
        if not digits:
            return "0"
        first = value.adjusted()
        minus = "-" if sign else ""
        if not -5 < first < max(16, self.context.prec):
            return f"{minus}{digits[0]}{'.' + digits[1:] if digits[1:] else ''}e{first:+d}"
        if first < 0:
            return f"{minus}0.{'0' * (-first - 1)}{digits}"
        whole, rest = digits[: first + 1].ljust(first + 1, "0"), digits[first + 1 :]
        return f"{minus}{whole}{'.' + rest if rest else ''}"

    def keep(self, function: str, name: str, value: Any) -> None:
        super().keep(function, name, value)
        self.kept[function][name] = value
        if isinstance(value, Decimal):
            self.shelves[function][name] = self.text(value)

    def load(self, function: str, name: str, default: Any = None) -> Any:
        if name in self.kept[function]:
            value = self.kept[function][name]
            return +value if isinstance(value, Decimal) else value
        if name not in self.shelves[function]:
            if default is None:
                raise Stopped("missing")
            return default
        return self.taken(self.shelves[function][name])

    def taken(self, kept: Saved) -> Any:
        """What a host kept, as a number of the precision in force."""
        exact = read(kept) if isinstance(kept, str) else kept if isinstance(kept, int) else Decimal(repr(kept))
        if exact is None or not (isinstance(exact, int) or exact.is_finite()):
            raise Stopped("missing")
        return self.fit(exact) if isinstance(exact, int) else +exact


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent


def _units(value: Decimal, exponent: int) -> int:
    """How many 10^exponent a value is. Where that would fill the memory, there is nothing to compare with."""
    sign, figures, _ = value.as_tuple()
    if _exponent(value) - exponent > _MANY:
        raise RecursionError
    whole = int(Decimal((sign, figures, 0)))
    return int(whole * 10 ** (_exponent(value) - exponent))
