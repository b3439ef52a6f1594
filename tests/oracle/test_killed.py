"""kill -9 of a process that acknowledges and lands: what it acknowledged is in the database once, and only once.

200 times: python -m pytest tests/oracle/test_killed.py --killed 200
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from telemetry.backoff import Backoff
from telemetry.store import chunks
from telemetry.store.oracle import OracleStore
from telemetry.store.oracle_pool import OracleSettings
from telemetry.store.ship import Shipper
from telemetry.store.sqlite import SQLiteSpool
from tests.oracle.listener import PASSWORD, USER, Listener
from tests.oracle.model import Model
from tests.telemetry.store import writer

ROOT = Path(__file__).parents[2]


def run_and_kill(path: Path, dsn: str, first: int, after_s: float) -> int:
    """Let it work for a while after its first acknowledgement, then kill -9. The last it acknowledged."""
    command = [sys.executable, "-m", "tests.oracle.lander", str(path), dsn, str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline()]
        until_s = time.monotonic() + after_s
        while time.monotonic() < until_s and lines[-1]:
            lines.append(child.stdout.readline())
        assert child.poll() is None, "the child died by itself"
        child.kill()
        lines += child.stdout.readlines()
    return max(int(each) for each in lines if each.endswith("\n"))


def times(model: Model) -> list[int]:
    """What batches the database was given, by the time of their rows: one that landed twice is there twice."""
    found: list[int] = []
    for line in model.rows("twin_rest"):
        found += chunks.unpack(line["rows_body"]).seen_ms.tolist()
    return sorted(found)


async def test_what_was_acknowledged_is_in_the_database_once(
    oracle: Listener, model: Model, tmp_path: Path, killed: int
) -> None:
    path, rng = tmp_path / "spool.sqlite3", random.Random(5)
    acked = 0
    for trial in range(killed):
        last = await asyncio.to_thread(run_and_kill, path, oracle.dsn, acked, rng.random() * 0.25)
        spool = SQLiteSpool(path, ships=True)
        latest = max((entry.seen_ms for entry in spool.latest()), default=0)
        spool.close()
        found = (latest - writer.at(0)) // writer.STEP_MS
        assert last <= found <= last + 1, f"trial {trial}: the batch that was under way may be there, whole"
        acked = found
    before = len(model.rows("twin_ledger"))
    await all_landed(path, oracle)
    assert before, "it landed something before it was killed"
    expected = [writer.at(n) for n in range(1, acked + 1) for _ in range(writer.KEYS)]
    assert times(model) == expected, "none lost, none twice"
    assert len(model.rows("twin_telemetry")) == len(expected)
    print(f"{killed} kills: {len(expected)} rows acknowledged, 0 lost, 0 twice, {before} ledger lines before the end")


async def all_landed(path: Path, oracle: Listener) -> None:
    """A last life that is left in peace."""

    async def at_once(work: Any) -> Any:
        return work()

    spool = SQLiteSpool(path, ships=True)
    store = OracleStore(OracleSettings(oracle.dsn, USER, PASSWORD))
    await store.open()
    shipper = Shipper(spool, at_once, lambda: store, lambda: writer.T0, Backoff(random.Random(1)))
    while spool.backlog.batches:
        await shipper.step()
        assert not shipper.progress.message
    await store.close()
    spool.close()
