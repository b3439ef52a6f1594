"""`seek` on /twin: into the past, through it, together, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from telemetry.store.base import StoreUnavailable
from tests.build import field_report, mac_of
from tests.twin.conftest import OPERATOR, Start, url_of
from tests.twin.edge.viewer import Viewer
from tests.wait import until
from twin.edge import player
from twin.service import Service
from twin.wire.frame import Column, Kind


@pytest.fixture(autouse=True)
def _recorded_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a second is soon enough for people, not for tests."""
    monkeypatch.setattr("twin.edge.recording.RECORD_S", 0.05)


async def lived(service: Service, reports: int = 6) -> list[int]:
    """One node reports CPU 1, 2, 3 ...; the times at which each had been shown. All of it is recorded."""
    times = []
    for n in range(1, reports + 1):
        before = frame_of_values(service)
        await service.ingest.land(field_report(0, CPU=n, sampledAt=1000 * n))
        await until(lambda: before < frame_of_values(service) <= service.live.seq)  # noqa: B023  # awaited here
        times.append(service.recorder.watched_ms)
    await until(lambda: service.recorded_ms >= times[-1], "it is recorded")
    return times


def frame_of_values(service: Service) -> int:
    """The frame in which the first row's values changed last; a change of its status alone does not count."""
    return int(service.live.changes.values[0])


def cpu(viewer: Viewer) -> Any:
    """The first row's CPU in whole percent."""
    viewer.check()
    values = viewer.picture.rows.get(0)
    return None if values is None else values[Column.CPU] / 2


def last(viewer: Viewer, name: str) -> Any:
    viewer.check()
    found = viewer.named(name)
    return found[-1] if found else None


def state_is(viewer: Viewer, state: str) -> Callable[[], bool]:
    return lambda: (last(viewer, "playhead") or {}).get("state") == state


def shows(viewer: Viewer, value: float, kind: Kind = Kind.REPLAY) -> Callable[[], bool]:
    return lambda: bool(viewer.frames) and viewer.frames[-1].kind is kind and cpu(viewer) == value


async def test_seek_shows_the_past_in_an_epoch_of_its_own_and_live_again(service: Service) -> None:
    times = await lived(service)
    async with Viewer(url_of(service)) as viewer:
        await viewer.first_frame()
        live_epoch = viewer.hello["epoch"]
        assert await viewer.call("seek", {"at_ms": times[2]}) == {"ok": True, "at_ms": times[2]}
        await until(shows(viewer, 3), "the third report")
        assert viewer.hello["epoch"] >= player.FIRST_EPOCH
        said = last(viewer, "playhead")
        assert (said["at_ms"], said["speed"], said["state"], said["mine"]) == (times[2], 0, "paused", True)
        assert said["first_ms"] <= times[0]
        assert said["last_ms"] >= times[-1]
        assert viewer.frames[-1].time_ms == times[2], "a replay's frames are of its own time"
        await viewer.call("seek", {"at_ms": times[0]})
        await until(shows(viewer, 1), "the first report")
        assert await viewer.call("seek", {"live": True}) == {"ok": True}
        await until(shows(viewer, 6, Kind.DELTA), "the present, and it goes on")
        assert viewer.hello["epoch"] == live_epoch
        assert last(viewer, "playhead")["state"] == "live"
        assert service.player.playheads == 0
        await viewer.agrees(service.live)


async def test_a_seek_within_an_epoch_sends_neither_hello_nor_roster_again(service: Service) -> None:
    times = await lived(service)
    async with Viewer(url_of(service)) as viewer:
        await viewer.call("seek", {"at_ms": times[2]})
        await until(shows(viewer, 3))
        viewer.events.clear()
        await viewer.call("seek", {"at_ms": times[4]})
        await until(shows(viewer, 5))
        assert {"hello", "roster"}.isdisjoint(viewer.order)


async def test_a_playhead_plays_everything_in_order_and_ends_in_the_present(service: Service) -> None:
    times = await lived(service, 12)
    async with Viewer(url_of(service)) as viewer:
        seen: list[float] = []
        await viewer.call("seek", {"at_ms": times[0], "speed": 0.5})

        def through() -> bool:
            if cpu(viewer) is not None and viewer.frames[-1].kind is Kind.REPLAY and cpu(viewer) not in seen:
                seen.append(cpu(viewer))
            return cpu(viewer) == 12 and bool(seen)

        await until(through, "the last report")
        assert seen == sorted(seen)
        assert len(seen) >= 8, "hardly any report was left out on the way"
        await viewer.call("seek", {"speed": 100})
        await until(state_is(viewer, "live"), "the present")
        await until(shows(viewer, 12, Kind.DELTA))


