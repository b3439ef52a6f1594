"""Owns fuel: how much there is, how loops draw from it, and what an operation on big numbers costs.

A loop round costs 1. Integers of everyday size cost nothing beside that. An operation on bigger ones, or on a decimal,
costs 1 and more in proportion to what it does, counted from the sizes alone: a run uses the same fuel on every machine.
One unit is about a third of a microsecond on the slow side of today's machines, so 5,000,000 units are one to two
seconds of big operations.
"""

from __future__ import annotations

from collections import deque
from itertools import islice, repeat
from math import isqrt
from operator import length_hint
from typing import Final

from warble.errors import Fault

#: Integers of at most this many bits cost nothing, and the fast code may hold them.
FREE_BITS: Final = 256
#: From here on libmpdec multiplies by number-theoretic transform, in near-linear time.
_TRANSFORM_DIGITS: Final = 10_000


class Meter:
    """One run's fuel. rounds is what the loops of the compiled program iterate over, all of them over the same."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.rounds = repeat(None, limit)

    @property
    def used(self) -> int:
        return self.limit - length_hint(self.rounds)

    def charge(self, cost: int) -> None:
        """Take cost units, before the work is done; Fault limit:fuel when there are not so many left."""
        if cost <= 0:
            return
        short = cost > length_hint(self.rounds)
        deque(islice(self.rounds, cost), maxlen=0)  # runs in C, and a repeat cannot be set back otherwise
        if short:
            raise Fault(
                "limit:fuel",
                f"An operation on numbers this big needs more than the fuel that is left ({self.limit:,} in all).",
            )

    def out(self) -> None:
        """What a loop calls when the rounds end before its condition does."""
        raise Fault("limit:fuel", f"The loops went round {self.limit:,} times in all, and no more is allowed.")


def int_linear(bits: int) -> int:
    """Adding, comparing, negating an integer of so many bits."""
    return 0 if bits <= FREE_BITS else 1 + (bits >> 12)


def int_product(bits: int, other: int) -> int:
    """Multiplying: between linear and quadratic (Karatsuba)."""
    most, least = (bits, other) if bits > other else (other, bits)
    return 0 if most <= FREE_BITS else 1 + (most * isqrt(least) >> 12)


def int_quotient(bits: int, divisor: int) -> int:
    """Dividing: digits of the quotient times digits of the divisor."""
    if bits <= FREE_BITS and divisor <= FREE_BITS:
        return 0
    return 1 + (max(bits, divisor) >> 12) + (max(bits - divisor, 0) * divisor >> 17)


def int_ratio(bits: int) -> int:
    """Dividing into a double: linear, but several passes."""
    return 4 * int_linear(bits)


def int_comb(ways: int, bits: int) -> int:
    """Choosing so many; bits is about what the result has. Quadratic on the whole."""
    return 0 if bits <= FREE_BITS else 1 + (ways * bits >> 14)


def int_digits(bits: int) -> int:
    """From binary to decimal digits or back: quadratic."""
    return 0 if bits <= FREE_BITS else 1 + (bits * bits >> 18)


def decimal_linear(digits: int) -> int:
    return 1 + (digits >> 12)


def decimal_product(digits: int, other: int) -> int:
    most, least = (digits, other) if digits > other else (other, digits)
    return 1 + most * isqrt(min(least, _TRANSFORM_DIGITS)) // 600


def decimal_quotient(digits: int, divisor: int) -> int:
    return 5 * decimal_product(digits, divisor) - 4


def decimal_root(digits: int) -> int:
    return 6 * decimal_product(digits, digits)


def decimal_power(digits: int) -> int:
    """A logarithm and an exponential; this grows so fast that 5,000 digits are dear and 20,000 are out of reach."""
    return 300 + digits * digits * isqrt(digits) // 500
