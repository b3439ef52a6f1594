"""Memory a viewer: how much the server's resident memory grows when viewers join, watch and read all they are told.

After a warm-up (50 viewers come and go) so that code and caches are not counted; divided by the number of viewers. What
the kernel holds for their sockets is not in it, for either side.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench import machine, servers
from bench.crowd import crowd
from bench.fanout import Say
from bench.feeder import Feeder
from bench.plan import Plan
from bench.table import Figure, Target

NAME = "Memory"
WARM_UP = 50


async def run(plan: Plan, work: Path, say: Say) -> list[Figure]:
    grown, bare = {}, {}
    for system in (servers.TWIN, servers.NODE):
        say(f"memory: {system.name}: {plan.memory_viewers} viewers")
        bare[system.name], grown[system.name] = await _growth(system, plan, work / f"memory-{system.slug}")
    node = servers.NODE.name
    target = [Target(40, "value", most=True)]
    return [
        Figure(NAME, f"a viewer, of {plan.memory_viewers}", "kB", grown, node, targets=target),
        Figure(NAME, "with 1050 nodes and no viewer", "MB", {name: kb / 1024 for name, kb in bare.items()}, node),
    ]


async def _growth(system: servers.System, plan: Plan, work: Path) -> tuple[float, float]:
    """Resident kB with nobody watching, and how much each viewer adds."""
    async with servers.running(system, work) as server:
        feeder = Feeder(server.feed_port)
        await feeder.preload()
        feeder.start()
        async with crowd(server, WARM_UP, work, plan.join_timeout_s) as early:
            await asyncio.sleep(plan.settle_s)
            await early.finish()
        await asyncio.sleep(plan.settle_s)
        before = machine.rss_kb(server.pids[0])
        async with crowd(server, plan.memory_viewers, work, plan.join_timeout_s) as present:
            await asyncio.sleep(plan.memory_settle_s)
            after = machine.rss_kb(server.pids[0])
            await present.finish()
        await feeder.stop()
    return before, (after - before) / max(1, present.joined)
