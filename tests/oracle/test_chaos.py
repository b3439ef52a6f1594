"""Landing while everything goes wrong at random: connections cut before and after commits, errors of every kind that
may pass, restarts, hours that become chunks meanwhile. Nothing is lost, nothing is there twice.

50 seeds: python -m pytest tests/oracle/test_chaos.py --chaos 50
"""

from __future__ import annotations

import random
from collections import Counter

import numpy as np

from telemetry.store.base import StoreUnavailable
from telemetry.store.oracle import OracleStore
from telemetry.store.oracle_pool import OracleSettings
from telemetry.store.rows import Batch, Rows, identity
from tests.oracle.faults import Act, Cut, Raise
from tests.oracle.listener import PASSWORD, USER, Listener
from tests.telemetry.store.rowsets import T0

BATCHES, ROWS, NODES = 40, 60, 100
HOUR = 3_600_000
PASSING = (28, 54, 60, 1033, 1089, 3113, 3114, 8177, 12516, 12541)
EVER = 2**50


def chance_of(rng: random.Random, share: float):  # type: ignore[no-untyped-def]  # faults.Chance
    def chance(point: str, name: str) -> Act | None:
        if rng.random() > share:
            return None
        if rng.random() < 0.5 or point in ("committed", "executed"):
            return Cut()
        return Raise(rng.choice(PASSING))

    return chance


def made(rng: random.Random, seq: int, before: list[Rows]) -> Batch:
    """Reports of the last hours; one in five was sent before and comes again, seen at a slightly other time."""
    keys = tuple(f"n{n}" for n in range(NODES))
    node = np.array([rng.randrange(NODES) for _ in range(ROWS)], np.int32)
    seen = np.array(
        [T0 + seq * HOUR // 8 - rng.choice([0, 0, 0, HOUR * 2]) + rng.randrange(10**5) for _ in node], np.int64
    )
    clock = seen - rng.randrange(1000)
    if before:
        old = rng.choice(before)
        for at in range(0, ROWS, 5):
            node[at], seen[at], clock[at] = old.node[at], old.seen_ms[at] + rng.choice([0, 7]), old.node_ms[at]
    metrics = np.array([[rng.random() for _ in node] for _ in range(4)], np.float32)
    rows = Rows(keys, node, seen, seen + 3, clock, seen + 9, metrics, tuple(b'{"n":%d}' % n for n in node))
    before.append(rows)
    return Batch("chaos", seq, rows)


async def test_nothing_is_lost_and_nothing_is_there_twice(oracle: Listener, chaos_seed: int) -> None:
    rng = random.Random(chaos_seed)
    settings = OracleSettings(oracle.dsn, USER, PASSWORD)
    before: list[Rows] = []
    batches = [made(rng, seq, before) for seq in range(1, BATCHES + 1)]
    oracle.faults.chance = chance_of(rng, 0.06)
    store, failed, again = await opened(settings, None), 0, 0
    landed = 0
    while landed < BATCHES:
        together = batches[landed : landed + rng.choice([1, 1, 4])]
        try:
            again += sum(each.again for each in await store.land_all(together))
            landed += len(together)
            if rng.random() < 0.2:
                await store.compact(T0 + landed * HOUR // 8 - HOUR)
            if rng.random() < 0.1:
                store = await opened(settings, store)
        except StoreUnavailable:
            failed += 1
            landed = rng.randrange(max(0, landed - 2), landed + 1)  # whoever ships may also forget how far it was
    oracle.faults.clear()
    assert failed, "a chaos in which nothing went wrong proves nothing"
    assert again, "some of it came again"

    expected = {
        (rows.keys[node], int(name))
        for rows in before
        for node, name in zip(rows.node, identity(rows.seen_ms, rows.node_ms), strict=True)
    }
    for _ in range(2):
        page = await store.replay(0, EVER, limit=10**7)
        found = Counter(
            (page.rows.keys[node], int(name))
            for node, name in zip(page.rows.node, identity(page.rows.seen_ms, page.rows.node_ms), strict=True)
        )
        assert max(found.values()) == 1, "twice"
        assert found.keys() == expected
        assert (await store.extent()).rows == len(expected)
        assert await store.landed("chaos") == BATCHES
        await store.compact(EVER)
    await store.close()


async def opened(settings: OracleSettings, former: OracleStore | None) -> OracleStore:
    """As after a restart of the process, however many tries that takes."""
    if former is not None:
        await former.close()
    while True:
        store = OracleStore(settings, hot_ms=0)
        try:
            await store.open()
        except StoreUnavailable:
            await store.close()
        else:
            return store
