"""Every Pi comes back at the same moment, each with an hour of reports that it kept: `python -m tests.herd`.

A real server as a process, the simulator's agents in this one, a viewer. Counts what must not be: a report lost, one
kept twice, an old value shown, a fresh report that took long to be seen. test_herd.py runs a small one.
"""

from __future__ import annotations

import argparse
import asyncio
import bisect
import csv
import gzip
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import socketio

from telemetry.fleet import Fleet
from telemetry.keep import Keep, Kept, MemoryKeep
from telemetry.sim_agent import Agent
from telemetry.sim_hub import Hub
from telemetry.sim_line import Line
from telemetry.simulate import _allow_files
from tests.e2e.process import TOKENS, Twin
from twin.wire import frame

PERIOD_S = 5.0
OLD_MS = 20_000  # a value that a viewer is shown as older than this was held
QUIET_S = 2.0  # without a report that waits anywhere: it is over


class Owed:
    """A Keep that had `count` reports of node `index` when the server came back: made when asked for, or a million of
    them would be in memory. What is added later follows."""

    def __init__(self, fleet: Fleet, index: int, count: int) -> None:
        self.thinned = 0
        self.first_ms: list[int] = []  # of the reports that were owed
        self._fleet, self._index, self._count, self._gone = fleet, index, count, 0
        self._since, self._since_ms = asyncio.get_running_loop().time(), round(time.time() * 1000)
        self._later = MemoryKeep()

    def __len__(self) -> int:
        return self._count - self._gone + len(self._later)

    def add(self, kept: Kept) -> None:
        self._later.add(kept)

    def oldest(self, now: float) -> Kept | None:
        if self._gone == self._count:
            return self._later.oldest(now)
        ago_s = PERIOD_S * (self._count - self._gone)
        return Kept(self._since - ago_s, self._fleet.report(self._index, self.sampled_ms(self._gone)))

    def sampled_ms(self, number: int) -> int:
        return self._since_ms - round(PERIOD_S * 1000 * (self._count - number))

    def done(self) -> None:
        if self._gone == self._count:
            self._later.done()
        else:
            self._gone += 1

    def close(self) -> None:
        return


@dataclass
class Seen:
    """What was measured."""

    acked: dict[str, set[int]] = field(default_factory=dict)  # mac -> sampledAt of what the server acknowledged
    sent_at: list[tuple[float, float]] = field(default_factory=list)  # fresh reports: sent, acknowledged
    frames: list[float] = field(default_factory=list)  # when one arrived
    old_shown: int = 0
    took_s: float = 0.0

    def shown_s(self) -> list[float]:
        """From sending a fresh report to the first frame after its acknowledgement, sorted."""
        ends = [(sent, bisect.bisect_left(self.frames, acked)) for sent, acked in self.sent_at]
        return sorted(self.frames[at] - sent for sent, at in ends if at < len(self.frames))


class Told(Line):
    """A Line that notes what was acknowledged, and how long that took."""

    seen: Seen

    async def ask(self, event: str, data: Mapping[str, object], timeout_s: float = 10.0) -> object:
        began = asyncio.get_running_loop().time()
        answer = await super().ask(event, data, timeout_s)
        if event == "report" and isinstance(answer, Mapping) and answer.get("ok"):
            self.seen.acked.setdefault(str(data["mac"]), set()).add(int(str(data["sampledAt"])))
            if "heldMs" not in data:
                self.seen.sent_at.append((began, asyncio.get_running_loop().time()))
        return answer


async def come_back(url: str, nodes: int, owed: int, rate: float, seen: Seen) -> None:
    """All of them, until nothing is owed any more."""
    loop = asyncio.get_running_loop()
    fleet = Fleet(nodes, seed=1, faults="none", start_ms=round(time.time() * 1000))
    order = iter(range(nodes))
    keeps: list[Owed] = []

    def new_keep() -> Keep:
        keeps.append(Owed(fleet, next(order), owed))
        return keeps[-1]

    viewer = await _watch(url, seen)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        token = TOKENS["TWIN_AGENT_TOKEN"]
        hub = Hub(fleet, url, token, PERIOD_S, session, random.Random(1), catch_up=rate, new_keep=new_keep)
        agents = [Agent(index, hub) for index in range(nodes)]
        began = loop.time()
        tasks = [asyncio.create_task(agent.run()) for agent in agents]
        try:
            last = 0.0
            while any(len(keep) for keep in keeps):
                await asyncio.sleep(0.2)  # between two looks, not for a duration
                if loop.time() - last > 20:
                    last = loop.time()
                    left = sum(len(keep) for keep in keeps)
                    print(f"{last - began:6.0f} s: {left:,} owed, {hub.counts}", file=sys.stderr)
        finally:
            seen.took_s = loop.time() - began
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.gather(*(agent.leave("shutdown") for agent in agents))
            await viewer.disconnect()
    for keep, node in zip(keeps, fleet.nodes, strict=True):
        wanted = {keep.sampled_ms(number) for number in range(owed)}
        missing = wanted - seen.acked.get(node.mac, set())
        assert not missing, f"{node.mac}: {len(missing)} were never acknowledged"


