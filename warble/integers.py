"""Owns exact integers: each operation that can grow or cost, within the limit on bits and paid for in fuel.

doubles.py and decimals.py build on it and add what is not an integer. Compiled programs call these methods only where
an operand may be big; see compile.py. In the fast code the limit is FREE_BITS and passing it raises TooBig.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import comb, isqrt
from typing import Any, Final

from warble import fuel, show
from warble.errors import Fault, TooBig
from warble.fuel import FREE_BITS
from warble.limits import Limits
from warble.meter import Meter

Number = show.Number

#: The name of each operator's method in compiled code.
HELPERS: Final = {
    "+": "h_add", "-": "h_sub", "*": "h_mul", "/": "h_div", "//": "h_floordiv", "%": "h_mod", "^": "h_pow",
    "<": "h_lt", "<=": "h_le", ">": "h_gt", ">=": "h_ge", "==": "h_eq", "!=": "h_ne",
}  # fmt: skip
_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_MOST_PLACES: Final = 10**9


class Integers:
    """The integer half of a program's arithmetic. Subclasses give mixed(), which gets all other pairs."""

    def __init__(self, meter: Meter, limits: Limits, *, fast: bool = False) -> None:
        self.meter = meter
        self.most_bits = min(FREE_BITS, limits.bits) if fast else limits.bits
        self.fast = fast

    def mixed(self, op: str, a: Any, b: Any) -> Any:
        """An operation whose operands are not both integers, or that does not give one."""
        raise NotImplementedError

    def helpers(self) -> dict[str, Callable[..., object]]:
        """What compiled code can call, by the name it calls it."""
        named: dict[str, Callable[..., object]] = {
            "h_add": self.add, "h_sub": self.sub, "h_mul": self.mul, "h_div": self.div,
            "h_floordiv": self.floordiv, "h_mod": self.mod, "h_pow": self.power, "h_neg": self.negate,
            "f_COMB": self.comb, "h_big": self.too_big,
        }  # fmt: skip
        return named | {HELPERS[op]: self._comparison(op) for op in _COMPARE}

    def add(self, a: Any, b: Any) -> Any:
        if type(a) is int is type(b):
            bits, other = a.bit_length(), b.bit_length()
            if other > bits:
                bits = other
            if bits > FREE_BITS:
                meter, cost = self.meter, 1 + (bits >> 14)  # fuel.int_linear and meter.charge, without the calls
                if cost <= meter.ready:
                    meter.ready -= cost
                else:
                    meter.charge_more(cost)
            return a + b if bits < self.most_bits else self.fit(a + b)
        return self.mixed("+", a, b)

    def sub(self, a: Any, b: Any) -> Any:
        return self.add(a, -b) if type(a) is int is type(b) else self.mixed("-", a, b)

    def mul(self, a: Any, b: Any) -> Any:
        if type(a) is int is type(b):
            bits, other = a.bit_length(), b.bit_length()
            if bits + other - 1 > self.most_bits and a and b:
                self.too_big()
            self.meter.charge(fuel.int_product(bits, other))
            return self.fit(a * b)
        return self.mixed("*", a, b)

    def div(self, a: Any, b: Any) -> Any:
        if type(a) is int is type(b):
            self.meter.charge(fuel.int_ratio(max(a.bit_length(), b.bit_length())))
        return self.mixed("/", a, b)

    def floordiv(self, a: Any, b: Any) -> Any:
        if type(a) is int is type(b):
            self.meter.charge(fuel.int_quotient(a.bit_length(), b.bit_length()))
            return a // b
        return self.mixed("//", a, b)

    def mod(self, a: Any, b: Any) -> Any:
        if type(a) is int is type(b):
            self.meter.charge(fuel.int_quotient(a.bit_length(), b.bit_length()))
            return a % b
        return self.mixed("%", a, b)

    def power(self, a: Any, b: Any) -> Any:
        if type(a) is int is type(b) and b >= 0:
            if -1 <= a <= 1:
                return self.fit(a ** (b if b < 2 else 2 + b % 2))
            bits = a.bit_length()
            if (bits - 1) * b >= self.most_bits:
                self.too_big()
            self.meter.charge(fuel.int_power(bits * b))
            return self.fit(a**b)
        return self.mixed("^", a, b)

    def negate(self, a: Any) -> Any:
        self.meter.charge(fuel.int_linear(a.bit_length()))
        return -a

    def absolute(self, x: Any) -> Any:
        self.meter.charge(fuel.int_linear(x.bit_length()))
        return abs(x)

    def comb(self, n: Any, k: Any) -> int:
        """How many ways to choose k of n."""
        n, k = self._count(n, 0), self._count(k, 1)
        k = min(k, n - k)
        if k < 0:
            return 0
        if k and k * ((n // k).bit_length() - 1) >= self.most_bits:
            self.too_big()
        likely = k * ((n // k).bit_length() + 1) if k else 0
        self.meter.charge(fuel.int_comb(k, likely))
        return self.fit(comb(n, k))

    def root(self, a: int) -> int | None:
        """The square root where it is an integer."""
        bits = a.bit_length()
        self.meter.charge(fuel.int_root(bits))
        found = isqrt(a)
        return found if found * found == a else None

    def round_places(self, a: int, places: int) -> int:
        """Half to even, at a place left of the point when places is negative."""
        if places >= 0:
            return a
        bits = a.bit_length()
        if -places > bits // 3 + 1:  # 10^-places is more than twice a
            return 0
        self.meter.charge(fuel.int_quotient(bits, -places * 3402 >> 10))
        return self.fit(round(a, places))

    def fit(self, value: int) -> int:
        if value.bit_length() > self.most_bits:
            self.too_big()
        return value

    def too_big(self) -> None:
        """Nothing comes back from here. The fast code is only told to start over."""
        if self.fast:
            raise TooBig
        raise Fault("limit:bits", f"This integer has more than {self.most_bits:,} bits, and no more is allowed.")

    def places(self, value: Any) -> int:
        """ROUND's second argument."""
        found = show.whole(value, -_MOST_PLACES, _MOST_PLACES)
        if found is None:
            raise Fault("range", "ROUND wants a whole number of places.", arg=1)
        return found

    def _count(self, value: Any, arg: int) -> int:
        if type(value) is not int:
            found = show.whole(value, 0, 1 << FREE_BITS)
            if found is None:
                raise Fault("domain", "COMB wants whole numbers, 0 or more.", arg=arg)
            return found
        if value < 0:
            raise Fault("domain", "COMB wants whole numbers, 0 or more.", arg=arg)
        return value

    def _comparison(self, op: str) -> Callable[[Any, Any], bool]:
        compare, charge = _COMPARE[op], self.meter.charge

        def compared(a: Any, b: Any) -> bool:
            if type(a) is int is type(b):
                charge(fuel.int_linear(min(a.bit_length(), b.bit_length())))
                return compare(a, b)
            return bool(self.mixed(op, a, b))

        return compared


def compare(op: str, a: Any, b: Any) -> bool:
    return _COMPARE[op](a, b)
