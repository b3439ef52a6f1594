"""The door in front of aiohttp: plain reports are taken by itself, everything else ends up at aiohttp unharmed."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from telemetry.store.base import Entry, StoreUnavailable
from tests.build import field_report, mac_of
from tests.twin.conftest import AGENT, Start, make_service
from tests.wait import until
from twin.edge import door
from twin.edge.door import TAKEN, recognise
from twin.service import Service

HEAD = b"POST /api/cluster HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 12"
KEEP = f"Authorization: Bearer {AGENT}\r\n".encode()


def request(n: int, more: bytes = KEEP, path: bytes = b"/api/cluster", **keys: object) -> bytes:
    """One report as an agent sends it."""
    body = json.dumps(field_report(n, **keys)).encode()
    head = b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%sContent-type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (path, more, len(body)) + body


class Line:
    """A raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def answer(self) -> tuple[int, bytes]:
        """The next answer on this connection: (status, body); (0, b"") when it was closed."""
        async with asyncio.timeout(4):
            try:
                head = await self._reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return 0, b""
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
            return int(head.split(b" ")[1]), await self._reader.readexactly(int(length.split(b":")[1]))


@asynccontextmanager
async def line(service: Service) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()


# What is recognised.


def test_a_plain_report_is_recognised() -> None:
    found = recognise(HEAD)
    assert found is not None
    assert (found.length, found.token, found.ours) == (12, "", True)
    with_token = recognise(HEAD + b"\r\nAuthorization: bearer  secret \r\nConnection: Keep-Alive")
    assert with_token is not None
    assert with_token.token == "secret"


@pytest.mark.parametrize(
    "line",
    [
        b"Transfer-Encoding: chunked",
        b"Content-Length: 12",
        b"content-length: 13",
        b"Content-Encoding: gzip",
        b"Expect: 100-continue",
        b"Origin: http://evil.example",
        b"Sec-Fetch-Site: cross-site",
        b"X-Forwarded-For: 10.0.0.1",
        b"Forwarded: for=10.0.0.1",
        b"Connection: close",
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Cookie: a=b",
        b"Authorization: Basic abc",
        b"Authorization: Bearer \xff",
        b"no colon",
        b" folded: line",
        b"Host : x",
        b"User-Agent: x\nTransfer-Encoding: chunked",
        b"User-Agent: x\rTransfer-Encoding: chunked",
    ],
)
def test_a_header_that_may_matter_is_left_to_aiohttp(line: bytes) -> None:
    assert recognise(HEAD + b"\r\n" + line) is None


@pytest.mark.parametrize(
    ("was", "is_"),
    [
        (b"POST", b"PUT"),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"/api/cluster", b"/api/cluster?token=x"),
        (b"/api/cluster", b"/api/cluster/../x"),
        (b"/api/cluster", b"http://x/api/cluster"),
        (b"12", b"-12"),
        (b"12", b"+12"),
        (b"12", b"1_2"),
        (b"12", b"0x12"),
        (b"12", b"12, 12"),
        (b"12", b""),
        (b"12", b"\xb2"),
        (b"12", b"9999999999"),
        (b"application/json", b"application/json; charset=utf-16"),
        (b"application/json", b"text/plain"),
        (b"Host: 127.0.0.1\r\n", b""),
    ],
)
def test_a_line_that_is_not_the_plain_one_is_left_to_aiohttp(was: bytes, is_: bytes) -> None:
    assert recognise(HEAD.replace(was, is_)) is None


def test_a_name_that_may_have_been_rebound_does_not_count_as_this_machine() -> None:
    found = recognise(HEAD.replace(b"127.0.0.1", b"evil.example:8080"))
    assert found is not None
    assert not found.ours


# Over real sockets.


async def test_reports_one_after_another_on_one_connection_are_taken(service: Service) -> None:
    async with line(service) as agent:
        for n in range(5):
            agent.send(request(n))
            assert await agent.answer() == (200, b"{}")
    assert len(service.live.roster) == service.ingest.accepted == 5


async def test_a_report_that_comes_byte_by_byte_is_taken(service: Service) -> None:
    async with line(service) as agent:
        for byte in request(1):
            agent.send(bytes([byte]))
            await asyncio.sleep(0)
        assert await agent.answer() == (200, b"{}")


async def test_reports_sent_ahead_are_answered_in_order_and_one_at_a_time(service: Service) -> None:
    async with line(service) as agent:
        agent.send(b"".join(request(n) for n in range(50)))
        assert [await agent.answer() for _ in range(50)] == [(200, b"{}")] * 50
    assert [node.mac for node in service.live.roster.nodes] == [mac_of(n) for n in range(50)]


@pytest.mark.parametrize("path", [b"/ords/picluster/AR", b"/ords/picluster/AR/", b"/ords/picluster/AR/v2/"])
async def test_every_door_of_today_takes_reports(service: Service, path: bytes) -> None:
    async with line(service) as agent:
        agent.send(request(1, path=path))
        assert await agent.answer() == (200, b"{}")


