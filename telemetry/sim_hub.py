"""What all simulated agents of a process share: where the server is, the session, the gate that keeps a
thousand from connecting at once, the chance in waiting times, and the counts. Owns no sockets. Made by
simulate.py.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp

from telemetry.fleet import Fleet
from telemetry.keep import Keep, MemoryKeep
from telemetry.sim_line import Line, LineError, check

CONNECTS_AT_ONCE = 32
CATCH_UP = 1.0  # kept reports a second and node, as the real agent's
KEEP_BYTES = 100_000  # a node: 1050 of them live in this one process
BACKOFF_FIRST_S = 0.5
BACKOFF_CAP_S = 8.0  # a real agent waits up to 60 s; a simulator's user wants the picture back


@dataclass(slots=True)
class Counts:
    """What happened so far, but for `connected`, which is how many lines are open now."""

    connected: int = 0
    births: int = 0
    sent: int = 0
    acked: int = 0
    refused: int = 0  # reports the server will never take: deliberate lies are among them
    timeouts: int = 0
    resent: int = 0
    lost: int = 0
    failed_connects: int = 0
    byes: int = 0
    last_error: str = ""  # empty again once something succeeds

    def judge(self, answer: object) -> bool:
        """Count a report's acknowledgement. False: the server asks to have the same report again later."""
        try:
            check(answer)
        except LineError as error:
            if error.retry or not self.acked:  # a few liars are always refused: not news
                self.last_error = error.message
            self.refused += not error.retry
            return not error.retry
        self.acked += 1
        self.last_error = ""
        return True


@dataclass(slots=True)
class Hub:
    """`period_s` is of the wall clock: the fleet's period divided by the speed."""

    fleet: Fleet
    url: str
    token: str
    period_s: float
    session: aiohttp.ClientSession
    chance: random.Random
    counts: Counts = field(default_factory=Counts)
    catch_up: float = CATCH_UP
    new_keep: Callable[[], Keep] = lambda: MemoryKeep(KEEP_BYTES)
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTS_AT_ONCE))

    async def connect(self, line: Line, birth: dict[str, object]) -> None:
        """Open the line when it is its turn. Raises LineError."""
        try:
            async with self.gate:
                await line.open(birth)
        except LineError as error:
            self.counts.failed_connects += 1
            self.counts.last_error = error.message
            raise
        self.counts.births += 1
        self.counts.connected += 1

    def birth(self, index: int) -> dict[str, object]:
        """How node `index` introduces itself."""
        node = self.fleet.nodes[index]
        return {
            "mac": node.mac,
            "ip": node.ip,
            "boot_id": self.fleet.boot_id(index),
            "version": "simulator",
            "period_s": self.period_s,
            "capabilities": [],
            **({} if node.switch_ip == -1 else {"switch_ip": node.switch_ip, "port": int(node.port)}),
        }

    def report(self, index: int) -> dict[str, object]:
        """Node `index` now, by the wall clock (its own clock may still be wrong)."""
        return self.fleet.report(index, round(time.time() * 1000))

    def back_off_s(self, failures: int) -> float:
        """Doubling, capped, and between half and all of it by chance, so that a fleet does not come in one wave."""
        longest = min(BACKOFF_CAP_S, BACKOFF_FIRST_S * 2.0 ** min(failures, 10))
        return longest * (0.5 + 0.5 * self.chance.random())
