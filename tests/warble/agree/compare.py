"""Owns what counts as the same: two reports of the same cases in, their differences out, sorted by what may differ.

Fuel, errors and places may never differ. Text may differ in two cases, both said in SPEC.md, "The same everywhere":
the last bit of a trigonometric function, and exponents that decimals of 32-bit machines do not have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from tests.warble.agree.cases import Case

_TRIGONOMETRY: Final = re.compile(r"\b(?:COS|SIN|TAN|ACOS|ASIN|ATAN|ATAN2)\(")
_EXPONENT: Final = re.compile(r"[0-9.][eE](\d+)")
#: Decimals of 32-bit machines end here, those of others at the second.
_NARROW, _WIDE = 425_000_000, 999_999_999


@dataclass
class Comparison:
    """How many are the same, and the others as (case, one outcome, other outcome)."""

    same: int = 0
    libm: list[tuple[Case, Any, Any]] = field(default_factory=list)
    exponents: list[tuple[Case, Any, Any]] = field(default_factory=list)
    wrong: list[tuple[Case, Any, Any]] = field(default_factory=list)


def compare(cases: list[Case], one: dict[str, Any], other: dict[str, Any]) -> Comparison:
    """Hold two reports of the same cases against each other."""
    assert len(cases) == len(one["outcomes"]) == len(other["outcomes"]), "the reports are not of the same cases"
    narrow = 32 in (one["about"]["bits"], other["about"]["bits"])
    found = Comparison()
    for case, a, b in zip(cases, one["outcomes"], other["outcomes"], strict=True):
        if a == b:
            found.same += 1
        elif narrow and has_wide_exponent(case):
            found.exponents.append((case, a, b))
        elif _TRIGONOMETRY.search(case["source"]) and _only_text(a, b):
            found.libm.append((case, a, b))
        else:
            found.wrong.append((case, a, b))
    return found


def has_wide_exponent(case: Case) -> bool:
    """A literal that only the decimals of 64-bit machines can hold."""
    return any(_NARROW < int(exponent) <= _WIDE for exponent in _EXPONENT.findall(case["source"]))


def shown(difference: tuple[Case, Any, Any]) -> str:
    """One difference in three lines: the program, and what either side has that the other has not."""
    case, a, b = difference
    keys = [key for key in a.keys() | b.keys() if a.get(key) != b.get(key)]
    left, right = ({key: side.get(key) for key in sorted(keys)} for side in (a, b))
    return f"{case['name']}: {case['source']}\n  one:   {left}\n  other: {right}"


def _only_text(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return all(a.get(key) == b.get(key) for key in ("fuel", "error", "crash"))
