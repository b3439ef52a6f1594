"""sql/keep.sql, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telemetry.store.rows import LASTING
from tests.oracle.calls import Type
from tests.oracle.model import DAY_MS, Session, does, number, parted, text
from tests.oracle.model_land import NODE, SEEN
from tests.oracle.replies import Column
from tests.oracle.session import Result
from tests.oracle.tables import Row

Binds = Sequence[Row]


@does("oldest_row")
def oldest_row(session: Session, rows: Binds, batch_errors: bool) -> Result:
    return Result(number("seen_ms"), [[min((row[SEEN] for row in session.committed("twin_telemetry")), default=None)]])


@does("banks")
def banks(session: Session, rows: Binds, batch_errors: bool) -> Result:
    b = rows[0]
    found = {
        row[NODE] // b["width"]
        for row in session.committed("twin_telemetry")
        if b["start_ms"] <= row[SEEN] < b["end_ms"]
    }
    return Result(number("bank"), [[bank] for bank in found])


@does("rows_drop")
def rows_drop(session: Session, rows: Binds, batch_errors: bool) -> Result:
    b = rows[0]
    start, end, low, high = b["start_ms"], b["end_ms"], b["low_id"], b["high_id"]

    def there(row: Any) -> bool:
        return bool(start <= row[SEEN] < end and low <= row[NODE] <= high)

    return Result(count=session.transaction.delete(session.table("twin_telemetry"), there))


def _put(table: str, name: str) -> None:
    @does(name)
    def put(session: Session, rows: Binds, batch_errors: bool) -> Result:
        b = rows[0]
        changed = session.transaction.update(
            session.table(table), lambda row: True, lambda row: row.update(b), (b["hour_ms"], b["bank"])
        )
        return Result(count=changed)


_put("twin_chunk", "chunk_put")
_put("twin_minute", "minute_put")


@does("partitions")
def partitions(session: Session, rows: Binds, batch_errors: bool) -> Result:
    """The dictionary tells a partition's end as the text of an expression, in a LONG."""
    name = rows[0]["table_name"].lower()
    table = session.table(name)
    with session.database.changed:
        days = sorted({parted(name, row) for row in table.rows.values()})
    columns = [*text("partition_name"), Column("HIGH_VALUE", Type.LONG, 0)]
    return Result(columns, [[f"SYS_P{day}", str((day + 1) * DAY_MS)] for day in days])


@does("partition_bytes")
def partition_bytes(session: Session, rows: Binds, batch_errors: bool) -> Result:
    """A partition keeps its space, whatever was deleted, until it is moved."""
    columns = [*text("partition_name"), Column("HIGH_VALUE", Type.LONG, 0), *number("bytes")]
    with session.database.changed:
        days = sorted(session.database.grown)
    return Result(columns, [[f"SYS_P{day}", str((day + 1) * DAY_MS), 1 << 30] for day in days])


@does("events_drop")
def events_drop(session: Session, rows: Binds, batch_errors: bool) -> Result:
    cut, most = rows[0]["cut_ms"], rows[0]["most"]
    last: dict[tuple[str, str], int] = {}
    for row in sorted(session.committed("twin_event"), key=lambda row: (row["at_ms"], row["ord"])):
        if row["at_ms"] < cut and row["kind"] in LASTING:
            last[row["node_key"], row["kind"]] = row["ord"]
    stay = set(last.values())
    count = session.transaction.delete(
        session.table("twin_event"), lambda row: row["at_ms"] < cut and row["ord"] not in stay, most
    )
    return Result(count=count)


def _drops(table: str, name: str) -> None:
    @does(name)
    def drop(session: Session, rows: Binds, batch_errors: bool) -> Result:
        cut, most = rows[0]["cut_ms"], rows[0]["most"]
        return Result(count=session.transaction.delete(session.table(table), lambda row: row["at_ms"] < cut, most))


@does("bodies_drop")
def bodies_drop(session: Session, rows: Binds, batch_errors: bool) -> Result:
    """Takes effect at once, as everything that is deleted and added anew in one transaction would seem to."""
    with session.database.changed:
        count = len(session.table("twin_body").rows)
        session.table("twin_body").rows.clear()
    return Result(count=count)


_drops("twin_command", "commands_drop")
_drops("twin_warble", "warbles_drop")
