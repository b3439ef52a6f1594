"""What is spooled lands in the store once and in order, whatever the store does; what cannot land blocks nothing."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from telemetry.backoff import Backoff
from telemetry.store.base import Entry, StoreUnavailable
from telemetry.store.contract import Landed, StorePoisoned, StoreRefused
from telemetry.store.memory import MemoryStore
from telemetry.store.rows import Batch
from telemetry.store.ship import MOST_BATCHES, POLL_S, REFUSED_S, Shipper
from telemetry.store.sqlite import SQLiteSpool
from tests.build import field_report
from tests.telemetry.store.rowsets import T0


class Moody(MemoryStore):
    """A store that fails as it is told to: before it keeps a batch, or after it, when the answer is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.before: list[Exception] = []
        self.after: list[Exception] = []
        self.poisoned: set[int] = set()

    async def land(self, batch: Batch) -> Landed:
        if self.before:
            raise self.before.pop(0)
        if batch.seq in self.poisoned:
            raise StorePoisoned(f"batch {batch.seq} has a value no column takes")
        landed = await super().land(batch)
        if self.after:
            raise self.after.pop(0)
        return landed


def entry(node: int, at_ms: int) -> Entry:
    report = field_report(node)
    return Entry(str(report["mac"]), at_ms, at_ms, json.dumps(report).encode())


async def at_once(work: Callable[[], Any]) -> Any:
    return work()


@pytest.fixture
def spool(tmp_path: Path) -> Any:
    made = SQLiteSpool(tmp_path / "spool.sqlite3", ships=True)
    yield made
    made.close()


def fill(spool: SQLiteSpool, batches: int) -> None:
    """So many batches of two reports, all of them shown."""
    for _ in range(batches):
        at = T0 + 1000 * spool.seq
        seq = spool.append([entry(1, at), entry(2, at)])
        spool.record([(seq, at + 100)], [])


@asynccontextmanager
async def opened() -> AsyncIterator[Moody]:
    store = Moody()
    await store.open()
    yield store
    await store.close()


def shipper(spool: SQLiteSpool, store: Callable[[], MemoryStore]) -> Shipper:
    return Shipper(spool, at_once, store, lambda: T0, Backoff(random.Random(1)))


async def test_all_that_is_spooled_lands_and_the_spool_is_told(spool):
    fill(spool, MOST_BATCHES + 3)
    async with opened() as store:
        ship = shipper(spool, lambda: store)
        assert await ship.step() == 0.0  # there may be more
        assert ship.progress.state == "behind"
        await ship.step()
        assert await ship.step() == POLL_S
        assert (await store.extent()).rows == 2 * (MOST_BATCHES + 3)
        assert spool.shipped_seq == spool.seq
        assert (ship.progress.state, ship.progress.waiting) == ("ok", 0)


async def test_answer_that_is_lost_lands_the_batch_once(spool):
    fill(spool, 3)
    async with opened() as store:
        store.after = [StoreUnavailable("the line was cut")]
        ship = shipper(spool, lambda: store)
        assert 0 < await ship.step() <= 1.0
        assert (ship.progress.state, ship.progress.message) == ("away", "the line was cut")
        assert spool.shipped_seq == 0
        await ship.step()
        assert (await store.extent()).rows == 6
        assert spool.shipped_seq == spool.seq


async def test_database_that_is_away_costs_nothing_but_time(spool):
    fill(spool, 2)
    async with opened() as store:
        store.before = [StoreUnavailable("away")] * 20
        ship = shipper(spool, lambda: store)
        waits = [await ship.step() for _ in range(20)]
        assert max(waits) > 5  # it tries less often
        assert max(waits) <= 60
        assert ship.progress.waiting == spool.seq
        await ship.step()
        assert (await store.extent()).rows == 4


async def test_batch_that_cannot_land_is_set_aside_with_its_reason_and_does_not_block_the_rest(spool):
    fill(spool, 5)
    async with opened() as store:
        store.poisoned = {2}
        ship = shipper(spool, lambda: store)
        await ship.step()
        assert (await store.extent()).rows == 8
        (letter,) = await store.buried()
        assert (letter.seq, letter.reason) == (2, "batch 2 has a value no column takes")
        assert str(field_report(1)["mac"]).encode() in letter.body
        assert ship.progress.buried == 1
        assert spool.shipped_seq == spool.seq


async def test_store_that_refuses_is_told_and_tried_again_slowly(spool):
    fill(spool, 1)
    async with opened() as store:
        store.before = [StoreRefused("wrong password")]
        ship = shipper(spool, lambda: store)
        assert await ship.step() == REFUSED_S
        assert (ship.progress.state, ship.progress.message) == ("refused", "wrong password")
        await ship.step()
        assert (await store.extent()).rows == 2


async def test_next_life_goes_on_where_the_store_is_and_not_where_the_spool_believes(spool):
    fill(spool, 4)
    async with opened() as store:
        await shipper(spool, lambda: store).step()
        fill(spool, 2)
        await shipper(spool, lambda: store).step()
        assert (await store.extent()).rows == 12


async def test_store_that_is_not_open_yet_is_waited_for(spool):
    def none() -> MemoryStore:
        raise StoreUnavailable("the history is not open yet")

    ship = shipper(spool, none)
    assert await ship.step() > 0
    assert ship.progress.state == "away"
