"""How batches land: one transaction for the ledger, the rows, what else they said, events and each node's newest.

The ledger comes first: its key (source, seq) makes landing exactly once, also when the answer to a commit was lost and
the batch comes again. A row whose node and identity are there already is skipped by the database, one by one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import oracledb

from telemetry.store import chunks, sql
from telemetry.store.contract import DeadLetter, Landed
from telemetry.store.oracle_errors import DUPLICATE, meaning
from telemetry.store.oracle_rows import BANK, HOUR_MS, ROW_SIZES, Nodes, bound, newest_of_each, query
from telemetry.store.rows import I64, METRICS, Batch, Rows, identity

_HOURS_AT_ONCE: Final = 6
AT_ONCE: Final = 20_000  # rows an array insert; the protocol counts errors up to 65535


@dataclass(slots=True, eq=False)
class Ready:
    """A batch with those of its rows that may land; `prepare` fills in how they are bound."""

    batch: Batch
    rows: Rows
    node_ids: I64
    lines: list[tuple[Any, ...]] = field(default_factory=list)
    packed: tuple[bytes, bytes] = (b"", b"")


def prepare(ready: Sequence[Ready]) -> None:
    """What costs time and needs no database; for a thread. A pack of the spool goes on as it is: packing it anew would
    be most of what landing costs."""
    for each in ready:
        each.lines = bound(each.rows, each.node_ids)
        if any(each.rows.rest):
            whole = len(each.rows) == len(each.batch.rows)
            packed = each.batch.packed if whole else None
            each.packed = packed or (chunks.pack(each.rows), chunks.pack_rest(each.rows))


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def add_nodes(connection: oracledb.AsyncConnection, nodes: Nodes, batches: Sequence[Batch]) -> None:
    """Nodes that nobody saw before get a number; committed, since two may find the same one at once."""
    first: dict[str, int] = {}
    for batch in batches:
        for place, key in enumerate(batch.rows.keys):
            if key not in nodes.number and len(seen := batch.rows.seen_ms[batch.rows.node == place]):
                first[key] = min(first.get(key, int(seen.min())), int(seen.min()))
    if not first:
        return
    await _many(connection, "node_add", [{"node_key": key, "first_ms": at} for key, at in sorted(first.items())])
    await connection.commit()
    await nodes.load(connection)


async def land(connection: oracledb.AsyncConnection, nodes: Nodes, ready: Sequence[Ready]) -> list[Landed]:
    """What was prepared: all of it, or nothing. Commits at the end."""
    entries = [
        {"source": each.batch.source, "seq": each.batch.seq, "n_rows": len(each.batch.rows), "landed_ms": now_ms()}
        for each in ready
    ]
    again = await _many(connection, "ledger_add", entries)
    fresh = [each for place, each in enumerate(ready) if place not in again]
    if not fresh:
        await connection.rollback()
        return [Landed(0, True)] * len(ready)
    new = await _add_rows(connection, fresh)
    await _add_rest(connection, fresh)
    events = [
        {"at_ms": event.at_ms, "node_key": event.key, "kind": event.kind, "told": event.value}
        for each in fresh
        for event in each.batch.events
    ]
    await _many(connection, "event_add", events)
    await _newest(connection, nodes, fresh, new)
    await connection.commit()
    counts = iter([int(np.count_nonzero(which)) for which in new])
    return [Landed(0, True) if place in again else Landed(next(counts), False) for place in range(len(ready))]


async def bury(connection: oracledb.AsyncConnection, letter: DeadLetter) -> None:
    """The letter and its line in the ledger, once."""
    line = {"source": letter.source, "seq": letter.seq, "n_rows": 0, "landed_ms": now_ms()}
    await _many(connection, "ledger_add", [line])
    kept = {"source": letter.source, "seq": letter.seq, "at_ms": letter.at_ms, "reason": letter.reason}
    await _many(connection, "letter_add", [{**kept, "body": letter.body}])
    await connection.commit()


async def _many(
    connection: oracledb.AsyncConnection, name: str, rows: Sequence[Any], sizes: Iterable[Any] = ()
) -> frozenset[int]:
    """An array insert; the places of rows that were there before. Raises what the first other error means."""
    if not rows:
        return frozenset()
    with connection.cursor() as cursor:
        if sizes:
            cursor.setinputsizes(*sizes)
        await cursor.executemany(sql.statement(name), rows, batcherrors=True)
        failed = cursor.getbatcherrors() or []
    there = set()
    for error in failed:
        if error.full_code != DUPLICATE:
            raise meaning(f"{name}, row {error.offset + 1} of {len(rows)}", oracledb.DatabaseError(error))
        there.add(error.offset)
    return frozenset(there)


async def _add_rows(connection: oracledb.AsyncConnection, fresh: Sequence[Ready]) -> list[np.ndarray[Any, Any]]:
    """Of each batch, which rows were new."""
    lines = [line for each in fresh for line in each.lines]
    is_new = np.ones(len(lines), bool)
    for start in range(0, len(lines), AT_ONCE):
        there = await _many(connection, "rows_add", lines[start : start + AT_ONCE], ROW_SIZES)
        is_new[[start + place for place in there]] = False
    return np.split(is_new, np.cumsum([len(each.rows) for each in fresh])[:-1])


async def _add_rest(connection: oracledb.AsyncConnection, fresh: Sequence[Ready]) -> None:
    lines = []
    for each in fresh:
        rows_body, rest_body = each.packed
        if rest_body:
            seen = each.rows.seen_ms
            lines.append(
                {
                    "source": each.batch.source,
                    "seq": each.batch.seq,
                    "first_ms": int(seen.min()),
                    "last_ms": int(seen.max()),
                    "rows_body": rows_body,
                    "rest_body": rest_body,
                }
            )
    await _many(connection, "rest_add", lines)


async def _newest(
    connection: oracledb.AsyncConnection, nodes: Nodes, fresh: Sequence[Ready], new: Sequence[np.ndarray[Any, Any]]
) -> None:
    """Each node's newest report, and since when there is one. By node, so that two who land cannot deadlock."""
    best: dict[int, dict[str, Any]] = {}
    first: dict[int, int] = {}
    for each, which in zip(fresh, new, strict=True):
        if not which.any():
            continue
        rows, ids = each.rows.take(which), each.node_ids[which]
        place = replace(rows, keys=(), node=ids.astype(np.int32))
        for line in _lines(newest_of_each(place)):
            kept = best.get(line["node_id"])
            if kept is None or _rank(kept) < _rank(line):
                best[line["node_id"]] = line
        for node_id in np.unique(ids).tolist():
            earliest = int(rows.seen_ms[ids == node_id].min())
            if earliest < first.get(node_id, nodes.first_ms.get(node_id, earliest + 1)):
                first[node_id] = earliest
    await _many(connection, "node_newest", [best[node_id] for node_id in sorted(best)])
    lines = [{"node_id": node_id, "first_ms": first[node_id]} for node_id in sorted(first)]
    await _many(connection, "node_first", lines)
    nodes.first_ms.update(first)


