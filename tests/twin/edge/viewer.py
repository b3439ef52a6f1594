"""A strict socket.io viewer for the tests: own engine.io over aiohttp, so that nothing is forgiven.

It raises over a torn binary event (anything between placeholder and attachment), keeps every event in order, applies
frames by the rules of wire/frame.py, and can stop reading like a phone in a lift. `how`: websocket, polling, or upgrade
(polling first, then websocket: what the stock JavaScript client does).
"""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import ssl
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
import numpy as np

from tests.wait import until
from twin.core.live import Live
from twin.wire.frame import AGE_MISSING, AGE_STEP_MS, MISSING, Column, Frame, Kind, decode, quantise, quantise_age

SEPARATOR = "\x1e"
METRICS = {Column.CPU: "cpu_pct", Column.MEMORY: "mem_pct", Column.DISK: "disk_pct", Column.TEMPERATURE: "temp_c"}
# A row of which no column came yet.
UNHEARD: dict[Column, Any] = {
    **dict.fromkeys(METRICS, MISSING),
    Column.STATUS: 0,
    Column.LIGHT: (0, 0, 0),
    Column.AGE: None,
}


class TornError(Exception):
    """What arrived cannot be what anybody meant to send."""


class GapError(Exception):
    """A delta builds on a frame that this viewer does not have."""


@dataclass
class Picture:
    """What a viewer knows from frames alone: row -> column -> value, as the frame's steps."""

    epoch: int = 0
    seq: int = 0
    rows: dict[int, dict[Column, Any]] = field(default_factory=dict)
    time_ms: int = 0

    def apply(self, frame: Frame) -> None:
        if frame.kind is Kind.SNAPSHOT or (frame.kind is Kind.REPLAY and frame.base == 0):
            self.rows, self.epoch = {}, frame.epoch
        elif frame.epoch != self.epoch or frame.base > self.seq:
            raise GapError(f"have {self.epoch}/{self.seq}, got {frame.epoch}/{frame.seq} on {frame.base}")
        elif frame.seq <= self.seq:
            return
        self.seq, self.time_ms = frame.seq, frame.time_ms
        metrics = {column: quantise(values) for column, values in frame.metrics.items()}
        for index, row in enumerate(frame.rows.tolist()):
            values = self.rows.setdefault(row, dict(UNHEARD))
            values |= {column: int(steps[index]) for column, steps in metrics.items()}
            if frame.status is not None:
                values[Column.STATUS] = int(frame.status[index])
            if frame.light_rgb is not None:
                values[Column.LIGHT] = tuple(frame.light_rgb[index].tolist())
            if frame.age_ms is not None:  # when it was true: ages grow by themselves
                age_ms = int(frame.age_ms[index])
                values[Column.AGE] = None if age_ms == AGE_MISSING * AGE_STEP_MS else frame.time_ms - age_ms

    def differences(self, live: Live) -> list[str]:
        """Where this picture differs from the server's columns ([] = it is the truth)."""
        columns, count = live.columns, live.columns.count
        if sorted(self.rows) != list(range(count)):
            return [f"rows {sorted(self.rows)[:5]}... of {count}"]
        wrong: list[str] = []
        for column, name in METRICS.items():
            wrong += self._compare(column, quantise(getattr(columns, name)[:count]).tolist())
        wrong += self._compare(Column.STATUS, columns.status[:count].tolist())
        wrong += self._compare(Column.LIGHT, [tuple(each) for each in columns.light_rgb[:count].tolist()])
        ages = quantise_age(self.time_ms - columns.received_ms[:count]).astype(np.int64) * AGE_STEP_MS
        for row, age in enumerate(ages.tolist()):
            since = self.rows[row].get(Column.AGE)
            if (since is None) != (age == AGE_MISSING * AGE_STEP_MS):
                wrong.append(f"row {row} age {since} {age}")
            elif since is not None and abs(self.time_ms - since - age) > 2 * AGE_STEP_MS:
                wrong.append(f"row {row} is {self.time_ms - since} ms old, not {age}")
        return wrong

    def _compare(self, column: Column, truth: list[Any]) -> list[str]:
        seen = [self.rows[row].get(column) for row in range(len(truth))]
        return [f"{column!r} row {i}: {a} is {b}" for i, (a, b) in enumerate(zip(seen, truth, strict=True)) if a != b]


