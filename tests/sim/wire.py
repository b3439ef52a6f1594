"""The fake wire: one connection, as bytes in a process, in flight and in the viewer's receive buffer.

It keeps order and loses nothing until it is cut; then everything that was on its way is gone. `Line` is a Pipe of
twin/wire/fan.py on the server's side, and a stream of bytes on the viewer's. Time is `clock()`, in ms.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from twin.wire.packets import Message, ws_frame

LINGER_MS = 1000  # a closed connection has so long to carry its farewell


@dataclass
class Quality:
    """How good a line is. Rates in bytes a ms."""

    latency_ms: int = 20
    bandwidth: int = 2000
    window: int = 65_536  # what the kernels on both sides hold before the server's process has to
    read_rate: int = 10_000
    polling_ms: int = 0  # so long after connecting, the server finds the line busy


@dataclass
class Request:
    arrives_ms: int
    id: int
    name: str
    body: object


class Line:
    """One connection. `up` is what the viewer asks; `out`, `flight` and `received` are what it is sent."""

    def __init__(self, sid: str, clock: Callable[[], int], quality: Quality) -> None:
        self.sid = sid
        self.clock = clock
        self.quality = quality
        self.opened_ms = clock()
        self.out = bytearray()
        self.flight: deque[tuple[int, bytes]] = deque()
        self.in_flight = 0
        self.received = bytearray()
        self.up: deque[Request] = deque()
        self.stopped = False  # the viewer does not read
        self.alive = True  # as the viewer sees it
        self.known_dead = False  # as the server sees it
        self.closing_ms: int | None = None
        self.peak = 0
        self.peak_before = 0  # the backlog that the fattest send found
        self.drop: Callable[[Message], bool] = lambda message: False

    # The server's side: a Pipe.

    def backlog(self) -> int:
        return len(self.out)

    def busy(self) -> bool:
        return self.clock() < self.opened_ms + self.quality.polling_ms

    def send(self, message: Message) -> None:
        if self.closing_ms is not None or self.known_dead or self.drop(message):
            return
        self.peak_before = max(self.peak_before, len(self.out))
        self.out += message.framed
        self.peak = max(self.peak, len(self.out))

    def close(self, farewell: Message | None) -> None:
        if farewell is not None:
            self.send(farewell)
        self.closing_ms = self.clock()

    def answer(self, request: Request, answer: dict[str, object]) -> None:
        text = f"3/twin,{request.id}[{msgspec.json.encode(answer).decode()}]"
        self.send(Message(text, None, ws_frame(0x81, b"4" + text.encode())))

    # In between.

    def cut(self, *, noticed: bool) -> None:
        """The connection is gone for the viewer. Without `noticed` the server goes on writing into nothing."""
        self.alive = False
        self.known_dead = self.known_dead or noticed
        self.flight.clear()
        self.in_flight = 0
        self.received.clear()
        self.up.clear()

    def pump(self, elapsed_ms: int) -> None:
        """Move bytes for `elapsed_ms`."""
        if not self.alive:
            return
        now, quality = self.clock(), self.quality
        room = quality.window - self.in_flight - len(self.received)
        size = min(len(self.out), quality.bandwidth * elapsed_ms, max(0, room))
        if size:
            self.flight.append((now + quality.latency_ms, bytes(self.out[:size])))
            self.in_flight += size
            del self.out[:size]
        while self.flight and self.flight[0][0] <= now:
            piece = self.flight.popleft()[1]
            self.in_flight -= len(piece)
            self.received += piece
        if self.closing_ms is not None:
            drained = not self.out and not self.flight and not self.received
            if drained or now - self.closing_ms > LINGER_MS:
                self.cut(noticed=True)

    # The viewer's side.

    def read(self, elapsed_ms: int) -> bytes:
        if self.stopped or not self.alive or not self.received:
            return b""
        size = self.quality.read_rate * elapsed_ms
        piece = bytes(self.received[:size])
        del self.received[:size]
        return piece

    def ask(self, request: Request) -> None:
        request.arrives_ms = self.clock() + self.quality.latency_ms
        self.up.append(request)

    def requests(self) -> Iterator[Request]:
        """What has arrived at the server."""
        while self.alive and self.up and self.up[0].arrives_ms <= self.clock():
            yield self.up.popleft()


@dataclass
class Packet:
    """One socket.io packet. Exactly one of the two: an event's `name`, or the `ack` id it answers."""

    name: str = ""
    ack: int = -1
    payload: Any = None


@dataclass
class Parser:
    """Bytes of a websocket -> socket.io packets, by the public specifications, not by twin/wire/packets.py."""

    buffer: bytearray = field(default_factory=bytearray)
    waiting: str = ""  # the event whose attachment comes next

    def feed(self, piece: bytes) -> Iterator[Packet]:
        self.buffer += piece
        while (whole := self._frame()) is not None:
            opcode, payload = whole
            packet = self._packet(opcode, payload)
            if packet is not None:
                yield packet

    def _frame(self) -> tuple[int, bytes] | None:
        data = self.buffer
        if len(data) < 2:
            return None
        assert data[0] & 0xF0 == 0x80, "one whole frame a message"
        head, size = 2, data[1]
        assert size < 128, "a server's frames are not masked"
        if size >= 126:
            head = 4 if size == 126 else 10
            if len(data) < head:
                return None
            size = int.from_bytes(data[2:head], "big")
        if len(data) < head + size:
            return None
        opcode, payload = data[0] & 0x0F, bytes(data[head : head + size])
        del data[: head + size]
        return opcode, payload

    def _packet(self, opcode: int, payload: bytes) -> Packet | None:
        if opcode == 2:
            assert self.waiting, "an attachment that nobody announced"
            name, self.waiting = self.waiting, ""
            return Packet(name, payload=payload)
        assert not self.waiting, "something came between an event and its attachment"
        text = payload.decode()
        assert text[0] == "4", "engine.io message"
        kind, rest = text[1], text[2:]
        if kind == "5":
            count, rest = rest.split("-", 1)
            assert count == "1"
        if rest.startswith("/"):
            rest = rest.split(",", 1)[1]
        digits = rest[: rest.index("[")]
        value = msgspec.json.decode(rest[len(digits) :])
        if kind == "3":
            return Packet(ack=int(digits), payload=value[0])
        if kind == "5":
            self.waiting = value[0]
            return None
        return Packet(value[0], payload=value[1] if len(value) > 1 else None)
