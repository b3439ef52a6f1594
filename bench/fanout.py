"""Fan-out: 1050 nodes report every 5 s over HTTP, and a crowd of viewers is told, five times a second.

For each system and each size of crowd: the time until all have joined (at most 400 at a time) and a steady window; at
the end the same reports with nobody watching. "CPU of one message more" is the slope of the server's CPU over the
messages that viewers received (frames, or `cluster.event`s). Bytes are the websocket's.

The baselines keep nothing on disk. "plain Node" takes the reports in the process that serves the viewers. "Node in two
steps" is how today's system is built, where an ingest API passes them on every 500 ms; p99 is compared with both.
"frames on Node" sends the twin's own frames with socket.io's `emit`: what the way out costs when the message is the
same. No viewer asks for permessage-deflate: socket.io on Node does not use it unless told to, python-socketio would,
and pay a third more CPU.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import latency, machine, servers
from bench.crowd import crowd
from bench.feeder import Feeder
from bench.latency import Received
from bench.plan import Plan
from bench.table import Figure, Target

Say = Callable[[str], None]
NAME = "Fan-out"


@dataclass(frozen=True, slots=True)
class Crowded:
    """One system under one crowd."""

    join_s: float
    got: Received
    window: machine.Window


@dataclass(frozen=True, slots=True)
class Measured:
    """One system: by size of crowd, and the same reports with nobody watching."""

    crowds: dict[int, Crowded]
    idle: machine.Window

    @property
    def message_us(self) -> float:
        """CPU of one message more: the slope of CPU over messages a second, from nobody to the largest crowd."""
        each = self.crowds.values()
        rates = [0.0, *(crowded.got.messages / crowded.window.seconds for crowded in each)]
        cores = [window.core_pct / 100 for window in (self.idle, *(crowded.window for crowded in each))]
        return float(1e6 * np.polyfit(rates, cores, 1)[0])


async def run(plan: Plan, work: Path, say: Say) -> list[Figure]:
    others = [servers.FRAMES, servers.TWO_STEPS, servers.PYTHON] if plan.all_baselines else []
    measured = {}
    for system in (servers.TWIN, servers.NODE, *others):
        measured[system.name] = await measure(system, plan, work / system.slug, say)
    return _cpu(measured) + [figure for viewers in plan.viewers for figure in _of_crowd(viewers, measured)]


async def measure(system: servers.System, plan: Plan, work: Path, say: Say) -> Measured:
    """One system under each size of crowd. Nobody watches last, when every compiler has warmed up."""
    async with servers.running(system, work) as server:
        feeder = Feeder(server.feed_port)
        await feeder.preload()
        feeder.start()
        found = {}
        for viewers in plan.viewers:
            say(f"fan-out: {system.name}: {viewers} viewers")
            found[viewers] = await _crowded(server, feeder, viewers, plan, work)
        say(f"fan-out: {system.name}: nobody watches")
        await asyncio.sleep(plan.settle_s)
        idle = await machine.watch(server.pids, plan.idle_s)
        await feeder.stop()
        if feeder.refused:
            say(f"fan-out: {system.name} refused {feeder.refused} reports")
        return Measured(found, idle)


async def _crowded(server: servers.Server, feeder: Feeder, viewers: int, plan: Plan, work: Path) -> Crowded:
    async with crowd(server, viewers, work, plan.join_timeout_s) as present:
        await asyncio.sleep(plan.settle_s)
        window = await machine.watch(server.pids, plan.window_s)
        await asyncio.sleep(plan.drain_s)
        log = await present.finish()
    got = latency.received(log, feeder.sent_ns, window, viewers)
    return Crowded(present.join_s, got, window)


def _cpu(measured: dict[str, Measured]) -> list[Figure]:
    node, frames = servers.NODE.name, servers.FRAMES.name
    message = {name: each.message_us for name, each in measured.items()}
    idle = {name: each.idle.core_pct for name, each in measured.items()}
    rows = [
        Figure(NAME, "server CPU of one message more", "us", message, node, targets=[Target(2.5)]),
        Figure(NAME, "the same, against the same frames on Node", "us", message, frames),
        Figure(NAME, "server CPU of the reports, nobody watching", "% of a core", idle, node),
    ]
    return [row for row in rows if row.baseline in measured]


def _of_crowd(viewers: int, measured: dict[str, Measured]) -> list[Figure]:
    judged = viewers >= 1000
    node, two_steps = servers.NODE.name, servers.TWO_STEPS.name

    def figure(
        what: str, unit: str, of: Callable[[Crowded], float], *targets: Target, base: str = node, more: bool = False
    ) -> Figure:
        values = {name: of(each.crowds[viewers]) for name, each in measured.items()}
        return Figure(NAME, f"{viewers} viewers: {what}", unit, values, base, more, targets if judged else ())

    def p99_ms(crowded: Crowded) -> float:
        return crowded.got.p99_ms

    below_250 = Target(250, "value", most=True)
    rows = [
        figure("bytes a viewer a second", "B/s", lambda c: c.got.bytes_a_viewer_s, Target(50)),
        figure("server CPU, reports and viewers", "% of a core", lambda c: c.window.core_pct),
        figure("report to viewer, p50", "ms", lambda c: c.got.p50_ms),
        figure("report to viewer, p99", "ms", p99_ms, below_250),
        figure("the same p99, against two steps", "ms", p99_ms, Target(3), base=two_steps),
        figure("reports delivered", "%", lambda c: c.got.delivered_pct, more=True),
        figure("all have joined after", "s", lambda c: c.join_s, Target(10)),
    ]
    return [row for row in rows if row.baseline in measured]
