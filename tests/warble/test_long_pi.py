"""Pi to many digits in one Warble, held against the digits of the contest. The bench does it with 250,000."""

import pytest

from tests.warble import long_pi
from warble import Limits, pi, run


@pytest.mark.parametrize("digits", [50, 2_000])
def test_program_computes_every_digit_that_is_asked_for(digits):
    source = long_pi.program(digits)
    outcome = run(source, limits=long_pi.limits(digits))
    assert outcome.error is None
    assert len(source) <= 280
    assert outcome.stdout.replace(".", "", 1)[: digits + 1] == pi.verified(digits + 1)


def test_10000_digits_need_no_limit_raised():
    outcome = run(long_pi.program(10_000), limits=Limits(cpu=0))
    assert outcome.error is None
    assert outcome.fuel < Limits().fuel
    assert outcome.stdout.replace(".", "", 1)[:10_001] == pi.verified(10_001)
