"""Any text at all ends in an Outcome, twice the same one; made programs do what a second implementation does.

`WARBLE_FUZZ=20000 pytest tests/warble/test_fuzz.py` searches that many examples a test, new ones each time.
"""

import os

from hypothesis import HealthCheck, given, settings

from tests.warble.grammar import PROGRAMS, SOUP, mutated
from tests.warble.walker import Walker
from warble import KINDS, Fault, Limits, Outcome, fmt, run
from warble.expressions import Mode
from warble.run import execute, prepare

LIMITS = Limits(length=4_000, fuel=300, bits=2_000, output=100_000, precision=500)
WALKER_BITS = 256

EXAMPLES = int(os.environ.get("WARBLE_FUZZ", "0"))
chosen = settings(
    max_examples=EXAMPLES or 40, deadline=None, derandomize=not EXAMPLES, suppress_health_check=list(HealthCheck)
)


def outcome_of(source: str) -> Outcome:
    outcome = run(source, user="u", store={"u": {"a": 5}}, data={}, limits=LIMITS)
    assert isinstance(outcome, Outcome)
    assert len(outcome.stdout.encode()) <= LIMITS.output
    assert 0 <= outcome.fuel <= LIMITS.fuel
    if outcome.error is not None:
        assert outcome.error.kind in KINDS
        assert 0 <= outcome.error.start <= outcome.error.end <= len(source) + 1
        assert outcome.error.message.endswith((".", "?"))
    return outcome


@chosen
@given(SOUP)
def test_word_soup_ends_in_the_same_outcome_twice(source):
    assert outcome_of(source) == outcome_of(source)


@chosen
@given(mutated())
def test_broken_program_ends_in_the_same_outcome_twice(source):
    assert outcome_of(source) == outcome_of(source)


@chosen
@given(PROGRAMS)
def test_program_does_what_the_walker_does(source):
    outcome = outcome_of(source)
    walker = Walker(LIMITS.fuel, LIMITS.bits)
    kind = walker.run(prepare(source, LIMITS).tree)
    if walker.most_bits > WALKER_BITS and outcome.error is not None and outcome.error.kind == "limit:fuel":
        return  # big numbers cost fuel, which the walker does not count
    assert (outcome.error.kind if outcome.error else None) == kind
    assert outcome.stdout == "".join(walker.printed)
    if walker.most_bits <= WALKER_BITS:
        assert outcome.fuel == walker.limit - walker.fuel


@chosen
@given(PROGRAMS)
def test_careful_code_does_what_the_fast_code_does(source):
    program = prepare(source, LIMITS)
    assert execute(program, modes=(Mode.CAREFUL,)) == execute(program)


@chosen
@given(PROGRAMS)
def test_program_in_decimals_ends_in_the_same_outcome_twice(source):
    source = f"{source[:-1]};SETPRECISION(20)}}"
    assert outcome_of(source) == outcome_of(source)


@chosen
@given(mutated())
def test_every_layout_means_the_same(source):
    try:
        program = prepare(source, LIMITS)
    except Fault:
        return
    first = execute(program)
    for text in (fmt.shortest(program.tree), fmt.pretty(program.tree)):
        other = execute(prepare(text, LIMITS))
        assert (other.stdout, other.effects, other.fuel) == (first.stdout, first.effects, first.fuel)
        assert (other.error and other.error.kind) == (first.error and first.error.kind)
        assert fmt.shortest(prepare(text, LIMITS).tree) == fmt.shortest(program.tree)
