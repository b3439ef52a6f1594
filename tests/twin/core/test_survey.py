"""What is believed of a walk, and what a change makes of the survey that was kept."""

from __future__ import annotations

from copy import deepcopy
from math import cos, dist, hypot, pi, sin
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.walked import UP, walked
from twin.core.errors import BadInput, Stale
from twin.core.survey import Place, Survey, after, parse

MARKERS: list[dict[str, Any]] = [
    {"id": f"{n + 1}{letter}", "position": [0.2 * n, 1.0, 0.5], "rotation": [0.0, sin(n), 0.0, cos(n)]}
    for n in range(3)
    for letter in "AB"
]
DESIGN = {each["id"]: Place(tuple(each["position"]), tuple(each["rotation"])) for each in MARKERS}


def sent(**changes: Any) -> dict[str, Any]:
    return walked(MARKERS, **changes)


def refused(body: dict[str, Any]) -> BadInput:
    with pytest.raises(BadInput) as raised:
        parse(body, DESIGN)
    return raised.value


def test_a_good_walk_is_taken_as_it_was_sent() -> None:
    body = sent()
    survey = parse(body, DESIGN)
    assert (survey.revision, survey.print_scale, survey.views, survey.changes) == (0, 1.002, 32, ())
    assert [marker.id for marker in survey.markers] == list(DESIGN)
    for marker, value in zip(survey.markers, body["markers"], strict=True):
        assert list(marker.position) == value["position"]
        assert list(marker.rotation) == pytest.approx(value["rotation"], abs=1e-12)
        assert (marker.deviation_m, marker.views) == (0.0002, 12)
        assert marker.moved_m == pytest.approx(14**0.5 / 1000)
    assert survey.moved_m == pytest.approx(14**0.5 / 1000)


def test_some_of_the_markers_are_enough_and_unknown_fields_are_left_alone() -> None:
    body = walked(MARKERS[2:3], misfit=0.3, lens={"k1": 0.05})
    body["markers"][0]["corner"] = "none"
    assert [marker.id for marker in parse(body, DESIGN).markers] == ["2A"]


JUNK: tuple[tuple[tuple[str | int, ...], object, str, str], ...] = (
    (("print",), 0.89, "print", "0.9 to 1.1"),
    (("print",), 1.11, "print", "0.9 to 1.1"),
    (("print",), None, "print", "a number"),
    (("print",), True, "print", "a number"),
    (("print",), float("nan"), "print", "0.9 to 1.1"),
    (("views",), 1, "views", "it must be 2"),
    (("views",), 32.0, "views", "whole number"),
    (("views",), 10**400, "views", "too large"),
    (("markers",), {}, "markers", "a list"),
    (("markers",), [], "markers", "DELETE"),
    (("markers", 1), "1B", "markers[1]", "an object"),
    (("markers", 1, "id"), "9Z", "markers[1].id", "'9Z'"),
    (("markers", 1, "id"), 7, "markers[1].id", "no marker of this cluster"),
    (("markers", 1, "id"), "1A", "markers[1].id", "a second time"),
    (("markers", 1, "position"), [0, 1], "markers[1].position", "3 numbers"),
    (("markers", 1, "position"), "0 1 2", "markers[1].position", "3 numbers"),
    (("markers", 1, "position", 2), float("inf"), "markers[1].position[2]", "-1e+06 to 1e+06"),
    (("markers", 1, "position", 2), -(10**400), "markers[1].position[2]", "too large"),
    (("markers", 1, "position", 2), "0", "markers[1].position[2]", "a number"),
    (("markers", 1, "rotation"), [0, 0, 1], "markers[1].rotation", "4 numbers"),
    (("markers", 1, "rotation"), [0, 0, 0, 1.002], "markers[1].rotation", "norm 1.002"),
    (("markers", 1, "rotation"), [0, 0, 0, 0], "markers[1].rotation", "norm 0"),
    (("markers", 1, "deviation"), -0.0001, "markers[1].deviation", "0 to 0.1"),
    (("markers", 1, "deviation"), 0.11, "markers[1].deviation", "0 to 0.1"),
    (("markers", 1, "views"), 1, "markers[1].views", "it must be 2"),
    (("markers", 1, "views"), None, "markers[1].views", "whole number"),
)


@pytest.mark.parametrize(("path", "value", "field", "says"), JUNK, ids=[f"{each[2]} {each[3]}" for each in JUNK])
def test_what_cannot_be_is_refused_by_the_name_of_its_field(
    path: tuple[str | int, ...], value: object, field: str, says: str
) -> None:
    body: Any = deepcopy(sent())
    place = body
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    error = refused(body)
    assert error.field == field
    assert error.message.startswith(field)
    assert says in error.message


@pytest.mark.parametrize("key", ["print", "views", "markers", "id", "position", "rotation", "deviation"])
def test_nothing_may_be_missing(key: str) -> None:
    body = deepcopy(sent())
    if key in ("print", "views", "markers"):
        del body[key]
        assert refused(body).field == key
        body = deepcopy(sent())
    if key not in ("print", "markers"):
        del body["markers"][2][key]
        assert refused(body).field == f"markers[2].{key}"


def test_more_markers_than_there_are_are_refused_before_they_are_read() -> None:
    body = sent()
    body["markers"] = [None] * (len(DESIGN) + 1)
    assert "has 7 markers, of which this cluster has 6" in refused(body).message


