"""Tables in memory with transactions as Oracle has them: others see what is committed, a writer waits for another's
row. Owns keys, locks and commits; model.py says what statements do with them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tests.oracle.faults import OracleError

LOCK_S: Final = 10.0
UNIQUE: Final = 1
BUSY: Final = 54
MISSING: Final = 942
Row = dict[str, Any]
Key = tuple[Any, ...]


@dataclass
class Table:
    """Committed rows by key."""

    name: str
    key: tuple[str, ...]
    rows: dict[Key, Any] = field(default_factory=dict)

    def key_of(self, row: Row) -> Key:
        return tuple(row[name] for name in self.key)


class Database:
    """All tables, one lock. A table exists once it was created."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.objects: set[str] = set()  # indexes, views
        self.changed = threading.Condition()
        self.holders: dict[tuple[str, Key], Transaction] = {}
        self.counter = 0
        self.grown: set[int] = set()  # days whose partition of twin_telemetry has space for rows

    def table(self, name: str) -> Table:
        found = self.tables.get(name)
        if found is None:
            raise OracleError(MISSING, "table or view does not exist")
        return found

    def number(self) -> int:
        """The next number of an identity column."""
        with self.changed:
            self.counter += 1
            return self.counter


class Transaction:
    """Changes of one session that nobody else sees yet. It does not see them itself: no statement of ours needs to."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changes: list[Callable[[], None]] = []
        self._held: set[tuple[str, Key]] = set()
        self._new: set[tuple[str, Key]] = set()

    @property
    def open(self) -> bool:
        return bool(self._changes or self._held)

    def insert(self, table: Table, key: Key, row: Any) -> None:
        """Raises ORA-00001 where the key is there, committed or by this transaction; waits for another's."""
        self.lock(table, key)
        if key in table.rows or (table.name, key) in self._new:
            raise OracleError(UNIQUE, f"unique constraint ({table.name.upper()}_PK) violated")
        self._new.add((table.name, key))
        self._changes.append(lambda: table.rows.__setitem__(key, row))

    def insert_many(self, table: Table, rows: Iterable[tuple[Key, Any]]) -> Iterator[int]:
        """Insert what is not there; yields the places of those that are."""
        known, holders, mine = table.rows, self._database.holders, self._new
        name = table.name
        fresh: dict[Key, Any] = {}
        for place, (key, row) in enumerate(rows):
            if (name, key) in holders and holders[name, key] is not self:
                self.lock(table, key)
            if key in known or key in fresh or (mine and (name, key) in mine):
                yield place
            else:
                fresh[key] = row
        with self._database.changed:
            holders.update(dict.fromkeys(((name, key) for key in fresh), self))
        self._held.update((name, key) for key in fresh)
        self._new.update((name, key) for key in fresh)
        self._changes.append(lambda: table.rows.update(fresh))

    def update(
        self, table: Table, where: Callable[[Row], bool], change: Callable[[Row], None], key: Key | None = None
    ) -> int:
        """Change rows; counted now, made at the commit. `key`: only this row can match."""
        found = self._matching(table, where, key)

        def make() -> None:
            for each in found:
                row = table.rows.get(each)
                if row is not None and where(row):
                    changed = dict(row)
                    change(changed)
                    table.rows[each] = changed

        self._changes.append(make)
        return len(found)

    def delete(self, table: Table, where: Callable[[Any], bool], most: int | None = None) -> int:
        found = self._matching(table, where, None)[:most]
        self._changes.append(lambda: [table.rows.pop(each, None) for each in found] and None)
        return len(found)

    def _matching(self, table: Table, where: Callable[[Any], bool], key: Key | None) -> list[Key]:
        """Keys of committed rows that match, locked: looked at again where somebody else had them."""
        keys = [key] if key is not None else list(table.rows)
        found = [each for each in keys if each in table.rows and where(table.rows[each])]
        for each in found:
            self.lock(table, each)
        return [each for each in found if each in table.rows and where(table.rows[each])]

    def lock(self, table: Table, key: Key) -> None:
        """Wait until no other transaction has this row. Raises ORA-00054 after a while."""
        database, name = self._database, (table.name, key)
        with database.changed:
            free = database.changed.wait_for(lambda: database.holders.get(name, self) is self, LOCK_S)
            if not free:
                raise OracleError(BUSY, "resource busy")
            database.holders[name] = self
        self._held.add(name)

    def commit(self) -> None:
        with self._database.changed:
            for change in self._changes:
                change()
            self._release()

    def rollback(self) -> None:
        with self._database.changed:
            self._release()

    def _release(self) -> None:
        self._changes.clear()
        self._new.clear()
        for name in self._held:
            if self._database.holders.get(name) is self:
                del self._database.holders[name]
        self._held.clear()
        self._database.changed.notify_all()
