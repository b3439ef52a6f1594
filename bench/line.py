"""Cheap clients for feeding: HTTP keep-alive connections, and agents on socket.io, without a library in between.

Both send ready bytes and call back when the answer is whole, so that some 20 us of the load's core go into a report.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

OnAnswer = Callable[[bool], None]  # False: refused


class HttpLine(asyncio.Protocol):
    """One keep-alive connection with at most one request in flight."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer = bytearray()
        self._wanted: OnAnswer | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @property
    def open(self) -> bool:
        """False once the server has closed it: Node does, after five idle seconds."""
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, request: bytes, then: OnAnswer) -> None:
        """Send `request`; `then` hears whether it was answered 200."""
        self._wanted = then
        if self._transport is None or self._transport.is_closing():
            self._tell(False)
            return
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        end = self._answer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._answer[:end]).lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._answer) < end + 4 + length:
            return
        self._answer.clear()
        self._tell(head.startswith(b"http/1.1 200"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._tell(False)

    def close(self) -> None:
        self._wanted = None
        if self._transport is not None:
            self._transport.close()

    def _tell(self, good: bool) -> None:
        then, self._wanted = self._wanted, None
        if then is not None:
            then(good)


class AgentLine(asyncio.Protocol):
    """One agent on namespace /agents, born and ready after `born`; reports with one acknowledgement in flight."""

    def __init__(self, token: str, mac: str, ip: str) -> None:
        self._transport: asyncio.Transport | None = None
        self._data = bytearray()
        self._upgraded = False
        self._wanted: OnAnswer | None = None
        self._token, self._birth = token, {"mac": mac, "ip": ip, "boot_id": "bench", "version": "0", "period_s": 5}
        self.born: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )

    def ask(self, packet: bytes, then: OnAnswer) -> None:
        """Send a ready packet (`report_packet`); `then` hears the acknowledgement."""
        self._wanted = then
        if self._transport is None or self._transport.is_closing():
            self.connection_lost(None)
            return
        self._transport.write(packet)

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._upgraded:
            end = self._data.find(b"\r\n\r\n")
            if end < 0:
                return
            del self._data[: end + 4]
            self._upgraded = True
        while len(self._data) >= 2:
            length, start = self._data[1] & 127, 2
            if length == 126:
                if len(self._data) < 4:
                    return
                length, start = int.from_bytes(self._data[2:4], "big"), 4
            if len(self._data) < start + length:
                return
            packet = bytes(self._data[start : start + length])
            del self._data[: start + length]
            self._heard(packet)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.born.done():
            self.born.set_exception(ConnectionError("an agent's connection was cut before its birth"))
        then, self._wanted = self._wanted, None
        if then is not None:
            then(False)

    def close(self) -> None:
        self._wanted = None
        if self._transport is not None:
            self._transport.close()

    def _heard(self, packet: bytes) -> None:
        if packet.startswith(b"43/agents,1["):
            then, self._wanted = self._wanted, None
            if then is not None:
                then(b'"ok":true' in packet)
        elif packet == b"2":
            self._say(b"3")
        elif packet.startswith(b"0"):
            self._say(b"40/agents," + json.dumps({"token": self._token}).encode())
        elif packet.startswith(b"40/agents"):
            self._say(b'42/agents,0["birth",' + json.dumps(self._birth).encode() + b"]")
        elif packet.startswith(b"43/agents,0") and not self.born.done():
            self.born.set_result(None)

    def _say(self, text: bytes) -> None:
        if self._transport is not None:
            self._transport.write(masked(text))


def report_packet(body: bytes) -> bytes:
    """A report as one socket.io event with acknowledgement 1, framed."""
    return masked(b'42/agents,1["report",' + body + b"]")


def masked(text: bytes) -> bytes:
    """A client's text frame; the mask is all zeros, which is allowed and free."""
    length = len(text)
    if length < 126:
        return bytes((0x81, 0x80 | length, 0, 0, 0, 0)) + text
    return b"\x81\xfe" + length.to_bytes(2, "big") + b"\0\0\0\0" + text
