"""Owns one hunt: case after case, each under a clock, and a small form of what fails. jobs.py runs it in processes,
test_fuzzer.py in its own.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType

from tests.warble.fuzz import checks
from tests.warble.fuzz.case import Case, make
from tests.warble.fuzz.checks import Finding
from tests.warble.fuzz.shrink import shrink

#: Seconds of processor time for one case; the slowest takes a hundredth of that. Other processes do not count.
PATIENCE = 10.0
#: Of a kind of finding, in one hunt.
_SHRUNK = 2

Look = Callable[[Case], Finding | None]


class Hung(BaseException):
    """The clock of a case ran out. No Exception, so that nothing that is tested catches it."""


@dataclass(frozen=True, slots=True)
class Catch:
    """A finding, the case it came from, and the smallest one that fails in the same way."""

    number: int
    finding: Finding
    case: Case
    smallest: Case


def watched(case: Case, look: Look | None = None, patience: float = PATIENCE) -> Finding | None:
    """What look finds, where a case that takes too long is a finding too."""
    try:
        with _clock(patience):
            return (look or checks.look)(case)
    except Hung:
        return Finding("hang", f"This took more than {patience:g} seconds of processor time.")


def hunt(
    seed: int, numbers: Iterable[int], *, look: Look | None = None, patience: float = PATIENCE, shrinking: float = 20.0
) -> Iterator[Catch | None]:
    """Each case in turn: None where all is well. Some of a kind of finding are made small, the others only told."""
    known = Counter[tuple[str, str]]()
    for number in numbers:
        case = make(seed, number)
        finding = watched(case, look, patience)
        if finding is None:
            yield None
            continue
        kind = finding.check, finding.where
        smallest = case
        known[kind] += 1
        if known[kind] <= _SHRUNK:
            smallest = shrink(case, partial(_fails, kind, look, patience), shrinking)
        yield Catch(number, watched(smallest, look, patience) or finding, case, smallest)


def _fails(kind: tuple[str, str], look: Look | None, patience: float, case: Case) -> bool:
    finding = watched(case, look, patience)
    return finding is not None and (finding.check, finding.where) == kind


@contextmanager
def _clock(patience: float) -> Iterator[None]:
    """Raise Hung here when so much processor time is used up."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise Hung

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, patience)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
