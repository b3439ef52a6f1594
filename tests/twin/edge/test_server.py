"""The listening socket and the end of every connection."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web

from tests.twin.conftest import AGENT, Start, url_of
from tests.twin.edge.viewer import Viewer
from tests.wait import until
from twin.edge.server import HANG_UP_S, application, hang_up, listen, socket_server
from twin.service import Service


async def test_port_0_is_a_free_port_and_is_told(http: aiohttp.ClientSession) -> None:
    started = []
    for _ in range(2):
        app = application(socket_server([], sndbuf_bytes=65_536), [])
        started.append(await listen(app, "127.0.0.1", 0))
    assert len({port for _, port in started}) == 2
    for runner, _ in started:
        await runner.cleanup()


async def test_a_taken_port_is_an_oserror_and_leaves_nothing_open() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response()

    app = application(socket_server([], sndbuf_bytes=65_536), [web.get("/", answer)])
    runner, port = await listen(app, "127.0.0.1", 0)
    other = application(socket_server([], sndbuf_bytes=65_536), [])
    with pytest.raises(OSError, match="address already in use"):
        await listen(other, "127.0.0.1", port)
    await runner.cleanup()


async def test_agents_are_hung_up_on_and_one_that_does_not_listen_is_cut(service: Service) -> None:
    loop = asyncio.get_running_loop()
    async with (
        Viewer(url_of(service), "/agents", auth={"token": AGENT}) as agent,
        Viewer(url_of(service), "/agents", auth={"token": AGENT}) as frozen,
    ):
        frozen.pause()
        began = loop.time()
        await hang_up(service._sio)
        assert loop.time() - began < HANG_UP_S + 0.5
        await until(agent.closed.is_set)
        await until(lambda: not service._sio.eio.sockets)
        assert service.agents.agents == {}


async def test_an_agent_that_was_cut_off_can_come_back_to_the_next_life(start: Start) -> None:
    first = await start()
    async with Viewer(url_of(first), "/agents", auth={"token": AGENT}) as agent:
        await hang_up(first._sio)
        await until(agent.closed.is_set)
    async with Viewer(url_of(first), "/agents", auth={"token": AGENT}) as again:
        assert again.connected


@pytest.mark.parametrize("deflate", [0, 15])
async def test_websockets_are_never_compressed(service: Service, http: aiohttp.ClientSession, deflate: int) -> None:
    url = f"{url_of(service)}/socket.io/?EIO=4&transport=websocket"
    async with http.ws_connect(url, compress=deflate) as ws:
        assert ws.compress == 0
