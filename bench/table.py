"""A figure of the bench and how it is told: as a line of a Markdown table, and as JSON. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MISSING = "-"


@dataclass(frozen=True, slots=True)
class Target:
    """What the figure should be: at least or at most `bound`, of the ratio to the baseline or of the twin's value."""

    bound: float
    of: str = "ratio"  # or "value"
    most: bool = False

    def met(self, ratio: float, value: float) -> bool:
        """Not met when there is nothing to judge."""
        number = ratio if self.of == "ratio" else value
        return number <= self.bound if self.most else number >= self.bound

    def told(self, unit: str) -> str:
        return f"{'<=' if self.most else '>='} {self.bound:g}{'x' if self.of == 'ratio' else ' ' + unit}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number for each system, the twin's first. `ratio` says how many times better than `baseline` the twin is."""

    part: str
    what: str
    unit: str
    values: Mapping[str, float]
    baseline: str = ""
    more_is_better: bool = False
    targets: Sequence[Target] = field(default=())

    @property
    def value(self) -> float:
        return next(iter(self.values.values()), math.nan)

    @property
    def ratio(self) -> float:
        """NaN without a baseline."""
        base = self.values.get(self.baseline, math.nan)
        above, below = (self.value, base) if self.more_is_better else (base, self.value)
        return above / below if below else math.nan

    @property
    def met(self) -> bool | None:
        """None without a target."""
        return all(target.met(self.ratio, self.value) for target in self.targets) if self.targets else None

    def as_json(self) -> dict[str, Any]:
        return {
            "part": self.part,
            "what": self.what,
            "unit": self.unit,
            "values": {name: _or_none(value) for name, value in self.values.items()},
            "baseline": self.baseline,
            "times_better": _or_none(self.ratio),
            "targets": [target.told(self.unit) for target in self.targets],
            "met": self.met,
        }


def number(value: float) -> str:
    """Three figures that matter, thousands apart; `-` for what could not be measured."""
    if math.isnan(value) or math.isinf(value):
        return MISSING
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(digits, 4)}f}"


def markdown(figures: Sequence[Figure]) -> str:
    """A table for each part; the columns are the systems of that part."""
    parts = list(dict.fromkeys(figure.part for figure in figures))
    return "\n".join(_part(part, [figure for figure in figures if figure.part == part]) for part in parts)


def _part(part: str, figures: Sequence[Figure]) -> str:
    systems = list(dict.fromkeys(name for figure in figures for name in figure.values))
    heads = ["", "unit", *systems, "times better", "target", "met"]
    lines = [f"## {part}", "", _row(heads), _row(["---", "---", *("---:" for _ in systems), "---:", "---", "---"])]
    for figure in figures:
        values = [number(figure.values.get(name, math.nan)) for name in systems]
        wanted = ", ".join(target.told(figure.unit) for target in figure.targets)
        verdict = {None: "", True: "met", False: "**not met**"}[figure.met]
        ratio = "" if math.isnan(figure.ratio) else f"{number(figure.ratio)}x"
        lines.append(_row([figure.what, figure.unit, *values, ratio, wanted, verdict]))
    return "\n".join([*lines, ""])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) or math.isinf(value) else value
