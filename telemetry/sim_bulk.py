"""A whole fleet over one connection (`--fleet`): for pictures with 20,000 nodes, where as many sockets would be the
story. Owns the reports on their way and their order. A node that reboots says bye over the common line; one that
hangs or dies falls silent. Run by simulate.py.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from itertools import cycle

from telemetry.sim_direct import turns
from telemetry.sim_faults import Change, Mode
from telemetry.sim_hub import Hub
from telemetry.sim_line import ACK_S, Line, LineError

WINDOW = 512  # reports on their way; above that we wait for the server
_SLICE_S = 0.05
_NEVER_ACKED = "The server acknowledges nothing."


class Bulk:
    """`run` until cancelled, then `leave`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._line: Line | None = None
        self._unacked: dict[int, tuple[dict[str, object], float]] = {}  # at most WINDOW
        self._number = 0
        self._room = asyncio.Event()
        self._hung: set[int] = set()
        self._byes: list[int] = []  # nodes that reboot and have not said so yet

    def note(self, change: Change) -> None:
        """A node's mode changed. One that hung is reset by its watchdog and says nothing."""
        if change.mode is Mode.HUNG:
            self._hung.add(change.node)
        elif change.mode is Mode.REBOOTING and change.node not in self._hung:
            self._byes.append(change.node)
        else:
            self._hung.discard(change.node)

    async def run(self) -> None:
        """Connect, send, fail, wait, again."""
        slices = max(1, round(self._hub.period_s / _SLICE_S))
        rounds = cycle(turns(len(self._hub.fleet), slices))
        failures = 0
        while True:
            try:
                await self._connect()
                failures = 0
                await self._send_again()
                await self._stay(rounds, self._hub.period_s / slices)
            except LineError:
                self.cut()
                await asyncio.sleep(self._hub.back_off_s(failures))
                failures += 1

    async def leave(self, reason: str) -> None:
        """Say bye and close."""
        line, self._line = self._line, None
        if line is None or not line.is_open:
            return
        self._hub.counts.connected -= 1
        with contextlib.suppress(LineError):
            await line.ask("bye", {"reason": reason}, 1.0)
            self._hub.counts.byes += 1
        line.cut()

    def cut(self) -> None:
        """Gone without a word."""
        if self._line is not None:
            self._line.cut()
            self._line = None
            self._hub.counts.connected -= 1

    async def _connect(self) -> None:
        hub = self._hub
        line = Line(hub.url, hub.token, hub.session, self._on_lost)
        await hub.connect(line, {**hub.birth(0), "fleet": True})
        self._line = line

    async def _stay(self, rounds: cycle[list[int]], slice_s: float) -> None:
        loop, fleet = asyncio.get_running_loop(), self._hub.fleet
        due = loop.time()
        while True:
            await self._say_byes()
            for index in next(rounds):
                if fleet.speaks(index):
                    await self._send(self._hub.report(index))
            due = max(due + slice_s, loop.time())
            await asyncio.sleep(due - loop.time())

    async def _say_byes(self) -> None:
        byes, self._byes = self._byes, []
        if self._line is not None:
            for index in byes:
                self._hub.counts.byes += 1
                body = {"reason": "reboot", "mac": self._hub.fleet.nodes[index].mac}
                await self._line.send("bye", body, lambda *_answer: None)

    async def _send_again(self) -> None:
        owed, self._unacked = list(self._unacked.values()), {}
        self._hub.counts.resent += len(owed)
        now = asyncio.get_running_loop().time()
        for body, at in owed:
            # How long it waited, as the real agent says it: the server must not take it for fresh.
            await self._send({**body, "heldMs": round((now - at) * 1000)}, at)

    async def _send(self, body: dict[str, object], at: float | None = None) -> None:
        if len(self._unacked) >= WINDOW:
            await self._wait_for_room()
        if self._line is None:
            raise LineError("lost", "The connection was lost.", retry=True)
        number = self._number = self._number + 1
        self._unacked[number] = (body, asyncio.get_running_loop().time() if at is None else at)
        self._hub.counts.sent += 1
        await self._line.send("report", body, partial(self._answered, number))

    async def _wait_for_room(self) -> None:
        self._room.clear()
        try:
            async with asyncio.timeout(ACK_S):
                await self._room.wait()
        except TimeoutError:
            self._hub.counts.timeouts += 1
            raise LineError("timeout", _NEVER_ACKED, retry=True) from None

    def _answered(self, number: int, answer: object = None, *_more: object) -> None:
        """A report to be kept stays among the unacknowledged and goes again with the next connection."""
        if number in self._unacked and self._hub.counts.judge(answer):
            del self._unacked[number]
            self._room.set()

    def _on_lost(self) -> None:
        self._hub.counts.lost += 1
        if self._line is not None:
            self._line = None
            self._hub.counts.connected -= 1
        self._room.set()
