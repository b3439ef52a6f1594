"""The embedded file as a file: who holds it, whose it is, how old it is, and one transaction at a time.

Owns the connections and names what SQLite says. One connection writes, behind one lock, so any thread may call `write`;
another only reads and never waits for the writer. sqlite.py and the history (directory.py and above) build on it.

A second twin is kept out by a lock on a file beside it (`.lock`), not by SQLite's own, so that `twin store check` and
`export` can read while a twin runs. Where the disk is too full for a shared index of the WAL, the index is kept in
memory and the reader shares the writer's connection: a full disk can still be opened and read.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from telemetry.store import schema
from telemetry.store.base import StoreCorrupt, StoreError, StoreTooNew, StoreUnavailable

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # Windows: SQLite's own lock is what there is
    HAS_FLOCK = False
else:
    HAS_FLOCK = True

PAGE_BYTES = 4096  # of a new file: a chunk has 4 to 5 KB, of which pages of 16 KB waste a quarter
TENDED_WAL_PAGES = (
    16_000  # a commit that makes the WAL longer moves it into the file and waits for that; SQLite's: 1000
)
LOCK_S = 1.0  # a twin that stops lets go at once; one that runs never will
_T = TypeVar("_T")
#: What SQLite and its driver say of a file with wrong bits in it; a text of it may not even be text any more.
_DAMAGED = ("malformed", "not a database", "decode", "no such", "unrecognized", "incomplete input", "syntax error")
_FAILED = (sqlite3.Error, UnicodeDecodeError)


class File:
    """An open file of today's version. `readonly`: beside a twin that holds it; nothing is created or changed."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        self.path = path
        self.readonly = readonly
        self.mutex = threading.RLock()
        self._held = -1
        self._alone = False
        self._reader: sqlite3.Connection | None = None
        if readonly:
            self._db = self._look()
        else:
            self._db = self._open()

    def write(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """One transaction: all of it is on the disk on return, or nothing is."""
        with self.mutex:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    result = work(self._db)
                    self._db.execute("COMMIT")
                except BaseException:
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                    raise
            except _FAILED as error:
                raise self.named(error) from error
            return result

    def read(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Read what is committed, all from one moment. For one thread beside the writer's."""
        if self._reader is None:
            with self.mutex:
                return self._reading(self._db, work)
        return self._reading(self._reader, work)

    def tended(self) -> None:
        """From now on somebody calls `settle` every few seconds: no commit has to do it."""
        with self.mutex:
            if self._reader is not None:
                self._db.execute(f"PRAGMA wal_autocheckpoint = {TENDED_WAL_PAGES}")

    def settle(self) -> None:
        """Move what the WAL has into the file, while others go on writing. From the thread that reads."""
        if self._reader is None:
            return
        try:
            self._reader.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:
            raise self.named(error) from error

    def close(self) -> None:
        with self.mutex:
            if self._reader is not None:
                self._reader.close()
            self._db.close()
            self._let_go()

    def named(self, error: sqlite3.Error | UnicodeDecodeError) -> StoreError:
        """SQLite's error as ours, with the file's name and what to do."""
        text = str(error)
        if any(word in text for word in _DAMAGED):
            return StoreCorrupt(f"{self.path}: is damaged ({text}); move it away or restore a copy")
        if "locked" in text:
            return self._taken()
        return StoreUnavailable(f"{self.path}: {text}")

    def give_back(self) -> None:
        """Pages that are free go back to the system; needs as much room as the file has while it runs."""
        with self.mutex:
            try:
                self._db.execute("VACUUM")
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:
                raise self.named(error) from error

    @property
    def size_bytes(self) -> int:
        return _size(self.path) + _size(self.path.with_name(self.path.name + "-wal"))

    def _reading(self, db: sqlite3.Connection, work: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            db.execute("BEGIN")
            try:
                return work(db)
            finally:
                if db.in_transaction:
                    db.execute("COMMIT")
        except _FAILED as error:
            raise self.named(error) from error

    def _look(self) -> sqlite3.Connection:
        """A file that may be somebody's: read it, change nothing."""
        if not self.path.exists():
            raise StoreUnavailable(f"{self.path}: there is no such file; is TWIN_DATA_DIR right?")
        try:
            self._check_length()
            db = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
            )
        except (OSError, sqlite3.Error) as error:
            raise StoreUnavailable(f"{self.path}: cannot be opened ({error})") from error
        return self._checked(db, self._check_version)

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._hold()
        except OSError as error:
            raise StoreUnavailable(f"{self.path}: cannot be opened ({error}); is TWIN_DATA_DIR writable?") from error
        try:
            try:
                return self._connect()
            except StoreUnavailable:
                if not _size(self.path):
                    raise
            # No room for the shared index, most likely: alone, with the index in memory, it still can be read.
            self._alone = True
            return self._connect()
        except BaseException:
            self._let_go()
            raise

    def _connect(self) -> sqlite3.Connection:
        try:
            db = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=LOCK_S)
        except sqlite3.Error as error:
            raise StoreUnavailable(f"{self.path}: cannot be opened ({error}); is TWIN_DATA_DIR writable?") from error
        return self._checked(db, self._prepare)

    def _checked(self, db: sqlite3.Connection, check: Callable[[sqlite3.Connection], None]) -> sqlite3.Connection:
        try:
            check(db)
        except BaseException as error:
            if self._reader is not None:
                self._reader.close()
                self._reader = None
            db.close()
            if isinstance(error, _FAILED):
                raise self.named(error) from error
            raise
        return db

    def _let_go(self) -> None:
        """Let others have it."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1

    def _hold(self) -> None:
        if not HAS_FLOCK:
            return
        try:
            self._held = os.open(self.path.with_name(self.path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return  # a disk too full for an empty file: SQLite's own lock is what there is
        try:
            flock(self._held, LOCK_EX | LOCK_NB)
        except OSError:
            self._let_go()
            raise self._taken() from None

    def _taken(self) -> StoreUnavailable:
        return StoreUnavailable(f"{self.path}: another twin holds it; stop that one or choose another TWIN_DATA_DIR")

    def _prepare(self, db: sqlite3.Connection) -> None:
        if self._alone or not HAS_FLOCK:
            # Before the first read: then the index of the WAL is in memory.
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._check_length()
        version = self._version(db)
        if version == 0:
            db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        if version < schema.VERSION:
            schema.upgrade(db, version)
        if not self._alone and HAS_FLOCK:
            self._reader = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=LOCK_S)
            self._reader.execute("PRAGMA query_only = ON")
            self._reader.execute("SELECT count(*) FROM sqlite_master").fetchone()

    def _check_version(self, db: sqlite3.Connection) -> None:
        if self._version(db) != schema.VERSION:
            raise StoreUnavailable(
                f"{self.path}: an older twin wrote it; start the twin on it once, and it is brought up to date"
            )

    def _version(self, db: sqlite3.Connection) -> int:
        """0: an empty file. Raises StoreTooNew, and StoreCorrupt for somebody else's."""
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        owner = db.execute("PRAGMA application_id").fetchone()[0]
        empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if owner != schema.APPLICATION_ID and not (owner == 0 and empty):
            raise StoreCorrupt(f"{self.path}: is a database of another program; move it away")
        if version > schema.VERSION:
            raise StoreTooNew(
                f"{self.path}: written by a newer twin (schema {version}, this one knows {schema.VERSION}); "
                "upgrade the twin or choose another TWIN_DATA_DIR"
            )
        return 0 if empty else version

    def _check_length(self) -> None:
        """SQLite reads what a file has lost at its end as zeros, without a word; the header knows better.

        Offsets are those of SQLite's file format: page size at 16, change counter at 24, pages at 28, the counter that
        the pages are valid for at 92. With a WAL beside it a file may be shorter, by right.
        """
        if not self.path.exists() or _size(self.path.with_name(self.path.name + "-wal")):
            return
        with self.path.open("rb") as file:
            head = file.read(100)
        size, pages = int.from_bytes(head[16:18], "big"), int.from_bytes(head[28:32], "big")
        if head[24:28] == head[92:96] and _size(self.path) < pages * (65536 if size == 1 else size):
            raise StoreCorrupt(f"{self.path}: is damaged (cut short); restore a copy, or move it away")


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0
