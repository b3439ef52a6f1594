"""The embedded store: one SQLite file, one compressed blob a batch.

Owns the file and its schema. Called from journal.py's writer thread (and by the service at start and stop).

    batch (seq, t0_ms, count, body)          body: zlib of lines `received_ms seen_ms key json\n`; append only
    latest (key, seen_ms, received_ms, body)  the checkpoint: the last entry of every node as of batch `checkpoint`
    document (name, body)                     epoch, registrations, checkpoint

A commit is one insert whatever the batch's size, which is what makes it fast (a row a report costs 70 ms per 1050).
`latest` is brought up to date every `checkpoint_batches`; after a crash the batches behind it are read again.
"""

from __future__ import annotations

import logging
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from telemetry.store.base import Entry, StoreCorrupt, StoreError, StoreTooNew, StoreUnavailable

log = logging.getLogger(__name__)

SCHEMA_VERSION = 1
LOCK_S = 1.0  # a twin that stops lets go at once; one that runs never will
APPLICATION_ID = 0x7477696E  # "twin", so that `file` and we know whose file it is
_T = TypeVar("_T")

SCHEMA = """
CREATE TABLE batch (seq INTEGER PRIMARY KEY, t0_ms INTEGER NOT NULL, count INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE latest (key TEXT PRIMARY KEY, seen_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL, body BLOB NOT NULL)
  WITHOUT ROWID;
CREATE TABLE document (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
"""


