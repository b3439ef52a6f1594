"""What the statements of telemetry/store mean, in memory: the exact texts of the .sql files and nothing else. One that
is nobody's is an error by name, for the client and in `Model.unknown`.

One function a statement, in model_*.py, registered under its name: `(session, rows of named binds) -> Result`.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from telemetry.store import sql
from tests.oracle.calls import Type
from tests.oracle.faults import OracleError
from tests.oracle.replies import Column
from tests.oracle.session import Result
from tests.oracle.tables import Database, Row, Table, Transaction

Does = Callable[["Session", Sequence[Row], bool], Result]
_STATEMENTS: Final[dict[str, Does]] = {}
INVALID: Final = 900
EXISTS: Final = 955
_CREATE = re.compile(r"CREATE (?:OR REPLACE )?(?:UNIQUE )?(TABLE|INDEX|VIEW) (\w+)")
_PARTITION = re.compile(r"ALTER TABLE (\w+) (DROP|MOVE) PARTITION SYS_P(\d+)(?: ONLINE)? UPDATE INDEXES")
DAY_MS: Final = 86_400_000

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "twin_schema": ("version",),
    "twin_horizon": ("name",),
    "twin_node": ("node_key",),
    "twin_ledger": ("source", "seq"),
    "twin_telemetry": ("node_id", "ident"),
    "twin_rest": ("source", "seq"),
    "twin_event": ("ord",),
    "twin_chunk": ("hour_ms", "bank"),
    "twin_minute": ("hour_ms", "bank"),
    "twin_command": ("command_key",),
    "twin_warble": ("warble_key",),
    "twin_user_value": ("who", "name"),
    "twin_dead_letter": ("source", "seq"),
    "twin_body": ("node_name",),
}
#: What a table's partitions are made of.
PARTED: Final = {"twin_telemetry": "seen_ms", "twin_rest": "last_ms", "twin_chunk": "hour_ms", "twin_minute": "hour_ms"}


def does(name: str) -> Callable[[Does], Does]:
    """Registers what a statement means."""
    if name not in sql.statements():
        raise KeyError(f"there is no statement {name}")

    def register(function: Does) -> Does:
        _STATEMENTS[name] = function
        return function

    return register


def normal(text: str) -> str:
    return " ".join(text.split())


class Model:
    """The database that all sessions share. `calls` counts statements by name."""

    def __init__(self) -> None:
        self.database = Database()
        self.names = {normal(text): name for name, text in sql.statements().items()}
        self.scripts = {
            normal(text): version.name for version in (*sql.versions(), *sql.modules()) for text in version.statements
        }
        self.calls: Counter[str] = Counter()
        self.unknown: list[str] = []
        self.ran: list[str] = []  # statements of scripts, in order
        self._lock = threading.Lock()

    def session(self) -> Session:
        return Session(self)

    def install(self) -> None:
        """As after `twin store init`, without a connection."""
        session = self.session()
        for version in sql.versions():
            for text in version.statements:
                session.execute(text, [()], False)
            session.execute(sql.statement("schema_add"), [(version.number, 0)], False)
        session.commit()

    def rows(self, table: str) -> list[Any]:
        """The committed rows of a table, for a test to look at."""
        with self.database.changed:
            return list(self.database.tables[table].rows.values())

    def count(self, name: str) -> None:
        with self._lock:
            self.calls[name] += 1


class Session:
    """One connection's work. Implements session.Work."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.database = model.database
        self.transaction = Transaction(model.database)

    @property
    def dirty(self) -> bool:
        return self.transaction.open

    def name(self, text: str) -> str:
        known = normal(text)
        if known in self.model.scripts:
            return "script"
        if found := _PARTITION.fullmatch(known):
            return f"{found[2].lower()}_partition"
        return self.model.names.get(known, "?")

    def execute(self, text: str, rows: Sequence[tuple[Any, ...]], batch_errors: bool) -> Result:
        name = self.name(text)
        self.model.count(name)
        if name == "script":
            return self._script(normal(text))
        if name in ("drop_partition", "move_partition"):
            return self._partition(normal(text))
        if name not in _STATEMENTS:
            self.model.unknown.append(text)
            raise OracleError(INVALID, f"not a statement of this project: {text[:200]}")
        if name == "rows_add":  # by place: a million dictionaries would be most of the work
            return _STATEMENTS[name](self, rows, batch_errors)  # type: ignore[arg-type]  # tuples, see model_land
        names = sql.binds(text)
        return _STATEMENTS[name](self, [dict(zip(names, row, strict=True)) for row in rows], batch_errors)

    def commit(self) -> None:
        self.transaction.commit()

    def rollback(self) -> None:
        self.transaction.rollback()

    def table(self, name: str) -> Table:
        return self.database.table(name)

    def committed(self, name: str) -> list[Any]:
        table = self.database.table(name)
        with self.database.changed:
            return list(table.rows.values())

    def _script(self, text: str) -> Result:
        """DDL: commits what is open, as Oracle's does."""
        self.transaction.commit()
        made = _CREATE.match(text)
        with self.database.changed:
            if made and made[1] == "TABLE":
                if made[2] in self.database.tables:
                    raise OracleError(EXISTS, "name is already used by an existing object")
                self.database.tables[made[2]] = Table(made[2], KEYS[made[2]])
            elif made and made[1] == "INDEX":
                if made[2] in self.database.objects:
                    raise OracleError(EXISTS, "name is already used by an existing object")
                self.database.objects.add(made[2])
            self.model.ran.append(text)
        return Result()

    def _partition(self, text: str) -> Result:
        found = _PARTITION.fullmatch(text)
        assert found
        self.transaction.commit()
        table, day = self.table(found[1].lower()), int(found[3])
        with self.database.changed:
            if table.name == "twin_telemetry":
                self.database.grown.discard(day)
            if found[2] == "DROP":
                for key in [key for key, row in table.rows.items() if parted(table.name, row) == day]:
                    del table.rows[key]
        return Result()


def parted(table: str, row: Any) -> int:
    """The day whose partition a row is in."""
    return int(row[1] if table == "twin_telemetry" else row[PARTED[table]]) // DAY_MS


def number(*names: str) -> list[Column]:
    return [Column(name.upper(), Type.NUMBER, 22) for name in names]


def text(*names: str) -> list[Column]:
    return [Column(name.upper(), Type.VARCHAR, 4000) for name in names]


def clob(*names: str) -> list[Column]:
    return [Column(name.upper(), Type.CLOB, 4000) for name in names]


def blob(*names: str) -> list[Column]:
    return [Column(name.upper(), Type.BLOB, 4000) for name in names]


def singles(*names: str) -> list[Column]:
    return [Column(name.upper(), Type.BINARY_FLOAT, 4) for name in names]


def doubles(*names: str) -> list[Column]:
    return [Column(name.upper(), Type.BINARY_DOUBLE, 8) for name in names]


def picked(columns: Sequence[Column], rows: Sequence[Row]) -> Result:
    """Those columns of rows that are dictionaries."""
    names = [column.name.lower() for column in columns]
    return Result(columns, [[row[name] for name in names] for row in rows])


from tests.oracle import model_keep, model_land, model_people, model_read  # noqa: E402, F401 they register
