"""The service's clock never steps back, whatever the wall does."""

from __future__ import annotations

import time

import pytest

from twin.edge import clock
from twin.edge.clock import Clock


def test_it_says_the_time_at_start() -> None:
    assert abs(Clock().now_ms() - time.time() * 1000) < 1000


def test_a_wall_clock_that_jumps_does_not_move_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = Clock()
    before = ours.now_ms()
    monkeypatch.setattr(clock.time, "time", lambda: 0.0)
    assert 0 <= ours.now_ms() - before < 1000
