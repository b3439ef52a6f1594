"""Owns one case: a program, the limits it runs under and what is saved before. A seed and a number always make the
same case, so a finding can be looked at again. hunt.py is the caller.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from random import Random

from tests.warble import sheet
from tests.warble.fuzz import bend, edges, grow
from warble import Limits
from warble.effects import Saved

USER = "u"
#: Small enough that no case takes long.
USUAL = Limits(fuel=400, bits=2_000, precision=200)
LIMITS = (
    *[USUAL] * 8,
    replace(USUAL, fuel=25, output=30, effects=2, sleep=1.5, saved_names=2, saved_digits=5, lights=3),
    replace(USUAL, length=60, depth=4, loops=1, bits=64, precision=10),
    replace(USUAL, length=4_000, depth=200, loops=18, fuel=2_000, bits=131_072),
    replace(USUAL, fuel=0, output=0, effects=0, sleep=0, saved_names=0, saved_digits=0, lights=0, bits=1, precision=0),
    Limits(fuel=3_000),
)
_LONG_SHARE = 0.003
#: For programs that go round for long; most of them come to their end.
LONG = (
    replace(USUAL, fuel=200_000),
    replace(USUAL, fuel=65_536),
    replace(USUAL, fuel=70_001),
    replace(USUAL, fuel=4_096),
)
_SAVED: tuple[Saved, ...] = (
    5, 0, -1, 0.5, -2.25, 1e300, "1.25", "7", "1e400", "1e999999999", 2**255, 2**256, -(2**300), 10**700,
    "junk", "", "0.1", float("inf"), "NaN", "-0", " 5", "٣", "1_000",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """saved and data are the store of USER and of the Pi before the run."""

    source: str
    limits: Limits = USUAL
    saved: dict[str, Saved] = field(default_factory=dict)
    data: dict[str, Saved] = field(default_factory=dict)

    def __str__(self) -> str:
        usual = Limits()
        names = usual.__dataclass_fields__
        changed = {
            name: getattr(self.limits, name) for name in names if getattr(self.limits, name) != getattr(usual, name)
        }
        limits = ", ".join(f"{name}={value}" for name, value in changed.items())
        return f"Case({self.source!r}, Limits({limits}), saved={self.saved}, data={self.data})"


@cache
def corpus() -> tuple[str, ...]:
    """The programs of programs/, to bend."""
    return tuple(sheet.read(path).source for path in sorted(sheet.PROGRAMS.glob("**/*.warble")))


def make(seed: int, number: int) -> Case:
    rng = Random(f"{seed}/{number}")
    if rng.random() < _LONG_SHARE:
        return Case(edges.marathon(rng), rng.choice(LONG))
    return Case(_source(rng), rng.choice(LIMITS), _kept(rng), _kept(rng))


def _source(rng: Random) -> str:
    dice = rng.random()
    if dice < 0.06:
        return bend.soup(rng)
    if dice < 0.10:
        return bend.noise(rng)
    if dice < 0.16:
        return edges.tower(rng)
    if dice < 0.32:
        return bend.bent(rng, rng.choice(corpus()), rng.choice(corpus()))
    text = _grown(rng)
    if dice < 0.46:
        return bend.bent(rng, text, rng.choice(corpus()))
    if dice < 0.52:
        return edges.to_length(rng, text, rng.choice((60, 61, 279, 280, 280, 281)))
    return text


def _grown(rng: Random) -> str:
    kind = rng.randrange(10)
    return grow.Grower(rng, rng.randint(10, 180), plain=kind < 2, decimals=kind > 5).program()


def _kept(rng: Random) -> dict[str, Saved]:
    if rng.random() < 0.5:
        return {}
    return {name: rng.choice(_SAVED) for name in rng.sample(("n", "pi", "d", "a b"), rng.randint(1, 4))}
