"""A job reaches the worker as it was given, or not at all."""

from decimal import Decimal

import pytest

from warble.box.job import MOST, Job, decode
from warble.limits import Limits


def test_a_job_is_read_as_it_was_written():
    saved = {"i": 1, "big": -(9**4000), "d": 0.1, "t": "1.5", "inf": float("inf")}
    job = Job("{“π”\ud800}", "ann", saved, {"n": 2}, Limits(fuel=7, sleep=1.5))
    assert decode(job.encode()) == job


def test_odd_values_become_what_a_program_would_take_them_for():
    class Half(float):
        pass

    saved = {"decimal": Decimal("1.50"), "half": Half(0.5), "true": True, "list": [1], "none": None, "bytes": b"1"}
    found = decode(Job("{}", "", saved, {}, Limits()).encode()).saved
    assert found == {"decimal": "1.50", "half": 0.5, "true": None, "list": None, "none": None, "bytes": None}
    assert type(found["half"]) is float


def test_too_much_for_one_message_is_told_with_both_figures():
    with pytest.raises(ValueError, match=rf"{MOST:,} bytes together; these take 200,\d\d\d"):
        Job("{}", "", {"x": "1" * 200_000}, {}, Limits()).encode()


def test_two_full_shelves_and_a_long_program_fit():
    shelf = {"n" * 270 + str(number): "9" * 1234 for number in range(16)}
    assert len(Job("“" * 280, "u" * 100, shelf, shelf, Limits()).encode()) < MOST / 2
