"""What is spooled lands in the store once and in order, whatever the store does; what cannot land blocks nothing."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from telemetry.backoff import Backoff
from telemetry.store.base import Entry, StoreUnavailable
from telemetry.store.contract import Landed, StorePoisoned, StoreRefused
from telemetry.store.memory import MemoryStore
from telemetry.store.repack import repack
from telemetry.store.rows import Batch
from telemetry.store.ship import POLL_S, REFUSED_S, Shipper
from telemetry.store.sqlite import SQLiteSpool
from tests.build import field_report
from tests.telemetry.store.rowsets import T0


class Moody(MemoryStore):
    """A store that fails as it is told to: before it keeps a batch, or after it, when the answer is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.before: list[Exception] = []
        self.after: list[Exception] = []
        self.poisoned_ms: set[int] = set()  # batches with a row of such a time
        self.tried: list[tuple[int, int]] = []  # (seq, rows) of every batch that came

    async def land(self, batch: Batch) -> Landed:
        self.tried.append((batch.seq, len(batch.rows)))
        if self.before:
            raise self.before.pop(0)
        if self.poisoned_ms.intersection(batch.rows.seen_ms.tolist()):
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


async def test_all_that_is_spooled_lands_and_the_spool_is_told(spool, monkeypatch):
    fill(spool, 50)
    monkeypatch.setattr("telemetry.store.ship.MOST_BATCHES", 40)
    monkeypatch.setattr("telemetry.store.ship.BEHIND_ROWS", 10)
    async with opened() as store:
        ship = shipper(spool, lambda: store)
        assert (spool.backlog.rows, spool.backlog.batches, spool.backlog.oldest_ms) == (100, 50, T0)
        assert await ship.step() == 0.0  # there is more
        assert (ship.progress.state, spool.backlog.rows) == ("behind", 20)
        await ship.step()
        assert await ship.step() == POLL_S
        assert (await store.extent()).rows == 100
        assert spool.shipped_seq == spool.seq
        assert (ship.progress.state, spool.backlog.rows, spool.backlog.size_bytes) == ("ok", 0, 0)
        assert ship.progress.landed_batches == 50


async def test_commits_that_follow_one_another_land_as_one_batch(spool):
    fill(spool, 30)
    async with opened() as store:
        await shipper(spool, lambda: store).step()
        assert store.tried == [(30, 60)]
        assert (await store.rest(str(field_report(2)["mac"]), T0 + 29_000)) is not None


async def test_what_may_have_landed_is_tried_again_as_it_was(spool):
    fill(spool, 3)
    async with opened() as store:
        store.after = [StoreUnavailable("the line was cut")]
        ship = shipper(spool, lambda: store)
        await ship.step()
        fill(spool, 2)  # joined with these it would not be known again
        await ship.step()
        await ship.step()
        assert store.tried == [(3, 6), (3, 6), (5, 4)]
        assert (await store.extent()).rows == 10


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
        assert (spool.backlog.batches, spool.backlog.rows, ship.progress.failures) == (2, 4, 20)
        await ship.step()
        assert (await store.extent()).rows == 4


async def test_batch_that_cannot_land_is_set_aside_with_its_reason_and_does_not_block_the_rest(spool):
    fill(spool, 5)
    async with opened() as store:
        store.poisoned_ms = {T0 + 1000}
        ship = shipper(spool, lambda: store)
        await ship.step()
        assert (await store.extent()).rows == 8
        (letter,) = await store.buried()
        assert letter.seq == 2
        assert letter.reason.startswith("2 of 2 rows and events: ")
        assert letter.reason.endswith("has a value no column takes")
        assert str(field_report(1)["mac"]).encode() in letter.body
        assert ship.progress.buried == 1
        assert spool.shipped_seq == spool.seq


async def test_batch_that_lands_in_pieces_counts_as_landed_and_nothing_is_set_aside(spool):
    class Narrow(Moody):
        """Takes one row at a time."""

        async def land(self, batch: Batch) -> Landed:
            if len(batch.rows) > 1:
                raise StorePoisoned("too much")
            return await super().land(batch)

    fill(spool, 3)
    store = Narrow()
    await store.open()
    ship = shipper(spool, lambda: store)
    await ship.step()
    assert (await store.landed(spool.source), spool.shipped_seq) == (spool.seq, spool.seq)
    assert ((await store.extent()).rows, list(await store.buried()), ship.progress.buried) == (6, [], 0)


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


async def test_database_that_is_slow_is_given_less_at_once_until_it_takes_it(spool, monkeypatch):
    monkeypatch.setattr("telemetry.store.merge.MOST_ROWS", 2)  # a batch of the spool each

    class Slow(Moody):
        """Answers within its limit of time when it is given no more than three batches."""

        async def land_all(self, batches: list[Batch]) -> list[Landed]:
            sizes.append(len(batches))
            if len(batches) > 3:
                raise StoreUnavailable("it took more than 30 s")
            return [await super(Slow, self).land(each) for each in batches]

    sizes: list[int] = []
    fill(spool, 20)
    store = Slow()
    await store.open()
    ship = shipper(spool, lambda: store)
    while spool.backlog.rows:
        await ship.step()
    assert sizes[:4] == [20, 10, 5, 2]
    assert (await store.extent()).rows == 40


