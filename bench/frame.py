"""Frames: microseconds to write and read one, for 1050 and 20,000 nodes, beside JSON of the full reports.

A snapshot holds every node, a delta one tick's share of them (a 25th: 200 ms of 5 s). The baseline is what the plain
design writes and reads for the same news: `json.dumps` / `json.loads` of {id: full report}, and `JSON.parse` for the
page. The page's decoder is web/src/frame.ts itself, bundled by the tool that builds the page.
"""

from __future__ import annotations

import json
import math
import subprocess
import timeit
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench import reports
from bench.fanout import Say
from bench.plan import PERIOD_S, TICKS_A_SECOND, Plan
from bench.servers import HERE, ROOT
from bench.table import Figure
from telemetry.report import parse
from twin.core.changes import Rows
from twin.core.live import Live, Rules
from twin.wire.frame import METRICS, Column, Kind, decode, encode

NAME = "Frames"
SIZES = (1050, 20_000)
NOW_MS = 1_700_000_000_000


async def run(plan: Plan, work: Path, say: Say) -> list[Figure]:
    figures = []
    for nodes in SIZES:
        say(f"frame: {nodes} nodes")
        live = _live(nodes)
        share = np.arange(0, nodes, int(PERIOD_S * TICKS_A_SECOND))
        for kind, rows in ((Kind.SNAPSHOT, np.arange(nodes)), (Kind.DELTA, share)):
            figures += _figures(kind, nodes, live, rows, plan, work)
    return figures


def _live(nodes: int) -> Live:
    """A twin of `nodes` that have all reported."""
    live = Live(1, lambda switch_ip, port: -1, Rules(max_nodes=nodes))
    for node in range(nodes):
        live.report(parse(reports.field_report(node, node)), NOW_MS - node % 5000)
    live.tick(NOW_MS)
    return live


def _figures(kind: Kind, nodes: int, live: Live, rows: Rows, plan: Plan, work: Path) -> list[Figure]:
    wanted = (METRICS | Column.AGE) if kind is Kind.DELTA else METRICS | Column.STATUS | Column.LIGHT | Column.AGE
    plain = {f"{reports.mac(int(row))}": reports.field_report(int(row)) for row in rows}

    def write() -> bytes:
        return encode(kind, 1, 2, kind is Kind.DELTA, NOW_MS, rows, live.columns, wanted)

    frame, text = write(), json.dumps(plain, separators=(",", ":"))
    for name, content in (("frame.bin", frame), ("plain.json", text.encode())):
        (work / name).write_bytes(content)
    page = _in_the_page(work, plan)
    label = f"{kind.name.lower()} of {len(rows):,} rows, {nodes:,} nodes"

    def figure(what: str, unit: str, ours: float, base: float) -> Figure:
        return Figure(NAME, f"{label}: {what}", unit, {"twin": ours, "JSON": base}, "JSON")

    return [
        figure("bytes", "B", len(frame), len(text)),
        figure("encode", "us", _us(write, plan), _us(lambda: json.dumps(plain, separators=(",", ":")), plan)),
        figure("decode in Python", "us", _us(lambda: decode(frame), plan), _us(lambda: json.loads(text), plan)),
        figure("decode in the page", "us", page.get("frame.bin", math.nan), page.get("plain.json", math.nan)),
    ]


def _us(act: Callable[[], object], plan: Plan) -> float:
    """The best of some stretches, so that what else the machine does is left out."""
    timer = timeit.Timer(act)
    once_s = max(1e-7, timer.timeit(1))
    times = max(1, int(plan.timing_s / 5 / once_s))
    return 1e6 * min(timer.repeat(5 if once_s < plan.timing_s else 1, times)) / times


def _in_the_page(work: Path, plan: Plan) -> dict[str, float]:
    """Microseconds in Node, by file; empty when web/ is not installed."""
    command = ["node", str(HERE / "node/decode.mjs"), str(ROOT / "web"), str(work), str(plan.timing_s)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return {name: float(us) for name, us in json.loads(done.stdout).items()} if done.returncode == 0 else {}
