"""Owns the contest: how many digits of pi a program computes, and which of two programs is better.

A host calls judge (or ajudge, with a sandbox) once for each program and rank for its board. SPEC.md, "The contest",
says every rule to those who take part.

    ContestError
    +-- Disagreement    two runs of one program gave different things
    +-- Unsteady        the clock, the memory or the kernel ended a run, so another machine would give something else
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, fields
from functools import total_ordering
from typing import Final

from warble import pi
from warble.errors import WarbleError
from warble.limits import Limits
from warble.run import Outcome, run

#: Where pi may start: a 3 that is no later digit of another number, and no negative one.
_START: Final = re.compile(r"(?<![0-9.\-])3")
_SPACE: Final = frozenset(" \t\r\n")
_DIGITS: Final = frozenset("0123456789")
#: What ends a run at a place that depends on the machine.
_UNSTEADY: Final = frozenset({"limit:time", "limit:memory", "sandbox"})


class ContestError(Exception):
    """A program that cannot be put on the board."""


class Disagreement(ContestError):
    """Two runs of the program differ."""


class Unsteady(ContestError):
    """The run was ended by something that is not the same on every machine."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many digits of pi a text has in its best place, and where. Places count code points from 0."""

    digits: int
    start: int = -1  # the 3; -1: there is none
    wrong: int = -1  # the first wrong digit; -1: there is none, the digits just end
    expected: str = ""  # the digit that should stand there


@total_ordering
@dataclass(frozen=True, slots=True)
class Score:
    """The greater one is the better one: more digits, then less fuel, then a shorter program."""

    digits: int
    fuel: int
    length: int

    def __lt__(self, other: Score) -> bool:
        return (self.digits, -self.fuel, -self.length) < (other.digits, -other.fuel, -other.length)


@dataclass(frozen=True, slots=True)
class Entry:
    """A judged program. error is how it ended, if not well: digits printed before that count."""

    source: str
    score: Score
    tally: Tally
    printed: str
    error: WarbleError | None


def judge(source: str, runner: Callable[..., Outcome] = run, *, limits: Limits | None = None) -> Entry:
    """Run a program twice with nothing saved; raises ContestError. runner takes what warble.run takes."""
    first = runner(source, store={}, data={}, limits=limits)
    return _entry(source, first, runner(source, store={}, data={}, limits=limits))


async def ajudge(source: str, runner: Callable[..., Awaitable[Outcome]], *, limits: Limits | None = None) -> Entry:
    """The same for a runner that is awaited, such as Sandbox.run, which keeps the clock."""
    first = await runner(source, store={}, data={}, limits=limits)
    return _entry(source, first, await runner(source, store={}, data={}, limits=limits))


def describe(entry: Entry) -> str:
    """What somebody who takes part wants to know, in one or two lines."""
    score, wrong = entry.score, entry.tally.wrong
    digits = "1 digit" if score.digits == 1 else f"{score.digits:,} digits"
    line = f"{digits} of pi, {score.fuel:,} fuel, {score.length:,} characters"
    if wrong < 0:
        return line
    before = entry.printed[:wrong]
    place = f"line {before.count(chr(10)) + 1:,}, column {wrong - before.rfind(chr(10)):,}"
    digit = f"Digit {score.digits + 1:,} is {entry.printed[wrong]} and should be {entry.tally.expected}"
    return f"{line}\n{digit} ({place} of what it prints)."


def rank(entries: Iterable[Entry]) -> list[Entry]:
    """The best first. Of two that are equal the one given first stays first: who came earlier keeps the place."""
    return sorted(entries, key=lambda entry: entry.score, reverse=True)


def tally(text: str) -> Tally:
    """The most digits of pi in one place of a text, the earliest of the best ones."""
    digits = pi.verified(1 + sum(map(text.count, _DIGITS)))
    best = Tally(0)
    for match in _START.finditer(text):
        found = _follow(text, match.start(), digits)
        if found.digits > best.digits:
            best = found
    return best


def _follow(text: str, start: int, digits: str) -> Tally:
    """Count from a 3 on. White space is passed over, and one point behind the 3.

    Trying every start this way is linear on the whole: a start inside the digits that another one counts ends after a
    few steps, since pi's own beginning hardly comes again in it (5 digits of it within the first 100,000).
    """
    right, pointed = 1, False
    for at in range(start + 1, len(text)):
        character = text[at]
        if character in _SPACE:
            continue
        if character == "." and right == 1 and not pointed:
            pointed = True
        elif character == digits[right]:
            right += 1
        else:
            wrong = at if character in _DIGITS else -1
            return Tally(right, start, wrong, digits[right] if wrong >= 0 else "")
    return Tally(right, start)


def _entry(source: str, first: Outcome, second: Outcome) -> Entry:
    for outcome in (first, second):
        if outcome.error is not None and outcome.error.kind in _UNSTEADY:
            message = f"The run ended with {outcome.error.kind}, which is not the same on every machine"
            raise Unsteady(f"{message}: {outcome.error.message} Compute fewer digits, or with less.")
    differ = [field.name for field in fields(Outcome) if getattr(first, field.name) != getattr(second, field.name)]
    if differ:
        pairs = ((name, _short(getattr(first, name)), _short(getattr(second, name))) for name in differ)
        shown = "; ".join(f"{name} {one} and {other}" for name, one, other in pairs)
        raise Disagreement(f"Two runs of this program differ in {shown}. A program must give the same every time.")
    counted = tally(first.stdout)
    return Entry(source, Score(counted.digits, first.fuel, len(source)), counted, first.stdout, first.error)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