@pytest.mark.parametrize("speed", [60, 600, 3600])
async def test_fast_playheads_arrive_at_the_present_too(service: Service, speed: int) -> None:
    times = await lived(service, 3)
    async with Viewer(url_of(service)) as viewer:
        await viewer.call("seek", {"at_ms": times[0], "speed": speed})
        await until(state_is(viewer, "live"), "the present", timeout_s=10)
        await until(shows(viewer, 3, Kind.DELTA))


async def test_speed_alone_keeps_the_place_and_needs_one(service: Service) -> None:
    times = await lived(service)
    async with Viewer(url_of(service)) as viewer:
        answer = await viewer.call("seek", {"speed": 10})
        assert answer["error"]["code"] == "no_time"
        await viewer.call("seek", {"at_ms": times[1]})
        await until(shows(viewer, 2))
        assert (await viewer.call("seek", {"speed": 0.01}))["ok"]
        await until(state_is(viewer, "playing"))
        assert times[1] <= last(viewer, "playhead")["at_ms"] < times[2]
        assert (await viewer.call("seek", {"speed": 0}))["ok"]
        await until(state_is(viewer, "paused"))


async def test_before_the_beginning_is_the_beginning_and_the_future_is_live(service: Service) -> None:
    times = await lived(service, 2)
    async with Viewer(url_of(service)) as viewer:
        answer = await viewer.call("seek", {"at_ms": 5})
        assert 5 < answer["at_ms"] <= times[0]
        await until(state_is(viewer, "paused"))
        assert await viewer.call("seek", {"at_ms": service.clock.now_ms() + 10_000}) == {"ok": True}
        await until(state_is(viewer, "live"))


async def test_a_shared_playhead_shows_all_the_same_and_is_moved_by_its_maker_or_an_operator(service: Service) -> None:
    times = await lived(service)
    url = url_of(service)
    async with Viewer(url) as maker, Viewer(url) as guest, Viewer(url, auth={"token": OPERATOR}) as operator:
        await maker.call("seek", {"at_ms": times[1], "share": "tour"})
        for each in (guest, operator):
            assert (await each.call("seek", {"share": "tour"})) == {"ok": True, "at_ms": times[1]}
        for each in (maker, guest, operator):
            await until(shows(each, 2))
        assert service.player.playheads == 1
        await until(lambda: last(guest, "playhead")["viewers"] == 3)
        assert (last(guest, "playhead")["mine"], last(maker, "playhead")["mine"]) == (False, True)
        answer = await guest.call("seek", {"share": "tour", "at_ms": times[3]})
        assert answer["error"]["code"] == "forbidden"
        assert (await operator.call("seek", {"share": "tour", "at_ms": times[4]}))["ok"]
        for each in (maker, guest, operator):
            await until(shows(each, 5))
        assert (await guest.call("seek", {"at_ms": times[0]}))["ok"], "one's own is always possible"
        await until(shows(guest, 1))
        assert (cpu(maker), service.player.playheads) == (5, 2)
    await until(lambda: service.player.playheads == 0, "nobody watches any more")


async def test_a_share_that_is_made_without_a_time_begins_where_its_maker_is(service: Service) -> None:
    times = await lived(service)
    async with Viewer(url_of(service)) as viewer:
        assert (await viewer.call("seek", {"share": "tour"}))["error"]["code"] == "no_time"
        await viewer.call("seek", {"at_ms": times[1]})
        assert (await viewer.call("seek", {"share": "tour"})) == {"ok": True, "at_ms": times[1]}
        await until(shows(viewer, 2))
        await until(lambda: last(viewer, "playhead")["share"] == "tour")


async def test_a_share_that_is_made_while_playing_plays_on(service: Service) -> None:
    times = await lived(service)
    async with Viewer(url_of(service)) as viewer:
        await viewer.call("seek", {"at_ms": times[1], "speed": 0.001})
        await viewer.call("seek", {"share": "tour"})
        await until(lambda: last(viewer, "playhead")["share"] == "tour")
        assert last(viewer, "playhead")["speed"] == 0.001


async def test_an_operator_in_the_past_who_joins_a_share_moves_it_for_nobody(service: Service) -> None:
    times = await lived(service)
    url = url_of(service)
    async with Viewer(url) as maker, Viewer(url, auth={"token": OPERATOR}) as operator:
        await maker.call("seek", {"at_ms": times[1], "share": "tour"})
        await operator.call("seek", {"at_ms": times[3]})
        assert (await operator.call("seek", {"share": "tour"})) == {"ok": True, "at_ms": times[1]}
        await until(shows(operator, 2))
        assert last(maker, "playhead")["at_ms"] == times[1]