async def test_a_connection_changes_hands_in_the_middle_and_goes_on(service: Service) -> None:
    async with line(service) as agent:
        agent.send(request(1))
        assert await agent.answer() == (200, b"{}")
        agent.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await agent.answer())[0] == 200
        agent.send(request(2))
        assert await agent.answer() == (200, b"{}")
    assert len(service.live.roster) == 2


async def test_a_bad_report_between_good_ones_sent_ahead_is_told_in_its_place(service: Service) -> None:
    async with line(service) as agent:
        agent.send(request(1) + request(2, CPU="bad") + request(3))
        answers = [await agent.answer() for _ in range(3)]
    assert [status for status, _ in answers] == [200, 400, 200]
    assert json.loads(answers[1][1])["error"]["field"] == "CPU"
    assert {node.mac for node in service.live.roster.nodes} == {mac_of(1), mac_of(3)}


@pytest.mark.parametrize(
    ("more", "status"), [(b"", 401), (b"Authorization: Bearer wrong\r\n", 401), (KEEP + b"X-Odd: 1\r\n", 200)]
)
async def test_the_doors_answers_are_aiohttps(service: Service, more: bytes, status: int) -> None:
    async with line(service) as agent:
        agent.send(request(1, more))
        assert (await agent.answer())[0] == status


async def test_a_body_over_the_bound_is_413(start: Start) -> None:
    service = await start(max_body_kb=1)
    async with line(service) as agent:
        agent.send(request(1, data={"a": "x" * 2000}))
        assert (await agent.answer())[0] == 413
    async with line(service) as agent:
        agent.send(request(1))
        assert (await agent.answer())[0] == 200


async def test_an_answer_is_never_sent_before_the_report_is_on_the_disk(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, disk, entered = service.store.append, threading.Event(), threading.Event()

    def slow(entries: Sequence[Entry]) -> int:
        entered.set()
        assert disk.wait(4)
        return append(entries)

    monkeypatch.setattr(service.store, "append", slow)
    async with line(service) as agent:
        agent.send(request(1))
        await until(entered.is_set)
        answer = asyncio.ensure_future(agent.answer())
        async with line(service) as other:
            other.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await other.answer())[0] == 200
        assert not answer.done()
        disk.set()
        assert await answer == (200, b"{}")


async def test_a_disk_that_fails_once_costs_a_try_and_a_disk_that_fails_is_503(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, failures = service.store.append, [True]

    def failing(entries: Sequence[Entry]) -> int:
        if failures and failures.pop():
            raise StoreUnavailable("no space left on the device")
        return append(entries)

    monkeypatch.setattr(service.store, "append", failing)
    async with line(service) as agent:
        agent.send(request(1) + request(2))
        assert [(await agent.answer())[0] for _ in range(2)] == [200, 200]
        failures[:] = [True] * 9
        agent.send(request(3))
        status, told = await agent.answer()
        assert (status, json.loads(told)["error"]["retry"]) == (503, True)
    assert len(service.live.roster) == 2


async def test_an_idle_connection_is_closed_and_a_half_sent_one_answered(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "HALF_S", 0.05)
    monkeypatch.setattr(door, "IDLE_S", 0.2)
    monkeypatch.setattr("twin.edge.http.BODY_TIMEOUT_S", 0.1)
    async with line(service) as idle, line(service) as half, line(service) as agent:
        half.send(request(1)[:-5])
        agent.send(request(2))
        assert (await agent.answer())[0] == 200
        status, told = await half.answer()
        assert (status, b"did not arrive" in told) == (400, True)
        assert await idle.answer() == (0, b"")
        assert await agent.answer() == (0, b"")


async def test_a_sender_that_never_reads_is_cut_not_collected(service: Service) -> None:
    """The kernel would hide it for minutes, so the transport is one that says what the kernel does not take."""

    class Full(asyncio.Transport):
        aborted, size = False, 0

        def write(self, data: bytes) -> None:  # type: ignore[override]
            self.size += len(data)

        def get_write_buffer_size(self) -> int:
            return self.size

        def abort(self) -> None:
            self.aborted = True

        def resume_reading(self) -> None:
            pass

        def pause_reading(self) -> None:
            pass

    made, transport = service._door(asyncio.Protocol), Full()
    made.connection_made(transport)
    made.data_received(request(1) * 400)
    await until(lambda: transport.aborted)
    assert transport.size <= door.MAX_HEAD + len(TAKEN)
    made.connection_lost(None)


async def test_a_stop_closes_idle_senders_and_answers_those_under_way(data_dir: object) -> None:
    service = make_service(data_dir, commit_linger_ms=100)  # type: ignore[arg-type]
    async with service.running():
        idle_reader, idle = await asyncio.open_connection("127.0.0.1", service.port)
        busy_reader, busy = await asyncio.open_connection("127.0.0.1", service.port)
        busy.write(request(1))
        await until(lambda: service.journal.waiting == 1)
    async with asyncio.timeout(4):
        assert await idle_reader.read() == b""
        assert await busy_reader.read() == TAKEN
    idle.close()
    busy.close()
