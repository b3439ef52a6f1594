"""The room over real connections, and its manners towards slow lines over fake ones."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.twin.conftest import Start, url_of
from tests.twin.edge.test_player import lived
from tests.twin.edge.viewer import Viewer
from tests.twin.wire.pipes import FakePipe
from tests.wait import until
from twin.edge.clock import Clock
from twin.edge.ops_api import of_room
from twin.edge.presence import Room
from twin.service import Service
from twin.wire.presence import decode

TURN = [0, 0, 0, 1]


def here(x: float, **more: Any) -> dict[str, Any]:
    return {"head": [x, 1.6, 0, *TURN], **more}


async def pose(viewer: Viewer, body: dict[str, Any]) -> None:
    """As a headset does: without waiting for an answer."""
    await viewer.send(f"2/twin,{json.dumps(['pose', body])}")


def seen(viewer: Viewer) -> dict[int, float]:
    """id -> x of the last message."""
    messages = viewer.named("poses")
    if not messages:
        return {}
    shown = decode(messages[-1])
    return {int(i): round(float(parts[0, 0]), 3) for i, parts in zip(shown.ids, shown.parts, strict=True)}


def names(viewer: Viewer) -> list[str]:
    told = viewer.named("people")
    return told[-1]["name"] if told else []


async def test_two_viewers_see_each_other_move_and_one_another_leave(service: Service) -> None:
    async with Viewer(url_of(service)) as ada, Viewer(url_of(service)) as outsider:
        assert await ada.call("present", {"name": "Ada"}) == {"ok": True, "id": 0}
        async with Viewer(url_of(service)) as bob:
            await pose(bob, here(1.25, name="Bob", right=[0.3, 1, -0.5, *TURN]))
            await pose(ada, here(-2))
            for each in (ada, bob):
                await until(lambda each=each: seen(each) == {0: -2.0, 1: 1.25})
                assert names(each) == ["Ada", "Bob"]
            assert each.order.index("people") < each.order.index("poses"), "names are known before heads are seen"
            await pose(ada, here(-1))
            await until(lambda: seen(bob)[0] == -1.0)
        await until(lambda: (seen(ada), names(ada)) == ({0: -1.0}, ["Ada"]))
        assert await ada.call("present", {"leave": True}) == {"ok": True}
        await until(lambda: len(service.room.presence) == 0)
        assert [name for name in outsider.order if name in ("people", "poses")] == [], "only for those who joined"


async def test_one_who_watches_the_past_stands_in_the_same_room(service: Service) -> None:
    async with Viewer(url_of(service)) as live, Viewer(url_of(service)) as past:
        assert (await live.call("present", {"name": "live"}))["ok"]
        await live.first_frame()
        times = await lived(service)
        answer = await past.call("seek", {"at_ms": times[0], "speed": 0})
        assert answer["ok"], answer
        await pose(past, here(3, name="past"))
        await pose(live, here(4))
        for each in (live, past):
            await until(lambda each=each: seen(each) == {0: 4.0, 1: 3.0})


async def test_a_full_room_and_a_wrong_pose_are_answered_in_words(start: Start) -> None:
    service = await start(max_present=1)
    async with Viewer(url_of(service)) as first, Viewer(url_of(service)) as second:
        await first.call("present", {})
        for event, body in (("present", {}), ("pose", here(0))):
            answer = await second.call(event, body)
            assert (answer["ok"], answer["error"]["code"]) == (False, "too_many_present")
            assert "TWIN_MAX_PRESENT" in answer["error"]["message"]
        answer = await first.call("pose", here(99))
        assert (answer["error"]["code"], answer["error"]["field"]) == ("out_of_range", "head")
        assert (await first.call("watch", {"ids": []})) == {"ok": True}, "nobody is shown out for it"


# Over fake lines, by hand.


class Fixture:
    """A room whose ticks a test makes."""

    def __init__(self) -> None:
        self.room = Room(4, Clock(), soft_bytes=1000)
        self.pipes = {name: FakePipe() for name in "abc"}
        for name, pipe in self.pipes.items():
            self.room.pose(name, pipe, here(ord(name) - ord("a")))
        self.now_ms = Clock().now_ms()

    def tick(self) -> dict[str, int]:
        """Messages that each got."""
        before = {name: len(pipe.sent) for name, pipe in self.pipes.items()}
        self.now_ms += 50
        self.room.tick(self.now_ms)
        return {name: len(pipe.sent) - before[name] for name, pipe in self.pipes.items()}


def test_nothing_is_sent_while_nobody_moves() -> None:
    fixture = Fixture()
    assert fixture.tick() == {"a": 2, "b": 2, "c": 2}, "people and poses"
    assert fixture.tick() == {"a": 0, "b": 0, "c": 0}


def test_everybody_gets_the_same_bytes() -> None:
    fixture = Fixture()
    fixture.tick()
    assert len({id(pipe.sent[-1]) for pipe in fixture.pipes.values()}) == 1, "made once a tick"


@pytest.mark.parametrize("how", ["busy", "backlog"])
def test_a_full_line_is_left_alone_and_told_all_when_it_is_free(how: str) -> None:
    fixture = Fixture()
    slow = fixture.pipes["b"]
    slow.jam, slow.is_busy = (2000, False) if how == "backlog" else (0, True)
    assert fixture.tick() == {"a": 2, "b": 0, "c": 2}
    slow.jam, slow.is_busy = 0, False
    assert fixture.tick() == {"a": 0, "b": 2, "c": 0}, "although nothing has changed since"
    assert fixture.tick() == {"a": 0, "b": 0, "c": 0}


def test_ghosts_fade_for_everybody_within_five_seconds() -> None:
    fixture = Fixture()
    fixture.tick()
    fixture.now_ms += 5000
    assert fixture.tick() == {"a": 1, "b": 1, "c": 1}
    attachment = fixture.pipes["a"].sent[-1].attachment
    assert attachment is not None
    assert decode(attachment).ids.size == 0


async def test_an_empty_room_sleeps_and_wakes_for_whoever_comes() -> None:
    room, pipe = Room(4, Clock(), soft_bytes=1000), FakePipe()
    task = asyncio.create_task(room.run())
    try:
        await asyncio.sleep(0)
        room.pose("a", pipe, here(0))
        await until(lambda: len(pipe.sent) == 2)
        room.leave("a")
        room.pose("a", pipe, here(0))
        await until(lambda: len(pipe.sent) == 4)
    finally:
        task.cancel()


def figures(room: Room) -> dict[tuple[str, ...], float]:
    return {(one.name, *one.labels.values()): one.value for metric in of_room(room) for one in metric.samples}


def test_the_figures_count_who_is_shown_and_what_became_of_poses() -> None:
    fixture = Fixture()
    fixture.pipes["b"].jam = 2000
    fixture.tick()
    told = figures(fixture.room)
    assert (told["twin_present", "yes"], told["twin_present", "no"]) == (3, 0)
    assert (told["twin_poses_total", "taken"], told["twin_poses_total", "dropped"]) == (3, 0)
    assert (told["twin_poses_sent_total",], told["twin_poses_conflated_total",]) == (2, 1)
    for _ in range(10):
        fixture.room.pose("a", fixture.pipes["a"], here(0))
    told = figures(fixture.room)
    assert told["twin_poses_total", "taken"] + told["twin_poses_total", "dropped"] == 13
    assert told["twin_poses_total", "dropped"] > 5
    fixture.pipes["b"].jam = 0
    fixture.now_ms += 6000
    fixture.tick()
    told = figures(fixture.room)
    assert (told["twin_present", "yes"], told["twin_present", "no"], told["twin_present_faded_total",]) == (0, 3, 3)
