"""One socket.io connection to the server's /agents namespace: open with a birth, ask, cut. Owns
the connection and its errors, counts nothing and never reconnects (sim_agent.py and sim_bulk.py do).
Many lines share one aiohttp session.

    LineError (TelemetryError)   unreachable, refused (the server said no), lost, timeout
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import socketio
from socketio.exceptions import SocketIOError

from telemetry.errors import TelemetryError

NAMESPACE = "/agents"
CONNECT_S = 8.0  # for the whole of TCP, websocket and namespace; a thousand at once on two cores need some of it
ACK_S = 10.0  # a report is acknowledged when it is on disk; the journal gives up before this

# socket.io's own words about a lost connection would come a thousand at a time; what matters is in LineError.
_quiet = logging.getLogger("telemetry.simulate.socketio")
_quiet.setLevel(logging.CRITICAL)


class LineError(TelemetryError):
    """The connection did not come about, is no more, or brought a no."""


class Line:
    """Opened once. `on_lost` is called when an open line ends by itself."""

    def __init__(self, url: str, token: str, session: aiohttp.ClientSession, on_lost: Callable[[], None]) -> None:
        self._url = url
        self._auth = {"token": token} if token else None
        self._on_lost = on_lost
        self._waiting: set[asyncio.Future[object]] = set()
        self._refusal = ""
        self._open = False
        self._client: Any = socketio.AsyncClient(
            reconnection=False,
            handle_sigint=False,
            http_session=session,
            logger=_quiet,
            engineio_logger=_quiet,
        )
        self._client.on("disconnect", self._lost, namespace=NAMESPACE)
        self._client.on("connect_error", self._refused, namespace=NAMESPACE)

    @property
    def is_open(self) -> bool:
        """Connected, born and not lost."""
        return self._open

    async def open(self, birth: Mapping[str, object]) -> None:
        """Connect and be born. Raises LineError; then the line is dead and may be forgotten."""
        try:
            try:
                await self._connect()
            finally:
                _insist_on_cancellation()
            self._open = True
            check(await self.ask("birth", birth))
        except (LineError, asyncio.CancelledError):
            self.cut()
            raise

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._client.connect(
                    self._url,
                    auth=self._auth,
                    transports=["websocket"],
                    namespaces=[NAMESPACE],
                    wait_timeout=CONNECT_S / 2,
                )
        except TimeoutError:
            raise LineError("timeout", f"{self._url} did not answer in {CONNECT_S:.0f} s.", retry=True) from None
        except (SocketIOError, aiohttp.ClientError, OSError, TypeError, ValueError) as error:
            # TypeError: engine.io measures the close code of a websocket that ends before its first packet.
            if self._refusal:
                raise LineError("refused", f"{self._url} refuses: {self._refusal}") from None
            raise LineError("unreachable", f"{self._url} cannot be reached: {error}", retry=True) from None

    async def send(self, event: str, data: Mapping[str, object], on_answer: Callable[..., None]) -> None:
        """Send without waiting; `on_answer` gets the acknowledgement's arguments. Raises LineError("lost")."""
        if not self._open:
            raise _lost_error(self._url)
        try:
            await self._client.emit(event, data, namespace=NAMESPACE, callback=on_answer)
        except SocketIOError:
            raise _lost_error(self._url) from None

    async def ask(self, event: str, data: Mapping[str, object], timeout_s: float = ACK_S) -> object:
        """Send and wait for the acknowledgement's one argument. Raises LineError."""
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()

        def settle(*arguments: object) -> None:
            if not answer.done():
                answer.set_result(arguments[0] if arguments else None)

        self._waiting.add(answer)
        try:
            async with asyncio.timeout(timeout_s):
                await self.send(event, data, settle)
                return await answer
        except TimeoutError:
            message = f"{self._url} did not acknowledge a {event} in {timeout_s:.0f} s."
            raise LineError("timeout", message, retry=True) from None
        finally:
            self._waiting.discard(answer)

    def cut(self) -> None:
        """End at once, as a Pi does that loses power or has said bye. (The kernel says FIN: a process cannot not.)"""
        self._open = False
        websocket = self._client.eio.ws
        wire = websocket.get_extra_info("socket") if websocket is not None else None
        if wire is not None and wire.fileno() >= 0:
            with contextlib.suppress(OSError):  # the other side was first
                wire.shutdown(socket.SHUT_RDWR)

    def _lost(self, *_reason: object) -> None:
        was_open, self._open = self._open, False
        for answer in self._waiting:
            if not answer.done():
                answer.set_exception(_lost_error(self._url))
        if was_open:
            self._on_lost()

    def _refused(self, reason: object = None, *_more: object) -> None:
        """engine.io calls this too when it cannot connect at all, then with text; a server's refusal is an object."""
        if isinstance(reason, Mapping):
            self._refusal = str(reason.get("message") or reason)


def _insist_on_cancellation() -> None:
    """Python 3.11's wait_for, which connect uses, swallows a cancellation that comes with the server's answer. An
    agent that missed its own would live on and keep the whole simulation from ending."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def check(answer: object) -> None:
    """Raises LineError("refused") unless the answer is {"ok": true}."""
    if isinstance(answer, Mapping) and answer.get("ok") is True:
        return
    error = answer.get("error") if isinstance(answer, Mapping) else None
    if not isinstance(error, Mapping):
        raise LineError("refused", f"The server's answer is not one this agent knows: {answer!r:.80}")
    raise LineError("refused", f"The server refuses: {error.get('message')}", retry=error.get("retry") is True)


def _lost_error(url: str) -> LineError:
    return LineError("lost", f"The connection to {url} was lost.", retry=True)