async def test_what_waits_for_a_database_that_is_away_is_packed_and_lands_from_the_pack(spool, monkeypatch):
    monkeypatch.setattr("telemetry.store.repack.LEAST_ROWS", 10)
    monkeypatch.setattr("telemetry.store.repack.MOST_ROWS", 100)
    fill(spool, 300)
    loose = spool.backlog.size_bytes
    async with opened() as store:
        store.before = [StoreUnavailable("away")]
        ship = Shipper(spool, at_once, lambda: store, lambda: T0, Backoff(random.Random(1)), lambda n: repack(spool, n))
        async with asyncio.timeout(10):
            running = asyncio.ensure_future(ship.run())
            while (await store.extent()).rows < 600:
                await asyncio.sleep(0.001)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        rows = (await store.replay(0, 2**50, limit=10**6)).rows
        assert len(set(zip(rows.node.tolist(), rows.seen_ms.tolist(), strict=True))) == 600
    assert loose > 0


def test_pack_counts_in_the_backlog_what_it_takes_and_the_next_life_counts_the_same(spool, tmp_path, monkeypatch):
    monkeypatch.setattr("telemetry.store.repack.LEAST_ROWS", 10)
    fill(spool, 300)
    loose = spool.backlog.size_bytes
    assert repack(spool)
    backlog = spool.backlog
    assert (backlog.rows, backlog.batches, backlog.oldest_ms) == (600, 300, T0)
    assert backlog.size_bytes < loose / 4
    spool.shipped(200)
    again = again_of(spool)
    assert abs(again.backlog.rows - backlog.rows) <= 600
    assert again.backlog.batches == backlog.batches == 100
    again.shipped(again.seq)
    assert (again.backlog.rows, again.backlog.size_bytes, again.backlog.oldest_ms) == (0, 0, -1)
    again.close()


async def test_older_copy_of_a_spool_does_not_take_its_new_reports_for_landed_ones(spool, tmp_path):
    fill(spool, 5)
    copy = tmp_path / "copy.sqlite3"
    with sqlite3.connect(spool.file.path) as db, sqlite3.connect(copy) as target:
        db.backup(target)
    async with opened() as store:
        fill(spool, 5)
        await shipper(spool, lambda: store).step()
        assert await store.landed(spool.source) == 10
        restored = SQLiteSpool(copy, ships=True)
        before = restored.source
        at = T0 + 3_600_000
        seq = restored.append([entry(1, at)])  # numbers that have landed, with other reports in them
        restored.record([(seq, at + 1)], [])
        await shipper(restored, lambda: store).step()
        assert (await store.extent()).rows == 21
        assert restored.source != before
        assert restored.backlog.rows == 0
        restored = again_of(restored)
        fill(restored, 1)
        await shipper(restored, lambda: store).step()
        assert await store.landed(restored.source) == restored.seq
        restored.close()


def again_of(spool: SQLiteSpool) -> SQLiteSpool:
    """The next life of the same file."""
    spool.close()
    return SQLiteSpool(spool.file.path, ships=True)


def test_retention_never_drops_what_was_not_shipped(tmp_path):
    spool = SQLiteSpool(tmp_path / "s.sqlite3", ships=True, keep_ms=1000, checkpoint_batches=1)
    fill(spool, 10)
    assert len(spool.pending(0, 100)) == 10
    spool.shipped(4)
    fill(spool, 1)
    assert [batch.seq for batch in spool.pending(0, 100)] == [5, 6, 7, 8, 9, 10, 11]
    spool.close()


async def test_damaged_batch_of_the_spool_is_a_dead_letter_and_the_others_land(spool):
    fill(spool, 6)
    spool.file.write(lambda db: db.execute("UPDATE batch SET body = zeroblob(40) WHERE seq = 3"))
    async with opened() as store:
        ship = shipper(spool, lambda: store)
        while spool.backlog.batches:
            await ship.step()
        assert (await store.extent()).rows == 10
        (letter,) = await store.buried()
        assert (letter.seq, letter.body) == (3, bytes(40))
        assert "checksum" in letter.reason
        assert ship.progress.buried == 1
        assert await store.landed(spool.source) == 6


def test_day_that_waits_is_not_read_into_the_memory_at_once(spool, monkeypatch):
    monkeypatch.setattr("telemetry.store.pending.MOST_ROWS", 6)
    fill(spool, 20)
    assert [batch.seq for batch in spool.pending(0, 1000)] == [1, 2, 3]
    assert [batch.seq for batch in spool.pending(3, 2)] == [4, 5]


async def test_database_that_was_made_anew_is_given_all_that_the_spool_still_has(spool):
    fill(spool, 4)
    async with opened() as store:
        await shipper(spool, lambda: store).step()
    async with opened() as another:
        await shipper(spool, lambda: another).step()
        assert (await another.extent()).rows == 8
