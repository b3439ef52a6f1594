"""A fleet's reports without sockets, for benchmarks and tests that feed a server's ingest by hand. Owns the
order in which nodes report within a period. Called by simulate.py (`--direct`), benchmarks and tests.

    for now_s, batch in batches(fleet, period_s=5.0): ...        # as fast as it is asked for
    async for batch in direct(fleet, period_s=5.0, speed=1.0): ...   # at the fleet's own pace; speed 0: unpaced
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

from telemetry.fleet import Fleet
from telemetry.sim_node import mix

SLICES = 50  # batches a period: at 5 s one every 0.1 s

Batch = list[tuple[str, dict[str, object]]]  # (mac, report)


def turns(nodes: int, slices: int) -> list[list[int]]:
    """Which nodes report in which slice of the period: even, but no two neighbours in step."""
    order = sorted(range(nodes), key=lambda index: mix(index, 4))
    return [order[turn::slices] for turn in range(slices)]


def batches(fleet: Fleet, period_s: float = 5.0, slices: int = SLICES) -> Iterator[tuple[float, Batch]]:
    """For ever: the fleet's time and who reports then. Steps the fleet; silent nodes are left out."""
    order = turns(len(fleet), slices)
    start_s, macs, count = fleet.now_s, [node.mac for node in fleet.nodes], 0
    while True:
        now_s = start_s + count * period_s / slices
        fleet.step(now_s)
        sampled_ms = fleet.start_ms + round(now_s * 1000)
        due = order[count % slices]
        yield now_s, [(macs[i], fleet.report(i, sampled_ms)) for i in due if fleet.speaks(i)]
        count += 1


async def direct(fleet: Fleet, period_s: float = 5.0, speed: float = 1.0) -> AsyncIterator[Batch]:
    """Batches at `speed` times the fleet's time; 0 is as fast as they are taken. Late batches catch up."""
    loop = asyncio.get_running_loop()
    started, start_s = loop.time(), fleet.now_s
    for now_s, batch in batches(fleet, period_s):
        due = started + (now_s - start_s) / speed if speed else 0.0
        await asyncio.sleep(max(0.0, due - loop.time()))
        yield batch
