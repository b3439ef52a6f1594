"""Retention: rows of past hours become chunks and minutes, and partitions that nobody needs are dropped.

Owns the steps, each a transaction of its own that may be interrupted: an hour of a bank moves, or it does not. Two who
do it at once do not harm each other: who finds other rows than it read leaves them to the other.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import oracledb

from telemetry.store import chunks, minutes
from telemetry.store.horizons import Horizons
from telemetry.store.oracle_errors import DUPLICATE, full_code
from telemetry.store.oracle_rows import BANK, HOUR_MS, execute, fetched, query, together
from telemetry.store.rows import Rows, identity

HOT_MS: Final = 48 * HOUR_MS  # rows stay rows for so long, for SQL to see
_AT_ONCE: Final = 10_000  # small rows a transaction
_WORTH_BYTES: Final = 64 << 20  # an empty partition has 8 MB
_NAME = re.compile(r"[A-Z][A-Z0-9_$#]*")
_NO_PARTITION: Final = frozenset({"ORA-02149", "ORA-14083", "ORA-14758"})
HORIZONS: Final = ("raw", "rest", "all")
CHUNKED: Final = "chunked"


async def load(connection: oracledb.AsyncConnection) -> tuple[Horizons, int]:
    """The horizons, and up to when hours are in chunks."""
    found = dict(await query(connection, "horizons"))
    none = Horizons()
    horizons = Horizons(found.get("raw", none.raw_ms), found.get("rest", none.rest_ms), found.get("all", none.all_ms))
    return horizons, found.get(CHUNKED, none.raw_ms)


async def move(connection: oracledb.AsyncConnection, horizons: Horizons) -> None:
    """From now on nobody is told what lies before."""
    for name, at_ms in zip(HORIZONS, (horizons.raw_ms, horizons.rest_ms, horizons.all_ms), strict=True):
        await _set_horizon(connection, name, at_ms)
    await connection.commit()


async def _set_horizon(connection: oracledb.AsyncConnection, name: str, at_ms: int) -> None:
    if await execute(connection, "horizon_move", name=name, at_ms=at_ms):
        return
    try:
        await execute(connection, "horizon_add", name=name, at_ms=at_ms)
    except oracledb.IntegrityError as error:
        if full_code(error) != DUPLICATE:  # it is there, and further on
            raise


async def oldest_hour(connection: oracledb.AsyncConnection) -> int | None:
    """The first hour that still has rows."""
    oldest = (await query(connection, "oldest_row"))[0][0]
    return None if oldest is None else int(oldest) // HOUR_MS * HOUR_MS


async def banks(connection: oracledb.AsyncConnection, hour_ms: int) -> Sequence[int]:
    found = await query(connection, "banks", width=BANK, start_ms=hour_ms, end_ms=hour_ms + HOUR_MS)
    return sorted(int(bank) for (bank,) in found)


async def pack(connection: oracledb.AsyncConnection, hour_ms: int, bank: int) -> bool:
    """One hour of one bank into a chunk, with what is in it already. False: somebody else changed it meanwhile."""
    span = {
        "start_ms": hour_ms,
        "end_ms": hour_ms + HOUR_MS,
        "low_id": bank * BANK,
        "high_id": bank * BANK + BANK - 1,
    }
    fresh = fetched(await query(connection, "rows_between", **span))
    hour = {"start_ms": hour_ms, "end_ms": hour_ms + 1, "low_bank": bank, "high_bank": bank}
    kept = [chunks.unpack(body) for _, _, body in await query(connection, "chunks", **hour)]
    known = [minutes.unpack(body) for _, _, body in await query(connection, "minutes", **hour)]
    if not len(fresh):
        return True
    if await execute(connection, "rows_drop", **span) != len(fresh):
        await connection.rollback()
        return False
    # An hour of a switch is 30,000 rows: in the loop, nobody would be served for the blink of an eye that this takes.
    chunk, sums = await asyncio.to_thread(_packed, hour_ms, bank, fresh, kept, known)
    for table, line in (("chunk", chunk), ("minute", sums)):
        if not await execute(connection, f"{table}_put", **line):
            await execute(connection, f"{table}_add", **line)
    await _set_horizon(connection, CHUNKED, hour_ms + HOUR_MS)
    await connection.commit()
    return True


def _packed(
    hour_ms: int, bank: int, fresh: Rows, kept: Sequence[Rows], known: Sequence[minutes.Minutes]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The lines of twin_chunk and twin_minute: what was there, and what is new."""
    fresh = _without(fresh, together(kept))
    rows = together([*kept, fresh])
    shown = rows.shown_ms[rows.shown_ms >= 0]
    chunk = {
        "hour_ms": hour_ms,
        "bank": bank,
        "n_rows": len(rows),
        "first_ms": int(rows.seen_ms.min()),
        "last_ms": int(rows.seen_ms.max()),
        "shown_first": int(shown.min()) if len(shown) else -1,
        "shown_last": int(shown.max()) if len(shown) else -1,
        "body": chunks.pack(rows),
    }
    body = minutes.pack(minutes.joined([*known, minutes.of_rows(fresh)]))
    return chunk, {"hour_ms": hour_ms, "bank": bank, "body": body}