class Viewer:
    """One connection to one namespace. Use `async with Viewer(url) as viewer`."""

    def __init__(
        self,
        url: str,
        namespace: str = "/twin",
        how: str = "websocket",
        auth: object = None,
        rcvbuf: int | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._trust = trust
        self._url, self._how, self._auth, self._rcvbuf = f"{url}/socket.io/", how, auth, rcvbuf
        self.namespace = namespace
        self.events: list[tuple[str, Any]] = []
        self.frames: list[Frame] = []
        self.picture = Picture()
        self.connected = self.refused = self.error = None
        self.replies: dict[int, Any] = {}
        self.closed = asyncio.Event()
        self._acks: dict[int, asyncio.Future[Any]] = {}
        self._waiting_for_attachment: str | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self._poll = False
        self._sid = ""
        self.upgraded = asyncio.Event()

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(socket_factory=self._socket, limit=0, ssl=self._trust or True)
        self._http = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=30))
        try:
            await (self._open_websocket() if self._how == "websocket" else self._open_polling())
            await until(lambda: self.connected or self.refused or self.error, f"{self._how} connects")
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._ws is not None:
            transport = self.transport
            if transport is not None:
                transport.abort()
            await self._ws.close()
        await self._http.close()

    # What it saw.

    def named(self, name: str) -> list[Any]:
        """The payloads of all events of a name so far."""
        return [payload for event, payload in self.events if event == name]

    @property
    def order(self) -> list[str]:
        return [name for name, _ in self.events]

    @property
    def hello(self) -> Any:
        return self.named("hello")[-1]

    async def first_frame(self) -> Frame:
        await until(lambda: self.frames or self.error, "a first frame")
        self.check()
        return self.frames[0]

    async def agrees(self, live: Live) -> None:
        """Wait until what this viewer shows is what the server holds."""

        def agreed() -> bool:
            self.check()
            return self.picture.seq > 0 and not self.picture.differences(live)

        try:
            await until(agreed, "the viewer's picture is the server's")
        except AssertionError:
            raise AssertionError(f"{self.picture.seq} of {live.seq}: {self.picture.differences(live)[:3]}") from None

    def check(self) -> None:
        """Raise what went wrong in the reader."""
        if self.error is not None:
            raise self.error

    # What it does.

    async def call(self, event: str, *body: object) -> Any:
        """Emit and wait for the acknowledgement."""
        number = len(self._acks) + 1
        done = self._acks[number] = asyncio.get_running_loop().create_future()
        await self.send(f"2{self._prefix}{number}{json.dumps([event, *body])}")
        async with asyncio.timeout(4):
            return await done

    async def send(self, packet: str) -> None:
        """One socket.io packet (without engine.io's leading 4)."""
        await self._send("4" + packet)

    @property
    def transport(self) -> Any:
        connection = self._ws._response.connection if self._ws is not None else None
        return None if connection is None else connection.transport

    def pause(self) -> None:
        """Stop reading from the network."""
        self.transport.pause_reading()

    def unpause(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    # Engine.io.

    @property
    def _prefix(self) -> str:
        return "" if self.namespace == "/" else f"{self.namespace},"

    def _socket(self, info: Any) -> socket.socket:
        family, kind, proto, _, _ = info
        sock = socket.socket(family, kind, proto)
        if self._rcvbuf:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._rcvbuf)
        return sock

    async def _open_websocket(self) -> None:
        self._ws = await self._http.ws_connect(self._url, params={"EIO": "4", "transport": "websocket"}, max_msg_size=0)
        self._start(self._read())
        await self._connect_namespace()

    async def _open_polling(self) -> None:
        async with self._http.get(self._url, params={"EIO": "4", "transport": "polling"}) as answer:
            self._payload(await answer.text())
        self._poll = True
        poller = self._start(self._poll_forever())
        if self._how == "upgrade":
            self._start(self._upgrade(poller))
        await self._connect_namespace()

    async def _connect_namespace(self) -> None:
        await self.send(f"0{self._prefix}{json.dumps(self._auth) if self._auth is not None else ''}")

    async def _upgrade(self, poller: asyncio.Task[None]) -> None:
        params = {"EIO": "4", "transport": "websocket", "sid": self._sid}
        ws = await self._http.ws_connect(self._url, params=params, max_msg_size=0)
        await ws.send_str("2probe")
        if await ws.receive_str() != "3probe":
            raise TornError("no answer to the probe")
        self._poll = False
        await poller  # the stock client waits for its last poll before it says "upgrade"
        await ws.send_str("5")
        self._ws = ws
        self.upgraded.set()
        await self._read()

    async def _poll_forever(self) -> None:
        params = {"EIO": "4", "transport": "polling", "sid": self._sid}
        while self._poll:
            async with self._http.get(self._url, params=params) as answer:
                if answer.status != 200:
                    return
                self._payload(await answer.text())

    async def _read(self) -> None:
        assert self._ws is not None
        async for message in self._ws:
            if message.type is aiohttp.WSMsgType.TEXT:
                self._packet(message.data)
            elif message.type is aiohttp.WSMsgType.BINARY:
                self._message(message.data)

    async def _send(self, packet: str) -> None:
        if self._ws is not None:
            await self._ws.send_str(packet)
            return
        params = {"EIO": "4", "transport": "polling", "sid": self._sid}
        async with self._http.post(self._url, params=params, data=packet.encode()) as answer:
            if answer.status != 200:  # the upgrade overtook this packet: the stock client queues, so do we
                await self.upgraded.wait()
                await self._send(packet)

    def _start(self, work: Any) -> asyncio.Task[None]:
        async def guarded() -> None:
            try:
                await work
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - the test sees it in `check`
                self.error = self.error or error
            finally:
                if not self._poll and (self._how == "websocket" or self.upgraded.is_set()):
                    self.closed.set()

        task = asyncio.get_running_loop().create_task(guarded())
        self._tasks.append(task)
        return task

    def _payload(self, text: str) -> None:
        for packet in text.split(SEPARATOR):
            if packet.startswith("b"):
                self._message(base64.b64decode(packet[1:]))
            elif packet:
                self._packet(packet)

    def _packet(self, packet: str) -> None:
        kind, rest = packet[0], packet[1:]
        if kind == "0":
            self._sid = json.loads(rest)["sid"]
        elif kind == "1":
            self._poll = False
            self.closed.set()
        elif kind == "2":
            self._start(self._send("3" + rest))
        elif kind == "4":
            self._message(rest)
        elif kind != "6":
            raise TornError(f"engine.io packet {packet[:40]!r}")

    # Socket.io.

    def _message(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            if self._waiting_for_attachment is None:
                raise TornError(f"{len(message)} bytes that nobody announced")
            name, self._waiting_for_attachment = self._waiting_for_attachment, None
            self._event(name, message)
            return
        if self._waiting_for_attachment is not None:
            raise TornError(f"{message[:60]!r} between an event and its attachment")
        kind, rest = message[0], message[1:]
        count, dash, after = rest.partition("-")
        if kind == "5" and dash and count == "1":
            name, holder = json.loads(self._own(after))
            if holder != {"_placeholder": True, "num": 0}:
                raise TornError(f"placeholder {holder}")
            self._waiting_for_attachment = name
            return
        body = self._own(rest)
        if kind == "0":
            self.connected = json.loads(body)
        elif kind == "1":
            self.closed.set()
        elif kind == "2":
            name, *args = json.loads(body)
            self._event(name, args[0] if args else None)
        elif kind == "3":
            number = body[: body.index("[")]
            args = json.loads(body[len(number) :])
            if int(number) in self._acks:
                self._acks[int(number)].set_result(args[0] if args else None)
            self.replies[int(number)] = args[0] if args else None
        elif kind == "4":
            self.refused = json.loads(body)
        else:
            raise TornError(f"socket.io packet {message[:40]!r}")

    def _own(self, rest: str) -> str:
        if self._prefix and not rest.startswith(self._prefix):
            raise TornError(f"not for {self.namespace}: {rest[:40]!r}")
        return rest[len(self._prefix) :]

    def _event(self, name: str, payload: Any) -> None:
        self.events.append((name, payload))
        if name == "frame":
            frame = decode(payload)
            self.frames.append(frame)
            self.picture.apply(frame)
