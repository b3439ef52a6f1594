"""The private hook into engine.io: usable with the pinned versions, harmless without it, and never a torn event.

The stress test is the reason for this file: everything that can be written to a connection (frames straight to the
transport, acknowledgements, details and pings through engine.io's queue) is interleaved on connections in every stage
of their upgrade, and the strict viewer of viewer.py fails over a single byte that is out of place.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from types import SimpleNamespace
from typing import Any

import pytest
from engineio import async_socket
from engineio.async_drivers import aiohttp as driver

from telemetry.report import parse
from tests.build import field_report
from tests.twin.conftest import Start, url_of
from tests.twin.edge.load import churning, sid_of
from tests.twin.edge.viewer import Viewer
from tests.wait import until
from twin.edge import fastpath, server
from twin.edge.pipe import SocketPipe
from twin.service import Service
from twin.wire.packets import Message, binary_event, event

PATHS = ["fast", "slow"]
OTHER_VERSION = {"python-engineio": "4.15.2", "python-socketio": "5.18.1"}


@pytest.fixture(params=PATHS)
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways out: the hook, and what remains when a library has another version."""
    if request.param == "slow":
        monkeypatch.setattr(fastpath, "KNOWN", OTHER_VERSION)
    return str(request.param)


# May it be used?


def test_the_pinned_versions_are_the_known_ones() -> None:
    assert fastpath.unusable() is None


def test_another_version_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastpath, "KNOWN", OTHER_VERSION)
    assert fastpath.unusable() == "python-engineio is 4.15.1, the hook is known to work with 4.15.2"


def test_a_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastpath, "KNOWN", {"no-such-package-here": "1"})
    assert fastpath.unusable() == "no-such-package-here is not installed"


def test_an_engine_io_that_changed_inside_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastpath, "AsyncSocket", SocketPipe)
    assert "no longer has" in (fastpath.unusable() or "")


def test_an_engine_io_without_its_source_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastpath, "AsyncSocket", dict)
    assert fastpath.unusable() == "engine.io's source cannot be read here"


def test_a_queue_that_does_not_count_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastpath.asyncio, "Queue", object)
    assert "asyncio.Queue" in (fastpath.unusable() or "")


def test_the_hook_touches_this_server_only() -> None:
    before = dict(driver._async)
    server.socket_server([], sndbuf_bytes=1)
    assert driver._async == before
    assert driver._async["websocket"] is not fastpath.DirectWebSocket
    assert async_socket.AsyncSocket.__module__ == "engineio.async_socket"


async def test_the_slow_path_is_told_at_the_start(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fastpath, "KNOWN", OTHER_VERSION)
    with caplog.at_level(logging.WARNING):
        service = await start()
    assert "frames take the slow path: python-engineio is 4.15.1" in caplog.text
    async with Viewer(url_of(service)) as viewer:
        await viewer.first_frame()
        assert transport_of(service) is None


async def test_frames_really_go_straight_to_the_transport(service: Service) -> None:
    async with Viewer(url_of(service)) as viewer:
        await viewer.first_frame()
        assert transport_of(service) is not None
        eio = next(iter(service._sio.eio.sockets.values()))
        put: list[object] = []
        real = eio.queue.put_nowait
        eio.queue.put_nowait = lambda packet: (put.append(packet), real(packet))
        seen = len(viewer.frames)
        for cpu in range(5):
            service.live.report(parse(field_report(0, CPU=cpu)), service.clock.now_ms())
            await until(lambda seq=service.live.seq: service.live.seq > seq)
        await until(lambda: len(viewer.frames) >= seen + 5)
        assert put == []


def transport_of(service: Service) -> Any:
    viewer = service.twin_fan.viewers[sid_of(service.twin_fan)]
    assert isinstance(viewer.pipe, SocketPipe)
    return viewer.pipe._transport()


# The same behaviour on both paths.


@pytest.mark.parametrize("how", ["websocket", "polling", "upgrade"])
async def test_on_both_paths_a_viewer_is_served_and_right(path: str, start: Start, how: str) -> None:
    service = await start()
    for n in range(50):
        service.live.report(parse(field_report(n)), service.clock.now_ms())
    async with Viewer(url_of(service), how=how) as viewer:
        await viewer.first_frame()
        assert viewer.order[:3] == ["hello", "roster", "frame"]
        assert await viewer.call("watch", {"ids": ["172.20.80.201-1"]}) == {"ok": True}
        await until(lambda: viewer.named("node"))
        async with churning(service, 50):
            await until(lambda: len(viewer.frames) > 10)
            have = {"epoch": service.live.epoch, "seq": viewer.picture.seq}
            assert (await viewer.call("resume", have))["mode"] == "delta"
        await viewer.agrees(service.live)


