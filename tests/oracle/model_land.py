"""sql/land.sql, in memory. A row of twin_telemetry is a tuple in the order of rows_add's binds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.oracle.faults import OracleError
from tests.oracle.model import DAY_MS, Session, blob, clob, does, number, picked, text
from tests.oracle.replies import RowError
from tests.oracle.session import Result
from tests.oracle.tables import Key, Row

#: Places in a row of twin_telemetry.
NODE, SEEN, RECEIVED, NODE_MS, SHOWN, IDENT, CPU = range(7)
_NEWEST = ("seen_ms", "received_ms", "ident")
_NODE = dict.fromkeys(("seen_ms", "received_ms", "node_ms", "shown_ms", "ident"), -1)
_UNKNOWN = dict.fromkeys(("cpu_pct", "mem_pct", "disk_pct", "temp_c", "rest"))


def _insert(session: Session, table: str, rows: Sequence[Row], batch_errors: bool) -> Result:
    into = session.table(table)
    failed = []
    for place, row in enumerate(rows):
        if None in (key := into.key_of(row)):
            raise OracleError(1400, f"cannot insert NULL into {table.upper()}")
        try:
            session.transaction.insert(into, key, row)
        except OracleError as error:
            if not batch_errors:
                raise
            failed.append(RowError(place, error.number, str(error)))
    return Result(count=len(rows) - len(failed), failed=failed)


def adds(name: str, table: str) -> None:
    """`name` is a plain INSERT of its binds."""

    @does(name)
    def add(session: Session, rows: Sequence[Row], batch_errors: bool) -> Result:
        return _insert(session, table, rows, batch_errors)


for _name, _table in (
    ("ledger_add", "twin_ledger"),
    ("rest_add", "twin_rest"),
    ("letter_add", "twin_dead_letter"),
    ("horizon_add", "twin_horizon"),
    ("schema_add", "twin_schema"),
    ("chunk_add", "twin_chunk"),
    ("minute_add", "twin_minute"),
    ("command_add", "twin_command"),
    ("warble_add", "twin_warble"),
    ("body_add", "twin_body"),
):
    adds(_name, _table)


@does("nodes")
def nodes(session: Session, rows: Sequence[Row], batch_errors: bool) -> Result:
    columns = [*number("node_id"), *text("node_key"), *number("first_ms")]
    return picked(columns, session.committed("twin_node"))


@does("node_add")
def node_add(session: Session, rows: Sequence[Row], batch_errors: bool) -> Result:
    made = [{**row, **_NODE, **_UNKNOWN, "node_id": session.database.number()} for row in rows]
    wide = [place for place, row in enumerate(rows) if len(row["node_key"]) > 400]
    if wide:
        return Result(
            failed=[RowError(place, 12899, "ORA-12899: value too large for column NODE_KEY") for place in wide]
        )
    return _insert(session, "twin_node", made, batch_errors)


def _of_node(session: Session, node_id: int) -> Key | None:
    for row in session.table("twin_node").rows.values():
        if row["node_id"] == node_id:
            return (row["node_key"],)
    return None


@does("node_first")
def node_first(session: Session, rows: Sequence[Row], batch_errors: bool) -> Result:
    count = 0
    for row in rows:
        first: int = row["first_ms"]
        key = _of_node(session, row["node_id"])
        count += session.transaction.update(
            session.table("twin_node"),
            lambda kept, first=first: kept["first_ms"] > first,  # type: ignore[misc]  # its own first
            lambda kept, first=first: kept.update(first_ms=first),  # type: ignore[misc]
            key,
        )
    return Result(count=count)


@does("node_newest")
def node_newest(session: Session, rows: Sequence[Row], batch_errors: bool) -> Result:
    table = session.table("twin_node")
    keys = {row["node_id"]: (row["node_key"],) for row in session.committed("twin_node")}
    count = 0
    for row in rows:
        if row["node_id"] not in keys:
            continue
        rank = tuple(row[name] for name in _NEWEST)
        count += session.transaction.update(
            table,
            lambda kept, rank=rank: tuple(kept[name] for name in _NEWEST) < rank,  # type: ignore[misc]  # its own rank
            lambda kept, row=row: kept.update(row),  # type: ignore[misc]  # its own row
            keys[row["node_id"]],
        )
    return Result(count=count)


@does("ledger_last")
def ledger_last(session: Session, rows: Sequence[Row], batch_errors: bool) -> Result:
    mine = [row["seq"] for row in session.committed("twin_ledger") if row["source"] == rows[0]["source"]]
    return Result(number("seq"), [[max(mine, default=None)]])


@does("rows_add")
def rows_add(session: Session, rows: Sequence[Any], batch_errors: bool) -> Result:
    if any(None in row[:CPU] for row in rows):
        raise OracleError(1400, "cannot insert NULL into TWIN_TELEMETRY")
    session.database.grown |= {row[SEEN] // DAY_MS for row in rows}
    pairs = (((row[NODE], row[IDENT]), row) for row in rows)
    there = list(session.transaction.insert_many(session.table("twin_telemetry"), pairs))
    if there and not batch_errors:
        raise OracleError(1, "unique constraint (TWIN_TELEMETRY_UK) violated")
    failed = [RowError(place, 1, "ORA-00001: unique constraint (TWIN_TELEMETRY_UK) violated") for place in there]
    return Result(count=len(rows) - len(there), failed=failed)


@does("event_add")
def event_add(session: Session, rows: Sequence[Row], batch_errors: bool) -> Result:
    return _insert(session, "twin_event", [{**row, "ord": session.database.number()} for row in rows], batch_errors)


@does("letters")
def letters(session: Session, rows: Sequence[Row], batch_errors: bool) -> Result:
    found = sorted(session.committed("twin_dead_letter"), key=lambda r: (r["at_ms"], r["source"], r["seq"]))
    columns = [*text("source"), *number("seq", "at_ms"), *clob("reason"), *blob("body")]
    return picked(columns, found[::-1][: rows[0]["most"]])


@does("horizons")
def horizons(session: Session, rows: Sequence[Row], batch_errors: bool) -> Result:
    return picked([*text("name"), *number("at_ms")], session.committed("twin_horizon"))


@does("horizon_move")
def horizon_move(session: Session, rows: Sequence[Row], batch_errors: bool) -> Result:
    wanted = rows[0]
    count = session.transaction.update(
        session.table("twin_horizon"),
        lambda row: row["at_ms"] < wanted["at_ms"],
        lambda row: row.update(at_ms=wanted["at_ms"]),
        (wanted["name"],),
    )
    return Result(count=count)


@does("schema_version")
def schema_version(session: Session, rows: Sequence[Row], batch_errors: bool) -> Result:
    return Result(
        number("version"), [[max((row["version"] for row in session.committed("twin_schema")), default=None)]]
    )
