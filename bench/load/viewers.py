"""The same crowd of viewers as viewers.c, for a machine without a C compiler: same arguments, same files, same words.

Costs several times more CPU for each message, so latencies at 1000 viewers contain more of the client; bench/crowd.py
says in the results which of the two was used.
"""

from __future__ import annotations

import asyncio
import struct
import sys
import time
from collections import deque

IN_FLIGHT = 400
STALL_S = 8.0
OTHER, EVENT, ATTACHMENT = 0, 1, 2
RECORD = struct.Struct("<QQII")


class Crowd:
    """All viewers and what they received."""

    def __init__(self, port: int, namespace: str, count: int, out: str) -> None:
        self.port, self.namespace, self.count, self.out = port, namespace, count, out
        self.records = bytearray()
        self.payloads: dict[int, tuple[int, bytes]] = {}
        self.viewers: list[Viewer] = [Viewer(self, index) for index in range(count)]
        self.waiting = deque(self.viewers)
        self.joined = self.joining = self.lost = self.reopened = 0
        self.first_ns = self.last_ns = 0
        self.told = False
        self.tasks: set[asyncio.Task[object]] = set()

    def fill(self) -> None:
        while self.waiting and self.joining < IN_FLIGHT:
            self.joining += 1
            self.open(self.waiting.popleft())

    def open(self, viewer: Viewer) -> None:
        self.first_ns = self.first_ns or time.monotonic_ns()
        loop = asyncio.get_running_loop()
        task: asyncio.Task[object] = loop.create_task(loop.create_connection(lambda: viewer, "127.0.0.1", self.port))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def tell(self) -> None:
        if not self.told and self.joined + self.lost == self.count:
            self.told = True
            print(f"joined {self.joined} {self.first_ns} {self.last_ns}", flush=True)

    def command(self) -> bool:
        words = sys.stdin.readline().split()
        if words[:1] == ["stall"]:
            for viewer in self.viewers[self.count - int(words[1]) :]:
                viewer.stalls = True
                viewer.leave()
            return True
        return False

    def write(self) -> None:
        with open(f"{self.out}.records", "wb") as out:
            out.write(self.records)
        with open(f"{self.out}.payloads", "wb") as out:
            for key, (kind, payload) in self.payloads.items():
                out.write(struct.pack("<QII", key, kind, len(payload)) + payload)
        print(f"done {self.lost} {self.reopened}", flush=True)


class Viewer(asyncio.Protocol):
    """One socket.io client, as far as it needs to be one."""

    def __init__(self, crowd: Crowd, index: int) -> None:
        self.crowd, self.index = crowd, index
        self.stalls = self.upgraded = self.has_state = False
        self.data = bytearray()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.upgraded = transport, False
        self.data.clear()
        transport.write(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )

    def leave(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        crowd = self.crowd
        if self.stalls:
            crowd.reopened += 1
            crowd.open(self)
            return
        crowd.lost += 1
        if not self.has_state:
            crowd.joining -= 1
            crowd.fill()
        crowd.tell()

    def data_received(self, data: bytes) -> None:
        self.data += data
        if not self.upgraded:
            end = self.data.find(b"\r\n\r\n")
            if end < 0:
                return
            self.upgraded = self.data.startswith(b"HTTP/1.1 101")
            del self.data[: end + 4]
            if not self.upgraded:
                self.leave()
                return
        at = 0
        while (frame := self._frame(at)) is not None:
            opcode, start, at = frame[0], frame[1], frame[2]
            if opcode == 8:
                self.leave()
            elif opcode < 3:
                self._message(opcode, bytes(self.data[start:at]), frame[3])
        del self.data[:at]

    def _frame(self, at: int) -> tuple[int, int, int, int] | None:
        """Opcode, start and end of the payload, bytes on the wire; None when the frame is not whole yet."""
        data = self.data
        if len(data) - at < 2:
            return None
        length, start = data[at + 1] & 127, at + 2
        if length > 125:
            size = 2 if length == 126 else 8
            start += size
            if len(data) < start:
                return None
            length = int.from_bytes(data[start - size : start], "big")
        end = start + length
        return None if len(data) < end else (data[at] & 15, start, end, end - at)

    def _message(self, opcode: int, payload: bytes, wire: int) -> None:
        crowd = self.crowd
        kind = ATTACHMENT if opcode == 2 else EVENT if payload[:2] == b"42" else OTHER
        key = 0
        if kind != OTHER and not payload.startswith(b'42["cluster.all'):
            key = hash(payload) & 0xFFFFFFFFFFFFFFFF
            if key not in crowd.payloads:
                crowd.payloads[key] = (kind, payload)
        crowd.records += RECORD.pack(time.monotonic_ns(), key, self.index, wire | kind << 30)
        root = crowd.namespace == "/"
        if payload[:1] == b"0":
            self._say("40" if root else f"40{crowd.namespace},")
            if self.stalls and self.transport is not None:
                self.transport.pause_reading()
                asyncio.get_running_loop().call_later(STALL_S, self.leave)
        elif payload == b"2":
            self._say("3")
        elif not self.has_state and kind == (EVENT if root else ATTACHMENT):
            self.has_state = True
            crowd.joined += 1
            crowd.joining -= 1
            crowd.last_ns = time.monotonic_ns()
            crowd.fill()
            crowd.tell()

    def _say(self, text: str) -> None:
        if self.transport is not None:
            self.transport.write(bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text.encode())


async def main(port: int, namespace: str, count: int, out: str) -> None:
    crowd = Crowd(port, namespace, count, out)
    crowd.fill()
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, crowd.command):
        pass
    crowd.write()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]))
