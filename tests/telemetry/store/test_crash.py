"""kill -9 at random instants, full disks, flipped bits: nothing that was acknowledged is lost, and nothing wrong is
told as if it were right."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from telemetry.store.base import StoreError, StoreUnavailable
from telemetry.store.contract import Store
from telemetry.store.embedded import EmbeddedStore
from telemetry.store.sqlite import SQLiteSpool
from tests.telemetry.store import writer
from tests.telemetry.store.rowsets import MINUTE, T0, Dice, batch, line, told

ROOT = Path(__file__).parents[3]
FOREVER = 10**14


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "telemetry.sqlite3"


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[EmbeddedStore]:
    store = EmbeddedStore(path)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def run_and_kill(path: Path, seed: int, first: int, after_s: float) -> int:
    """Let a twin write for a while after its first acknowledgement, then kill -9. The last it acknowledged."""
    command = [sys.executable, "-m", "tests.telemetry.store.writer", str(path), str(seed), str(first)]
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


async def test_nothing_acknowledged_is_lost_however_often_the_process_is_killed(path: Path, kills: int) -> None:
    rng, acked = random.Random(11), 0
    for trial in range(kills):
        acked = run_and_kill(path, trial, acked, rng.random() * 0.3)
        async with opened(path) as store:
            assert not store.damage
            extent = await store.extent()
            # The batch that was under way may be there, whole.
            assert extent.rows % writer.KEYS == 0
            found = extent.rows // writer.KEYS
            assert acked <= found <= acked + 1, f"trial {trial}"
            series = await store.node("k7", writer.at(0), writer.at(found + 1), points=found + 1)
            assert series.count.tolist() == [1] * found, f"trial {trial}: every one is there, once"
            assert [value % 100 for value in series.most[0].tolist()] == [n % 100 + 0.5 for n in range(1, found + 1)]
            groups = {"all": [f"k{key}" for key in range(writer.KEYS)]}
            minutes = await store.aggregate(groups, writer.at(0), writer.at(found + 1), MINUTE)
            assert int(minutes.count.sum()) == extent.rows, f"trial {trial}: minutes add up to the rows"
            rest = await store.rest("k3", FOREVER)
            assert rest is not None
            assert rest[1] == b'{"turn":%d}' % found
            acked = found
    assert acked > kills


# Full disks.


@contextmanager
def no_room(spool: SQLiteSpool) -> Iterator[None]:
    """SQLite's own limit: its writes fail with SQLITE_FULL, as they do on a full disk."""
    db = spool.file._db
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        db.execute("PRAGMA max_page_count = 1000000")


async def test_a_full_disk_loses_nothing_and_it_goes_on_when_there_is_room(path: Path) -> None:
    dice = Dice(5)
    spool = SQLiteSpool(path)
    store = EmbeddedStore(spool)
    await store.open()
    rows = (await store.land(dice.batch())).new
    with no_room(spool):
        refused: StoreUnavailable | None = None
        while refused is None:  # until the pages that are there are full
            try:
                rows += (await store.land(dice.batch())).new
            except StoreUnavailable as error:
                refused = error
        assert refused.retry
        assert (await store.extent()).rows == rows, "it can be read meanwhile"
        with pytest.raises(StoreUnavailable):
            await store.compact()
        assert (await store.extent()).rows == rows
    before = sorted(told((await store.replay(0, FOREVER)).rows))
    await store.compact()
    assert sorted(told((await store.replay(0, FOREVER)).rows)) == before
    assert (await store.land(batch(99_999, line("new", 0)))).new == 1
    await store.close()
    spool.close()


