"""A crowd of small viewers for the tests at scale: raw websockets, the reference decoder, the documented rules.

Each one reconnects and resumes as docs/clients.md says, and notes every moment at which it would have shown a lie.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

import aiohttp
import numpy as np

from twin.core.columns import ONLINE
from twin.wire import frame
from twin.wire.frame import Kind

YOUNG_MS = 12_000  # an online node reports every 5 s and is late after 10


@dataclass(slots=True)
class Viewer:
    """What one viewer knows. `lies`: what it was told that cannot be true."""

    url: str
    epoch: int = -1
    seq: int = 0
    size: int = 0
    status: np.ndarray = field(default_factory=lambda: np.zeros(4096, np.uint8))
    hellos: int = 0
    live: bool = False
    lies: list[str] = field(default_factory=list)

    async def watch(self, session: aiohttp.ClientSession, stop: asyncio.Event) -> None:
        """Stay connected until `stop`, with a short pause after each loss."""
        while not stop.is_set():
            try:
                async with session.ws_connect(self.url, max_msg_size=0) as socket:
                    await self._listen(socket)
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            self.live = False
            await asyncio.sleep(0.5)

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                self._frame(frame.decode(message.data))
                continue
            if message.type is not aiohttp.WSMsgType.TEXT:
                return
            text: str = message.data
            if text == "2":
                await socket.send_str("3")
            elif text.startswith("0"):
                await socket.send_str("40/twin,")
            elif text.startswith("40/twin") and self.epoch != -1:
                resume = json.dumps(["resume", {"epoch": self.epoch, "seq": self.seq}])
                await socket.send_str(f"42/twin,1{resume}")
            elif text.startswith('42/twin,["hello"'):
                self._hello(json.loads(text[8:])[1])
            elif text.startswith('42/twin,["roster"'):
                roster = json.loads(text[8:])[1]
                self.size = max([self.size, *(row + 1 for row in roster["row"])])

    def _hello(self, hello: dict[str, int]) -> None:
        self.hellos += 1
        if hello["epoch"] != self.epoch:
            self.epoch, self.seq, self.size = hello["epoch"], 0, 0
            self.status[:] = 0

    def _frame(self, got: frame.Frame) -> None:
        if got.epoch != self.epoch:
            self.lies.append(f"frame of epoch {got.epoch} in epoch {self.epoch}")
        if got.kind is Kind.DELTA and not got.base <= self.seq:
            self.lies.append(f"gap: frame builds on {got.base}, viewer has {self.seq}")
        self.seq = max(self.seq, got.seq)
        self.live = True
        if got.status is not None:
            self.status[got.rows] = got.status
        if got.age_ms is not None:
            shown = self.status[got.rows]
            old = (shown == ONLINE) & (got.age_ms > YOUNG_MS)
            if old.any():
                self.lies.append(f"{int(old.sum())} nodes online with values older than {YOUNG_MS} ms")

    def online(self) -> int:
        return int((self.status[: self.size] == ONLINE).sum())
