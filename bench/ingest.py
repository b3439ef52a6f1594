"""Ingest: how many reports a second one core takes when the senders do not pause.

64 senders with one report in flight each, over HTTP keep-alive (POST /api/cluster) and over socket.io (/agents). The
twin answers when the report is on the disk; that is checked in its store afterwards. The baseline is express with
express.json, which keeps the last report of each node in memory and answers at once. Beside it, for scale: the same
with each report appended to a file and synced before the answer.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from bench import machine, reports, servers
from bench.fanout import Say
from bench.line import AgentLine, HttpLine, report_packet
from bench.plan import NODES, Plan
from bench.table import Figure, Target

NAME = "Ingest"
VARIETY = 4  # different reports of each node


@dataclass(frozen=True, slots=True)
class Taken:
    """What a server took in a window."""

    reports_s: float
    report_us: float
    core_pct: float
    refused: int


async def run(plan: Plan, work: Path, say: Say) -> list[Figure]:
    figures = []
    twin, agents = servers.TWIN.name, "twin over /agents"
    express, on_disk = servers.EXPRESS.name, servers.EXPRESS_DISK.name
    taken = {
        twin: await _http(servers.TWIN, plan, work / "ingest-http", say),
        agents: await _agents(plan, work / "ingest-agents", say),
        express: await _http(servers.EXPRESS, plan, work / "ingest-express", say),
        on_disk: await _http(servers.EXPRESS_DISK, plan, work / "ingest-disk", say),
    }
    for name, label in ((twin, "over HTTP"), (agents, "over /agents")):
        by_system = {twin: taken[name], express: taken[express], on_disk: taken[on_disk]}
        rate = {system: each.reports_s for system, each in by_system.items()}
        cost = {system: each.report_us for system, each in by_system.items()}
        share = {system: each.core_pct for system, each in by_system.items()}
        targets = [Target(4)] if name == twin else []
        figures += [
            Figure(NAME, f"reports {label}", "a second, a core", rate, express, more_is_better=True),
            Figure(NAME, f"server CPU a report {label}", "us", cost, express, targets=targets),
            Figure(NAME, f"server CPU meanwhile, {label}", "% of a core", share),
        ]
    return figures


async def _http(system: servers.System, plan: Plan, work: Path, say: Say) -> Taken:
    say(f"ingest: {system.name} over HTTP")
    requests = [reports.post(node, number) for number in range(VARIETY) for node in range(NODES)]
    loop = asyncio.get_running_loop()
    async with servers.running(system, work) as server:
        lines = []
        for _ in range(plan.ingest_connections):
            _, line = await loop.create_connection(HttpLine, "127.0.0.1", server.port)
            lines.append(line)
        load = Load(lines, [cycle(requests)] * len(lines))
        taken = await load.measure(server.pids, plan)
    if system is servers.TWIN:
        _check_disk(work, load.answered)
    return taken


async def _agents(plan: Plan, work: Path, say: Say) -> Taken:
    say("ingest: twin over /agents")
    loop = asyncio.get_running_loop()
    async with servers.running(servers.TWIN, work) as server:
        lines, packets = [], []
        for node in range(plan.ingest_connections):

            def agent(node: int = node) -> AgentLine:
                return AgentLine(servers.AGENT_TOKEN, reports.mac(node), f"172.20.0.{node}")

            _, line = await loop.create_connection(agent, "127.0.0.1", server.port)
            await asyncio.wait_for(line.born, 10)
            lines.append(line)
            packets.append([report_packet(reports.body(node, number)) for number in range(64)])
        load = Load(lines, [cycle(each) for each in packets])
        taken = await load.measure(server.pids, plan)
    _check_disk(work, load.answered)
    return taken


class Load:
    """Keeps one report in flight on each line until stopped."""

    def __init__(self, lines: Sequence[HttpLine | AgentLine], requests: Sequence[Iterator[bytes]]) -> None:
        self._lines = lines
        self._requests = requests
        self.answered = self.refused = 0
        self._going = True

    async def measure(self, pids: Sequence[int], plan: Plan) -> Taken:
        for line, requests in zip(self._lines, self._requests, strict=True):
            self._next(line, requests.__next__)
        await asyncio.sleep(plan.ingest_warm_s)
        before = self.answered
        window = await machine.watch(pids, plan.ingest_s)
        done = self.answered - before
        self._going = False
        await asyncio.sleep(0.5)
        for line in self._lines:
            line.close()
        return Taken(done / window.seconds, 1e6 * window.cpu_s / max(1, done), window.core_pct, self.refused)

    def _next(self, line: HttpLine | AgentLine, request: Callable[[], bytes]) -> None:
        def answered(good: bool) -> None:
            self.answered += good
            self.refused += not good
            if self._going and good:
                self._next(line, request)

        line.ask(request(), answered)


def _check_disk(work: Path, acknowledged: int) -> None:
    """Every report that was acknowledged is in the store, or the figure means nothing."""
    with sqlite3.connect(work / "telemetry.sqlite3") as db:
        kept = db.execute("SELECT coalesce(sum(count), 0) FROM batch").fetchone()[0]
    if kept < acknowledged:
        raise RuntimeError(f"the twin acknowledged {acknowledged} reports but its store holds {kept}")
