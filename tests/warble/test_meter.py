"""The meter's books balance to the unit: what is drawn, charged, set aside and left is the limit. And time runs out."""

import itertools
from collections import deque

import pytest

from warble import Fault, Limits, run
from warble.meter import MOST_CHUNK, Meter
from warble.run import execute, prepare


class Clock:
    """A clock that moves on by one step each time it is read."""

    def __init__(self, step):
        self.now, self.step, self.reads = 0.0, step, 0

    def __call__(self):
        self.reads += 1
        self.now += self.step
        return self.now


def test_charge_takes_exactly_what_it_costs():
    meter = Meter(100)
    next(meter.more(meter.chunk, MOST_CHUNK))
    meter.charge(60)
    meter.charge(0)
    assert meter.used == 61
    with pytest.raises(Fault, match="100 in all"):
        meter.charge(40)
    assert meter.used == 100


def test_the_last_unit_can_be_used():
    meter = Meter(5)
    meter.charge(5)
    assert meter.used == 5
    with pytest.raises(Fault, match="went round 5 times"):
        meter.more(meter.chunk, MOST_CHUNK)


def test_chunks_and_spans_and_charges_share_the_same_fuel():
    meter = Meter(1_000)
    outer = itertools.chain.from_iterable(meter.chunks(MOST_CHUNK))
    next(outer)
    assert list(meter.rounds(0, 30, 3, MOST_CHUNK)) == list(range(0, 30, 3))
    meter.charge(20)
    span = meter.rounds(10, 0, -1, MOST_CHUNK)
    assert (next(span), next(span), meter.used) == (10, 9, 1 + 10 + 20 + 2)
    deque(span, maxlen=0)
    assert meter.used == 41
    deque(itertools.islice(outer, 959), maxlen=0)
    assert (meter.used, meter.left) == (1_000, 0)
    with pytest.raises(Fault, match="1,000 times"):
        next(outer)


def test_a_span_may_take_what_an_outer_loop_has_set_aside():
    meter = Meter(100)
    outer = itertools.chain.from_iterable(meter.chunks(MOST_CHUNK))
    next(outer)
    assert len(list(meter.rounds(0, 99, 1, MOST_CHUNK))) == 99
    assert meter.used == 100


def test_an_outer_loop_goes_on_with_the_chunk_that_an_inner_one_started():
    meter = Meter(100)
    outer = itertools.chain.from_iterable(meter.chunks(10))
    next(outer)
    deque(meter.chunk, maxlen=0)
    inner = meter.more(meter.chunk, 10)
    next(inner)
    next(outer)
    assert (meter.used, meter.more(inner, 10) is not inner) == (12, True)


@pytest.mark.parametrize(
    "source",
    [
        "{WHILE(1){}}",
        "{FOR(i=0;i<10^9;i++){}}",
        "{WHILE(1){FOR(i=0;i<60;i++){}}}",
        "{WHILE(1){i=3WHILE(i){i--}}}",
        "{x=3WHILE(1){x=x+x-x}}",
        "{x=2^300WHILE(1){x=x+1}}",
        "{SETPRECISION(100)x=1/3WHILE(1){x=x*3/3}}",
    ],
)
def test_time_runs_out_in_every_kind_of_loop(source):
    outcome = execute(prepare(source, Limits(fuel=10**9)), clock=Clock(0.25))
    assert outcome.error.kind == "limit:time"
    assert outcome.error.message == "This program used 2 s of processor time, and no more is allowed."
    assert outcome.error.retry
    assert outcome.fuel < 10**6


def test_what_was_printed_before_the_time_ran_out_is_kept():
    outcome = execute(prepare("{PRINT(1)WHILE(1){}}", Limits(fuel=10**9)), clock=Clock(0.25))
    assert outcome.stdout == "1\n"


def test_no_time_limit_is_a_limit_of_0():
    outcome = execute(prepare("{WHILE(1){}}", Limits(fuel=10**6, cpu=0)), clock=Clock(1000))
    assert (outcome.error.kind, outcome.fuel) == ("limit:fuel", 10**6)


def test_a_real_clock_stops_a_real_loop():
    assert run("{WHILE(1){}}", limits=Limits(fuel=10**12, cpu=0.02)).error.kind == "limit:time"


def test_time_counts_from_the_first_of_two_attempts():
    clock = Clock(0.0)
    program = prepare("{FOR(i=0;i<9;i++){}x=2^300WHILE(1){x=x+1}}", Limits(fuel=10**9, cpu=5))
    clock.step = 1.0
    assert execute(program, clock=clock).error.kind == "limit:time"
    assert clock.reads < 12


def test_cheap_rounds_look_at_the_clock_rarely_and_dear_ones_often():
    cheap, dear = Clock(0.0001), Clock(0.04)
    for clock in (cheap, dear):
        execute(prepare("{WHILE(1){}}", Limits(fuel=200_000, cpu=0)), clock=clock)
    assert cheap.reads < 30
    assert dear.reads > 300
