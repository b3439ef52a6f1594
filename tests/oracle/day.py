"""A database that is away, and comes back: what its absence takes on this disk, and how fast it is made up for.

    python -m tests.oracle.day --rows 1000000          # of the cluster's reports, one commit for each five seconds
    python -m tests.oracle.day --rows 18144000 --land 1000000   # a whole day on the disk, of which a part is landed

The listener of this folder is a process of its own. What it costs is told apart: it is our stand-in for a database.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import reports
from telemetry.backoff import Backoff
from telemetry.store.base import Entry
from telemetry.store.oracle import OracleStore
from telemetry.store.oracle_pool import OracleSettings
from telemetry.store.repack import repack
from telemetry.store.ship import Shipper
from telemetry.store.sqlite import SQLiteSpool

NODES, PERIOD_MS = 1050, 5000
ROUNDS = 40  # reports of a node that differ; then they come again, at other times
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Seconds on the wall, and of CPU in this process and in the listener's."""

    rows: int
    wall_s: float
    ours_s: float
    listener_s: float

    def __str__(self) -> str:
        ours, theirs = self.rows / self.ours_s, self.rows / max(self.listener_s, 0.01)
        return (
            f"{self.rows} rows in {self.wall_s:.1f} s: {self.rows / self.wall_s:,.0f} rows/s; "
            f"a core of ours does {ours:,.0f}, one of the listener {theirs:,.0f}"
        )


def fill(spool: SQLiteSpool, rows: int, start_ms: int, pack_every: int = 0) -> None:
    """Reports with processes, as the field sends them. pack_every: commits between packings."""
    bodies = [[reports.body(node, turn) for node in range(NODES)] for turn in range(ROUNDS)]
    macs = [reports.mac(node) for node in range(NODES)]
    packed = 0
    for turn in range(rows // NODES):
        at_ms = start_ms + turn * PERIOD_MS
        texts = bodies[turn % ROUNDS]
        seq = spool.append([Entry(macs[n], at_ms + n, at_ms + n, texts[n]) for n in range(NODES)])
        spool.record([(seq, at_ms + NODES)], [])
        if pack_every and turn % pack_every == pack_every - 1:
            while more := repack(spool, packed):
                packed = more


async def land(spool: SQLiteSpool, store: OracleStore, rows: int, listener_cpu: Callable[[], float]) -> CatchUp:
    """Ship until `rows` have landed, as the service does."""

    def in_thread(work: Callable[[], Any]) -> Any:
        return asyncio.to_thread(work)

    shipper = Shipper(spool, in_thread, lambda: store, lambda: time.time_ns() // 10**6, Backoff(random.Random(1)))
    wall, ours, theirs = time.monotonic(), time.process_time(), listener_cpu()
    while shipper.progress.landed_rows < rows:
        await shipper.step()
        if shipper.progress.message:
            raise RuntimeError(shipper.progress.message)
    took = time.monotonic() - wall
    return CatchUp(shipper.progress.landed_rows, took, time.process_time() - ours, listener_cpu() - theirs)


@contextmanager
def database() -> Iterator[tuple[OracleSettings, Callable[[], float]]]:
    """The listener as a process; its settings, and its CPU time so far."""
    command = [sys.executable, "-m", "tests.oracle", "--port", "0", "--installed"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        given = dict(pair.split("=", 1) for pair in child.stdout.readline().split())
        settings = OracleSettings(
            given["TWIN_ORACLE_DSN"], given["TWIN_ORACLE_USER"], given["TWIN_ORACLE_PASSWORD"], call_s=120.0
        )
        try:
            yield settings, lambda: cpu_s(child.pid)
        finally:
            child.terminate()


def cpu_s(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000, help="that come while the database is away")
    parser.add_argument("--land", type=int, default=0, help="how many of them are landed (default: all)")
    parser.add_argument("--loose", action="store_true", help="do not pack what waits")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        spool = SQLiteSpool(Path(folder) / "spool.sqlite3", ships=True)
        started = time.monotonic()
        fill(spool, args.rows, time.time_ns() // 10**6 - 86_400_000, 0 if args.loose else 20)
        waits, file, took = spool.backlog, spool.file.size_bytes, time.monotonic() - started
        size, each = waits.size_bytes / MIB, waits.size_bytes / waits.rows
        print(f"{waits.rows} rows wait: {size:.1f} MiB ({each:.1f} bytes a row)", end=" ")
        print(f"in a file of {file / MIB:.1f} MiB, after {took:.0f} s", flush=True)
        with database() as (settings, listener_cpu):
            store = OracleStore(settings)
            await store.open()
            print(await land(spool, store, min(args.land or waits.rows, waits.rows), listener_cpu), flush=True)
            await store.close()
        spool.close()


if __name__ == "__main__":
    asyncio.run(main())
