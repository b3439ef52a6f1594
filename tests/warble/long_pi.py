"""Pi in one program: the mean of arithmetic and geometric means (Gauss, Legendre), of which each round doubles the
digits. test_long_pi.py and the bench are the callers; warble/pi.py has the digits to hold it against.
"""

from __future__ import annotations

from warble import Limits

#: Digits beyond those asked for: each of some twenty rounds loses less than one.
_SPARE = 10


def program(digits: int) -> str:
    """A Warble of at most 280 characters that prints so many digits of pi, and behind them some that may be wrong."""
    rounds = digits.bit_length() - 1
    return (
        f"{{SETPRECISION({digits + _SPARE})a=1b=1/SQRT(2)t=1/4p=1FOR(i=0;i<{rounds};i++){{c=a;a=(a+b)/2;b=SQRT(b*c);"
        "t=t-p*(c-a)^2;p=2*p}PRINT((a+b)^2/4/t)}"
    )


def limits(digits: int) -> Limits:
    """What the program needs beyond the defaults."""
    least, spare = Limits(), digits + _SPARE
    fuel = max(least.fuel, 100 * digits)
    return Limits(precision=max(least.precision, spare), output=max(least.output, spare + 9), fuel=fuel, cpu=60)
