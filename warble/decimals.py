"""Owns the arithmetic of programs with SETPRECISION: exact integers beside decimals of the precision in force.

Decimals charge fuel for every operation, by the most digits the program ever asked for: libmpdec never looks at a
signal, so nothing else would stop it. Trigonometry goes through doubles on purpose: pi must be computed, not asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from typing import Any, Final

from warble import doubles, fuel, integers, show
from warble.errors import Fault
from warble.integers import Integers, Number
from warble.limits import Limits
from warble.meter import Meter

#: Digits in force before SETPRECISION is called.
FIRST_PRECISION: Final = 28
#: libmpdec's own square root is about quadratic; from here on Newton is faster.
_NEWTON_FROM: Final = 500


class Decimals(Integers):
    """Integers, and everything else is a decimal. The run makes context the current one while the program runs."""

    def __init__(self, meter: Meter, limits: Limits) -> None:
        super().__init__(meter, limits)
        self.most_precision = limits.precision
        self.most = FIRST_PRECISION
        traps = [InvalidOperation, DivisionByZero, Overflow]
        self.context = Context(FIRST_PRECISION, ROUND_HALF_EVEN, -show.EMAX, show.EMAX, 1, 0, [], traps)

    def helpers(self) -> dict[str, Callable[..., object]]:
        named = super().helpers() | {
            "h_pos": self.positive, "f_ROUND": self.round, "f_ABS": self.absolute, "f_FLOOR": self.floor,
            "f_CEIL": self.ceil, "f_SQRT": self.sqrt, "f_SETPRECISION": self.set_precision,
        }  # fmt: skip
        trigonometry = ("COS", "SIN", "TAN", "ACOS", "ASIN", "ATAN", "ATAN2")
        return named | {f"f_{name}": self._trigonometry(name) for name in trigonometry}

    def _trigonometry(self, name: str) -> Callable[..., Number]:
        function = doubles.trigonometry(name, self.from_double)

        def call(*args: Any) -> Number:
            self.meter.charge(fuel.decimal_text(self.most))
            return function(*args)

        return call

    def set_precision(self, n: Any) -> None:
        if n > self.most_precision:
            text = f"At most {self.most_precision:,} digits of precision are allowed."
            raise Fault("limit:precision", text, arg=0)
        digits = show.whole(n, 1, self.most_precision)
        if digits is None:
            raise Fault("range", "SETPRECISION wants a whole number of digits, 1 or more.", arg=0)
        self.context.prec = digits
        self.most = max(self.most, digits)

    def mixed(self, op: str, a: Any, b: Any) -> Any:
        self.meter.charge(self._cost(op, a, b))
        if not b and op in ("/", "//", "%"):
            raise ZeroDivisionError  # decimal calls 0/0 undefined; doubles do not make that difference
        if type(a) is int is type(b):
            a = Decimal(a)
        match op:
            case "+":
                return a + b
            case "-":
                return a - b
            case "*":
                return a * b
            case "/":
                return a / b
            case "//":
                quotient, rest = divmod(a, b)
                return quotient - 1 if rest and (rest < 0) != (b < 0) else quotient
            case "%":
                rest = a % b
                return rest + b if rest and (rest < 0) != (b < 0) else rest
            case "^":
                return self._power(a, b)
        return integers.compare(op, a, b)

    def negate(self, a: Any) -> Any:
        if type(a) is int:
            return super().negate(a)
        self.meter.charge(fuel.decimal_copy(self.most))
        return -a

    def positive(self, a: Any) -> Any:
        self.meter.charge(fuel.decimal_copy(self.most))
        return +a

    def round(self, x: Any, n: Any = None) -> Number:
        if n is None:
            return self._whole(x, ROUND_HALF_EVEN)
        places = self.places(n)
        if type(x) is int:
            return self.round_places(x, places)
        self.meter.charge(fuel.decimal_linear(self.most))
        if not x or x.adjusted() + places >= self.most:  # x has no digit so far behind the point
            return Decimal(+x)
        if x.adjusted() + places < -1:  # less than a tenth of what is rounded to, whose exponent may be out of reach
            return Decimal(0)
        room = Context(self.most + 1, ROUND_HALF_EVEN, MIN_EMIN, MAX_EMAX)
        return Decimal(+x.quantize(Decimal((0, (1,), -places)), context=room))

    def floor(self, x: Any) -> int:
        return self._whole(x, ROUND_FLOOR)

    def ceil(self, x: Any) -> int:
        return self._whole(x, ROUND_CEILING)

    def absolute(self, x: Any) -> Any:
        if type(x) is int:
            return super().absolute(x)
        self.meter.charge(fuel.decimal_copy(self.most))
        return abs(x)

    def sqrt(self, x: Any) -> Number:
        if x < 0:
            raise doubles.no_root()
        root = self.root(x) if type(x) is int else None
        if root is not None:
            return root
        self.meter.charge(fuel.decimal_root(self.most) + (self._conversion(x) if type(x) is int else 0))
        value = Decimal(x)
        return _newton(value, self.context) if self.context.prec >= _NEWTON_FROM and value else value.sqrt()

    def from_double(self, value: float) -> Decimal:
        return +Decimal(repr(show.finite(value)))

    def from_saved(self, saved: object) -> Number | None:
        """A saved value as this arithmetic's number; None when it is none."""
        if isinstance(saved, str):
            saved = doubles.parse_saved(saved)
        if type(saved) is int:
            return self.fit(saved)
        if isinstance(saved, float) and math.isfinite(saved):
            return self.from_double(saved)
        return +saved if isinstance(saved, Decimal) and saved.is_finite() else None

    def _whole(self, x: Any, rounding: str) -> int:
        if type(x) is int:
            return x
        bits = int(x.adjusted() * 3.3219) if x else 0
        if bits > self.most_bits:
            self.too_big()
        self.meter.charge(fuel.int_digits(max(bits, 0)) * 3 // 2)
        return self.fit(int(x.to_integral_value(rounding)))

    def _power(self, a: Any, b: Any) -> Any:
        if not b:
            return Decimal(1)  # as 0^0 is with integers and doubles; decimal calls it undefined
        if not a and b < 0:
            raise ZeroDivisionError
        return a**b if isinstance(a, Decimal) else Decimal(a) ** b

    def _cost(self, op: str, a: Any, b: Any) -> int:
        size, other = self._digits(a), self._digits(b)
        convert = self._conversion(a) + self._conversion(b)
        match op:
            case "*":
                return convert + fuel.decimal_product(size, other)
            case "/" | "//" | "%":
                return convert + fuel.decimal_quotient(max(size, self.context.prec), other)
            case "^" if type(b) is int:
                return convert + fuel.decimal_power(self.most, b)
            case "^":
                return convert + fuel.decimal_real_power(self.most)
        return convert + fuel.decimal_linear(self.most)

    def _digits(self, value: Any) -> int:
        return value.bit_length() * 1233 // 4096 + 1 if type(value) is int else self.most

    def _conversion(self, value: Any) -> int:
        return fuel.int_digits(value.bit_length()) if type(value) is int else 0


def _newton(value: Decimal, context: Context) -> Decimal:
    """The square root by Newton on 1/sqrt, doubling the digits each round; 9x decimal's own at 100,000 digits."""
    digits = context.prec + 10
    shift = value.adjusted() // 2
    work = Context(digits, ROUND_HALF_EVEN, MIN_EMIN, MAX_EMAX)
    small = work.scaleb(work.plus(value), -2 * shift)  # in [1, 100)
    inverse, known = Decimal(repr(1 / math.sqrt(float(small)))), 15
    while known < digits:
        known = min(2 * known - 2, digits)
        step = Context(known + 5, ROUND_HALF_EVEN, MIN_EMIN, MAX_EMAX)
        head = step.plus(small)
        error = step.subtract(1, step.multiply(head, step.multiply(inverse, inverse)))
        inverse = step.add(inverse, step.multiply(inverse, step.divide(error, 2)))
        if known == digits:
            break
    root = work.multiply(small, inverse)
    return context.plus(work.scaleb(root, shift))
