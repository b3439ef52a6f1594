"""What waits is counted as it comes and goes, in stretches, without keeping a line for every batch."""

from __future__ import annotations

import random

from telemetry.store import backlog as backlogs
from telemetry.store.backlog import NOTHING, Backlog

T0 = 1_700_000_000_000


def filled(batches: int, every_ms: int = 5000) -> Backlog:
    """Of three rows and a hundred bytes each."""
    made = Backlog()
    for seq in range(1, batches + 1):
        made.add(seq, 3, 100, T0 + seq * every_ms)
    return made


def sums(backlog: Backlog) -> tuple[int, int, int, int]:
    return backlog.batches, backlog.rows, backlog.size_bytes, backlog.oldest_ms


def test_what_comes_is_counted_and_what_goes_is_taken_off() -> None:
    backlog = filled(10)
    assert sums(backlog) == (10, 30, 1000, T0 + 5000)
    backlog.shipped(4)
    assert sums(backlog) == (6, 18, 600, T0 + 25_000)
    backlog.shipped(10)
    assert sums(backlog) == (0, 0, 0, NOTHING)


def test_part_of_a_stretch_is_reckoned_and_its_end_is_exact() -> None:
    backlog = filled(10, every_ms=1)  # all in one stretch
    backlog.shipped(5)
    assert sums(backlog)[:3] == (5, 15, 500)
    assert backlog.oldest_ms == T0 + 1  # nobody knows better
    backlog.shipped(10)
    assert sums(backlog) == (0, 0, 0, NOTHING)


def test_pack_takes_the_place_of_what_it_was_made_of() -> None:
    backlog = filled(10)
    backlog.replaced(1, 3, 9, 30, T0 + 5000)
    backlog.replaced(4, 6, 9, 20, T0 + 20_000)
    assert sums(backlog) == (10, 30, 450, T0 + 5000)
    backlog.shipped(6)
    assert sums(backlog) == (4, 12, 400, T0 + 35_000)


def test_pack_may_begin_and_end_within_a_stretch() -> None:
    backlog = filled(10, every_ms=1)
    backlog.replaced(4, 7, 12, 40, T0 + 4)
    assert sums(backlog) == (10, 30, 640, T0 + 1)
    for seq, left in ((3, 340), (7, 300), (10, 0)):
        backlog.shipped(seq)
        assert (backlog.batches, backlog.size_bytes) == (10 - seq, left)


def test_time_of_the_oldest_survives_a_clock_that_was_set_back() -> None:
    backlog = filled(2)
    backlog.add(3, 1, 1, T0 - 10**6)
    assert backlog.oldest_ms == T0 - 10**6
    backlog.shipped(2)
    assert backlog.oldest_ms == T0 - 10**6


def test_day_without_a_database_takes_a_bounded_number_of_lines(monkeypatch) -> None:
    monkeypatch.setattr(backlogs, "MOST", 64)
    rng = random.Random(1)
    backlog, shipped, seq = Backlog(), 0, 0
    for _ in range(20):
        for _ in range(500):
            seq += 1
            backlog.add(seq, 3, 100, T0 + seq * 1500)
        assert len(backlog._stretches) <= 64
        shipped = rng.randrange(shipped, seq)
        backlog.shipped(shipped)
        assert backlog.batches == seq - shipped
        assert abs(backlog.rows - 3 * (seq - shipped)) <= 3
    backlog.shipped(seq)
    assert sums(backlog) == (0, 0, 0, NOTHING)