class SQLiteStore:
    """See base.Store. `keep_ms`: batches older than this are dropped at a checkpoint."""

    def __init__(self, path: Path, *, keep_ms: int = 24 * 3_600_000, checkpoint_batches: int = 600) -> None:
        self._path = path
        self._keep_ms = keep_ms
        self._checkpoint_batches = checkpoint_batches
        self._fresh: dict[str, Entry] = {}  # what `latest` lacks
        self._since_checkpoint = 0
        self._db = self._open()

    def append(self, entries: Sequence[Entry]) -> None:
        """One insert, one commit, on the disk on return (WAL, synchronous=FULL)."""
        if not entries:
            return
        row = (entries[0].received_ms, len(entries), zlib.compress(b"".join(map(_line, entries)), 1))
        self._run(lambda db: db.execute("INSERT INTO batch (t0_ms, count, body) VALUES (?, ?, ?)", row))
        self._note(entries)
        self._since_checkpoint += 1
        if self._since_checkpoint >= self._checkpoint_batches:
            try:
                self.checkpoint(entries[-1].received_ms)
            except StoreUnavailable as error:
                # The batch itself is safe; the checkpoint only makes the next start faster.
                self._since_checkpoint = 0
                log.warning("checkpoint put off: %s", error.message)

    def latest(self) -> Iterable[Entry]:
        """The checkpoint, overlaid with what came after it."""
        rows = self._run(lambda db: db.execute("SELECT key, received_ms, seen_ms, body FROM latest").fetchall())
        found = {key: Entry(key, received, seen, bytes(body)) for key, received, seen, body in rows}
        for key, entry in self._fresh.items():
            if key not in found or entry.supersedes(found[key]):
                found[key] = entry
        return sorted(found.values(), key=lambda entry: entry.seen_ms)

    def forget(self) -> None:
        self._checkpoint_rows([], clear=True)
        self._fresh.clear()  # not before: if the disk refuses, nothing is forgotten
        self._since_checkpoint = 0

    def save(self, name: str, body: bytes) -> None:
        self._run(lambda db: db.execute("INSERT OR REPLACE INTO document VALUES (?, ?)", (name, body)))

    def load(self, name: str) -> bytes | None:
        row = self._run(lambda db: db.execute("SELECT body FROM document WHERE name = ?", (name,)).fetchone())
        return None if row is None else bytes(row[0])

    def close(self) -> None:
        self._db.close()

    def checkpoint(self, now_ms: int) -> None:
        """Bring `latest` up to date and drop batches beyond the retention."""
        rows = [(e.key, e.seen_ms, e.received_ms, e.body) for e in self._fresh.values()]
        self._checkpoint_rows(rows, drop_before_ms=now_ms - self._keep_ms)
        self._fresh.clear()
        self._since_checkpoint = 0

    def _checkpoint_rows(
        self, rows: list[tuple[str, int, int, bytes]], *, clear: bool = False, drop_before_ms: int = 0
    ) -> None:
        def write(db: sqlite3.Connection) -> None:
            if clear:
                db.execute("DELETE FROM latest")
            db.executemany(
                "INSERT INTO latest VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET seen_ms = excluded.seen_ms, "
                "received_ms = excluded.received_ms, body = excluded.body "
                "WHERE excluded.seen_ms >= latest.seen_ms OR excluded.received_ms < latest.seen_ms",  # Entry.supersedes
                rows,
            )
            seq = db.execute("SELECT coalesce(max(seq), 0) FROM batch").fetchone()[0]
            db.execute("INSERT OR REPLACE INTO document VALUES ('checkpoint', ?)", (str(seq).encode(),))
            # The newest batch stays: its number keeps the sequence from starting over.
            db.execute("DELETE FROM batch WHERE t0_ms < ? AND seq < ?", (drop_before_ms, seq))

        self._run(write)

    def _note(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            known = self._fresh.get(entry.key)
            if known is None or entry.supersedes(known):
                self._fresh[entry.key] = entry

    def _open(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None, timeout=LOCK_S)
        except (OSError, sqlite3.Error) as error:
            raise StoreUnavailable(f"{self._path}: cannot be opened ({error}); is TWIN_DATA_DIR writable?") from error
        try:
            self._prepare(db)
        except sqlite3.Error as error:
            db.close()
            raise self._named(error) from error
        except StoreError:
            db.close()
            raise
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        # Before the first read: then the index of the WAL is in memory, and a full disk can still be opened and read.
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._check_length()
        version = db.execute("PRAGMA user_version").fetchone()[0]
        self._check_owner(db)
        if version > SCHEMA_VERSION:
            raise StoreTooNew(
                f"{self._path}: written by a newer twin (schema {version}, this one knows {SCHEMA_VERSION}); "
                "upgrade the twin or choose another TWIN_DATA_DIR"
            )
        if version == 0:
            db.execute("PRAGMA page_size = 16384")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        if version == 0:
            marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};"
            db.executescript(f"BEGIN; {SCHEMA} {marks} COMMIT;")
        self._read_behind_checkpoint(db)

    def _check_length(self) -> None:
        """SQLite reads what a file has lost at its end as zeros, without a word; the header knows better.

        Offsets are those of SQLite's file format: page size at 16, change counter at 24, pages at 28, the counter that
        the pages are valid for at 92. With a WAL beside it a file may be shorter, by right.
        """
        if _size(self._path.with_name(self._path.name + "-wal")):
            return
        with self._path.open("rb") as file:
            head = file.read(100)
        size, pages = int.from_bytes(head[16:18], "big"), int.from_bytes(head[28:32], "big")
        if head[24:28] == head[92:96] and _size(self._path) < pages * (65536 if size == 1 else size):
            raise StoreCorrupt(f"{self._path}: is damaged (cut short); restore a copy, or move it away")

    def _check_owner(self, db: sqlite3.Connection) -> None:
        """Never write into a database of somebody else's that happens to have our name."""
        owner = db.execute("PRAGMA application_id").fetchone()[0]
        empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if owner != APPLICATION_ID and not (owner == 0 and empty):
            raise StoreCorrupt(f"{self._path}: is a database of another program; move it away")

    def _read_behind_checkpoint(self, db: sqlite3.Connection) -> None:
        row = db.execute("SELECT body FROM document WHERE name = 'checkpoint'").fetchone()
        if row and not row[0].isdigit():
            raise StoreCorrupt(f"{self._path}: the checkpoint is damaged; restore a copy, or move it away")
        after = int(row[0]) if row else 0
        for seq, body in db.execute("SELECT seq, body FROM batch WHERE seq > ? ORDER BY seq", (after,)):
            try:
                self._note(map(_entry, zlib.decompress(body).split(b"\n")[:-1]))
            except (zlib.error, ValueError) as error:
                raise StoreCorrupt(
                    f"{self._path}: batch {seq} is damaged ({error}); restore a copy, or move it away"
                ) from error
            self._since_checkpoint += 1

    def _run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """One transaction: all of it is on the disk on return, or nothing is."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                result = work(self._db)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise self._named(error) from error
        return result

    def _named(self, error: sqlite3.Error) -> StoreError:
        text = str(error)
        if "malformed" in text or "not a database" in text:
            return StoreCorrupt(f"{self._path}: is damaged ({text}); move it away or restore a copy")
        if "locked" in text:
            return StoreUnavailable(
                f"{self._path}: another twin holds it; stop that one or choose another TWIN_DATA_DIR"
            )
        return StoreUnavailable(f"{self._path}: {text}")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _line(entry: Entry) -> bytes:
    """One line. A newline in JSON is white space between its parts, so a blank says the same."""
    return b"%d %d %s %s\n" % (entry.received_ms, entry.seen_ms, entry.key.encode(), entry.body.replace(b"\n", b" "))


def _entry(line: bytes) -> Entry:
    received_ms, seen_ms, key, body = line.split(b" ", 3)
    return Entry(key.decode(), int(received_ms), int(seen_ms), body)
