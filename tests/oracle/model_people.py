"""sql/people.sql, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from tests.oracle.model import Session, clob, does, number, picked, text
from tests.oracle.session import Result
from tests.oracle.tables import Row

Binds = Sequence[Row]


def _ends(table: str, name: str, key: str) -> None:
    """A second write changes what its binds name."""

    @does(name)
    def end(session: Session, rows: Binds, batch_errors: bool) -> Result:
        b = rows[0]
        changed = session.transaction.update(
            session.table(table), lambda row: True, lambda row: row.update(b), (b[key],)
        )
        return Result(count=changed)


_ends("twin_command", "command_end", "command_key")
_ends("twin_warble", "warble_end", "warble_key")


@does("commands")
def commands(session: Session, rows: Binds, batch_errors: bool) -> Result:
    found = [row for row in session.committed("twin_command") if row["at_ms"] < rows[0]["before_ms"]]
    found.sort(key=lambda row: (row["at_ms"], row["command_key"]), reverse=True)
    columns = [*text("command_key"), *number("at_ms"), *text("who", "verb"), *clob("aim", "args"), *text("outcome")]
    return picked(columns, found[: rows[0]["most"]])


@does("warbles")
def warbles(session: Session, rows: Binds, batch_errors: bool) -> Result:
    found = [row for row in session.committed("twin_warble") if row["at_ms"] < rows[0]["before_ms"]]
    found.sort(key=lambda row: (row["at_ms"], row["warble_key"]), reverse=True)
    columns = [
        *text("warble_key"),
        *number("at_ms"),
        *text("who"),
        *clob("program"),
        *text("node_key"),
        *clob("outcome"),
    ]
    return picked(columns, found[: rows[0]["most"]])


@does("value_get")
def value_get(session: Session, rows: Binds, batch_errors: bool) -> Result:
    b = rows[0]
    found = session.table("twin_user_value").rows.get((b["who"], b["name"]))
    return picked([*clob("content"), *number("rev")], [found] if found else [])


@does("values_of")
def values_of(session: Session, rows: Binds, batch_errors: bool) -> Result:
    found = [row for row in session.committed("twin_user_value") if row["who"] == rows[0]["who"]]
    return picked([*text("name"), *clob("content"), *number("rev")], found)


@does("value_add")
def value_add(session: Session, rows: Binds, batch_errors: bool) -> Result:
    b = rows[0]
    session.transaction.insert(session.table("twin_user_value"), (b["who"], b["name"]), {**b, "rev": 1})
    return Result(count=1)


def _puts(name: str, over: bool) -> None:
    @does(name)
    def put(session: Session, rows: Binds, batch_errors: bool) -> Result:
        b = rows[0]
        changed = session.transaction.update(
            session.table("twin_user_value"),
            lambda row: not over or row["rev"] == b["rev"],
            lambda row: row.update(content=b["content"], rev=row["rev"] + 1),
            (b["who"], b["name"]),
        )
        return Result(count=changed)


_puts("value_put", over=False)
_puts("value_put_over", over=True)
