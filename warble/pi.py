"""Owns the digits of pi that the contest counts against, computed here, in two ways that share nothing but arithmetic.

Chudnovsky's series by binary splitting gives them; the arithmetic-geometric mean of Gauss and Legendre must give the
same ones. contest.py is the caller. Numbers are decimals, since libmpdec multiplies long ones in near-linear time.

    PiError    the two ways differ: this machine computes wrongly, and there is nothing to count against
"""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal, localcontext
from math import sqrt
from typing import Final

#: More digits than asked for, so that what rounding does at the end is cut off again.
_SPARE: Final = 40
#: Digits that one term of the series gives.
_A_TERM: Final = 14.181
#: Integers are faster than decimals up to terms of about this many bits.
_SMALL: Final = 24
#: From here on Newton's method is faster than decimal's own square root.
_NEWTON_FROM: Final = 2_000

#: The digits verified so far, in a list since they grow.
_known = [""]


class PiError(Exception):
    """The two computations of pi differ."""


def verified(count: int) -> str:
    """The first count digits of pi, 3 included and without a point. Computed and checked once a process, then kept."""
    if count > len(_known[0]):
        wanted = max(count, 1_000)
        digits = chudnovsky(wanted)
        if digits != gauss_legendre(wanted):
            raise PiError(f"Two ways to compute {wanted:,} digits of pi differ on this machine. Check its memory.")
        _known[0] = digits
    return _known[0][:count]


def chudnovsky(count: int) -> str:
    """Digits by the series of the Chudnovsky brothers."""
    with localcontext(_context(count)) as context:
        terms = int((count + _SPARE) / _A_TERM) + 2
        _, q, t = _split(1, terms)
        return _cut(426_880 * _root(Decimal(10_005), context) * q / (13_591_409 * q + t), count)


def gauss_legendre(count: int) -> str:
    """Digits by the arithmetic-geometric mean; each round doubles how many are right."""
    with localcontext(_context(count)) as context:
        a, t, p = Decimal(1), Decimal("0.25"), 1
        b = _root(Decimal("0.5"), context)
        while abs(a - b) > Decimal(10) ** -(context.prec // 2 + 2):
            mean = (a + b) / 2
            b = _root(a * b, context)
            t -= p * (a - mean) * (a - mean)
            a, p = mean, 2 * p
        return _cut((a + b) * (a + b) / (4 * t), count)


def _split(first: int, end: int) -> tuple[Decimal, Decimal, Decimal]:
    """P, Q and T of the terms first..end-1 of the series."""
    if end - first <= _SMALL:
        few = _few(first, end)
        return Decimal(few[0]), Decimal(few[1]), Decimal(few[2])
    middle = (first + end) // 2
    p, q, t = _split(first, middle)
    p2, q2, t2 = _split(middle, end)
    return p * p2, q * q2, q2 * t + p * t2


def _few(first: int, end: int) -> tuple[int, int, int]:
    """The same, term by term in integers."""
    p, q, t = 1, 1, 0
    for k in range(first, end):
        step = -(6 * k - 5) * (2 * k - 1) * (6 * k - 1)
        over = k * k * k * 10_939_058_860_032_000
        p *= step
        t = t * over + p * (13_591_409 + 545_140_134 * k)
        q *= over
    return p, q, t


def _root(value: Decimal, context: Context) -> Decimal:
    """A square root of something near 1 to 10,000: Newton on 1/sqrt, with twice the digits each round."""
    if context.prec < _NEWTON_FROM:
        return value.sqrt(context)
    known = 14
    inverse = Decimal(repr(1 / sqrt(value)))
    while known < context.prec:
        known = min(2 * known - 2, context.prec)
        step = _context(known)
        head = step.plus(value)
        rest = step.subtract(1, step.multiply(head, step.multiply(inverse, inverse)))
        inverse = step.add(inverse, step.multiply(step.multiply(inverse, rest), Decimal("0.5")))
    root = context.multiply(value, inverse)
    rest = context.subtract(value, context.multiply(root, root))
    return context.add(root, context.multiply(context.multiply(rest, inverse), Decimal("0.5")))


def _context(count: int) -> Context:
    return Context(prec=count + _SPARE, rounding=ROUND_HALF_EVEN, Emin=MIN_EMIN, Emax=MAX_EMAX)


def _cut(value: Decimal, count: int) -> str:
    """The digits without the point and without the spare ones."""
    return str(value).replace(".", "")[:count]
