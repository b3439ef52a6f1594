"""The same promises on a real database. Runs where TWIN_ORACLE_DSN, TWIN_ORACLE_USER and TWIN_ORACLE_PASSWORD are set
(and TWIN_ORACLE_WALLET_DIR, TWIN_ORACLE_WALLET_PASSWORD where a wallet is used), and says loudly when it did not run.

It makes the tables when they are missing, works with sources and nodes of its own names, and leaves the rows it wrote:
use a schema made for it.    make oracle-live
"""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import pytest

from telemetry.store import oracle_install
from telemetry.store.contract import Command, DeadLetter, Keep, Landed, StoreConflict, StorePoisoned, Value, Warble
from telemetry.store.oracle import OracleStore
from telemetry.store.oracle_command import oracle_settings
from telemetry.store.rows import Batch, Event
from tests.telemetry.store.rowsets import Line, rows_of

MISSING = [name for name in ("DSN", "USER", "PASSWORD") if not os.environ.get(f"TWIN_ORACLE_{name}")]
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason="NOT RUN ON ORACLE: no real database was asked; set TWIN_ORACLE_DSN, _USER and _PASSWORD"
)
HOUR = 3_600_000


@pytest.fixture
async def store() -> AsyncIterator[OracleStore]:
    settings = oracle_settings(os.environ)
    await oracle_install.install(settings, print)
    made = OracleStore(settings, hot_ms=2 * HOUR)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def name() -> str:
    return f"live-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def now() -> int:
    return time.time_ns() // 1_000_000


def line(key: str, seen: int, shown: int = -1, rest: bytes = b'{"ip":"10.0.0.1"}') -> Line:
    return (key, seen, seen + 3, seen - 50, shown, (9.7, 25.25, float("nan"), 32.7), rest)


async def test_a_batch_lands_once_and_every_question_finds_it(store: OracleStore, name: str, now: int) -> None:
    keys = [f"{name}-{n}" for n in range(3)]
    lines = [line(key, now - back, now - back + 200) for key in keys for back in (60_000, 30_000, 0)]
    events = (Event(now, keys[0], "status", '"online"'), Event(now, keys[1], "light", "[1, 2, 3]"))
    batch = Batch(name, 1, rows_of(lines), events)
    assert await store.land(batch) == Landed(9, False)
    assert await store.land(batch) == Landed(0, True)
    assert await store.landed(name) == 1
    assert set(keys) <= set((await store.latest()).keys)
    fleet = await store.fleet(now + 1000)
    assert set(keys) <= set(fleet.rows.keys)
    assert (fleet.status[keys[0]], fleet.light[keys[1]]) == ("online", (1, 2, 3))
    series = await store.node(keys[0], now - HOUR, now + 1, 60)
    assert int(series.count.sum()) == 3
    assert await store.rest(keys[0], now) == (now, b'{"ip":"10.0.0.1"}')
    grid = await store.aggregate({"mine": keys}, now - 5 * 60_000, now + 60_000, 60_000)
    assert int(grid.count.sum()) == 9
    page = await store.replay(now, now + 1000)
    assert sum(page.rows.keys[node] in keys for node in page.rows.node) == 3
    assert (await store.extent()).rows >= 9


async def test_the_same_report_in_two_batches_counts_once(store: OracleStore, name: str, now: int) -> None:
    assert await store.land_all([Batch(name, seq, rows_of([line(name, now)])) for seq in (1, 2)]) == [
        Landed(1, False),
        Landed(0, False),
    ]


async def test_two_who_land_the_same_batch_at_once_land_it_once(store: OracleStore, name: str, now: int) -> None:
    batch = Batch(name, 1, rows_of([line(f"{name}-{n}", now) for n in range(100)]))
    results = await asyncio.gather(store.land(batch), store.land(batch))
    assert sorted((each.new, each.again) for each in results) == [(0, True), (100, False)]


async def test_long_values_and_a_letter_come_back(store: OracleStore, name: str, now: int) -> None:
    await store.land(Batch(name, 1, rows_of([line(name, now, rest=b'{"data":"' + b"x" * 100_000 + b'"}')])))
    told = await store.rest(name, now)
    assert told is not None
    assert len(told[1]) == 100_011
    await store.bury(DeadLetter(name, 2, now, "é" * 5000, b"\x00\xff" * 50_000))
    assert (await store.buried(1))[0] == DeadLetter(name, 2, now, "é" * 5000, b"\x00\xff" * 50_000)
    assert await store.landed(name) == 2


async def test_a_key_that_is_too_long_is_poison(store: OracleStore, name: str, now: int) -> None:
    with pytest.raises(StorePoisoned, match="ORA-12899"):
        await store.land(Batch(name, 1, rows_of([line(name + "x" * 400, now)])))


async def test_old_hours_become_chunks_that_answer_the_same(store: OracleStore, name: str, now: int) -> None:
    old = now - 5 * HOUR
    await store.land(Batch(name, 1, rows_of([line(name, old + n * 1000, old + n * 1000 + 9) for n in range(50)])))
    before = await store.node(name, old - HOUR, now, 100)
    await store.retain(now, Keep(30 * 24 * HOUR, 7 * 24 * HOUR, 400 * 24 * HOUR))
    after = await store.node(name, old - HOUR, now, 100)
    np.testing.assert_array_equal(before.count, after.count)
    np.testing.assert_array_equal(before.mean, after.mean)
    again = Batch(name, 2, rows_of([line(name, old)]))
    assert await store.land(again) == Landed(0, False)


async def test_people(store: OracleStore, name: str, now: int) -> None:
    command = Command(name, now, "eve", "reboot", "all", "{}", "pending")
    await store.write_command(command)
    await store.write_command(replace(command, outcome="done"))
    assert replace(command, outcome="done") in await store.commands(now + 1)
    warble = Warble(name, now, "eve", "#pi{PRINT(1)}", "", "{}")
    await store.write_warble(warble)
    assert warble in await store.warbles(now + 1)
    assert await store.write_value(name, "pi", "3", rev=0) == Value("3", 1)
    with pytest.raises(StoreConflict):
        await store.write_value(name, "pi", "4", rev=0)
    assert await store.write_value(name, "pi", "4", rev=1) == Value("4", 2)
