"""A fleet in the field: every node POSTs its report once a period, spread evenly, and remembers when it did.

`sent_ns[node, number]` is CLOCK_MONOTONIC at the moment the request is written (0: not sent). The schedule does not
wait for answers, as a fleet does not: a busy connection is left alone and another one is used.
"""

from __future__ import annotations

import asyncio
import time

import numpy as np

from bench import reports
from bench.line import HttpLine
from bench.plan import NODES, PERIOD_S

LINES = 64
MAX_LINES = 1050


class Feeder:
    """Feeds one server. `refused`: answers other than 200, and connections that broke."""

    def __init__(self, port: int, nodes: int = NODES) -> None:
        self._port = port
        self._nodes = nodes
        self._free: list[HttpLine] = []
        self._lines: list[HttpLine] = []
        self._number = np.zeros(nodes, np.int64)
        self.sent_ns = np.zeros((nodes, reports.ROUNDS), np.int64)
        self.refused = 0
        self.answered = 0
        self._task: asyncio.Task[None] | None = None

    async def preload(self) -> None:
        """Every node reports once, some 64 at a time: the server holds the whole cluster afterwards."""
        for node in range(self._nodes):
            while self.answered + self.refused < node - LINES:
                await asyncio.sleep(0.001)
            await self._send(node)
        while self.answered + self.refused < self._nodes:
            await asyncio.sleep(0.005)

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        for line in self._lines:
            line.close()

    async def _run(self) -> None:
        gap_s = PERIOD_S / self._nodes
        began, sent = time.monotonic(), 0
        while True:
            await self._send(sent % self._nodes)
            sent += 1
            await asyncio.sleep(max(0.0, began + sent * gap_s - time.monotonic()))

    async def _send(self, node: int) -> None:
        line = await self._line()
        number = int(self._number[node]) % reports.ROUNDS
        self._number[node] += 1
        request = reports.post(node, number)
        self.sent_ns[node, number] = time.monotonic_ns()

        def answered(good: bool) -> None:
            self.answered += good
            self.refused += not good
            self._free.append(line)

        line.ask(request, answered)

    async def _line(self) -> HttpLine:
        """A connection with nothing in flight; the one that was used last, so that few are in use."""
        while True:
            while self._free:
                line = self._free.pop()
                if line.open:
                    return line
                self._lines.remove(line)
            if len(self._lines) < MAX_LINES:
                await self._open(1)
            else:
                await asyncio.sleep(0.001)

    async def _open(self, count: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(count):
            _, line = await loop.create_connection(HttpLine, "127.0.0.1", self._port)
            self._lines.append(line)
            self._free.append(line)