def _without(rows: Rows, known: Rows) -> Rows:
    """Rows that are not known by node and identity."""
    if not len(known):
        return rows
    names = {*zip(known.node.tolist(), identity(known.seen_ms, known.node_ms).tolist(), strict=True)}
    mine = zip(rows.node.tolist(), identity(rows.seen_ms, rows.node_ms).tolist(), strict=True)
    return rows.take(np.array([name not in names for name in mine]))


async def drop_partitions(connection: oracledb.AsyncConnection, table: str, before_ms: int) -> int:
    """Partitions that lie wholly before. Names come from the dictionary, and are looked at all the same."""
    dropped = 0
    for name, high_value in await query(connection, "partitions", table_name=table.upper()):
        if int(high_value) > before_ms or not _NAME.fullmatch(name):
            continue
        try:
            with connection.cursor() as cursor:
                await cursor.execute(f"ALTER TABLE {table} DROP PARTITION {name} UPDATE INDEXES")
        except oracledb.DatabaseError as error:
            if full_code(error) not in _NO_PARTITION:
                raise
        else:
            dropped += 1
    return dropped


async def drop_small(connection: oracledb.AsyncConnection, name: str, cut_ms: int) -> None:
    """Delete in transactions of bounded size."""
    while await execute(connection, name, cut_ms=cut_ms, most=_AT_ONCE):
        await connection.commit()


async def shrink_partitions(connection: oracledb.AsyncConnection, before_ms: int) -> int:
    """Give back the space of rows that are in chunks now. Moved, not dropped: a late row may land at any moment."""
    found = await query(connection, "partition_bytes", table_name="TWIN_TELEMETRY", least=_WORTH_BYTES)
    shrunk = 0
    for name, high_value, _ in found:
        if int(high_value) <= before_ms and _NAME.fullmatch(name):
            with connection.cursor() as cursor:
                await cursor.execute(f"ALTER TABLE twin_telemetry MOVE PARTITION {name} ONLINE UPDATE INDEXES")
            shrunk += 1
    return shrunk


def due(hour_ms: int | None, now_ms: int, raw_ms: int, hot_ms: int) -> bool:
    """Whether an hour is to be packed: it is over for long enough, or some of it is only kept by the minute."""
    return hour_ms is not None and (hour_ms + HOUR_MS <= now_ms - hot_ms or hour_ms < raw_ms)


def plan(horizons: Horizons) -> dict[str, int]:
    """Which table's partitions may go, up to when. Rows before raw_ms were packed, and none are taken in any more."""
    return {
        "twin_telemetry": horizons.raw_ms,
        "twin_chunk": horizons.raw_ms,
        "twin_rest": horizons.rest_ms,
        "twin_minute": horizons.all_ms,
    }
