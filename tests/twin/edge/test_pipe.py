"""Viewers that stop reading: conflated first, then shown out by name, while nobody else notices. Over real sockets."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from telemetry.report import parse
from tests.build import field_report
from tests.twin.conftest import Start, url_of
from tests.twin.edge.load import Witness, churning, sid_of
from tests.twin.edge.viewer import Viewer
from tests.wait import until
from twin.edge import pipe
from twin.service import Service
from twin.wire.frame import Kind

# Small enough that a viewer which does not read is behind within some ticks; the kernel's buffers are part of it.
TIGHT: dict[str, Any] = {"viewer_soft_kb": 4, "viewer_hard_kb": 256, "viewer_sndbuf_kb": 4, "viewer_patience_s": 0.6}
RCVBUF = 4096
BURST = 80_000  # hello, roster and snapshot of 300 nodes: what may be written at once on top of the soft limit


async def behind(service: Service, sid: str, fan: str = "/twin") -> None:
    await until(lambda: service.fans[fan].viewers[sid].outbox.behind_since_ms is not None, "the viewer is behind")


async def missed(service: Service, frames: int) -> int:
    """Wait until the one viewer has missed so many frames in a row; the frame it misses them from."""
    outbox = service.twin_fan.viewers[sid_of(service.twin_fan)].outbox
    await until(lambda: service.live.seq - outbox.sent_seq > frames, f"{frames} frames were conflated")
    return service.live.seq


@pytest.mark.parametrize("how", ["websocket", "upgrade"])
async def test_a_viewer_that_never_reads_again_is_closed_by_name_and_nobody_else_notices(
    start: Start, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    service = await start(**TIGHT)
    fan, loop = service.twin_fan, asyncio.get_running_loop()
    witness = Witness(fan)
    async with churning(service), Viewer(url_of(service)) as good:
        await good.first_frame()
        others = set(fan.viewers)
        async with Viewer(url_of(service), how=how, rcvbuf=RCVBUF) as slow:
            if how == "upgrade":
                await until(slow.upgraded.is_set)
            await slow.first_frame()
            sid = sid_of(fan, others)
            name = fan.viewers[sid].name
            slow.pause()
            await behind(service, sid)
            since, skipped, seen = loop.time(), fan.skipped, len(good.frames)
            await until(lambda: sid not in fan.viewers, "the slow viewer is shown out")
            assert 0.3 < loop.time() - since < 2.0, "after its patience, no sooner"
            assert fan.skipped > skipped, "conflated first: nothing was queued for it"
            await until(lambda: len(service._sio.eio.sockets) == 1, "and its connection is cut though it never reads")
        await until(lambda: len(good.frames) > seen + 5)
        chain = [(frame.base, frame.seq) for frame in good.frames]
        assert all(later[0] == earlier[1] for earlier, later in itertools.pairwise(chain)), "the other missed no frame"
        assert len(good.frames) - seen > 10
    async with Viewer(url_of(service)) as late:
        await late.agrees(service.live)
    assert service.closed_viewers == {"slow_viewer": 1}
    told = [record for record in caplog.records if getattr(record, "code", "") == "slow_viewer"]
    assert [getattr(record, "viewer", "") for record in told] == [name]
    assert witness.worst[sid] <= TIGHT["viewer_soft_kb"] * 1024 + BURST < TIGHT["viewer_hard_kb"] * 1024
    assert witness.most_queued <= pipe.QUEUE_LIMIT


async def test_a_viewer_that_reads_again_in_time_gets_one_merged_delta_and_is_right(start: Start) -> None:
    service = await start(**{**TIGHT, "viewer_patience_s": 20})
    async with Viewer(url_of(service), rcvbuf=RCVBUF) as viewer:
        async with churning(service):
            await viewer.first_frame()
            viewer.pause()
            left_at = await missed(service, 10)
            viewer.unpause()
            await until(lambda: viewer.picture.seq > left_at)
            merged = [frame for frame in viewer.frames if frame.kind is Kind.DELTA and frame.seq - frame.base > 5]
            assert merged
            assert [frame.kind for frame in viewer.frames].count(Kind.SNAPSHOT) == 1
            await until(lambda: viewer.frames[-1].seq > merged[0].seq + 3)
        assert service.closed_viewers == {}
        await viewer.agrees(service.live)


async def test_a_viewer_that_was_away_beyond_the_horizon_gets_a_snapshot_not_the_backlog(start: Start) -> None:
    service = await start(**{**TIGHT, "viewer_patience_s": 20, "resume_frames": 5})
    async with Viewer(url_of(service), rcvbuf=RCVBUF) as viewer:
        async with churning(service):
            await viewer.first_frame()
            viewer.pause()
            left_at = await missed(service, 10)
            viewer.unpause()
            await until(lambda: viewer.picture.seq > left_at)
            assert [frame.kind for frame in viewer.frames].count(Kind.SNAPSHOT) == 2
        await viewer.agrees(service.live)


async def test_a_snapshot_over_the_hard_limit_does_not_close_a_viewer_that_takes_its_time(start: Start) -> None:
    service = await start(**{**TIGHT, "viewer_hard_kb": 16, "viewer_patience_s": 60})
    async with churning(service, nodes=900):
        async with Viewer(url_of(service), rcvbuf=RCVBUF) as slow:
            slow.pause()
            left_at = await missed(service, 10)
            assert service.closed_viewers == {}
            slow.unpause()
            await until(lambda: slow.picture.seq > left_at)
        assert service.closed_viewers == {}


async def test_a_polling_viewer_that_stops_polling_is_closed_and_its_queue_stays_short(start: Start) -> None:
    service = await start(**TIGHT)
    witness = Witness(service.twin_fan)
    async with churning(service), Viewer(url_of(service), how="polling") as viewer:
        await viewer.first_frame()
        viewer._poll = False  # it goes away without a word, as phones do
        await until(lambda: service.closed_viewers.get("slow_viewer") == 1)
    assert witness.most_queued <= 8


async def test_todays_viewer_that_stops_reading_is_closed_too(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    service = await start(**{**TIGHT, "viewer_hard_kb": 2048})
    witness = Witness(service.visor_fan)
    async with churning(service, nodes=100), Viewer(url_of(service), "/") as good:
        await until(lambda: good.named("cluster.all"))
        others = set(service.visor_fan.viewers)
        async with Viewer(url_of(service), "/", rcvbuf=RCVBUF) as slow:
            sid = sid_of(service.visor_fan, others)
            slow.pause()
            await until(lambda: service.closed_viewers.get("slow_viewer") == 1)
            seen = len(good.events)
            await until(lambda: len(good.events) > seen + 5)
    assert witness.worst[sid] < 2048 * 1024
    assert "slow_viewer" in str([record.__dict__ for record in caplog.records])


async def test_todays_viewer_that_reads_again_gets_the_latest_of_all_it_missed(start: Start) -> None:
    service = await start(**{**TIGHT, "viewer_hard_kb": 4096, "viewer_patience_s": 20})
    async with Viewer(url_of(service), "/", rcvbuf=RCVBUF) as viewer:
        async with churning(service, nodes=100):
            await until(lambda: len(viewer.events) > 3)
            viewer.pause()
            await behind(service, sid_of(service.visor_fan), "/")
            seq = service.live.seq
            await until(lambda: service.live.seq > seq + 10)
            viewer.unpause()
        service.live.report(parse(field_report(3, CPU="12.5")), service.clock.now_ms())
        await until(lambda: latest(viewer)["172.20.80.201-4"]["CPU"] == "12.5")
        truth = {node.id: f"{service.live.columns.cpu_pct[node.row]:.1f}" for node in service.live.roster.nodes}
        assert {key: report["CPU"] for key, report in latest(viewer).items()} == truth


def latest(viewer: Viewer) -> dict[str, Any]:
    """What today's viewer makes of its events: the last word on each node."""
    merged: dict[str, Any] = {}
    for _, payload in viewer.events:
        merged |= payload
    return merged