async def test_on_both_paths_a_viewer_that_stops_reading_is_closed_by_name_and_others_are_not(
    path: str, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    service = await start(viewer_soft_kb=4, viewer_hard_kb=512, viewer_sndbuf_kb=4, viewer_patience_s=0.5)
    async with churning(service, 300), Viewer(url_of(service)) as good:
        await good.first_frame()
        others = set(service.twin_fan.viewers)
        async with Viewer(url_of(service), rcvbuf=4096) as slow:
            sid = sid_of(service.twin_fan, others)
            narrow(service, sid)
            slow.pause()
            await until(lambda: sid not in service.twin_fan.viewers)
        seen = len(good.frames)
        await until(lambda: len(good.frames) > seen + 5)
    assert service.closed_viewers == {"slow_viewer": 1}


def narrow(service: Service, sid: str) -> None:
    """A small buffer in the kernel, which only the hook sets by itself: else it would hide a slow viewer."""
    environ = service._sio.environ[service._sio.manager.eio_sid_from_sid(sid, "/twin")]
    raw = environ["aiohttp.request"].transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)


async def test_on_both_paths_the_server_stops_in_good_order(path: str, start: Start) -> None:
    service = await start()
    async with Viewer(url_of(service)) as viewer:
        await viewer.first_frame()
        await service._say_bye()
        await until(lambda: viewer.named("bye"))
        await until(viewer.closed.is_set)


# Try to tear it.


async def restless(viewer: Viewer, calls: int) -> None:
    """Ask for everything, all the time, and count the answers."""
    ids = [[f"172.20.80.201-{n + 1}" for n in range(k)] for k in (0, 8, 32)]
    for turn in range(calls):
        viewer.check()
        asked = (
            viewer.call("watch", {"ids": ids[turn % 3]}),
            viewer.call("interest", {"fields": None if turn % 2 else ["cpu", "light"]}),
            viewer.call("resume", {"epoch": viewer.picture.epoch, "seq": viewer.picture.seq}),
            viewer.call("watch", {"ids": 5}),
        )
        answers = await asyncio.gather(*asked)
        assert [answer["ok"] for answer in answers] == [True, True, True, False]


