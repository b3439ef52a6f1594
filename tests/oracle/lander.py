"""A process that takes reports and lands them, until it is killed: `python -m tests.oracle.lander FILE DSN FIRST`.

It prints `N` after batch N was acknowledged, which is when the spool has it; the shipper lands meanwhile, and packs.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from telemetry.backoff import Backoff
from telemetry.store import repack as repacks
from telemetry.store.oracle import OracleStore
from telemetry.store.oracle_pool import OracleSettings
from telemetry.store.ship import Shipper
from telemetry.store.sqlite import SQLiteSpool
from tests.oracle.listener import PASSWORD, USER
from tests.telemetry.store.writer import at, entries


async def main() -> None:
    spool = SQLiteSpool(Path(sys.argv[1]), checkpoint_batches=7, ships=True)
    store = OracleStore(OracleSettings(sys.argv[2], USER, PASSWORD))
    await store.open()
    repacks.LEAST_ROWS, repacks.MOST_ROWS = 200, 1000
    async with asyncio.TaskGroup() as group:
        group.create_task(append(spool, int(sys.argv[3])))
        group.create_task(ship(spool, store))


async def append(spool: SQLiteSpool, n: int) -> None:
    while True:
        n += 1
        seq = await asyncio.to_thread(spool.append, entries(n))
        print(n, flush=True)
        await asyncio.to_thread(spool.record, [(seq, at(n) + 100)], [])


async def ship(spool: SQLiteSpool, store: OracleStore) -> None:
    """Pack now and then, also when nothing forces it to: a kill is to hit everything."""
    thread, rng, packed = ThreadPoolExecutor(1), random.Random(7), 0
    loop = asyncio.get_running_loop()

    def in_thread(work: Callable[[], Any]) -> asyncio.Future[Any]:
        return loop.run_in_executor(thread, work)

    def now_ms() -> int:
        return time.time_ns() // 10**6

    shipper = Shipper(spool, in_thread, lambda: store, now_ms, Backoff(random.Random(1)))
    while True:
        await shipper.step()
        if rng.random() < 0.3:
            packed = await in_thread(partial(repacks.repack, spool, packed)) or packed


if __name__ == "__main__":
    asyncio.run(main())