async def test_a_slow_viewer_does_not_hold_up_the_stop(start: Start) -> None:
    service = await start(**{**TIGHT, "viewer_patience_s": 60})
    async with churning(service), Viewer(url_of(service), rcvbuf=RCVBUF) as slow:
        await slow.first_frame()
        slow.pause()
        await behind(service, sid_of(service.twin_fan))
        began = asyncio.get_running_loop().time()
        await service._say_bye()
        assert asyncio.get_running_loop().time() - began < 2.0
        await until(lambda: not service._sio.eio.sockets)


async def test_details_of_watched_nodes_conflate_for_a_slow_viewer(start: Start) -> None:
    service = await start(**{**TIGHT, "viewer_patience_s": 20})
    witness = Witness(service.twin_fan)
    async with churning(service, nodes=40), Viewer(url_of(service), rcvbuf=RCVBUF) as viewer:
        ids = [f"172.20.80.201-{n + 1}" for n in range(32)]
        assert (await viewer.call("watch", {"ids": ids}))["ok"]
        await until(lambda: len(viewer.named("node")) >= 32)
        viewer.pause()
        sid = sid_of(service.twin_fan)
        await behind(service, sid)
        seq = service.live.seq
        await until(lambda: service.live.seq > seq + 20)
        assert witness.worst[sid] < 100_000, "one tick's details at most"
        viewer.unpause()
        seen = len(viewer.named("node"))
        await until(lambda: len(viewer.named("node")) >= seen + 32)
        viewer.check()
