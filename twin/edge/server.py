"""Puts the edges together: one aiohttp application with socket.io in it, and the listening socket.

Owns routes, limits of the transports and the choice of the fast path. Called by twin.service.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from weakref import WeakSet

import socketio
from aiohttp import web

from twin.edge import fastpath
from twin.edge.door import Door, Fallback
from twin.edge.http import errors_as_json, security_headers

log = logging.getLogger(__name__)

PING_INTERVAL_S = 20
PING_TIMEOUT_S = 15
# A feeder of today sends all 1050 reports in one message of 738 kB.
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
SHUTDOWN_S = 1.0  # for requests under way; aiohttp takes it twice, to wait and to cancel
HANG_UP_S = 0.5  # for peers to take note of the end before they are cut
BACKLOG = 2048  # connections that wait to be accepted: a whole cluster may come back at once
HANDSHAKE_S = 10.0  # of TLS: who does not get through it is cut

DoorOf = Callable[[Fallback], Door]
LISTENERS: web.AppKey[list[asyncio.Server]] = web.AppKey("listeners")
DOORS: web.AppKey[WeakSet[Door]] = web.AppKey("doors")


def socket_server(namespaces: Iterable[Any], *, sndbuf_bytes: int) -> socketio.AsyncServer:
    """The socket.io server with the fast path where it can be used."""
    sio = socketio.AsyncServer(
        async_mode="aiohttp",
        # Viewers of other origins are welcome to look; writing asks for a token, and no cookie is ever used.
        cors_allowed_origins="*",
        ping_interval=PING_INTERVAL_S,
        ping_timeout=PING_TIMEOUT_S,
        max_http_buffer_size=MAX_MESSAGE_BYTES,
        namespaces=["/", "/twin", "/agents"],
        logger=False,
        engineio_logger=False,
    )
    why = fastpath.unusable()
    if why is None:
        fastpath.install(sio, sndbuf_bytes)
    else:
        log.warning("frames take the slow path: %s", why)
    for namespace in namespaces:
        sio.register_namespace(namespace)
    return sio


def application(
    sio: socketio.AsyncServer, routes: Sequence[web.AbstractRouteDef], middlewares: Sequence[Any] = ()
) -> web.Application:
    """The application: middlewares (`middlewares` after those that every answer passes), routes, socket.io."""
    app = web.Application(middlewares=[errors_as_json, security_headers, *middlewares])
    app.add_routes(routes)
    sio.attach(app)
    return app


async def listen(app: web.Application, host: str, port: int, door: DoorOf | None = None) -> tuple[web.AppRunner, int]:
    """Serve `app`, behind `door` when there is one. Returns the runner and the port that was taken (port 0 picks one).

    Raises OSError. The runner's cleanup closes the listening sockets first.
    """
    app[LISTENERS], app[DOORS] = [], WeakSet()

    async def close(_: web.Application) -> None:
        for listener in app[LISTENERS]:
            listener.close()
        for each in app[DOORS]:
            each.close()

    app.on_shutdown.append(close)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    return runner, await listen_also(runner, host, port, door)


async def listen_also(
    runner: web.AppRunner, host: str, port: int, door: DoorOf | None = None, tls: ssl.SSLContext | None = None
) -> int:
    """Serve the runner's application on one more port, with TLS when `tls` is given. Returns the port.

    Raises OSError, after the runner was cleaned up.
    """
    assert runner.server is not None
    fallback: Fallback = runner.server
    app = runner.app

    def first() -> asyncio.Protocol:
        if door is None:
            return fallback()
        made = door(fallback)
        app[DOORS].add(made)
        return made

    try:
        limit_s = HANDSHAKE_S if tls is not None else None
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(first, host, port, backlog=BACKLOG, ssl=tls, ssl_handshake_timeout=limit_s)
    except OSError:
        await runner.cleanup()
        raise
    app[LISTENERS].append(listener)
    return int(listener.sockets[0].getsockname()[1])


async def hang_up(sio: socketio.AsyncServer) -> None:
    """End every connection that is left (agents, feeders), and engine.io's own chores. Who does not listen is cut."""
    left = list(sio.eio.sockets.values())
    for each in left:
        await each.close(wait=False)
    transports = [each.direct.transport for each in left if getattr(each, "direct", None) is not None]
    deadline = asyncio.get_running_loop().time() + HANG_UP_S
    while asyncio.get_running_loop().time() < deadline and not all(t is None or t.is_closing() for t in transports):
        await asyncio.sleep(0.01)
    for transport in transports:
        if transport is not None:
            transport.abort()
    if sio.eio.service_task_handle is not None:
        await sio.shutdown()
