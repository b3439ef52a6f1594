"""The survey on the disk, and markers.json with what it found."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from math import dist
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.layout import load
from models.markers.files import build
from tests.twin.walked import walked
from twin.core.errors import BadInput
from twin.core.survey import Survey, after, parse
from twin.wire.openapi import openapi
from twin.wire.survey import corners, design_of, from_document, surveyed, to_document, to_json


@lru_cache
def file(cluster: str = "desk") -> bytes:
    return build(load(cluster), "https://twin.example")["markers.json"]


def markers(body: bytes) -> dict[str, dict[str, Any]]:
    return {marker["id"]: marker for marker in json.loads(body)["markers"]}


def stored(body: bytes, **changes: Any) -> Survey:
    found = parse(walked(markers(body).values(), **changes), design_of(body))
    return after(Survey(), "0", found, 1_795_391_229_604, "10.0.0.7")


def test_what_is_kept_comes_back_as_it_was() -> None:
    once = stored(file())
    for survey in (once, after(once, "1", None, 1_795_391_229_700, "fe80::1%wlan0")):
        back = from_document(to_document(survey))
        assert to_json(back) == to_json(survey)
        assert back.markers == tuple(replace(each, moved_m=round(each.moved_m, 6)) for each in survey.markers)


def test_what_devices_send_and_get_is_valid_by_the_description() -> None:
    components = {"components": openapi()["components"]}
    once = stored(file())
    for survey in (Survey(), once, after(once, "1", None, 2, "peer")):
        jsonschema.validate(to_json(survey), {"$ref": "#/components/schemas/KeptSurvey", **components})
    jsonschema.validate(walked(markers(file()).values()), {"$ref": "#/components/schemas/FoundSurvey", **components})
    assert to_json(Survey())["time_ms"] is None


@given(st.data())
def test_a_damaged_document_is_refused_in_words(data: st.DataObject) -> None:
    good = to_document(stored(file()))
    at = data.draw(st.integers(0, len(good) - 1))
    damaged = data.draw(st.sampled_from([good[:at], good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1 :]]))
    why: BadInput | None = None
    try:
        assert from_document(damaged).revision > 0  # a digit may have changed into another one
    except BadInput as error:
        why = error
    assert why is None or why.field or "the survey that was kept" in why.message


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'{"version": 2}', b"\xff", b"[" * 100_000, b'{"version": 1, "markers": [1]}']
)
def test_a_document_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput, match="the survey that was kept is none"):
        from_document(body)


@pytest.mark.parametrize("cluster", ["cluster", "desk", "mini"])
def test_corners_are_where_the_drawing_of_the_markers_has_them(cluster: str) -> None:
    """Two ways to the same points: the plane of a face there, a quaternion here."""
    found = markers(file(cluster))
    assert found
    for marker in found.values():
        made = corners(tuple(marker["position"]), tuple(marker["rotation"]), marker["size"])
        for one, other in zip(made, marker["corners"], strict=True):
            assert one == pytest.approx(other, abs=1.1e-6)


def test_corners_of_a_card_that_lies_on_its_back_and_of_one_that_leans() -> None:
    turn = 0.5**0.5
    # A quarter turn about x takes "up" towards the reader's side, +z.
    assert corners((1, 2, 3), (turn, 0, 0, turn), 0.2)[0] == pytest.approx((0.9, 2, 3.1))
    # A quarter turn about z takes "right" upwards: what was top left is now bottom left.
    assert corners((1, 2, 3), (0, 0, turn, turn), 0.2)[0] == pytest.approx((0.9, 1.9, 3))


def test_without_a_survey_the_file_is_served_byte_for_byte() -> None:
    assert surveyed(file(), Survey()) is file()
    assert surveyed(file(), after(stored(file()), "1", None, 2, "peer")) is file()


def test_a_surveyed_marker_has_its_true_place_and_the_designed_one_beside() -> None:
    survey = stored(file())
    body = surveyed(file(), survey)
    assert json.loads(body)["survey"] == {"revision": 1, "time_ms": 1_795_391_229_604}
    assert json.loads(body)["ruler"] == json.loads(file())["ruler"]
    designed = markers(file())
    for marker_id, marker in markers(body).items():
        was = designed[marker_id]
        assert marker["designed"] == {key: was[key] for key in ("size", "position", "rotation", "corners")}
        x, y, z = was["position"]
        assert marker["position"] == pytest.approx([x + 0.003, y - 0.002, z + 0.001])
        assert marker["size"] == pytest.approx(was["size"] * 1.002)
        assert (marker["deviation"], marker["views"]) == (0.0002, 12)
        for key in ("text", "rows", "switch_ip", "bank", "shelves"):
            assert marker[key] == was[key]
        tl, tr, br, bl = marker["corners"]
        half = marker["size"] / 2
        assert [dist(corner, marker["position"]) for corner in (tl, tr, br, bl)] == pytest.approx(
            [half * 2**0.5] * 4, abs=3e-6
        )
        assert [dist(tl, tr), dist(tr, br), dist(br, bl), dist(bl, tl)] == pytest.approx([2 * half] * 4, abs=3e-6)


def test_a_marker_that_no_view_had_keeps_its_design_and_looks_as_before() -> None:
    survey = stored(file())
    body = surveyed(file(), replace(survey, markers=survey.markers[:1]))
    first, *rest = markers(body).values()
    assert "designed" in first
    assert rest == list(markers(file()).values())[1:]


def test_the_survey_of_another_cluster_moves_nothing() -> None:
    """Ids that the file has not are left out, and so are cards that cannot hang where the survey has them."""
    survey = stored(file("cluster"))
    assert {marker.id for marker in survey.markers} > set(markers(file()))
    assert markers(surveyed(file(), survey)) == markers(file())