async def test_fifty_restless_viewers_half_of_them_upgrading_at_once_see_no_torn_event(
    path: str, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PING_INTERVAL_S", 0.05)  # engine.io's own packets in between, too
    service = await start(tick_ms=50)
    asyncio.get_running_loop().set_debug(False)  # fifty clients on the server's own loop are slow enough
    for n in range(40):
        service.live.report(parse(field_report(n)), service.clock.now_ms())
    viewers = [Viewer(url_of(service), how="upgrade" if n % 2 else "websocket") for n in range(50)]
    async with churning(service, 40):
        await asyncio.gather(*(viewer.__aenter__() for viewer in viewers))
        try:
            await asyncio.gather(*(restless(viewer, 3) for viewer in viewers))
            assert all(viewer.upgraded.is_set() for viewer in viewers[1::2])
            for viewer in viewers:
                await viewer.call("interest", {"fields": None})
            await until(lambda: all(len(viewer.frames) > 5 for viewer in viewers), timeout_s=20)
        except BaseException:
            await asyncio.gather(*(viewer.__aexit__() for viewer in viewers))
            raise
    try:
        for viewer in viewers:
            await viewer.agrees(service.live)
            assert viewer.order[:3] == ["hello", "roster", "frame"]
        assert service.closed_viewers == {}
    finally:
        await asyncio.gather(*(viewer.__aexit__() for viewer in viewers))
    await until(lambda: not service._sio.eio.sockets)


async def test_one_connection_with_both_dialects_and_a_flood_of_requests_is_never_torn(start: Start) -> None:
    """Two namespaces on one socket: their messages share one queue and one transport."""
    service = await start(viewer_sndbuf_kb=4, viewer_soft_kb=2, viewer_patience_s=20)
    async with Viewer(url_of(service), rcvbuf=4096) as viewer:
        both = _Both(viewer)
        await viewer.send("0")
        async with churning(service, 60):
            for round_ in range(15):
                for n in range(20):
                    await viewer.send(f'2/twin,{1000 + round_ * 20 + n}["watch",{{"ids":["172.20.80.201-{n + 1}"]}}]')
                if round_ % 5 == 2:  # behind and back again, with acknowledgements waiting in the queue
                    viewer.pause()
                    seq = service.live.seq
                    await until(lambda seq=seq: service.live.seq > seq + 10)
                    viewer.unpause()
                await until(lambda last=1000 + round_ * 20 + 19: last in viewer.replies)
                viewer.check()
            await until(lambda: len(both.today) > 3)
        await viewer.agrees(service.live)
        assert len(viewer.replies) == 300
        assert all(answer == {"ok": True} for answer in viewer.replies.values())
        assert {"cluster.all", "cluster.event"} >= {each.split('"')[1] for each in both.today}


class _Both:
    """Lets the strict viewer of one namespace overhear the default one."""

    def __init__(self, viewer: Viewer) -> None:
        self.today: list[str] = []
        own = viewer._message

        def overhear(message: str | bytes) -> None:
            if isinstance(message, str) and message[:1] in "02" and not message[1:].startswith("/twin,"):
                if viewer._waiting_for_attachment is not None:
                    own(message)  # raises: torn
                if message[0] == "2":
                    self.today.append(message)
                return
            own(message)

        viewer._message = overhear  # type: ignore[method-assign]


# The order of bytes, on a socket that is in the middle of something.


class _Transport:
    """What SocketPipe needs of a transport and of engine.io's socket, with every byte kept."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closing = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self.written))

    def is_closing(self) -> bool:
        return self.closing


def _pipe(*, upgraded: bool = True, sending: bool = False) -> tuple[SocketPipe, Any, _Transport]:
    transport = _Transport()
    direct = SimpleNamespace(transport=transport, sending=sending)
    eio = SimpleNamespace(queue=asyncio.Queue(), direct=direct, upgraded=upgraded, closed=False)
    return SocketPipe(eio, lambda work: work.close()), eio, transport


FRAME = binary_event("/twin", "frame", b"\x00" * 40)
HELLO = event("/twin", "hello", {})


async def test_a_free_websocket_is_written_at_once_in_one_piece() -> None:
    pipe, eio, transport = _pipe()
    pipe.send(FRAME)
    assert (transport.written, eio.queue.qsize()) == ([FRAME.framed], 0)


@pytest.mark.parametrize("stage", ["not upgraded", "queued", "sending", "taken but not sent", "no hook"])
async def test_what_engine_io_still_holds_is_never_overtaken(stage: str) -> None:
    pipe, eio, transport = _pipe(upgraded=stage != "not upgraded", sending=stage == "sending")
    if stage == "queued":
        eio.queue.put_nowait("an acknowledgement")
    if stage == "taken but not sent":  # poll() has it, and says task_done in the same step in which it is sent
        eio.queue.put_nowait("an acknowledgement")
        eio.queue.get_nowait()
    if stage == "no hook":
        del eio.direct
    before = eio.queue.qsize()
    pipe.send(FRAME)
    pipe.send(HELLO)
    assert transport.written == []
    assert eio.queue.qsize() == before + 3, "text, attachment, text: together and in order"


async def test_a_full_queue_takes_whole_events_or_none() -> None:
    pipe, eio, _ = _pipe(upgraded=False)
    for _ in range(200):
        pipe.send(FRAME)
    packets = [eio.queue.get_nowait().data for _ in range(eio.queue.qsize())]
    assert len(packets) in (64, 66)
    assert [isinstance(each, bytes) for each in packets] == [False, True] * (len(packets) // 2)


async def test_nothing_is_sent_after_the_farewell() -> None:
    pipe, eio, transport = _pipe()
    pipe.close(HELLO)
    pipe.send(FRAME)
    assert (transport.written, eio.queue.qsize()) == ([HELLO.framed], 0)


async def test_a_closing_transport_is_not_written_to() -> None:
    pipe, _, transport = _pipe()
    transport.closing = True
    pipe.send(FRAME)
    assert (transport.written, pipe.backlog()) == ([], 0)


def test_the_framed_form_says_the_same_as_the_plain_form() -> None:
    for message in (FRAME, HELLO, event("/", "x", "y" * 200), event("/", "x", "y" * 70_000)):
        texts, rest = [], message.framed
        while rest:
            opcode, payload, rest = _unframe(rest)
            texts.append(payload.decode() if opcode == 0x81 else payload)
        assert texts == _plain(message)


def _plain(message: Message) -> list[str | bytes]:
    return ["4" + message.text, *([message.attachment] if message.attachment is not None else [])]


def _unframe(data: bytes) -> tuple[int, bytes, bytes]:
    """RFC 6455, read by hand."""
    length, at = data[1], 2
    if length == 126:
        length, at = int.from_bytes(data[2:4], "big"), 4
    elif length == 127:
        length, at = int.from_bytes(data[2:10], "big"), 10
    return data[0], data[at : at + length], data[at + length :]
