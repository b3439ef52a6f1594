"""One simulated agent: a node of the fleet with a connection of its own. Owns when it connects, reports,
falls silent, says bye and comes back; what it reports is fleet.py's, the connection sim_line.py's. Run
by simulate.py.

    mode        socket                          reports
    up          open (reconnects with backoff)  one a period; between them what was kept, oldest first
    hung        stays as it is                  none
    rebooting   bye, then closed                none; out of `hung` there is no bye
    dead        cut                             none
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from telemetry.keep import Keep, Kept
from telemetry.sim_faults import Mode
from telemetry.sim_hub import Hub
from telemetry.sim_line import Line, LineError, check

BYE_S = 1.0
MISSES = 3  # acknowledgements that may be missing in a row before the agent takes a new connection


class Agent:
    """`run` until cancelled, `wake` it when its node's mode changed, then `leave`."""

    __slots__ = ("_due", "_hub", "_index", "_late_at", "_late_failures", "_line", "_misses", "_wake", "keep")

    def __init__(self, index: int, hub: Hub) -> None:
        self._index = index
        self._hub = hub
        self._wake = asyncio.Event()
        self._line: Line | None = None
        self.keep: Keep = hub.new_keep()
        self._late_at = 0.0  # loop time at which the next kept report may go
        self._late_failures = 0
        self._misses = 0
        self._due = -1.0  # not known yet

    def wake(self) -> None:
        """Look again: the node's mode changed, or the line was lost."""
        self._wake.set()

    async def run(self) -> None:
        """Connect, report, fail, wait, again; ends by cancellation only."""
        failures = 0
        while True:
            try:
                await self._be_up()
                await self._connect()
                failures = 0
                await self._stay()
            except LineError:
                await self._sit_out(self._hub.back_off_s(failures))
                failures += 1

    async def leave(self, reason: str) -> None:
        """Say bye and close; quickly, whatever the server does."""
        line = self._line
        if line is None or not line.is_open:
            return
        self._forget_line()
        with contextlib.suppress(LineError):
            check(await line.ask("bye", {"reason": reason}, BYE_S))
            self._hub.counts.byes += 1
        line.cut()

    def cut(self) -> None:
        """Gone without a word."""
        if self._line is not None:
            self._line.cut()
            self._forget_line()

    async def _be_up(self) -> None:
        while not self._hub.fleet.speaks(self._index):
            await self._pause(None)

    async def _connect(self) -> None:
        hub = self._hub
        line = Line(hub.url, hub.token, hub.session, self._on_lost)
        await hub.connect(line, hub.birth(self._index))
        self._line = line
        self._misses = 0
        now = asyncio.get_running_loop().time()
        self._due = now + hub.chance.random() * hub.period_s
        self._late_at = self._due + hub.chance.random() * 2 / hub.catch_up

    async def _sit_out(self, seconds: float) -> None:
        """A wait between two connections, in which the node goes on sampling."""
        now = asyncio.get_running_loop().time
        end = now() + seconds
        while (left := end - now()) > 0 and self._hub.fleet.speaks(self._index):
            if self._due < 0:
                self._due = now() + self._hub.chance.random() * self._hub.period_s
            if now() >= self._due:
                self.keep.add(Kept(now(), self._hub.report(self._index)))
                self._go_on()
            await self._pause(min(left, self._due - now()))

    def _go_on(self) -> None:
        """To the next report's time; what was missed is not made up for."""
        late_s = asyncio.get_running_loop().time() - self._due
        self._due += self._hub.period_s * (1 + max(0, late_s // self._hub.period_s))

    async def _stay(self) -> None:
        """Until the node goes down; raises LineError when the line goes first."""
        now, hung = asyncio.get_running_loop().time, False
        while True:
            mode = self._hub.fleet.mode(self._index)
            if mode is Mode.REBOOTING and not hung:
                return await self._go_down("reboot")
            if mode in (Mode.REBOOTING, Mode.DEAD):
                return await self._go_down("")
            hung = mode is Mode.HUNG
            if self._line is None:
                raise LineError("lost", "The connection was lost.", retry=True)
            if not hung and now() >= self._due:
                await self._report(self._line)
                self._go_on()
            elif not hung and len(self.keep) and now() >= self._late_at:
                await self._catch_up(self._line)
            elif hung:
                await self._pause(None)
            else:
                await self._pause(min(self._due, self._late_at if len(self.keep) else self._due) - now())

    async def _go_down(self, bye: str) -> None:
        self.keep = self._hub.new_keep()  # it was in memory
        if bye:
            await self.leave(bye)
        self.cut()

    async def _report(self, line: Line) -> None:
        """What is new."""
        fresh = Kept(asyncio.get_running_loop().time(), self._hub.report(self._index))
        if not await self._deliver(line, fresh.body):
            self.keep.add(fresh)

    async def _catch_up(self, line: Line) -> None:
        """What is owed: one of it."""
        now = asyncio.get_running_loop().time()
        kept = self.keep.oldest(now)
        if kept is None:
            return
        self._hub.counts.resent += 1
        self._late_at = now + 1 / self._hub.catch_up
        # How long it waited, as the real agent says it: the server must not take it for fresh.
        if await self._deliver(line, {**kept.body, "heldMs": round((now - kept.at) * 1000)}):
            self.keep.done()
            self._late_failures = 0
        else:
            self._late_at = asyncio.get_running_loop().time() + self._hub.back_off_s(self._late_failures)
            self._late_failures += 1

    async def _deliver(self, line: Line, body: Mapping[str, object]) -> bool:
        """True when the report is off our hands, taken or refused for good."""
        self._hub.counts.sent += 1
        try:
            answer = await line.ask("report", body)
        except LineError as error:
            self._miss(error)
            return False
        self._misses = 0
        return self._hub.counts.judge(answer)

    def _miss(self, error: LineError) -> None:
        if error.code == "timeout":
            self._hub.counts.timeouts += 1
            self._misses += 1
            if self._misses >= MISSES:
                self.cut()

    def _on_lost(self) -> None:
        self._hub.counts.lost += 1
        self._forget_line()
        self._wake.set()

    def _forget_line(self) -> None:
        if self._line is not None:
            self._line = None
            self._hub.counts.connected -= 1

    async def _pause(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()
