"""History: how soon a report is safe, how many bytes it takes, how soon the past is back; beside plain rows in SQLite.

    append     1050 reports with processes, one commit, on the disk; also while a compaction runs
    bytes      the file after `give_back`, by rows (rollups and index included): bare rows, and with their processes
    questions  the median of 20, each at another moment or node; "again" means the same question a second time

Bare rows are the four metrics of a node at a time, its times included. The plain table has one row a report, keyed by
node and time; it keeps no processes, no second time, no rollups. With `--full` it has the first hours of the day only
(plan.py): what takes longer the more rows there are (building, every shelf) is multiplied accordingly, and its other
questions are asked within its hours.

    entropy    what the values themselves weigh: of each node and metric, the bits that its distribution needs
    seek       a viewer goes to a moment: the whole fleet then, and the ten seconds that follow
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import numpy as np

from bench import reports, store_data
from bench.fanout import Say
from bench.plan import NODES, PERIOD_S, Plan
from bench.store_data import KEYS, PERIOD_MS, SHELVES, T0_MS
from bench.table import Figure, Target
from telemetry.fleet import Fleet
from telemetry.sim_direct import batches as fleet_batches
from telemetry.store.base import Entry
from telemetry.store.embedded import EmbeddedStore
from telemetry.store.rows import Rows
from telemetry.store.sqlite import SQLiteSpool

NAME = "History"
BURST = 50_000
SETTLE_EVERY = 15  # appends
SEEKS = 60
COMMIT = 4096  # entries the journal commits at once
HOUR_MS = 3_600_000
Ask = Callable[[int], Awaitable[object]]


async def run(plan: Plan, work: Path, say: Say) -> list[Figure]:
    return [*await _append(plan, work, say), *await _processes(plan, work, say), *await _history(plan, work, say)]


def _figure(what: str, unit: str, ours: float, plain: float, most: float = 0.0) -> Figure:
    targets = [Target(most, "value", most=True)] if most else []
    return Figure(NAME, what, unit, {"twin": ours, "plain rows": plain}, "plain rows", targets=targets)


async def _append(plan: Plan, work: Path, say: Say) -> list[Figure]:
    """Durable writes, alone and during a compaction."""
    say("store: appending")
    spool = SQLiteSpool(work / "append.sqlite3")
    store = EmbeddedStore(spool)
    await store.open()
    bodies = [reports.body(node) for node in range(NODES)]

    def entries(turn: int) -> list[Entry]:
        at_ms = T0_MS + turn * PERIOD_MS
        return [Entry(key, at_ms, at_ms, body) for key, body in zip(KEYS, bodies, strict=True)]

    turns, alone = plan.store_appends, []
    await asyncio.to_thread(spool.file.tended)
    for turn in range(turns):  # what the file's housekeeping does every five seconds goes on meanwhile
        tidying = asyncio.create_task(store.settle()) if turn % SETTLE_EVERY == 0 else None
        alone.append(await asyncio.to_thread(_timed, spool.append, entries(turn)))
        if tidying is not None:
            await tidying
    packing = asyncio.create_task(store.compact())
    during = []
    while not packing.done():
        turns += 1
        during.append(await asyncio.to_thread(_timed, spool.append, entries(turns)))
        await asyncio.sleep(0.1)  # twenty to fifty times the cluster's own pace
    await packing
    many = [each for turn in range(BURST // NODES + 1) for each in entries(turns + 1 + turn)][:BURST]
    parts = [many[at : at + COMMIT] for at in range(0, BURST, COMMIT)]
    burst_ms = sum([await asyncio.to_thread(_timed, spool.append, part) for part in parts])
    await store.close()
    spool.close()
    db = store_data.plain_file(work / "plain-append.sqlite3")
    plain, burst = [], 0.0
    rows = store_data.plain_rows(next(store_data.batches(0.06)).rows)
    for turn in range(min(39, plan.store_appends)):
        part = rows[turn * NODES : turn * NODES + NODES]
        plain.append(_timed(_insert, db, part))
    db.execute("DELETE FROM plain")
    burst = _timed(_insert, db, [*rows, *((a, b + HOUR_MS, *c) for a, b, *c in rows[: BURST - len(rows)])])
    db.close()
    p99 = float(np.percentile(plain, 99))
    return [
        _figure("append of 1050 reports, p50", "ms", float(np.median(alone)), float(np.median(plain))),
        _figure("append of 1050 reports, p99", "ms", float(np.percentile(alone, 99)), p99, 10),
        _figure("append while a compaction runs, p99", "ms", float(np.percentile(during, 99)), p99, 10),
        _figure("burst of 50,000 reports", "ms", burst_ms, burst, 50),
    ]


async def _processes(plan: Plan, work: Path, say: Say) -> list[Figure]:
    """Reports of the simulated fleet, with their five processes: what the second half adds to the file of the first."""
    say("store: reports with processes")
    spool = SQLiteSpool(work / "processes.sqlite3")
    fleet = Fleet(NODES, 1, start_ms=T0_MS)
    count = sent = half_size = half_count = 0
    began = time.perf_counter()
    for now_s, batch in fleet_batches(fleet, PERIOD_S):
        if now_s >= plan.store_processes_s:
            break
        if not half_size and now_s >= plan.store_processes_s / 2:
            half_size, half_count = await _packed(spool), count
        at_ms = T0_MS + round(now_s * 1000)
        made = [
            Entry(mac, at_ms + turn % 97, at_ms + turn % 97, msgspec.json.encode(body))
            for turn, (mac, body) in enumerate(batch)
        ]
        if made:
            spool.record([(spool.append(made), at_ms + 200)], [])
            count, sent = count + len(made), sent + sum(len(each.body) for each in made)
    say(f"store: {count:,} reports made in {time.perf_counter() - began:.0f} s")
    size = await _packed(spool)
    spool.close()
    return [
        Figure(
            NAME,
            "bytes a report with its processes",
            "B",
            {"twin": (size - half_size) / (count - half_count), "JSON as sent": sent / count},
            "JSON as sent",
            targets=[Target(15, "value", most=True)],
        )
    ]


async def _packed(spool: SQLiteSpool) -> int:
    """Bytes of the file when all that it has is in chunks."""
    store = EmbeddedStore(spool)
    await store.open()
    await store.compact()
    await store.close()
    spool.file.give_back()
    return spool.file.size_bytes


async def _history(plan: Plan, work: Path, say: Say) -> list[Figure]:
    """Hours of the cluster: built, weighed, asked."""
    hours = plan.store_hours
    path = work / "history.sqlite3"
    store = EmbeddedStore(path)
    await store.open()
    db = store_data.plain_file(work / "plain.sqlite3")
    built = plain_built = 0.0
    rows = plain_count = 0
    plain_rows = min(hours, plan.store_plain_hours) * 3600 / PERIOD_S * NODES
    seen: list[Rows] = []
    for batch in store_data.batches(hours):
        say(f"store: {hours:g} h of 1050 nodes, {rows:,} rows")
        began = time.perf_counter()
        await store.land(batch)
        while await store.compact_due(int(batch.rows.seen_ms[-1])):
            pass
        built += time.perf_counter() - began
        if plain_count < plain_rows:
            plain_built += _timed(_insert, db, store_data.plain_rows(batch.rows)) / 1000
            plain_count += len(batch.rows)
            seen.append(batch.rows)
        rows += len(batch.rows)
    began = time.perf_counter()
    await store.compact()
    built += time.perf_counter() - began
    await store.close()
    spool = SQLiteSpool(path)
    spool.file.give_back()
    spool.close()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size, plain_size = path.stat().st_size, (work / "plain.sqlite3").stat().st_size
    store = EmbeddedStore(path)
    await store.open()
    say("store: asking")
    figures = [
        _figure(f"{hours:g} h built and packed", "s", built, plain_built * rows / plain_count, hours * 36),
        _figure("bytes a row on disk", "B", size / rows, plain_size / plain_count, 1.5),
        Figure(
            NAME,
            "bytes a row on disk, beside the entropy of its values",
            "B",
            {"twin": size / rows, "entropy": store_data.entropy_bytes(seen) / plain_count},
            "entropy",
        ),
        *await _questions(store, db, int(hours * HOUR_MS), plain_count / rows),
    ]
    await store.close()
    db.close()
    return figures


async def _questions(store: EmbeddedStore, db: sqlite3.Connection, span_ms: int, plain_share: float) -> list[Figure]:
    """`plain_share`: of the rows, what the plain table has."""
    dice = random.Random(1)
    moments = [T0_MS + dice.randrange(span_ms // 10, span_ms) for _ in range(SEEKS)]
    plain_span_ms = int(span_ms * plain_share)
    plain_moments = [T0_MS + dice.randrange(plain_span_ms // 10, plain_span_ms) for _ in range(20)]
    plain_end_ms = T0_MS + plain_span_ms
    nodes = [dice.randrange(NODES) for _ in range(20)]
    end_ms = T0_MS + span_ms

    async def shelves(_: int) -> object:
        return await store.aggregate(SHELVES, T0_MS, end_ms, 60_000)

    async def plain_shelves(_: int) -> object:
        return db.execute(store_data.BY_SHELF).fetchall()

    async def seek(at: int) -> object:
        return await store.fleet(moments[at]), await store.replay(moments[at], moments[at] + 10_000)

    first, plain = await _median(shelves, 1), await _median(plain_shelves, 1) / plain_share
    return [
        _figure(
            "fleet at a moment",
            "ms",
            await _median(lambda at: store.fleet(moments[at])),
            await _median(
                lambda at: _now(lambda: db.execute(store_data.FLEET, (NODES - 1, plain_moments[at])).fetchall())
            ),
            15,
        ),
        _figure(
            "a node's last hour",
            "ms",
            await _median(lambda at: store.node(KEYS[nodes[at]], end_ms - HOUR_MS, end_ms)),
            await _median(
                lambda at: _now(
                    lambda: db.execute(store_data.HOUR, (nodes[at], plain_end_ms - HOUR_MS, plain_end_ms)).fetchall()
                )
            ),
            3,
        ),
        _figure("every shelf by the minute, all of it", "ms", first, plain),
        _figure("every shelf by the minute, again", "ms", await _median(shelves), plain, 50),
        _figure("seek to a moment, p95", "ms", await _quantile(seek, SEEKS, 0.95), float("nan"), 300),
        _figure("latest of every node", "ms", await _median(lambda at: store.latest()), float("nan")),
        _figure(
            "ten seconds of replay",
            "ms",
            await _median(lambda at: store.replay(moments[at], moments[at] + 10_000)),
            float("nan"),
        ),
    ]


async def _now(ask: Callable[[], object]) -> object:
    return ask()


async def _median(ask: Ask, times: int = 20) -> float:
    """Milliseconds."""
    return await _quantile(ask, times, 0.5)


async def _quantile(ask: Ask, times: int, share: float) -> float:
    """Milliseconds that `share` of the questions took at most."""
    took = []
    for at in range(times):
        began = time.perf_counter()
        await ask(at)
        took.append((time.perf_counter() - began) * 1000)
    return float(np.quantile(took, share))


def _timed(work: Callable[..., object], *given: object) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work(*given)
    return (time.perf_counter() - began) * 1000


def _insert(db: sqlite3.Connection, rows: list[tuple[object, ...]]) -> None:
    db.execute("BEGIN")
    db.executemany(store_data.INSERT, rows)
    db.execute("COMMIT")