async def test_a_compaction_that_is_cut_off_leaves_nothing_behind(path: Path) -> None:
    """Whatever the step: a process that dies there, and the next one that opens the file."""
    async with opened(path) as store:
        for seq in range(1, 4):
            await store.land(batch(seq, *(line(f"n{at}", seq * 10 * MINUTE, shown=5) for at in range(100))))
    cut = 0
    while True:
        copy = path.with_name(f"copy{cut}.sqlite3")
        shutil.copy(path, copy)
        if not await _compact_some_steps(copy, cut):
            break
        async with opened(copy) as store:
            assert (await store.extent()).rows == 300
            assert len((await store.replay(0, FOREVER)).rows) == 300
            await store.compact()
            assert (await store.extent()).rows == 300
        with sqlite3.connect(copy) as db:
            chunks = db.execute("SELECT count(*) FROM chunk").fetchone()[0]
            bodies = db.execute("SELECT count(*) FROM body").fetchone()[0]
        db.close()
        assert (chunks, bodies) == (3 * 5 + 3, 3 * 5 + 3), "15 chunks and 3 windows of minutes, no more"
        cut += 1
    assert cut > 10


async def _compact_some_steps(path: Path, count: int) -> bool:
    """False when it was over before so many steps."""
    from telemetry.store import compact

    store = EmbeddedStore(path)
    await store.open()
    history = store._history
    assert history is not None
    work = compact.steps(history)
    done = 0
    for _ in work:
        done += 1
        if done > count:
            break
    work.close()
    await store.close()
    return done > count


# Flipped bits.


async def answers(store: Store) -> dict[str, set[object]]:
    """All that the store has, as sets."""
    page = await store.replay(0, FOREVER)
    rests = {(key, at): await store.rest(f"n{key}", T0 + at * 10 * MINUTE) for key in (0, 50) for at in range(1, 4)}
    groups = {f"n{at}": [f"n{at}"] for at in range(0, 100, 9)}
    minutes = await store.aggregate(groups, T0, T0 + 100 * MINUTE, 10 * MINUTE)
    return {
        "rows": set(told(page.rows)),
        "events": set(page.events),
        "rest": {each for each in rests.items() if each[1] is not None},
        "latest": set(told(await store.latest())) & set(told(page.rows)),
        "minutes": {
            (group, step, int(count), repr(minutes.mean[:, group, step]))
            for group, counts in enumerate(minutes.count.tolist())
            for step, count in enumerate(counts)
            if count
        },
        "commands": set(await store.commands(FOREVER)),
    }


async def test_flipped_bits_are_named_or_harmless_and_never_told_as_true(path: Path) -> None:
    from telemetry.store.check import check
    from telemetry.store.rows import Event
    from tests.telemetry.store.test_store import command

    async with opened(path) as store:
        for seq in range(1, 4):
            lines = [line(f"n{at}", seq * 10 * MINUTE, shown=seq, rest=b'{"n":%d}' % at) for at in range(100)]
            await store.land(batch(seq, *lines, events=[Event(T0 + seq, f"n{seq}", "status", f'"{seq}"')]))
            if seq == 2:
                await store.compact()
            await store.write_command(command(f"k{seq}", seq))
        whole = await answers(store)
    content, rng = await asyncio.to_thread(path.read_bytes), random.Random(3)
    used = [offset for offset, value in enumerate(content) if value]
    noticed = harmless = unnamed = 0
    for trial in range(200):
        damaged = bytearray(content)
        offset = rng.choice(used)
        damaged[offset] ^= 1 << rng.randrange(8)
        await asyncio.to_thread(path.write_bytes, bytes(damaged))
        try:
            async with opened(path) as store:
                found = await answers(store)
                said = dict(store.damage)
        except StoreError as error:
            noticed += str(path) in error.message
            unnamed += str(path) not in error.message
            continue
        for what, values in found.items():
            wrong = values - whole[what]
            assert not wrong or said, f"trial {trial}, offset {offset}: {what} tells {wrong} and nothing is named"
            assert what in ("minutes", "rest", "latest") or not wrong, f"trial {trial}, offset {offset}: {wrong}"
        if found == whole:
            harmless += 1
        else:
            named = said or [each async for each in _checked(check, path)]
            assert named, f"trial {trial}, offset {offset}: something is missing and nothing is named"
            noticed += 1
    assert (noticed + harmless, unnamed) == (200, 0)
    assert noticed > 50


async def _checked(check: object, path: Path) -> AsyncIterator[str]:
    found = await asyncio.to_thread(check, path)  # type: ignore[arg-type]  # a function of the path
    for each in found.damage:
        yield each
