"""The bytes of `poses`, golden in both directions, and everything that a viewer may not say of itself."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.golden.make import POSES, pose_cases, posed
from twin.core.errors import BadInput
from twin.core.presence import HEAD, Pose, Presence
from twin.wire.presence import HEADER, ROOM_M, decode, encode, introduction, pose_of

GOLDEN = json.loads(POSES.read_text())
HERE = [0.5, 1.6, -2, 0, 0, 0, 1]


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_bytes_mean_what_they_meant_and_are_what_is_written(name: str) -> None:
    assert GOLDEN.keys() == pose_cases().keys()
    assert posed(bytes.fromhex(GOLDEN[name]["hex"])) == GOLDEN[name]
    assert pose_cases()[name].hex() == GOLDEN[name]["hex"]


def test_sixty_four_people_with_both_hands_are_three_kilobytes() -> None:
    room = Presence(64)
    for n in range(64):
        room.pose(str(n), pose_of({"head": HERE, "left": HERE, "right": HERE}), 0)
    assert len(encode(room.shown(0))) == HEADER.size + 64 * (6 + 3 * 14) == 3078


numbers = st.floats(-ROOM_M, ROOM_M, width=32)
turns = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda turn: math.hypot(*turn) > 0.6)
sevens = st.builds(lambda place, turn: [*place, *turn], st.tuples(numbers, numbers, numbers), turns)


@given(st.lists(st.tuples(sevens, st.none() | sevens, st.none() | sevens), max_size=8))
def test_what_is_written_is_read_within_half_a_millimetre(people: list[tuple[Any, Any, Any]]) -> None:
    room = Presence(8)
    for n, (head, left, right) in enumerate(people):
        room.pose(str(n), pose_of({"head": head, "left": left, "right": right}), 0)
    shown = room.shown(7)
    read = decode(encode(shown))
    assert (read.ids.tolist(), read.age_ms.tolist()) == (list(range(len(people))), [7] * len(people))
    np.testing.assert_allclose(read.parts[:, :, :3], shown.parts[:, :, :3], atol=0.000_51)
    np.testing.assert_allclose(read.parts[:, :, 3:], shown.parts[:, :, 3:], atol=0.000_02)


@pytest.mark.parametrize("name", GOLDEN)
def test_no_part_of_a_message_is_read_as_a_whole(name: str) -> None:
    data = bytes.fromhex(GOLDEN[name]["hex"])
    for end in range(len(data)):
        with pytest.raises(BadInput):
            decode(data[:end])
    with pytest.raises(BadInput, match="1 bytes follow"):
        decode(data + b"\0")


@pytest.mark.parametrize("head", [b"TF\1\0\0\0", b"TP\2\0\0\0", b"TP\1\1\0\0"])
def test_another_message_is_not_read(head: bytes) -> None:
    with pytest.raises(BadInput, match="not poses of version 1"):
        decode(head)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        shown = decode(b"TP\1\0" + data)
    except BadInput:
        return
    assert len(shown.ids) == int.from_bytes(data[:2], "little")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (None, "pose"),
        ([HERE], "pose"),
        ({}, "head"),
        ({"head": None}, "head"),
        ({"head": HERE[:6]}, "head"),
        ({"head": [*HERE, 0]}, "head"),
        ({"head": "0123456"}, "head"),
        ({"head": [math.nan, *HERE[1:]]}, "head"),
        ({"head": [math.inf, *HERE[1:]]}, "head"),
        ({"head": [10**400, *HERE[1:]]}, "head"),
        ({"head": [True, *HERE[1:]]}, "head"),
        ({"head": ["0.5", *HERE[1:]]}, "head"),
        ({"head": [32.1, *HERE[1:]]}, "head"),
        ({"head": [0, 0, 0, 0, 0, 0, 0]}, "head"),
        ({"head": [0, 0, 0, 9, 9, 9, 9]}, "head"),
        ({"head": HERE, "left": [1]}, "left"),
        ({"head": HERE, "right": {"x": 1}}, "right"),
        ({"head": HERE, "name": ""}, "name"),
        ({"head": HERE, "name": "   "}, "name"),
        ({"head": HERE, "name": "x" * 25}, "name"),
        ({"head": HERE, "name": "two\nlines"}, "name"),
        ({"head": HERE, "name": "turned \u202e round"}, "name"),
        ({"head": HERE, "name": 7}, "name"),
    ],
)
def test_a_pose_that_cannot_be_is_refused_by_field(body: object, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        pose_of(body)
    assert caught.value.field == field


def test_a_pose_is_taken_with_a_rotation_that_is_not_quite_one() -> None:
    pose: Pose = pose_of({"head": [0, 1, 2, 0, 0, 0, 0.9], "left": None, "name": "  Ada L.  "})
    assert pose.parts[HEAD].tolist() == [0, 1, 2, 0, 0, 0, 1]
    assert np.isnan(pose.parts[1:]).all()
    assert pose.name == "Ada L."


def test_an_introduction_is_a_name_or_a_farewell() -> None:
    assert introduction({}) == ("", False)
    assert introduction({"name": "Ada"}) == ("Ada", False)
    assert introduction({"leave": True}) == ("", True)
    for body, field in ((None, "present"), ({"leave": 1}, "leave"), ({"name": ""}, "name")):
        with pytest.raises(BadInput) as caught:
            introduction(body)
        assert caught.value.field == field
