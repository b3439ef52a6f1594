"""Owns how a number becomes text, how text becomes a decimal, and how a whole number is recognised.

A double that is no number any more (it grew past 1.8e308) is an overflow here at the latest.
"""

from __future__ import annotations

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from math import isfinite
from typing import Final

from warble.errors import Fault

Number = int | float | Decimal

#: str() and int() refuse more than 4,300 digits, or whatever the process set, but never fewer than 640.
#: decimal has no such limit, so from here on it does the work.
STR_DIGITS: Final = 600
#: Doubles switch to exponents at 1e16 and below 1e-4; decimals do the same unless more digits are asked for.
_PLAIN_MOST: Final = 16
_PLAIN_LEAST: Final = -5
#: The biggest exponent of a decimal. Where words are 32 bits, decimal has no more than 425,000,000.
EMAX: Final = min(999_999_999, MAX_EMAX)
_EXACT: Final = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
#: Reading text must not depend on the machine's word either: what is closer to 0 than this is 0, instead of an error.
_READ: Final = Context(prec=1_000_000, Emax=EMAX, Emin=-EMAX, traps=[])


def text(value: Number, precision: int = 28) -> str:
    """The shortest text of a number; precision is that of the program's decimals."""
    if isinstance(value, int):
        return str(value) if value.bit_length() < 3 * STR_DIGITS else str(Decimal(value))
    if isinstance(value, float):
        return repr(finite(value))
    return _decimal(value, precision)


def finite(value: float) -> float:
    if not isfinite(value):
        raise Fault("overflow", "This is bigger than a double can be (1.8e308).")
    return value


def read(text: str) -> Decimal:
    """The decimal of a text; infinite when it is beyond EMAX, not a number when it is none."""
    return _READ.create_decimal(text)


def whole(value: Number, least: int, most: int) -> int | None:
    """The integer that value is, if it is one and lies in [least, most]: 23.0 is 23."""
    if not least <= value <= most:  # first: int() of a decimal like 1e900000000 would fill the memory
        return None
    return int(value) if value == int(value) else None


def digits(value: int) -> int:
    """How many decimal digits an integer has."""
    return len(text(abs(value)))


def _decimal(value: Decimal, precision: int) -> str:
    if not value:
        return "0"
    value = value.normalize(_EXACT)
    if _PLAIN_LEAST < value.adjusted() < max(_PLAIN_MOST, precision):
        return format(value, "f")
    return f"{value:e}"
