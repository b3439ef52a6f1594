"""Who is in the room: seats, ids, names, how fast, and ghosts. In virtual time."""

from __future__ import annotations

import numpy as np
import pytest

from twin.core.errors import Unavailable
from twin.core.presence import BURST_MS, GAP_MS, GHOST_MS, HEAD, LEFT, RIGHT, Pose, Presence


def at(x: float, *hands: int, name: str = "") -> Pose:
    """A head at `x`, with some hands."""
    parts = np.full((3, 7), np.nan, np.float32)
    for part in (HEAD, *hands):
        parts[part] = [x, 1.6, 0, 0, 0, 0, 1]
    return Pose(parts, name)


def heads(room: Presence, now_ms: int) -> dict[int, float]:
    shown = room.shown(now_ms)
    return {int(i): float(parts[HEAD, 0]) for i, parts in zip(shown.ids, shown.parts, strict=True)}


def test_one_who_joins_is_named_at_once_and_seen_from_the_first_pose_on() -> None:
    room = Presence(4)
    first = room.join("a", "Ada")
    assert room.people() == ([first], ["Ada"])
    assert heads(room, 0) == {}
    assert room.tick(0)
    assert room.pose("a", at(1.5), 10)
    assert room.tick(10)
    assert heads(room, 10) == {first: 1.5}
    assert not room.tick(60), "nothing happened since"


def test_a_pose_joins_by_itself_under_its_name_and_a_later_name_replaces_it() -> None:
    room = Presence(4)
    room.pose("a", at(0, name="Ada"), 0)
    room.pose("b", at(0), 0)
    assert room.people() == ([0, 1], ["Ada", "guest 1"])
    version = room.version
    room.pose("a", at(0, name="Ada"), 100)
    assert room.version == version
    room.pose("a", at(0, name="Countess"), 200)
    room.pose("a", at(0), 300)
    assert (room.people()[1], room.version) == (["Countess", "guest 1"], version + 1)


def test_hands_come_and_go_with_the_poses() -> None:
    room = Presence(1)
    room.pose("a", at(0, LEFT, RIGHT), 0)
    assert not np.isnan(room.shown(0).parts).any()
    room.pose("a", at(0, RIGHT), 50)
    parts = room.shown(50).parts[0]
    assert np.isnan(parts).all(axis=1).tolist() == [False, True, False]


def test_whoever_leaves_is_gone_at_once_and_the_seat_is_free() -> None:
    room = Presence(1)
    room.pose("a", at(0, LEFT), 0)
    room.tick(0)
    assert room.leave("a")
    assert not room.leave("a")
    assert (room.tick(1), heads(room, 1), room.people(), len(room)) == (True, {}, ([], []), 0)
    second = room.join("b", "")
    assert (second, "b" in room, heads(room, 2)) == (1, True, {}), "the seat's former pose is not the newcomer's"


def test_a_full_room_says_so_in_words_and_forgets_nobody() -> None:
    room = Presence(2)
    for key in ("a", "b"):
        room.pose(key, at(0), 0)
    for enter in (lambda: room.join("c", ""), lambda: room.pose("c", at(0), 0)):
        with pytest.raises(Unavailable, match="2 people are here already") as caught:
            enter()
        assert (caught.value.code, caught.value.retry) == ("too_many_present", True)
    assert room.pose("a", at(1), 50), "who is in may move"


def test_a_head_that_nobody_wears_fades_and_comes_back_with_its_id() -> None:
    room = Presence(2)
    room.pose("a", at(1), 0)
    room.tick(0)
    assert not room.tick(GHOST_MS)
    assert heads(room, GHOST_MS) == {0: 1.0}
    assert room.tick(GHOST_MS + 1)
    assert heads(room, GHOST_MS + 1) == {}
    assert room.people() == ([0], ["guest 0"]), "still here, only not seen"
    room.pose("a", at(2), GHOST_MS + 100)
    assert heads(room, GHOST_MS + 100) == {0: 2.0}


@pytest.mark.parametrize(("every_ms", "share"), [(50, 1.0), (100, 1.0), (25, 0.5), (10, 0.2), (1, 0.02)])
def test_twenty_poses_a_second_are_taken_and_the_rest_is_dropped(every_ms: int, share: float) -> None:
    room = Presence(1)
    count = 10_000 // every_ms
    taken = sum(room.pose("a", at(0), n * every_ms) for n in range(count))
    assert abs(taken - share * count) <= 1 + BURST_MS / GAP_MS
    assert room.dropped == count - taken


def test_poses_that_a_network_held_back_and_delivers_at_once_are_taken() -> None:
    room = Presence(1)
    times = [n * 50 if n % 3 == 2 else (n // 3 * 3 + 2) * 50 for n in range(60)]  # three at a time
    assert all(room.pose("a", at(0), now) for now in times)


def test_one_who_is_too_fast_takes_nothing_from_the_others() -> None:
    room = Presence(2)
    for now in range(1000):
        room.pose("flood", at(0), now)
    assert room.pose("calm", at(3), 1000)
    assert heads(room, 1000)[1] == 3.0


def test_ages_are_those_of_the_poses() -> None:
    room = Presence(3)
    room.pose("a", at(0), 100)
    room.pose("b", at(0), 140)
    assert room.shown(150).age_ms.tolist() == [50, 10]


def test_ids_are_not_used_again_soon_and_never_twice_at_once() -> None:
    room = Presence(2)
    stays = room.join("stays", "")
    seen = []
    for _ in range(70_000):
        seen.append(room.join("guest", ""))
        room.leave("guest")
    assert stays not in seen
    assert seen[:3] == [1, 2, 3]
    assert len(set(seen[:65_535])) == 65_535


def test_the_order_of_coming_does_not_change_the_order_of_ids() -> None:
    room = Presence(3)
    for key in "abc":
        room.pose(key, at(0), 0)
    room.leave("a")
    room.pose("d", at(9), 0)
    assert list(heads(room, 0).items()) == [(1, 0.0), (2, 0.0), (3, 9.0)]
    assert room.people()[0] == [1, 2, 3]