async def _watch(url: str, seen: Seen) -> Any:
    viewer = socketio.AsyncClient(reconnection=False)

    async def on_frame(data: bytes) -> None:
        seen.frames.append(asyncio.get_running_loop().time())
        got = frame.decode(data)
        if got.age_ms is not None and got.kind is not frame.Kind.SNAPSHOT:
            known = got.age_ms[got.age_ms < frame.AGE_MISSING * frame.AGE_STEP_MS]
            seen.old_shown += int((known > OLD_MS).sum())

    viewer.on("frame", on_frame, namespace="/twin")
    await viewer.connect(url, transports=["websocket"], namespaces=["/twin"])
    await viewer.emit("resume", {"epoch": 0, "seq": 0}, namespace="/twin")
    return viewer


def kept_by_node(folder: Path) -> dict[str, list[int]]:
    """node -> node_ms of each of its rows, as the store gives them out."""
    rows: dict[str, list[int]] = {}
    out = folder / "rows.csv.gz"
    environ = {"TWIN_DATA_DIR": str(folder), "PATH": "/usr/bin:/bin"}
    for command in (["compact"], ["export", str(out)]):
        subprocess.run([sys.executable, "-m", "twin", "store", *command], env=environ, check=True, capture_output=True)
    with gzip.open(out, "rt") as file:
        for line in csv.DictReader(file):
            rows.setdefault(line["key"], []).append(int(line["node_ms"]))
    return rows


def run(nodes: int, owed: int, rate: float, folder: Path) -> Seen:
    """The whole of it. AssertionError when something was lost or kept twice."""
    _allow_files(nodes + 64)
    seen = Told.seen = Seen()
    with Twin("serve", data_dir=folder, TWIN_MAX_VIEWERS="4") as twin:
        from telemetry import sim_agent

        plain, sim_agent.Line = sim_agent.Line, Told  # type: ignore[misc,attr-defined]
        try:
            asyncio.run(come_back(twin.url, nodes, owed, rate, seen))
        finally:
            sim_agent.Line = plain  # type: ignore[misc,attr-defined]
    rows = kept_by_node(folder)
    for mac, acked in seen.acked.items():
        kept = rows.get(mac, [])
        assert len(kept) == len(set(kept)), f"{mac}: {len(kept) - len(set(kept))} rows twice"
        assert acked <= set(kept), f"{mac}: {len(acked - set(kept))} acknowledged reports are not in the store"
        assert len(set(kept) - acked) <= 1, f"{mac}: rows that nobody heard of"
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1050)
    parser.add_argument("--reports", type=int, default=720, help="kept by each: an hour at 5 s")
    parser.add_argument("--rate", type=float, default=1.0, help="--catch-up-rate of each agent")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="twin-herd-") as folder:
        seen = run(args.nodes, args.reports, args.rate, Path(folder))
    total = sum(len(each) for each in seen.acked.values())
    shown = seen.shown_s()
    p50, p99 = shown[len(shown) // 2], shown[int(len(shown) * 0.99)]
    print(f"{args.nodes} Pis with {args.reports} kept: {total:,} reports in {seen.took_s:.0f} s, none lost, none twice")
    print(f"fresh reports: {len(shown):,}, shown after {p50:.3f} s (p50), {p99:.3f} s (p99), {shown[-1]:.3f} s at most")
    print(f"old values shown as new: {seen.old_shown}")
    return int(p99 > 1.0 or seen.old_shown > 0)


if __name__ == "__main__":
    sys.exit(main())
