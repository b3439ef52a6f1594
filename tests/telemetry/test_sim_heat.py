"""Simulated heat: lag, neighbours and fans, on shelves whose load the tests choose."""

from __future__ import annotations

import numpy as np
import pytest

from telemetry.sim_heat import LAG_S, ROOM_C, Heat
from telemetry.sim_places import places_for, topology

NO_BROKEN_FANS = np.zeros(1000, dtype=np.bool_)


def heat_of(nodes: int, cpu_pct: float, seconds: int, broken: np.ndarray = NO_BROKEN_FANS) -> Heat:
    heat = Heat(topology(places_for(nodes)), broken)
    warm(heat, np.full(nodes, cpu_pct, dtype=np.float32), seconds)
    return heat


def warm(heat: Heat, cpu_pct: np.ndarray, seconds: int) -> None:
    for _ in range(seconds):
        heat.step(1.0, cpu_pct, np.ones(len(cpu_pct), dtype=np.bool_))


def test_temperature_rises_after_load_with_a_lag() -> None:
    heat = heat_of(21, 2.0, 300)
    idle = heat.temp_c.copy()
    busy = np.full(21, 100.0, dtype=np.float32)
    warm(heat, busy, 2)
    at_once = heat.temp_c - idle
    warm(heat, busy, int(LAG_S))
    later = heat.temp_c - idle
    warm(heat, busy, 300)
    in_the_end = heat.temp_c - idle
    assert (at_once < 0.3 * in_the_end).all()
    assert (later > 0.5 * in_the_end).all()
    assert (in_the_end > 8).all()


def test_temperatures_are_those_of_a_pi() -> None:
    assert 30 < heat_of(1050, 3.0, 300).temp_c.mean() < 42
    assert 48 < heat_of(1050, 100.0, 300).temp_c.mean() < 70


def test_a_busy_node_warms_its_neighbours_and_not_the_next_shelf() -> None:
    heat = heat_of(42, 2.0, 300)
    quiet = heat.temp_c.copy()
    load = np.full(42, 2.0, dtype=np.float32)
    load[10] = 100.0
    warm(heat, load, 120)
    gain = heat.temp_c - quiet
    assert gain[10] > 8
    assert gain[9] > 0.5
    assert gain[11] > 0.5
    assert gain[10] > gain[11] > gain[12]
    assert np.abs(gain[21:]).max() < 0.1


def test_fans_cool_and_a_broken_one_is_felt_by_its_own_pis() -> None:
    broken = NO_BROKEN_FANS.copy()
    broken[2] = True
    shape = topology(places_for(21))
    whole, lame = heat_of(21, 90.0, 300), heat_of(21, 90.0, 300, broken)
    hotter = lame.temp_c - whole.temp_c
    assert lame.fan_speed[2] == 0
    assert (hotter[shape.fan == 2] > 5).all()
    assert hotter[shape.fan == 0].max() < 2
    assert whole.temp_c[shape.closeness.argmax()] < whole.temp_c[shape.closeness.argmin()]


def test_a_dead_node_cools_to_the_room() -> None:
    heat = heat_of(1, 80.0, 120)
    for _ in range(300):
        heat.step(1.0, np.zeros(1, dtype=np.float32), np.zeros(1, dtype=np.bool_))
    assert heat.temp_c[0] == pytest.approx(ROOM_C, abs=1)