def test_a_card_too_far_from_its_place_is_named_with_its_distance() -> None:
    body = sent()
    body["markers"][3]["position"][1] += 0.2
    error = refused(body)
    assert error.field == "markers[3].position"
    assert "2B hangs 198 mm" in error.message
    assert "is it the right marker's card?" in error.message


def test_a_card_turned_too_far_is_named_with_its_angle() -> None:
    error = refused(sent(turned_deg=21.0, axis=UP))
    assert error.field == "markers[0].rotation"
    assert "1A is turned by 21.0 degrees" in error.message
    assert "is it the right marker's card?" in error.message


def test_two_cards_that_changed_places_are_noticed() -> None:
    body = sent()
    one, other = body["markers"][0], body["markers"][4]
    one["id"], other["id"] = other["id"], one["id"]
    assert "3A hangs" in refused(body).message


ANGLE = st.floats(-pi, pi)


@given(metres=st.floats(0, 0.2), degrees=st.floats(-25, 25), bearing=ANGLE, height=ANGLE, about=ANGLE)
def test_a_card_is_believed_up_to_15_cm_and_below_20_degrees_whichever_way(
    metres: float, degrees: float, bearing: float, height: float, about: float
) -> None:
    shift = (metres * cos(bearing) * cos(height), metres * sin(height), metres * sin(bearing) * cos(height))
    body = walked(MARKERS[1:2], shift, degrees, (cos(about), sin(about), 0.0))
    moved_m = dist(body["markers"][0]["position"], MARKERS[1]["position"])
    if moved_m > 0.15 or abs(degrees) > 20 + 1e-6:
        wrong = "position" if moved_m > 0.15 else "rotation"
        assert refused(body).field == f"markers[0].{wrong}"
    elif abs(degrees) < 20 - 1e-6:
        marker = parse(body, DESIGN).markers[0]
        assert marker.moved_m == moved_m
        assert hypot(*marker.rotation) == pytest.approx(1, abs=1e-12)


@given(norm=st.floats(0.9991, 1.0009), sign=st.sampled_from([1, -1]))
def test_a_rotation_is_made_exact_and_may_have_either_sign(norm: float, sign: int) -> None:
    body = sent()
    body["markers"][0]["rotation"] = [sign * norm * part for part in body["markers"][0]["rotation"]]
    assert hypot(*parse(body, DESIGN).markers[0].rotation) == pytest.approx(1, abs=1e-12)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from(list(DESIGN))
KEYS = st.sampled_from(["print", "views", "markers", "id", "position", "rotation", "deviation"])
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner), max_leaves=12
)


@given(body=st.dictionaries(KEYS, ANYTHING), key=KEYS, value=ANYTHING, inside=st.booleans())
def test_whatever_is_sent_is_taken_or_refused_in_words(
    body: dict[str, Any], key: str, value: object, *, inside: bool
) -> None:
    good = deepcopy(sent())
    (good["markers"][0] if inside else good)[key] = value
    for each in (body, good):
        why: BadInput | None = None
        try:
            assert parse(each, DESIGN).markers
        except BadInput as error:
            why = error
        assert why is None or (why.field and why.message.startswith(why.field))


# What a change makes of it.


def test_storing_and_removing_raise_the_revision_and_leave_a_line() -> None:
    found = parse(sent(), DESIGN)
    stored = after(Survey(), "0", found, 5000, "10.0.0.7")
    assert (stored.revision, stored.time_ms, stored.markers) == (1, 5000, found.markers)
    assert (stored.print_scale, stored.views) == (1.002, 32)
    gone = after(stored, "1", None, 6000, "10.0.0.8")
    assert (gone.revision, gone.time_ms, gone.markers, gone.print_scale, gone.views) == (2, 0, (), 1.0, 0)
    last, first = gone.changes
    assert (first.revision, first.time_ms, first.peer, first.what, first.markers) == (1, 5000, "10.0.0.7", "stored", 6)
    assert (last.revision, last.time_ms, last.peer, last.what, last.markers) == (2, 6000, "10.0.0.8", "removed", 6)
    assert first.moved_m == last.moved_m == found.moved_m > 0.003


@pytest.mark.parametrize("believed", ["1", "3", "", "two", "2.0", "-2", "9" * 400])
def test_who_knows_another_revision_changes_nothing_and_is_told_the_current_one(believed: str) -> None:
    found = parse(sent(), DESIGN)
    kept = after(after(Survey(), "0", found, 1, "a"), "1", found, 2, "b")
    with pytest.raises(Stale, match="at revision 2") as raised:
        after(kept, believed, found, 3, "c")
    assert raised.value.revision == 2
    assert len(raised.value.message) < 300


def test_the_history_has_the_last_20_changes() -> None:
    found, kept = parse(sent(), DESIGN), Survey()
    for now_ms in range(25):
        kept = after(kept, str(kept.revision), None if now_ms % 3 == 2 else found, now_ms, "peer")
    assert [line.revision for line in kept.changes] == list(range(25, 5, -1))


@given(st.lists(st.tuples(st.booleans(), st.integers(-1, 1)), max_size=20))
def test_the_revision_never_goes_back_whoever_is_behind(steps: list[tuple[bool, int]]) -> None:
    found = parse(sent(), DESIGN)
    kept, taken = Survey(), 0
    for now_ms, (store, off) in enumerate(steps):
        try:
            kept = after(kept, str(kept.revision + off), found if store else None, now_ms, "peer")
            taken += 1
            assert off == 0
        except Stale:
            assert off != 0
        assert kept.revision == taken
        assert [line.revision for line in kept.changes] == list(range(taken, 0, -1))