async def test_who_joins_a_share_that_its_maker_left_may_move_it(service: Service) -> None:
    times = await lived(service)
    async with Viewer(url_of(service)) as guest:
        async with Viewer(url_of(service)) as maker:
            await maker.call("seek", {"at_ms": times[1], "share": "tour"})
            await guest.call("seek", {"share": "tour"})
        await until(lambda: service.player.viewers == 1)
        assert (await guest.call("seek", {"share": "tour", "at_ms": times[2]}))["ok"]


async def test_too_many_replays_are_refused_and_a_share_still_has_room(start: Start) -> None:
    service = await start(max_replays=1)
    times = await lived(service, 2)
    async with Viewer(url_of(service)) as one, Viewer(url_of(service)) as two:
        await one.call("seek", {"at_ms": times[0], "share": "tour"})
        answer = await two.call("seek", {"at_ms": times[0]})
        assert (answer["error"]["code"], answer["error"]["retry"]) == ("too_many_replays", True)
        assert (await two.call("seek", {"share": "tour"}))["ok"]


async def test_without_a_history_the_viewer_is_told_and_stays_live(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Viewer(url_of(service)) as viewer:
        await viewer.first_frame()
        answer = await viewer.call("seek", {"at_ms": 1000})
        assert (answer["error"]["code"], answer["error"]["retry"]) == ("no_history", True)
        times = await lived(service, 2)

        async def away(at_ms: int) -> None:
            raise StoreUnavailable("the database is away")

        await until(lambda: service.archive.is_open)
        monkeypatch.setattr(service.archive.store, "fleet", away)
        await until(lambda: service.player.playheads == 0)
        monkeypatch.setattr("twin.edge.archive.EXTENT_S", 0)
        answer = await viewer.call("seek", {"at_ms": times[0]})
        assert (answer["error"]["code"], answer["error"]["message"]) == ("no_history", "the database is away")
        await until(shows(viewer, 2, Kind.DELTA))
        assert service.player.playheads == 0


async def test_of_many_seeks_at_once_the_last_one_counts(service: Service) -> None:
    times = await lived(service)
    async with Viewer(url_of(service)) as viewer:
        await viewer.first_frame()
        for number in range(40):
            await viewer.send(f"2/twin,{1000 + number}" + f'["seek",{{"at_ms":{times[number % 6]}}}]')
        await viewer.call("seek", {"at_ms": times[4]})
        await until(shows(viewer, 5))
        await until(lambda: service.player.playheads == 1)
        for number in range(3):
            await viewer.send(f"2/twin,{2000 + number}" + f'["seek",{{"at_ms":{times[number]}}}]')
        await viewer.call("seek", {"live": True})
        await until(shows(viewer, 6, Kind.DELTA), "the present was asked for last")
        assert service.player.playheads == 0


@pytest.mark.parametrize(
    ("ask", "field"),
    [
        ({"at_ms": -1}, "at_ms"),
        ({"at_ms": "now"}, "at_ms"),
        ({"at_ms": 1, "speed": -1}, "speed"),
        ({"at_ms": 1, "speed": 1e9}, "speed"),
        ({"at_ms": 1, "share": ""}, "share"),
        ({"live": "yes"}, "live"),
        ("soon", "seek"),
    ],
)
async def test_a_seek_that_cannot_be_understood_names_what_is_wrong(service: Service, ask: object, field: str) -> None:
    async with Viewer(url_of(service)) as viewer:
        answer = await viewer.call("seek", ask)
        assert (answer["error"]["code"], answer["error"]["field"]) == ("bad_input", field)


async def test_details_of_a_watched_node_are_those_of_the_time(service: Service) -> None:
    times = await lived(service)
    async with Viewer(url_of(service)) as viewer:
        await viewer.call("watch", {"ids": [mac_of(0)]})
        await viewer.call("seek", {"at_ms": times[1]})

        def detailed() -> bool:
            node = last(viewer, "node")
            return bool(node and node["report"] and node["report"]["CPU"] == "2.0")

        await until(detailed, "the second report in full")
        node = last(viewer, "node")
        assert (node["report"]["MemoryTotal"], node["status"], node["mac"]) == (877.6, "online", mac_of(0))
        assert node["report"]["processes"][0][0]["name"] == "systemd"
