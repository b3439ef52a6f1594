"""A process that lives as a twin on a laptop does, until it is killed: `python -m ...writer FILE SEED FIRST`.

Appends in one thread and, at the same time, compacts, retains and answers questions. It prints `N` after batch N (KEYS
entries whose values say N) was acknowledged.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

from telemetry.store.base import Entry
from telemetry.store.contract import Keep
from telemetry.store.embedded import EmbeddedStore
from telemetry.store.rows import Event
from telemetry.store.sqlite import SQLiteSpool

T0 = 1_700_000_000_000
STEP_MS = 20_000
KEYS = 40
DAY_MS = 86_400_000


def at(n: int) -> int:
    """When batch n was received."""
    return T0 + n * STEP_MS


def entries(n: int) -> list[Entry]:
    body = b'{"CPU":"%d.5","turn":%d}' % (n % 100, n)
    return [Entry(f"k{key}", at(n), at(n), body) for key in range(KEYS)]


async def main() -> None:
    spool = SQLiteSpool(Path(sys.argv[1]), checkpoint_batches=7)
    rng = random.Random(sys.argv[2])
    store = EmbeddedStore(spool)
    await store.open()
    async with asyncio.TaskGroup() as group:
        group.create_task(append(spool, int(sys.argv[3])))
        group.create_task(tend(store, rng))


async def append(spool: SQLiteSpool, n: int) -> None:
    while True:
        n += 1
        seq = await asyncio.to_thread(spool.append, entries(n))
        print(n, flush=True)
        await asyncio.to_thread(spool.record, [(seq, at(n) + 100)], [Event(at(n), "k1", "status", f'"{n}"')])


async def tend(store: EmbeddedStore, rng: random.Random) -> None:
    while True:
        what = rng.randrange(4)
        if what == 0:
            await store.retain(at(0), Keep(DAY_MS, DAY_MS, DAY_MS))
        elif what == 1:
            await store.extent()
        else:
            await store.compact()


if __name__ == "__main__":
    asyncio.run(main())
