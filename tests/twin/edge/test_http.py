"""What every HTTP answer has in common: errors as JSON, and a server that goes on whatever a request does."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from aiohttp import web

from tests.twin.conftest import BEARER_AGENT, url_of
from twin.core.errors import BadInput, Forbidden, NotFound, TooLarge, TwinError, Unauthorised, Unavailable
from twin.edge.http import error_answer, errors_as_json
from twin.edge.server import application, listen, socket_server
from twin.service import Service


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadInput("x"), 400),
        (Unauthorised("x"), 401),
        (Forbidden("x"), 403),
        (NotFound("x"), 404),
        (TooLarge("x"), 413),
        (Unavailable("x"), 503),
        (TwinError("x"), 500),
    ],
)
def test_each_error_has_its_status_and_says_whether_to_try_again(error: TwinError, status: int) -> None:
    answer = error_answer(error)
    told = json.loads(answer.body)  # type: ignore[arg-type]
    assert answer.status == status
    assert told == {"status": "false", "error": {"code": error.code, "message": "x", "retry": status == 503}}


def test_retry_after_is_whole_seconds() -> None:
    assert error_answer(Unavailable("x", retry_after_s=0.2)).headers["Retry-After"] == "1"
    assert error_answer(Unavailable("x", retry_after_s=15)).headers["Retry-After"] == "15"


@pytest.mark.parametrize("path", ["/no/such", "/nosuch", "/ords/x", "/api/nope", "/%00", "/ords/picluster/AR/v2/abc"])
async def test_what_is_not_served_is_a_404_as_json(service: Service, http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(aiohttp.client.URL(url_of(service) + path, encoded=True)) as answer:
        assert answer.status in (404, 405)
        assert (await answer.json())["error"]["code"] in ("not_found", "http_404", "http_405")


async def test_a_wrong_method_names_the_right_ones(service: Service, http: aiohttp.ClientSession) -> None:
    async with http.put(f"{url_of(service)}/api/cluster", json={}, headers=BEARER_AGENT) as answer:
        assert answer.status == 405
        assert set(answer.headers["Allow"].split(",")) >= {"POST", "DELETE"}


async def test_a_bug_in_a_handler_is_a_500_that_tells_nothing_and_a_log_that_does(
    http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(request: web.Request) -> web.Response:
        raise RuntimeError("secret details")

    app = application(socket_server([], sndbuf_bytes=65_536), [web.get("/broken", broken)])
    runner, port = await listen(app, "127.0.0.1", 0)
    try:
        async with http.get(f"http://127.0.0.1:{port}/broken") as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (500, "internal")
            assert "secret details" not in await answer.text()
    finally:
        await runner.cleanup()
    assert "secret details" in caplog.text
    assert errors_as_json in app.middlewares


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GARBAGE\r\n\r\n",
        b"POST /api/cluster HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /api/cluster HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 20_000 + b"\r\n\r\n",
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET /socket.io/?EIO=3&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_garbage_on_the_wire_is_answered_or_cut_and_the_server_goes_on(
    service: Service, http: aiohttp.ClientSession, raw: bytes
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(raw)
    async with asyncio.timeout(4):
        head = await reader.read(200)
    assert not head or b" 4" in head.splitlines()[0], head
    writer.close()
    async with http.get(f"{url_of(service)}/healthz") as answer:
        assert answer.status == 200