def _rank(line: dict[str, Any]) -> tuple[int, int, int]:
    return line["seen_ms"], line["received_ms"], line["ident"]


def _lines(rows: Rows) -> list[dict[str, Any]]:
    names = ("node_id", "seen_ms", "received_ms", "node_ms", "shown_ms", "ident", *METRICS)
    rest = [each.decode() for each in rows.rest] if rows.rest else [None] * len(rows)
    return [
        {**dict(zip(names, line, strict=True)), "rest": other}
        for line, other in zip(bound(rows, rows.node.astype(np.int64)), rest, strict=True)
    ]


async def without_chunked(connection: oracledb.AsyncConnection, ready: Ready, chunked_ms: int) -> Ready:
    """A row that came so late that its hour is in a chunk already may be there: no index says so, so look, a few hours
    at a time. One that was sent twice may be estimated to be of the hour before or after."""
    seen = ready.rows.seen_ms
    late = seen < chunked_ms + HOUR_MS
    if not late.any():
        return ready
    names = list(zip(ready.node_ids.tolist(), identity(seen, ready.rows.node_ms).tolist(), strict=True))
    wanted = {name for name, is_late in zip(names, late.tolist(), strict=True) if is_late}
    nodes = ready.node_ids[late]
    low, high = int(nodes.min()) // BANK, int(nodes.max()) // BANK
    hours = np.unique(seen[late] // HOUR_MS * HOUR_MS)
    known: set[tuple[int, int]] = set()
    for start_ms, end_ms in _runs(np.unique([hours - HOUR_MS, hours, hours + HOUR_MS]).tolist()):
        span = {"start_ms": start_ms, "end_ms": end_ms, "low_bank": low, "high_bank": high}
        for _, _, body in await query(connection, "chunks", **span):
            rows = chunks.unpack(body)
            there = zip(rows.node.tolist(), identity(rows.seen_ms, rows.node_ms).tolist(), strict=True)
            known.update(wanted.intersection(there))
    stay = np.array([name not in known for name in names])
    return Ready(ready.batch, ready.rows.take(stay), ready.node_ids[stay])


def _runs(hours: Sequence[int]) -> list[tuple[int, int]]:
    """Hours that follow one another as stretches of time, none too long for the memory."""
    runs: list[tuple[int, int]] = []
    for hour in hours:
        if runs and runs[-1][1] == hour and hour - runs[-1][0] < _HOURS_AT_ONCE * HOUR_MS:
            runs[-1] = (runs[-1][0], hour + HOUR_MS)
        else:
            runs.append((hour, hour + HOUR_MS))
    return runs


def ready(batch: Batch, nodes: Nodes, raw_ms: int) -> Ready:
    """Rows that are older than what is kept at full detail are not taken in again."""
    inside = batch.rows.take(batch.rows.seen_ms >= raw_ms)
    return Ready(batch, inside, nodes.numbers(inside) if len(inside) else np.empty(0, np.int64))
