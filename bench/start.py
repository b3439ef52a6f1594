"""Start-up: from exec until the first healthy answer, asked for every 2 ms; the median of several starts.

The twin with an empty data directory and with 1050 nodes to restore; the baseline starts with nothing, always.
"""

from __future__ import annotations

import statistics
from pathlib import Path

from bench import servers
from bench.fanout import Say
from bench.feeder import Feeder
from bench.plan import Plan
from bench.table import Figure

NAME = "Start-up"


async def run(plan: Plan, work: Path, say: Say) -> list[Figure]:
    kept = work / "start-kept"
    async with servers.running(servers.TWIN, kept) as server:
        feeder = Feeder(server.feed_port)
        await feeder.preload()
        await feeder.stop()
    say("start-up: plain Node")
    node = await _median(servers.NODE, [work / "start-node"] * plan.starts)
    say("start-up: twin, empty")
    empty = await _median(servers.TWIN, [work / f"start-empty-{n}" for n in range(plan.starts)])
    say("start-up: twin, 1050 nodes to restore")
    restored = await _median(servers.TWIN, [kept] * plan.starts)
    name = servers.NODE.name
    return [
        Figure(NAME, "ready after, empty", "ms", {"twin": empty, name: node}, name),
        Figure(NAME, "ready after, 1050 nodes restored", "ms", {"twin": restored, name: node}, name),
    ]


async def _median(system: servers.System, works: list[Path]) -> float:
    found = []
    for work in works:
        async with servers.running(system, work) as server:
            found.append(1000 * server.ready_s)
    return statistics.median(found)
