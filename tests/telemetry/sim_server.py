"""A small real socket.io server on a free port for the simulator's tests: it remembers what agents send, answers as it
is told, and can go away and come back on the same port. Runs on the test's own loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import socketio
from aiohttp import web

PATIENCE_S = 4.0
OK = {"ok": True, "server_ms": 1}


class Server:
    """Takes what agents send and remembers it. `answer` may be replaced; None acknowledges nothing."""

    def __init__(self) -> None:
        self.births: list[dict[str, Any]] = []
        self.reports: list[dict[str, Any]] = []
        self.byes: list[tuple[str, str]] = []  # mac, reason
        self.tokens: list[object] = []
        self.macs: dict[str, str] = {}  # of open sockets, by sid
        self.lost: list[str] = []  # macs whose socket died without a bye
        self.token = ""
        self.answer: Callable[[dict[str, Any]], object] = lambda body: OK
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        sio = socketio.AsyncServer(async_mode="aiohttp", transports=["websocket"])
        for name in ("connect", "birth", "report", "bye", "disconnect"):
            sio.on(name, getattr(self, f"_{name}"), namespace="/agents")
        app = web.Application()
        sio.attach(app)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _connect(self, sid: str, environ: object, auth: object = None) -> None:
        self.tokens.append(auth)
        if self.token and auth != {"token": self.token}:
            raise socketio.exceptions.ConnectionRefusedError("wrong token")

    async def _birth(self, sid: str, body: dict[str, Any]) -> object:
        self.births.append(body)
        self.macs[sid] = body["mac"]
        return OK

    async def _report(self, sid: str, body: dict[str, Any]) -> object:
        self.reports.append(body)
        answer = self.answer(body)
        if answer is None:
            await asyncio.Event().wait()
        return answer

    async def _bye(self, sid: str, body: dict[str, Any]) -> object:
        self.byes.append((body.get("mac") or self.macs.pop(sid), body["reason"]))
        return OK

    async def _disconnect(self, sid: str, *_reason: object) -> None:
        if sid in self.macs:
            self.lost.append(self.macs.pop(sid))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)
