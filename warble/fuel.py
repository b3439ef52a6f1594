"""Owns what an operation on big numbers costs, in units of fuel: a formula a kind of operation, each of sizes alone.

A loop round costs 1 (meter.py counts them). Integers of everyday size cost nothing beside that. An operation on bigger
ones, or on a decimal, costs 1 and more in proportion to what it does, counted from the sizes of the numbers: a run uses
the same fuel on every machine. One unit is a third to half a microsecond on the slow side of today's machines;
`python -m bench.fuel` measures each formula.
"""

from __future__ import annotations

from math import isqrt
from typing import Final

#: Integers of at most this many bits cost nothing, and the fast code may hold them.
FREE_BITS: Final = 256
#: From here on CPython multiplies by Karatsuba's rule.
_KARATSUBA_BITS: Final = 2_048
#: From here on libmpdec multiplies by number-theoretic transform, in near-linear time.
_TRANSFORM_DIGITS: Final = 10_000


def int_linear(bits: int) -> int:
    """Adding, comparing, negating an integer of so many bits."""
    return 0 if bits <= FREE_BITS else 1 + (bits >> 14)


def int_product(bits: int, other: int) -> int:
    """Multiplying: digit by digit, and between linear and quadratic (Karatsuba) where both are long."""
    most, least = (bits, other) if bits > other else (other, bits)
    if most <= FREE_BITS:
        return 0
    return 1 + (most * least >> 19 if least < _KARATSUBA_BITS else most * isqrt(least) >> 13)


def int_power(bits: int) -> int:
    """Raising to a power; bits of the result. The last step is squaring half of them, all others together cost less."""
    return int_product(bits // 2, bits // 2) * 5 // 4


def int_quotient(bits: int, divisor: int) -> int:
    """Dividing: digits of the quotient times digits of the divisor."""
    if bits <= FREE_BITS and divisor <= FREE_BITS:
        return 0
    return 1 + (max(bits, divisor) >> 13) + (max(bits - divisor, 0) * divisor >> 18)


def int_ratio(bits: int) -> int:
    """Dividing into a double: linear, but several passes."""
    return 0 if bits <= FREE_BITS else 1 + (bits >> 11)


def int_root(bits: int) -> int:
    return int_product(bits, bits) * 3 // 2


def int_comb(ways: int, bits: int) -> int:
    """Choosing so many; bits is about what the result has. Quadratic on the whole."""
    return 0 if bits <= FREE_BITS else 1 + (ways >> 4) + (ways * bits >> 15)


def int_digits(bits: int) -> int:
    """From binary to decimal digits or back: quadratic."""
    return 0 if bits <= FREE_BITS else 1 + bits * bits // 190_000


def decimal_linear(digits: int) -> int:
    """Adding or comparing decimals of so many digits."""
    return 1 + (digits >> 11)


def decimal_copy(digits: int) -> int:
    """Giving a decimal another sign, or fewer digits."""
    return 1 + (digits >> 14)


def decimal_text(digits: int) -> int:
    """From a decimal to its digits as text, or to a double."""
    return 1 + (digits >> 8)


def decimal_product(digits: int, other: int) -> int:
    most, least = (digits, other) if digits > other else (other, digits)
    return 1 + most * isqrt(min(least, _TRANSFORM_DIGITS)) // 1_000


def decimal_quotient(digits: int, divisor: int) -> int:
    """Dividing digit by digit, or by Newton's method where that is less work."""
    return 1 + (digits >> 10) + min(digits * divisor // 24_000, 6 * decimal_product(digits, divisor))


def decimal_root(digits: int) -> int:
    return 7 * decimal_product(digits, digits)


def decimal_power(digits: int, exponent: int) -> int:
    """A whole exponent: squarings, and a product for each further bit of it that is 1. Below 0, a division as well."""
    products = max(exponent.bit_length() + exponent.bit_count() - 2, 1)
    inverse = decimal_quotient(digits, digits) if exponent < 0 else 0
    return products * decimal_product(digits, digits) + inverse


def decimal_real_power(digits: int) -> int:
    """A logarithm and an exponential; this grows so fast that 5,000 digits are dear and 20,000 are out of reach."""
    return 100 + digits * digits * isqrt(digits) // 500
