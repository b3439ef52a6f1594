"""Viewers that stop reading: 200 viewers, then 20 of them read nothing any more; what do the other 180 notice?

The stalled ones leave and come back with a small receive buffer, read nothing after their CONNECT, and come back again
every 8 s, so there are always about 20 of them. The twin's limits are tight here (8 kB in the kernel, 8 kB
waiting, 5 s of patience): at the defaults the kernel alone would hold a minute of frames, and nothing would happen.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from bench import latency, machine, servers
from bench.crowd import crowd
from bench.fanout import Say
from bench.feeder import Feeder
from bench.plan import Plan
from bench.table import Figure, Target

NAME = "Viewers that stop reading"
VIEWERS, STALLED = 200, 20
LIMITS = {"viewer_sndbuf_kb": 8, "viewer_soft_kb": 8, "viewer_patience_s": 5}


async def run(plan: Plan, work: Path, say: Say) -> list[Figure]:
    async with servers.running(servers.TWIN, work / "stalled", **LIMITS) as server:
        say(f"stalled: twin: {VIEWERS} viewers")
        feeder = Feeder(server.feed_port)
        await feeder.preload()
        feeder.start()
        async with crowd(server, VIEWERS, work, plan.join_timeout_s) as present:
            await asyncio.sleep(plan.settle_s)
            before = await machine.watch(server.pids, plan.stalled_window_s)
            await asyncio.sleep(plan.drain_s)
            say(f"stalled: twin: {STALLED} of {VIEWERS} stop reading")
            await present.stall(STALLED)
            await asyncio.sleep(plan.settle_s)
            after = await machine.watch(server.pids, plan.stalled_window_s)
            await asyncio.sleep(plan.drain_s)
            closed = _shown_out(server.port)
            log = await present.finish()
        await feeder.stop()
    readers = VIEWERS - STALLED
    calm = latency.received(log, feeder.sent_ns, before, readers)
    loud = latency.received(log, feeder.sent_ns, after, readers)
    all_read, some_stall = "all read", f"{STALLED} stalled"
    p50, p99 = {some_stall: loud.p50_ms, all_read: calm.p50_ms}, {some_stall: loud.p99_ms, all_read: calm.p99_ms}
    delivered = {some_stall: loud.delivered_pct, all_read: calm.delivered_pct}
    unmoved = [Target(round(1 / 1.1, 2))]
    return [
        Figure(NAME, f"report to viewer, p50 of the other {readers}", "ms", p50, all_read),
        Figure(NAME, f"report to viewer, p99 of the other {readers}", "ms", p99, all_read, targets=unmoved),
        Figure(NAME, "reports delivered to them", "%", delivered, all_read, more_is_better=True),
        Figure(NAME, "stalled viewers shown out", "times", {some_stall: closed}),
    ]


def _shown_out(port: int) -> int:
    """How many slow viewers the twin says it has closed."""
    found = re.search(rb'^twin_viewers_closed_total\{code="slow_viewer"\} (\S+)', servers.get(port, "/metrics"), re.M)
    return int(float(found[1])) if found else 0
