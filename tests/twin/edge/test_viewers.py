"""Namespace /twin over every transport: what comes in which order, resume, watch, interest, and how to be shown out."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
import socketio

from telemetry.report import parse
from tests.build import field_report, mac_of
from tests.twin.conftest import OPERATOR, Start, make_service, url_of
from tests.twin.edge.viewer import Picture, Viewer
from tests.wait import until
from twin import __version__
from twin.service import Service
from twin.wire.frame import Column, Kind, decode

TRANSPORTS = ["websocket", "polling", "upgrade"]


def feed(service: Service, n: int, **keys: object) -> None:
    """A report straight into the live state: these tests are about what comes out."""
    service.live.report(parse(field_report(n, **keys)), service.clock.now_ms())


@pytest.mark.parametrize("how", TRANSPORTS)
async def test_a_viewer_gets_hello_roster_snapshot_then_deltas(service: Service, how: str) -> None:
    for n in range(100):
        feed(service, n)
    async with Viewer(url_of(service), how=how) as viewer:
        first = await viewer.first_frame()
        assert viewer.order[:3] == ["hello", "roster", "frame"]
        assert (first.kind, first.base, first.rows.tolist()) == (Kind.SNAPSHOT, 0, list(range(100)))
        hello, roster = viewer.hello, viewer.named("roster")[0]
        assert (hello["protocol"], hello["server"], hello["tick_ms"]) == (1, __version__, 20)
        assert (hello["epoch"], hello["model"]["hash"]) == (service.live.epoch, service.greeter.layout_hash)
        assert (roster["base"], roster["row"], roster["id"][41]) == (0, list(range(100)), "172.20.80.201-42")
        assert roster["slot"][0] >= 0
        feed(service, 5, CPU="88.5")
        await until(lambda: any(5 in frame.rows for frame in viewer.frames[1:]))
        delta = next(frame for frame in viewer.frames[1:] if 5 in frame.rows)
        assert (delta.kind, delta.rows.tolist()) == (Kind.DELTA, [5])
        assert delta.metrics[Column.CPU].tolist() == [88.5]
        assert delta.light_rgb is None, "what nobody changed is left out"
        await viewer.agrees(service.live)


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], None], ids=TRANSPORTS)
async def test_pythons_stock_client_is_served(service: Service, transports: list[str] | None) -> None:
    feed(service, 0)
    heard: list[tuple[str, Any]] = []
    client = socketio.AsyncClient(reconnection=False)

    @client.on("*", namespace="/twin")
    async def note(event: str, *args: Any) -> None:
        heard.append((event, args[0]))

    await client.connect(url_of(service), namespaces=["/twin"], transports=transports)
    try:
        await until(lambda: len(heard) >= 3)
        assert [event for event, _ in heard[:3]] == ["hello", "roster", "frame"]
        assert (await client.call("watch", {"ids": ["172.20.80.201-1"]}, namespace="/twin", timeout=4)) == {"ok": True}
        await until(lambda: "node" in [event for event, _ in heard])
        feed(service, 0, CPU=61)
        await until(lambda: {"CPU": "61.0"}.items() <= heard_node(heard)["report"].items())
        picture = Picture()
        for event, payload in heard:
            if event == "frame":
                picture.apply(decode(payload))
        assert picture.differences(service.live) == []
    finally:
        # A polling client that says goodbye waits for its last poll, which is a ping away.
        await client.eio.disconnect(abort=client.transport() == "polling")


def heard_node(heard: list[tuple[str, Any]]) -> Any:
    return [payload for event, payload in heard if event == "node"][-1]


async def test_a_quiet_cluster_still_sends_a_frame_a_second(service: Service) -> None:
    feed(service, 0)
    async with Viewer(url_of(service)) as viewer:
        await until(lambda: len(viewer.frames) >= 3)
        quiet = viewer.frames[-1]
        assert (quiet.kind, quiet.rows.size) == (Kind.DELTA, 0)
        assert 900 <= quiet.time_ms - viewer.frames[-2].time_ms <= 1500


async def test_a_node_that_appears_later_is_in_the_roster_before_it_is_in_a_frame(service: Service) -> None:
    async with Viewer(url_of(service)) as viewer:
        await viewer.first_frame()
        feed(service, 0, switch_ip=-1)
        await until(lambda: len(viewer.named("roster")) == 2)
        grown = viewer.named("roster")[1]
        assert (grown["row"], grown["id"], grown["slot"]) == ([0], [mac_of(0)], [-1]), "in the holding area"
        known: set[int] = set()
        for name, payload in viewer.events:
            if name == "roster":
                known |= set(payload["row"])
            elif name == "frame":
                assert set(decode(payload).rows.tolist()) <= known
        await viewer.agrees(service.live)


# Resume.


async def test_a_viewer_that_comes_back_in_time_gets_one_delta(service: Service) -> None:
    for n in range(30):
        feed(service, n)
    async with Viewer(url_of(service)) as viewer:
        await viewer.agrees(service.live)
        picture, version = viewer.picture, viewer.named("roster")[-1]["version"]
    for cpu in (10, 20, 30):
        feed(service, 7, CPU=cpu)
        await until(lambda seq=service.live.seq: service.live.seq > seq)
    async with Viewer(url_of(service)) as again:
        again.picture = picture  # as the page keeps its state
        answer = await again.call("resume", {"epoch": picture.epoch, "seq": picture.seq, "roster": version})
        assert answer == {"ok": True, "mode": "delta"}
        first = await again.first_frame()
        if first.kind is Kind.DELTA:  # else its snapshot had left before the request came
            assert (first.rows.tolist(), first.metrics[Column.CPU].tolist()) == ([7], [30.0])
        await again.agrees(service.live)


@pytest.mark.parametrize(
    "changes",
    [{"epoch": 1}, {"seq": 0}, {"seq": 2**40}, {"epoch": 2**40}],
    ids=["old epoch", "none", "future", "future epoch"],
)
async def test_a_viewer_with_nothing_useful_gets_a_snapshot(service: Service, changes: dict[str, int]) -> None:
    feed(service, 0)
    async with Viewer(url_of(service)) as viewer:
        await viewer.first_frame()
        has = {"epoch": service.live.epoch, "seq": service.live.seq, **changes}
        assert await viewer.call("resume", has) == {"ok": True, "mode": "snapshot"}
        await until(lambda: [frame.kind for frame in viewer.frames].count(Kind.SNAPSHOT) == 2)
        await viewer.agrees(service.live)


async def test_a_viewer_that_missed_more_than_the_horizon_gets_a_snapshot(start: Start) -> None:
    service = await start(resume_frames=5)
    feed(service, 0)
    async with Viewer(url_of(service)) as viewer:
        await viewer.first_frame()
        have = service.live.seq
        for cpu in range(8):
            feed(service, 0, CPU=cpu)
            await until(lambda seq=service.live.seq: service.live.seq > seq)
        answer = await viewer.call("resume", {"epoch": service.live.epoch, "seq": have})
        assert answer["mode"] == "snapshot"
        await viewer.agrees(service.live)


async def test_after_a_restart_there_is_a_new_epoch_and_nothing_old_is_fresh(start: Start, data_dir: Any) -> None:
    first = make_service(data_dir)
    async with first.running(), aiohttp.ClientSession() as http:
        url = f"{url_of(first)}/api/cluster?token={OPERATOR}"
        for n in range(3):
            async with http.post(url, json=field_report(n, CPU=70 + n)) as answer:
                assert answer.status == 200
        seq = first.live.seq
    second = await start()
    async with Viewer(url_of(second)) as viewer:
        answer = await viewer.call("resume", {"epoch": first.live.epoch, "seq": seq})
        assert answer == {"ok": True, "mode": "snapshot"}
        await viewer.first_frame()
        assert viewer.hello["epoch"] > first.live.epoch
        await viewer.agrees(second.live)
        assert [values[Column.CPU] for values in viewer.picture.rows.values()] == [140, 142, 144], "last known values"
        assert {values[Column.STATUS] for values in viewer.picture.rows.values()} <= {0, 3}, "unknown or lost"
        assert all(values[Column.AGE] is not None for values in viewer.picture.rows.values()), "with their age"


async def test_forgetting_begins_a_new_epoch_with_hello_roster_snapshot(service: Service) -> None:
    for n in range(3):
        feed(service, n)
    async with Viewer(url_of(service)) as viewer:
        await viewer.agrees(service.live)
        before, first_epoch = len(viewer.events), service.live.epoch
        await service.forget()
        feed(service, 9)
        await until(lambda: viewer.picture.epoch == first_epoch + 1)
        after = viewer.order[viewer.order.index("hello", before) :]
        assert after[:3] == ["hello", "roster", "frame"]
        roster = viewer.named("roster")[-1]
        assert (roster["epoch"], roster["base"]) == (first_epoch + 1, 0)
        await viewer.agrees(service.live)


# Watch.


@pytest.mark.parametrize("how", TRANSPORTS)
async def test_a_watched_node_is_sent_at_once_and_at_each_report(service: Service, how: str) -> None:
    feed(service, 0, fan=4100)
    feed(service, 1)
    async with Viewer(url_of(service), how=how) as viewer:
        await viewer.first_frame()
        assert await viewer.call("watch", {"ids": ["172.20.80.201-1", "nobody"]}) == {"ok": True}
        await until(lambda: viewer.named("node"))
        detail = viewer.named("node")[0]
        assert (detail["id"], detail["row"], detail["mac"], detail["status"]) == (
            "172.20.80.201-1",
            0,
            mac_of(0),
            "online",
        )
        assert (detail["report"]["CPU"], detail["report"]["fan"]) == ("9.7", 4100)
        feed(service, 1)
        feed(service, 0, CPU=33)
        await until(lambda: len(viewer.named("node")) == 2)
        assert viewer.named("node")[1]["report"]["CPU"] == "33.0"
        await viewer.call("watch", {"ids": []})
        feed(service, 0, CPU=34)
        await viewer.agrees(service.live)
        assert len(viewer.named("node")) == 2, "watched no more"


async def test_a_node_may_be_watched_by_mac_and_before_it_exists(service: Service) -> None:
    async with Viewer(url_of(service)) as viewer:
        await viewer.call("watch", {"ids": [mac_of(5)]})
        feed(service, 5)
        await until(lambda: viewer.named("node"))
        assert viewer.named("node")[0]["mac"] == mac_of(5)


# Interest.


async def test_an_interest_in_fields_gets_those_and_always_status_and_age(service: Service) -> None:
    feed(service, 0)
    async with Viewer(url_of(service)) as viewer:
        await viewer.first_frame()
        assert await viewer.call("interest", {"fields": ["cpu"], "ids": None, "max_hz": None}) == {"ok": True}
        snapshots = await until(lambda: [f for f in viewer.frames if f.kind is Kind.SNAPSHOT][1:], "a second snapshot")
        chosen = snapshots[0]
        assert set(chosen.metrics) == {Column.CPU}
        assert chosen.status is not None
        assert chosen.age_ms is not None
        assert chosen.light_rgb is None


async def test_an_interest_in_nodes_gets_only_those_also_one_that_appears_later(service: Service) -> None:
    for n in range(5):
        feed(service, n)
    async with Viewer(url_of(service)) as viewer:
        await viewer.first_frame()
        await viewer.call("interest", {"ids": ["172.20.80.201-2", "172.20.80.201-9", "no such"]})
        await until(lambda: viewer.frames[-1].rows.tolist() == [1] and viewer.frames[-1].kind is Kind.SNAPSHOT)
        seen = len(viewer.frames)
        for n in (0, 1, 8):
            feed(service, n, CPU=90)
        await until(lambda: {1, 5} <= rows_of(viewer, seen))
        assert rows_of(viewer, seen) == {1, 5}


def rows_of(viewer: Viewer, since: int) -> set[int]:
    return {row for frame in viewer.frames[since:] for row in frame.rows.tolist()}


async def test_an_interest_in_fewer_frames_merges_what_lies_between(service: Service) -> None:
    feed(service, 0)
    async with Viewer(url_of(service)) as viewer:
        await viewer.first_frame()
        await viewer.call("interest", {"max_hz": 5})
        await until(lambda: [frame.kind for frame in viewer.frames].count(Kind.SNAPSHOT) == 2)
        start = len(viewer.frames)
        loop = asyncio.get_running_loop()
        began = loop.time()
        n = 0

        def fed() -> bool:
            nonlocal n
            n += 1
            feed(service, n % 40, CPU=n % 100)
            return len(viewer.frames) >= start + 5

        await until(fed)
        took = loop.time() - began
        assert took >= 0.75, "five frames at 5 Hz"
        assert all(frame.base > 0 for frame in viewer.frames[start:])
        await viewer.agrees(service.live)


async def test_an_interest_is_taken_back_with_nulls(service: Service) -> None:
    for n in range(5):
        feed(service, n)
    async with Viewer(url_of(service)) as viewer:
        await viewer.call("interest", {"fields": ["disk"], "ids": ["172.20.80.201-2"], "max_hz": 0.01})
        await viewer.first_frame()
        await viewer.call("interest", {"fields": None, "ids": None, "max_hz": None})
        await viewer.agrees(service.live)


# What is refused.


@pytest.mark.parametrize(
    ("event", "body", "field"),
    [
        ("resume", None, "resume"),
        ("resume", [1, 2], "resume"),
        ("resume", {"epoch": "x", "seq": 1}, "epoch"),
        ("resume", {"epoch": 1, "seq": -1}, "seq"),
        ("resume", {"epoch": 1, "seq": 1.5}, "seq"),
        ("resume", {"epoch": True, "seq": 1}, "epoch"),
        ("resume", {"epoch": 1, "seq": 2**60}, "seq"),
        ("watch", None, "watch"),
        ("watch", {}, "ids"),
        ("watch", {"ids": "all"}, "ids"),
        ("watch", {"ids": [1]}, "ids"),
        ("watch", {"ids": ["x"] * 33}, "ids"),
        ("watch", {"ids": ["x" * 65]}, "ids"),
        ("interest", {"fields": ["cpu", "weather"]}, "fields"),
        ("interest", {"fields": "cpu"}, "fields"),
        ("interest", {"ids": ["x"] * 4097}, "ids"),
        ("interest", {"max_hz": 0}, "max_hz"),
        ("interest", {"max_hz": -1}, "max_hz"),
        ("interest", {"max_hz": True}, "max_hz"),
        ("interest", {"max_hz": 1000}, "max_hz"),
        ("interest", 5, "interest"),
    ],
)
async def test_a_bad_request_is_answered_with_code_and_field(
    service: Service, event: str, body: object, field: str
) -> None:
    feed(service, 0)
    async with Viewer(url_of(service)) as viewer:
        answer = await viewer.call(event, body)
        error = answer["error"]
        assert (answer["ok"], error["code"], error["field"], error["retry"]) == (False, "bad_input", field, False)
        await viewer.agrees(service.live)


async def test_an_unknown_request_is_answered_too(service: Service) -> None:
    async with Viewer(url_of(service)) as viewer:
        answer = await viewer.call("teleport", {"to": "mars"})
        assert (answer["ok"], answer["error"]["code"]) == (False, "unknown_event")


async def test_a_full_house_is_refused_by_name_and_a_place_that_gets_free_is_given(start: Start) -> None:
    service = await start(max_viewers=2)
    async with Viewer(url_of(service)), Viewer(url_of(service)) as second:
        async with Viewer(url_of(service)) as third:
            assert (third.connected, third.refused["data"]["code"]) == (None, "too_many_viewers")
            assert third.refused["data"]["retry"] is True
        await second.__aexit__()
        await until(lambda: len(service.twin_fan.viewers) == 1)
        async with Viewer(url_of(service)) as fourth:
            await fourth.first_frame()


@pytest.mark.parametrize("how", TRANSPORTS)
async def test_a_stopping_server_says_goodbye_and_come_back(data_dir: Any, how: str) -> None:
    asyncio.get_running_loop().set_debug(True)
    service = make_service(data_dir)
    async with service.running():
        viewer = await Viewer(url_of(service), how=how).__aenter__()
        await viewer.first_frame()
        if how == "upgrade":
            await until(viewer.upgraded.is_set)
    try:
        await until(lambda: viewer.named("bye"))
        bye = viewer.named("bye")[0]
        assert (bye["code"], bye["reconnect"], bye["after_ms"]) == ("server_stopping", True, 1000)
        await until(viewer.closed.is_set)
    finally:
        await viewer.__aexit__()


async def test_a_viewer_that_leaves_is_forgotten_at_once(service: Service) -> None:
    async with Viewer(url_of(service)) as viewer:
        await viewer.first_frame()
        assert len(service.twin_fan.viewers) == 1
        await viewer.send("1/twin,")
        await until(lambda: len(service.twin_fan.viewers) == 0)
    await until(lambda: not service._sio.eio.sockets, "nothing of it is left")
