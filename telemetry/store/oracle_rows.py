"""Rows between numpy and the driver: what is bound, what comes back, and the numbers of nodes. Owns both conversions
and the node table's copy in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import oracledb

from telemetry.store import sql
from telemetry.store.rows import I64, METRICS, Rows, identity, no_rows

HOUR_MS: Final = 3_600_000
BANK: Final = 42  # nodes of one chunk, an hour each: as many as hang on one switch
_FETCH: Final = 10_000  # rows a round trip
#: A number bound as BINARY_FLOAT costs a third of one bound as NUMBER.
ROW_SIZES: Final = (*[oracledb.DB_TYPE_NUMBER] * 6, *[oracledb.DB_TYPE_BINARY_FLOAT] * len(METRICS))


async def query(connection: oracledb.AsyncConnection, name: str, /, **binds: Any) -> list[tuple[Any, ...]]:
    """All rows of a named query; LOBs as str and bytes."""
    with connection.cursor() as cursor:
        cursor.prefetchrows = cursor.arraysize = _FETCH
        for bind, value in binds.items():
            if isinstance(value, str) and len(value) > 4000:
                cursor.setinputsizes(**{bind: oracledb.DB_TYPE_CLOB})
        await cursor.execute(sql.statement(name), binds, fetch_lobs=False)
        return [tuple(row) for row in await cursor.fetchall()]


async def execute(connection: oracledb.AsyncConnection, name: str, /, **binds: Any) -> int:
    """Run a named statement once; the number of rows that it changed."""
    with connection.cursor() as cursor:
        await cursor.execute(sql.statement(name), binds)
        return int(cursor.rowcount)


def bound(rows: Rows, node_ids: I64) -> list[tuple[Any, ...]]:
    """Rows as rows_add binds them. Unknown metrics are NULL: to SQL a NaN is a number, and the largest."""
    metrics = []
    for column in rows.metrics:
        values: list[Any] = column.tolist()
        for place in np.flatnonzero(np.isnan(column)).tolist():
            values[place] = None
        metrics.append(values)
    times = (rows.seen_ms, rows.received_ms, rows.node_ms, rows.shown_ms, identity(rows.seen_ms, rows.node_ms))
    return list(zip(node_ids.tolist(), *(each.tolist() for each in times), *metrics, strict=True))


def fetched(found: Sequence[tuple[Any, ...]]) -> Rows:
    """Rows as queries select them; `node` has the numbers of the node table, `keys` is empty."""
    if not found:
        return no_rows()
    node, seen, received, clock, shown, *metrics = zip(*found, strict=True)
    times = [np.array(each, np.int64) for each in (seen, received, clock, shown)]
    known = np.array(metrics, np.float32)  # None becomes NaN
    return Rows((), np.array(node, np.int32), times[0], times[1], times[2], times[3], known, ())


def together(parts: Iterable[Rows]) -> Rows:
    """Rows of the node table's numbers, one after another."""
    some = [part for part in parts if len(part)] or [no_rows()]
    if len(some) == 1:
        return some[0]
    return Rows(
        (),
        np.concatenate([part.node for part in some]),
        np.concatenate([part.seen_ms for part in some]),
        np.concatenate([part.received_ms for part in some]),
        np.concatenate([part.node_ms for part in some]),
        np.concatenate([part.shown_ms for part in some]),
        np.concatenate([part.metrics for part in some], axis=1),
        (),
    )


def newest_first(rows: Rows) -> Any:
    """Indexes of rows by node, each node's newest first: by seen_ms, received_ms, identity."""
    return np.lexsort(
        (-identity(rows.seen_ms, rows.node_ms), -rows.received_ms, -rows.seen_ms, rows.node.astype(np.int64))
    )


def newest_of_each(rows: Rows) -> Rows:
    """One row a node."""
    order = newest_first(rows)
    _, first = np.unique(rows.node[order], return_index=True)
    return rows.take(order[first])


class Nodes:
    """The node table, in memory: numbers of keys, and since when there is something of each."""

    def __init__(self) -> None:
        self.number: dict[str, int] = {}
        self.key: dict[int, str] = {}
        self.first_ms: dict[int, int] = {}

    async def load(self, connection: oracledb.AsyncConnection) -> None:
        for node_id, key, first_ms in await query(connection, "nodes"):
            self.number[key] = node_id
            self.key[node_id] = key
            self.first_ms[node_id] = first_ms

    def forget(self) -> None:
        """Another database, or one that was restored: its numbers may be others."""
        self.number.clear()
        self.key.clear()
        self.first_ms.clear()

    def numbers(self, rows: Rows) -> I64:
        """The number of each row's node; a key without rows needs none."""
        table = np.array([self.number.get(key, -1) for key in rows.keys] or [-1], np.int64)
        found = table[rows.node]
        assert not len(found) or found.min() >= 0, "every node of a row was added to the table"
        return found

    def with_keys(self, rows: Rows) -> Rows:
        """Rows as the contract gives them: node indexes the keys."""
        numbers, node = np.unique(rows.node, return_inverse=True)
        keys = tuple(self.key[number] for number in numbers.tolist())
        return replace(rows, keys=keys, node=node.astype(np.int32))
