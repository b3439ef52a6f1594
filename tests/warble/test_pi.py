"""The digits the contest counts by: two computations agree, and so does a third that needs no digits before."""

import pytest

from warble import pi


def hexadecimal_digit(place: int) -> int:
    """Digit number `place` behind the point of pi in base 16, by the formula of Bailey, Borwein and Plouffe, which does
    not need the ones before it."""

    def series(j: int) -> float:
        head = sum(pow(16, place - 1 - k, 8 * k + j) / (8 * k + j) for k in range(place)) % 1
        return head + sum(16.0 ** (place - 1 - k) / (8 * k + j) for k in range(place, place + 20))

    return int((4 * series(1) - 2 * series(4) - series(5) - series(6)) % 1 * 16)


def test_first_digits_are_those_everybody_knows():
    assert pi.verified(30) == "314159265358979323846264338327"
    assert pi.verified(1) == "3"


def test_two_ways_agree_far_beyond_what_a_program_may_print():
    assert pi.chudnovsky(30_000) == pi.gauss_legendre(30_000)


@pytest.mark.parametrize("place", [1, 2, 500, 3_000])
def test_digits_in_another_base_agree_with_a_formula_for_single_ones(place):
    count = int(place * 1.21) + 30
    digits = int(pi.chudnovsky(count)) - 3 * 10 ** (count - 1)
    assert digits * 16**place // 10 ** (count - 1) % 16 == hexadecimal_digit(place)


def test_more_digits_begin_with_the_fewer():
    assert pi.verified(5_000).startswith(pi.verified(1_200))
    assert pi.chudnovsky(1_234) == pi.chudnovsky(3_000)[:1_234]


def test_computations_that_differ_are_an_error_and_nothing_is_kept(monkeypatch):
    monkeypatch.setattr(pi, "_known", [""])
    monkeypatch.setattr(pi, "gauss_legendre", lambda count: "3" * count)
    with pytest.raises(pi.PiError, match="differ on this machine"):
        pi.verified(10)
    assert pi._known == [""]
