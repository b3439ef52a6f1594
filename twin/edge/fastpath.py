"""The one private hook into engine.io: keep a connection's transport, so that a frame can be written to it directly.

`emit` costs a task and an encode for every viewer and packet. Writing the same ready bytes to each transport costs the
kernel's send and little else (docs/decisions/0003-fast-path.md has figures). Handshake, polling, namespaces,
acknowledgements and pings stay with the libraries. The hook leans on details of pinned versions; `unusable()` checks
them at start-up, and where they differ everything still works through engine.io's own queues (edge/pipe.py), slower.
"""

from __future__ import annotations

import asyncio
import inspect
import socket
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from aiohttp import web
from engineio.async_drivers import aiohttp as driver
from engineio.async_socket import AsyncSocket

KNOWN = {"python-engineio": "4.15.1", "python-socketio": "5.18.1"}


class DirectWebSocket(driver.WebSocket):  # type: ignore[misc]  # engine.io carries no types
    """engine.io's websocket that keeps its transport and knows whether one of its own sends is in flight."""

    sndbuf_bytes = 128 * 1024  # of the kernel; set from the settings at start-up

    def __init__(self, handler: Any, server: Any) -> None:
        super().__init__(handler, server)
        self.transport: asyncio.Transport | None = None
        self.sending = False
        handler.__self__.direct = self

    async def __call__(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        request: web.Request = environ["aiohttp.request"]
        # permessage-deflate costs a third more CPU and 200 kB a viewer; frames hardly compress.
        self._sock = web.WebSocketResponse(compress=False, max_msg_size=self.server.max_http_buffer_size)
        await self._sock.prepare(request)
        if isinstance(request.transport, asyncio.Transport):
            raw = request.transport.get_extra_info("socket")
            if raw is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.sndbuf_bytes)
            self.transport = request.transport
        self.environ = environ
        await self.handler(self)
        return self._sock

    async def send(self, message: str | bytes) -> None:
        self.sending = True
        try:
            await super().send(message)
        finally:
            self.sending = False


def install(sio: Any, sndbuf_bytes: int) -> None:
    """Make `sio` use DirectWebSocket. The driver's table is shared by all servers of a process, hence the copy."""
    DirectWebSocket.sndbuf_bytes = sndbuf_bytes
    sio.eio._async = {**sio.eio._async, "websocket": DirectWebSocket}


def unusable() -> str | None:
    """Why the hook must not be used here, or None."""
    for package, known in KNOWN.items():
        try:
            found = version(package)
        except PackageNotFoundError:
            return f"{package} is not installed"
        if found != known:
            return f"{package} is {found}, the hook is known to work with {known}"
    if not hasattr(asyncio.Queue(), "_unfinished_tasks"):
        return "this Python's asyncio.Queue does not count unfinished tasks"
    try:
        source = inspect.getsource(AsyncSocket)
    except (OSError, TypeError):
        return "engine.io's source cannot be read here"
    for detail in ("self.server._async['websocket'](", "self._websocket_handler, self.server)", "task_done()"):
        if detail not in source:
            return f"engine.io's AsyncSocket no longer has {detail!r}"
    return None
