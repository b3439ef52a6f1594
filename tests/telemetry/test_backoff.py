"""The waits: bounded, spread, and short again after a success."""

from __future__ import annotations

import random

from telemetry.backoff import BASE_S, CAP_S, Backoff


def test_the_bound_doubles_up_to_a_minute() -> None:
    longest = [0.0] * 12
    for seed in range(300):
        backoff = Backoff(random.Random(seed))
        longest = [max(one, backoff.next()) for one in longest]
    for tries, wait in enumerate(longest):
        bound = min(CAP_S, BASE_S * 2.0**tries)
        assert 0.8 * bound < wait <= bound


def test_waits_are_spread_over_all_of_the_bound() -> None:
    waits = []
    for seed in range(1050):
        backoff = Backoff(random.Random(seed))
        waits.append([backoff.next() for _ in range(8)][-1])
    in_each_tenth = [sum(1 for wait in waits if tenth * 6 <= wait < tenth * 6 + 6) for tenth in range(10)]
    assert min(in_each_tenth) > 60


def test_a_reset_starts_over_and_a_long_outage_does_not_overflow() -> None:
    backoff = Backoff(random.Random(1))
    assert all(0.0 < backoff.next() <= CAP_S for _ in range(5000))
    assert backoff.tries == 5000
    backoff.reset()
    assert backoff.next() <= BASE_S
