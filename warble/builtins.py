"""Owns the table of Warble's functions: how many arguments, which of them are text, and whether there is a value.

What they do is in effects.py (things the host performs) and in doubles.py and decimals.py (arithmetic). check.py,
compile.py, the command's completion and the test of SPEC.md read this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

#: Arguments of PRINT, so that one line stays one line.
MOST_PRINTED: Final = 16


@dataclass(frozen=True, slots=True)
class Function:
    """takes: a letter an argument, "n" a number, "t" literal text, "a" either; least: how many must be there."""

    name: str
    takes: str
    least: int
    gives: bool
    #: whether the emitted code passes the work to the effects (True) or to the arithmetic (False)
    effect: bool
    usage: str

    @property
    def most(self) -> int:
        return len(self.takes)


def _effect(usage: str, takes: str, least: int | None = None, *, gives: bool = False) -> Function:
    return Function(usage.partition("(")[0], takes, len(takes) if least is None else least, gives, True, usage)


def _number(usage: str, takes: str, least: int | None = None) -> Function:
    return Function(usage.partition("(")[0], takes, len(takes) if least is None else least, True, False, usage)


FUNCTIONS: Final[dict[str, Function]] = {
    function.name: function
    for function in (
        _effect("PRINT(a, ...)", "a" * MOST_PRINTED, 0),
        _effect("LOG(a)", "a"),
        _effect("LIGHTS(i, r, g, b)", "nnnn"),
        _effect("SLEEP(s)", "n"),
        _effect('PLAYSOUND("url")', "t"),
        _effect("DRAW(x, y, r, g, b)", "nnnnn"),
        _effect("DRAWLINE(x1, y1, x2, y2, r, g, b)", "nnnnnnn"),
        _effect('SAVE("n", x)', "tn"),
        _effect('LOAD("n"[, default])', "tn", 1, gives=True),
        _effect('SETDATA("n", x)', "tn"),
        _effect('GETDATA("n"[, default])', "tn", 1, gives=True),
        _number("ROUND(x[, n])", "nn", 1),
        _number("ABS(x)", "n"),
        _number("FLOOR(x)", "n"),
        _number("CEIL(x)", "n"),
        _number("SQRT(x)", "n"),
        _number("COS(x)", "n"),
        _number("SIN(x)", "n"),
        _number("TAN(x)", "n"),
        _number("ACOS(x)", "n"),
        _number("ASIN(x)", "n"),
        _number("ATAN(x)", "n"),
        _number("ATAN2(y, x)", "nn"),
        _number("COMB(n, k)", "nn"),
        Function("SETPRECISION", "n", 1, False, False, "SETPRECISION(n)"),
    )
}


def nearest(name: str, names: list[str]) -> str:
    """ " Did you mean X?", or nothing when no name is near."""
    spelled = {known.lower(): known for known in names}
    close = get_close_matches(name.lower(), list(spelled), n=1, cutoff=0.6)
    return f" Did you mean {spelled[close[0]]}?" if close else ""
