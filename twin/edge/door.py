"""The first protocol of every connection: takes plain reports itself, and hands anything else to aiohttp.

A report over HTTP costs aiohttp three times what it costs to take it in. So a well-formed `POST` of a report, with no
header that matters beyond the ones below, is read here; at the first byte of anything else (another method or path, an
unknown header, a bad report, an error of the store) the connection and all that was read go to aiohttp, which answers
as if it had been there from the start. This file therefore never writes an error, and knows no HTTP but its own case.
Called by edge/server.py as the listening socket's protocol. Figures: docs/decisions/0008-door.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from twin.core.access import Action
from twin.core.errors import TwinError
from twin.edge.gate import Caller, Gate, is_loopback, names_us
from twin.edge.ingest import COMMIT_TIMEOUT_S, Ingest

END = b"\r\n\r\n"
MAX_HEAD = 4096  # a longer head is unusual enough for aiohttp
IDLE_S = 75.0  # as aiohttp keeps an idle connection
HALF_S = 5.0  # for a request to be all there; then aiohttp waits on, and says so when it never comes
TAKEN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
TARGETS = frozenset(
    (b"POST /api/cluster HTTP/1.1", b"POST /ords/picluster/AR HTTP/1.1", b"POST /ords/picluster/AR/ HTTP/1.1")
)
# Headers that change nothing for a report. Any other (Expect, Transfer-Encoding, Origin, Forwarded ...) is aiohttp's.
HARMLESS = frozenset((b"host", b"user-agent", b"accept", b"accept-encoding", b"accept-language"))

Fallback = Callable[[], asyncio.Protocol]


@dataclass(frozen=True, slots=True)
class Head:
    """What a request's head says that matters here."""

    length: int
    token: str
    ours: bool  # it was sent to this machine's address, not to a name that somebody may have rebound to it


@lru_cache(maxsize=1024)  # a sender's heads differ in the length only
def recognise(head: bytes) -> Head | None:
    """The head of a plain report, or None for whatever else it is."""
    lines = head.split(b"\r\n")
    if lines[0] not in TARGETS:
        return None
    found: dict[bytes, bytes] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        name = name.lower()
        if not colon or name in found or b"\n" in line or b"\r" in line:  # a proxy may see two headers there
            return None
        found[name] = value.strip(b" \t")
    if not found.keys() <= HARMLESS | {b"content-type", b"content-length", b"authorization", b"connection"}:
        return None
    length, kind = found.get(b"content-length", b""), found.get(b"content-type", b"")
    if not length.isdigit() or len(length) > 9 or kind.lower() != b"application/json" or b"host" not in found:
        return None
    if found.get(b"connection", b"keep-alive").lower() != b"keep-alive":
        return None
    scheme, _, token = found.get(b"authorization", b"").partition(b" ")
    if scheme and (scheme.lower() != b"bearer" or not token.isascii()):
        return None
    return Head(int(length), token.strip().decode("ascii"), names_us(found[b"host"].decode("latin-1")))


class Door(asyncio.Protocol):
    """One connection. One report at a time; what is sent ahead waits in a buffer of one report's size."""

    def __init__(self, fallback: Fallback, ingest: Ingest, gate: Gate) -> None:
        self._fallback = fallback
        self._ingest = ingest
        self._gate = gate
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._request = b""  # the one that is on its way to the disk
        self._local = False
        self._timer: asyncio.TimerHandle | None = None
        self._heard_at = self._began_at = 0.0  # the last request, and the first byte of the next one
        self._closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._local = bool(peer) and is_loopback(str(peer[0]))
        self._heard_at = asyncio.get_running_loop().time()
        self._watch(HALF_S)

    def close(self) -> None:
        """The server stops: a request on its way to the disk is still answered."""
        self._closing = True
        if self._transport is not None and not self._request:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()

    def eof_received(self) -> bool | None:
        return None

    def data_received(self, data: bytes) -> None:
        if not self._buffer:
            self._began_at = asyncio.get_running_loop().time()
        self._buffer += data
        if not self._request:
            self._read()
        elif self._transport is not None and len(self._buffer) > self._ingest.max_body:
            self._transport.pause_reading()

    def _read(self) -> None:
        """Take the next request from the buffer, if it is all there and ours."""
        buffer = self._buffer
        end = buffer.find(END, 0, MAX_HEAD)
        if end < 0:
            if len(buffer) >= MAX_HEAD or not b"POST /".startswith(buffer[:6]):
                self._hand_over()
            return
        head = recognise(bytes(buffer[:end]))
        if head is None or head.length > self._ingest.max_body or not self._may_report(head):
            self._hand_over()
            return
        total = end + len(END) + head.length
        if len(buffer) >= total:
            self._heard_at = asyncio.get_running_loop().time()
            self._take(bytes(buffer[end + len(END) : total]), total)

    def _take(self, body: bytes, total: int) -> None:
        done = self._ingest.offer(body)
        if done is None:
            self._hand_over()
            return
        self._request = bytes(self._buffer[:total])
        del self._buffer[:total]
        done.add_done_callback(self._landed)

    def _landed(self, done: asyncio.Future[None]) -> None:
        transport = self._transport
        if transport is None:
            return
        if done.cancelled() or done.exception() is not None:
            # aiohttp tries once more and has the words for it.
            self._buffer[:0] = self._request
            self._hand_over()
            return
        self._request = b""
        transport.write(TAKEN)
        if transport.get_write_buffer_size() > MAX_HEAD:  # it sends and never reads
            transport.abort()
            return
        if self._closing:
            transport.close()
            return
        transport.resume_reading()
        if self._buffer:
            self._read()

    def _may_report(self, head: Head) -> bool:
        try:
            self._gate.require(Caller(head.token, self._local and head.ours, ""), Action.REPORT)
        except TwinError:
            return False
        return True

    def _hand_over(self) -> None:
        """From here on this connection is aiohttp's, beginning with what was read."""
        transport = self._transport
        if transport is None:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._transport = None
        protocol = self._fallback()
        transport.set_protocol(protocol)
        transport.resume_reading()
        protocol.connection_made(transport)
        if self._buffer:
            protocol.data_received(bytes(self._buffer))

    def _watch(self, after_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(after_s, self._check, loop)

    def _check(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close an idle connection; cut one whose report the disk does not take; leave a half-sent one to aiohttp."""
        if self._transport is None:
            return
        if self._buffer and not self._request and loop.time() - self._began_at >= HALF_S:
            self._hand_over()
            return
        left_s = self._heard_at + (COMMIT_TIMEOUT_S if self._request else IDLE_S) - loop.time()
        if left_s <= 0:
            self._transport.abort()
        else:
            self._watch(min(left_s, HALF_S))
