"""The way out to one socket.io client: straight to its transport, or through engine.io's queue.

A direct write must never overtake what engine.io still holds, nor fall between a binary event's two packets. It is
allowed only when the client is on websocket for good, engine.io's queue has no unfinished item (that is counted until
the packet is taken by the writer) and the writer is not inside a send. Otherwise the packets go into that queue.
Called by the fans through the Pipe protocol of wire/fan.py.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from engineio.packet import MESSAGE, Packet

from twin.wire.packets import Message

FAREWELL_S = 1.0  # how long a closed viewer has to read why
RESET = struct.pack("ii", 1, 0)  # struct linger: on, for no time
QUEUE_LIMIT = 64  # packets; a viewer that has so many waiting counts as far behind

Spawn = Callable[[Coroutine[Any, Any, None]], None]


class SocketPipe:
    """See wire/fan.py's Pipe. `eio` is the engine.io socket of one connection."""

    def __init__(self, eio: Any, spawn: Spawn) -> None:
        self._eio = eio
        self._spawn = spawn
        self._closing = False
        self._lost = False

    def backlog(self) -> int:
        if self._lost:
            return sys.maxsize
        transport = self._transport()
        return 0 if transport is None else transport.get_write_buffer_size()

    def busy(self) -> bool:
        """Something waits in engine.io's queue, or its writer waits for the network."""
        eio = self._eio
        if eio.queue._unfinished_tasks:
            return True
        direct = getattr(eio, "direct", None)
        return bool(direct is not None and direct.sending)

    def send(self, message: Message) -> None:
        if self._closing or self._eio.closed:
            return
        transport = self._transport()
        if transport is not None and not self.busy():
            transport.write(message.framed)
            return
        queue = self._eio.queue
        if queue.qsize() >= QUEUE_LIMIT:
            self._lost = True  # a viewer cannot know what it missed: it is closed at the next tick
        else:
            queue.put_nowait(Packet(MESSAGE, data=message.text))
            if message.attachment is not None:
                queue.put_nowait(Packet(MESSAGE, data=message.attachment))

    def close(self, farewell: Message | None) -> None:
        if farewell is not None:
            self.send(farewell)
        self._closing = True
        self._spawn(self._end())

    def _transport(self) -> asyncio.Transport | None:
        """The transport, once the client is on websocket for good."""
        eio = self._eio
        direct = getattr(eio, "direct", None)
        if direct is None or not eio.upgraded or direct.transport is None or direct.transport.is_closing():
            return None
        transport: asyncio.Transport = direct.transport
        return transport

    async def _end(self) -> None:
        """Give the farewell a moment, then cut: a peer that does not read would keep a polite close waiting."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + FAREWELL_S
        while loop.time() < deadline and not self._eio.closed and (self.backlog() or self.busy()):
            await asyncio.sleep(0.05)
        transport = self._transport()
        if transport is not None and self.backlog():
            # It does not read, so a FIN would wait behind what it has not read; a reset tells it at once.
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        if not self._eio.closed:
            await self._eio.close(wait=False)
        if transport is not None:
            await asyncio.sleep(0.05)
            transport.abort()
