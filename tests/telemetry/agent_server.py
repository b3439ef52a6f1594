"""A tiny server for the agent's tests: real python-socketio on aiohttp, in a thread, on a free port of 127.0.0.1.

It keeps what it heard, answers as it is told, and can drop its agents or die and come back on the same port.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

import socketio
from aiohttp import web

OK: dict[str, object] = {"ok": True}


class AgentServer:
    """`heard` is a list of (event, body). `answers[event]` is what to acknowledge with, or a function of the body."""

    def __init__(self, token: str = "", port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.gone = 0
        self.answers: dict[str, object] = {}
        self.refusal: tuple[object, ...] = ()
        self.port = port
        self._token = token
        self._tls = tls
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._sio = socketio.AsyncServer(async_mode="aiohttp")
        self._sids: set[str] = set()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(10)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{'localhost' if self._tls else '127.0.0.1'}:{self.port}"

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        started.set()
        self._loop.run_forever()
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application()
        self._sio.attach(app)
        self._sio.on("connect", self._connect, namespace="/agents")
        self._sio.on("disconnect", self._disconnect, namespace="/agents")
        self._sio.on("*", self._event, namespace="/agents")
        self._runner = web.AppRunner(app, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._tls)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        if self.refusal:
            raise socketio.exceptions.ConnectionRefusedError(*self.refusal)
        if self._token and (auth or {}).get("token") != self._token:
            raise socketio.exceptions.ConnectionRefusedError("the token is wrong")
        self._sids.add(sid)

    async def _disconnect(self, sid: str, reason: str = "") -> None:
        self._sids.discard(sid)
        with self._changed:
            self.gone += 1
            self._changed.notify_all()

    async def _event(self, event: str, sid: str, body: dict[str, Any]) -> object:
        with self._changed:
            self.heard.append((event, body))
            self._changed.notify_all()
        answer = self.answers.get(event, OK)
        if callable(answer):
            answer = answer(body)
        if answer is None:
            await asyncio.sleep(3600)  # never acknowledged; stop() cancels it
        return answer

    def bodies(self, event: str) -> list[dict[str, Any]]:
        return [body for name, body in list(self.heard) if name == event]

    def wait_for(self, condition: Callable[[AgentServer], bool], timeout_s: float = 15.0) -> None:
        """Returns when `condition(self)` holds after something came in; fails the test when it does not in time."""
        end = time.monotonic() + timeout_s
        with self._changed:
            while not condition(self):
                left = end - time.monotonic()
                assert left > 0, f"not in {timeout_s} s; heard {[name for name, _ in self.heard]}"
                self._changed.wait(left)

    def drop_all(self) -> None:
        """Cuts every agent's connection, as a server that dies does."""

        async def drop() -> None:
            for sid in list(self._sids):
                eio_sid = self._sio.manager.eio_sid_from_sid(sid, "/agents")
                await self._sio.eio.disconnect(eio_sid)

        asyncio.run_coroutine_threadsafe(drop(), self._loop).result(10)

    def stop(self) -> None:
        if not self._thread.is_alive():
            return

        async def stop() -> None:
            for sid in list(self._sids):
                await self._sio.disconnect(sid, namespace="/agents")
            await self._sio.shutdown()
            await self._runner.cleanup()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            for _ in range(20):  # transports say goodbye in later turns of the loop
                await asyncio.sleep(0.005)

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
