"""Measuring side by side: the runners take turns, so what else the machine does meets all of them alike.

Owns clocks and means and nothing of Warble. The parts that time Warble are the callers.
"""

from __future__ import annotations

import math
import resource
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

Runners = Mapping[str, Callable[[], object]]
Pick = Callable[[Sequence[float]], float]
Clock = Callable[[], float]

#: Seconds of processor time of this thread: what else the machine does counts less.
HERE_S: Final[Clock] = time.thread_time


def with_children_s() -> float:
    """Seconds of processor time of this thread and of the processes that it started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.thread_time() + used.ru_utime + used.ru_stime


def race(runners: Runners, rounds: int, pick: Pick, clock: Clock) -> dict[str, float]:
    """Seconds that each takes: once each to warm up, then in turns; pick makes one number of each one's rounds.

    By the clock on the wall a machine that does other things too would favour who is done before it is interrupted, so
    clock is one of those above.
    """
    took: dict[str, list[float]] = {name: [] for name in runners}
    for act in runners.values():
        act()
    for _ in range(rounds):
        for name, act in runners.items():
            began = clock()
            act()
            took[name].append(clock() - began)
    return {name: pick(times) for name, times in took.items()}


def geometric(values: Iterable[float]) -> float:
    """The mean of ratios: of twice as fast and half as fast it is 1."""
    return statistics.geometric_mean(values)


def geometric_of(results: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The geometric mean of each runner that took part in all; its quotients are the geometric means of the ratios."""
    names = [name for name in results[0] if all(name in result for result in results)]
    return {name: geometric(result[name] for result in results) for name in names}


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
