"""Free-form data: kept as it came up to bounds that all of one report shares."""

from __future__ import annotations

import math

import pytest
from hypothesis import given

from telemetry.errors import ReportError
from telemetry.freeform import MAX_CHARS, MAX_DEPTH, MAX_VALUES, Budget
from tests.telemetry.reports import jsons


def refused(value: object) -> ReportError:
    with pytest.raises(ReportError) as caught:
        Budget().check(value, "data")
    return caught.value


@given(jsons)
def test_any_small_json_is_fine(value: object) -> None:
    Budget().check(value, "data")


@pytest.mark.parametrize(
    ("value", "code", "field"),
    [
        ({"a": {"b": [1, math.inf]}}, "out_of_range", "data.a.b[1]"),
        ([2**63], "out_of_range", "data[0]"),
        ({"a": -(10**400)}, "out_of_range", "data.a"),
        ({"a": "\ud800"}, "bad_text", "data.a"),
        ({"\ud800": 1}, "bad_text", "data"),
        ({1: 2}, "wrong_type", "data"),
        ({"a": (1, 2)}, "wrong_type", "data.a"),
        ({"a": b"bytes"}, "wrong_type", "data.a"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_path(value: object, code: str, field: str) -> None:
    error = refused(value)
    assert (error.code, error.field) == (code, field)


def test_depth_is_bounded() -> None:
    value: object = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    Budget().check(value, "data")
    assert refused([value]).code == "too_deep"


def test_values_and_characters_are_bounded_together() -> None:
    budget = Budget()
    budget.check([0] * (MAX_VALUES - 2), "one")
    budget.check(0, "two")
    with pytest.raises(ReportError, match="three"):
        budget.check(0, "three")
    assert refused(["x" * MAX_CHARS, "y"]).code == "too_long"
    assert refused({"k" * MAX_CHARS: "y"}).code == "too_long"
