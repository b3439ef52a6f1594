"""Fuel is drawn exactly, and everyday numbers cost nothing."""

import pytest

from warble import Fault, fuel, run
from warble.fuel import Meter


def test_charge_takes_exactly_what_it_costs():
    meter = Meter(100)
    next(meter.rounds)
    meter.charge(60)
    meter.charge(0)
    assert meter.used == 61
    with pytest.raises(Fault, match="100 in all"):
        meter.charge(40)
    assert meter.used == 100


def test_the_last_unit_can_be_used():
    meter = Meter(5)
    meter.charge(5)
    assert (meter.used, list(meter.rounds)) == (5, [])


@pytest.mark.parametrize("cost", [fuel.int_linear, fuel.int_digits, lambda bits: fuel.int_product(bits, bits)])
def test_integers_of_256_bits_are_free_and_bigger_ones_cost_more_and_more(cost):
    assert cost(256) == 0
    assert 0 < cost(131_072) < 1_000_000
    assert cost(131_072) > cost(65_536) >= cost(8_192)


def test_everyday_doubles_and_integers_cost_their_rounds_only():
    assert run("{x=1.5FOR(i=0;i<10;i++){x=x/3*2+i*i}}").fuel == 10


def test_an_operation_on_decimals_costs_something():
    assert run("{SETPRECISION(28)x=1.0FOR(i=0;i<10;i++){x=x+i}}").fuel == 1 + 10 + 10
