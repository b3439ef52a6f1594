"""The spool in a SQLite file: one compressed blob a batch, and the last word of every node.

Owns `batch`, `shown`, `latest` and the documents of the file (schema.py has its tables, file.py the file itself).
Called from journal.py's writer thread; embedded.py makes a history of the same file, in its own thread, through `file`.

A commit is one insert whatever the batch's size, which is what makes it fast (a row a report costs 70 ms per 1050).
`latest` is brought up to date every `checkpoint_batches`; after a crash the batches behind it are read again.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from uuid import uuid4

from telemetry.store import batches
from telemetry.store.backlog import Backlog
from telemetry.store.base import Entry, StoreCorrupt, StoreUnavailable
from telemetry.store.batches import Kept
from telemetry.store.chunks import Damaged
from telemetry.store.documents import load_document, save_document
from telemetry.store.file import File
from telemetry.store.pending import After, pending
from telemetry.store.rows import Batch, Event
from telemetry.store.schema import EVENT_BITS, mark

log = logging.getLogger(__name__)

_NEVER = -(2**62)
SHOWN_WITHIN_MS = 5_000  # a batch that was not shown for so long never was
_BATCH_BYTES = 64  # of a batch beside its blobs


class SQLiteSpool:
    """See base.Spool.

    `keep_ms`: batches older than this are dropped at a checkpoint, but none that has not been `shipped` when this spool
    `ships`. A history over the file (embedded.py) takes batches into chunks itself and sets `keeps_history`.
    """

    def __init__(
        self, path: Path, *, keep_ms: int = 24 * 3_600_000, checkpoint_batches: int = 600, ships: bool = False
    ) -> None:
        self.file = File(path)
        self.ships = ships
        self.backlog = Backlog()  # of a spool that does not ship: always empty
        self.keeps_history = False
        self._keep_ms = keep_ms
        self._checkpoint_batches = checkpoint_batches
        self._fresh: dict[str, Entry] = {}  # what `latest` lacks
        self._heard: dict[str, int] = {}  # seen_ms of every node's last word: who is late
        self._since_checkpoint = 0
        self._newest_ms = 0
        self._source = ""
        self._seq = self._checkpoint_seq = self._shipped_seq = self._shown_seq = 0
        self.former_seq = 0  # batches of an earlier life: what viewers saw of them is known for good
        self._floor_seq = 0
        try:
            self._restore()
        except BaseException:
            self.file.close()
            raise

    @property
    def source(self) -> str:
        return self._source

    @property
    def seq(self) -> int:
        """Of the last batch; 0: none."""
        return self._seq

    @property
    def shipped_seq(self) -> int:
        return self._shipped_seq

    @property
    def floor_seq(self) -> int:
        """Up to here batches went on under an earlier name of this spool."""
        return self._floor_seq

    @property
    def settled_seq(self) -> int:
        """Up to here it is known what viewers saw."""
        return max(self._shown_seq, self.former_seq)

    @property
    def checkpoint_seq(self) -> int:
        """`latest` has all that came up to here."""
        return self._checkpoint_seq

    def append(self, entries: Sequence[Entry]) -> int:
        """One insert, one commit, on the disk on return (WAL, synchronous=FULL)."""
        if not entries:
            return self._seq
        late, heard = self._who_is_late(entries)
        with self.file.mutex:  # a checkpoint from another thread sees both, or neither
            seq = self.add(lambda seq: batches.of_entries(seq, entries, late))
            self._fresh.update(heard)
        self._heard.update((key, entry.seen_ms) for key, entry in heard.items())
        self._newest_ms = entries[-1].received_ms
        self._since_checkpoint += 1
        if self._since_checkpoint >= self._checkpoint_batches:
            try:
                self.checkpoint(entries[-1].received_ms)
            except StoreUnavailable as error:
                # The batch itself is safe; the checkpoint only makes the next start faster.
                self._since_checkpoint = 0
                log.warning("checkpoint put off: %s", error.message)
        return seq

    def add(self, make: Callable[[int], Kept], also: Callable[[sqlite3.Connection, int], None] | None = None) -> int:
        """Keep what `make` makes of the next seq, and what `also` writes, in one commit. The seq."""
        with self.file.mutex:
            kept = make(self._seq + 1)

            def write(db: sqlite3.Connection) -> None:
                kept.insert(db)
                if also is not None:
                    also(db, kept.seq)

            self.file.write(write)
            self._seq = kept.seq
            if self.ships:
                self.backlog.add(kept.seq, kept.count, size_of(kept), kept.t0_ms)
            return kept.seq

    def record(self, shown: Sequence[tuple[int, int]], events: Sequence[Event]) -> None:
        """One small commit. Events are a batch of their own, so that they are shipped once, too."""

        def write(db: sqlite3.Connection, seq: int) -> None:
            rows = [(batch, at_ms, mark(batch, at_ms)) for batch, at_ms in shown]
            db.executemany("INSERT OR IGNORE INTO shown (seq, at_ms, crc) VALUES (?, ?, ?)", rows)
            batches.insert_events(db, seq, events)

        if events:
            t0_ms = events[0].at_ms
            self.add(lambda seq: Kept(seq, seq, t0_ms, 0, batches.EVENTS, b""), write)
        elif shown:
            self.file.write(lambda db: write(db, 0))
        self._shown_seq = max(self._shown_seq, *(batch for batch, _ in shown), 0)

    def pending(self, after_seq: int, limit: int) -> Sequence[Batch]:
        """Batches whose fate on the screen is known: shown, or too old to be shown any more."""
        after = After(after_seq, self.settled_seq, self._newest_ms - SHOWN_WITHIN_MS)
        return pending(self.file, self._source, after, limit)

    def shipped(self, seq: int) -> None:
        if seq > self._shipped_seq:
            self.save("shipped", b"%d" % seq)
            with self.file.mutex:
                self._shipped_seq = seq
                self.backlog.shipped(seq)

    def fork(self) -> None:
        """Go on under a new name: this file is an older copy of one that went on, and whose numbers are taken."""
        name, floor = uuid4().hex, self.former_seq

        def write(db: sqlite3.Connection) -> None:
            save_document(db, "source", name.encode())
            save_document(db, "floor", b"%d" % floor)

        with self.file.mutex:
            self.file.write(write)
            self._source, self._floor_seq = name, floor
        self.shipped(floor)

    def latest(self) -> Iterable[Entry]:
        """The checkpoint, overlaid with what came after it."""
        found = self.file.write(self._read_latest)
        for key, entry in self._fresh.items():
            if key not in found or entry.supersedes(found[key]):
                found[key] = entry
        return sorted(found.values(), key=lambda entry: entry.seen_ms)

    def forget(self) -> None:
        self._checkpoint_rows([], clear=True)
        self._fresh.clear()  # not before: if the disk refuses, nothing is forgotten
        self._heard.clear()
        self._since_checkpoint = 0

    def save(self, name: str, body: bytes) -> None:
        self.file.write(lambda db: save_document(db, name, body))

    def load(self, name: str) -> bytes | None:
        try:
            return self.file.write(lambda db: load_document(db, name))
        except Damaged as error:
            raise self._damaged(error) from error

    def close(self) -> None:
        self.file.close()

    def checkpoint(self, now_ms: int) -> None:
        """Bring `latest` up to date and drop batches beyond the retention."""
        with self.file.mutex:
            fresh = list(self._fresh.values())
            self._checkpoint_rows(fresh, drop_before_ms=now_ms - self._keep_ms)
            self._fresh.clear()
            self._since_checkpoint = 0

    def _checkpoint_rows(self, fresh: list[Entry], *, clear: bool = False, drop_before_ms: int = 0) -> None:
        def write(db: sqlite3.Connection) -> None:
            if clear:
                db.execute("DELETE FROM latest")
            rows = [(e.key, e.seen_ms, e.received_ms, e.body) for e in fresh]
            db.executemany(
                "INSERT INTO latest (key, seen_ms, received_ms, body, crc) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (key) DO UPDATE SET seen_ms = excluded.seen_ms, received_ms = excluded.received_ms, "
                "body = excluded.body, crc = excluded.crc "
                "WHERE excluded.seen_ms >= latest.seen_ms OR excluded.received_ms < latest.seen_ms",  # Entry.supersedes
                [(*row, mark(*row)) for row in rows],
            )
            save_document(db, "checkpoint", b"%d" % self._seq)
            if not self.keeps_history:
                # The newest batch stays: its number keeps the sequence from starting over.
                gone = min(self._seq - 1, self._shipped_seq if self.ships else self._seq)
                old = "t0_ms < ? AND seq <= ?"
                top = db.execute(f"SELECT max(seq) FROM batch WHERE {old}", (drop_before_ms, gone)).fetchone()[0]
                if top is not None:
                    db.execute(f"DELETE FROM batch WHERE {old}", (drop_before_ms, gone))
                    db.execute("DELETE FROM shown WHERE seq <= ? AND seq NOT IN (SELECT seq FROM batch)", (top,))
                    if self.ships:
                        db.execute("DELETE FROM event WHERE id < ?", ((top + 1) << EVENT_BITS,))

        with self.file.mutex:
            self.file.write(write)
            self._checkpoint_seq = self._seq

    def _note(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            known = self._fresh.get(entry.key)
            if known is None or entry.supersedes(known):
                self._fresh[entry.key] = entry

    def _who_is_late(self, entries: Sequence[Entry]) -> tuple[list[bool], dict[str, Entry]]:
        """Of each, whether live has something newer (Entry.supersedes, inlined); and the last words after them."""
        heard: dict[str, Entry] = {}
        known_before = self._heard
        late = []
        for entry in entries:
            key = entry.key
            known = heard.get(key)
            seen_ms = known.seen_ms if known else known_before.get(key, _NEVER)
            late.append(entry.seen_ms < seen_ms and entry.received_ms >= seen_ms)
            if not late[-1]:
                heard[key] = entry
        return late, heard

    def _read_latest(self, db: sqlite3.Connection) -> dict[str, Entry]:
        found = {}
        for key, received, seen, body, crc in db.execute("SELECT key, received_ms, seen_ms, body, crc FROM latest"):
            if crc is not None and mark(key, seen, received, body) != crc:
                raise self._damaged(Damaged(f"the last word of {key!r} is damaged (its checksum is wrong)"))
            found[key] = Entry(key, received, seen, bytes(body))
        return found

    def _restore(self) -> None:
        """What a crash left: the sequence, and the batches behind the checkpoint."""
        try:
            self.file.write(self._read_behind_checkpoint)
            heard = self.latest()
        except Damaged as error:
            raise self._damaged(error) from error
        except ValueError as error:
            raise StoreCorrupt(
                f"{self.file.path}: the checkpoint is damaged; restore a copy, or move it away"
            ) from error
        self._heard = {entry.key: entry.seen_ms for entry in heard}
        self.former_seq = self._seq

    def _read_behind_checkpoint(self, db: sqlite3.Connection) -> None:
        names = ("checkpoint", "shipped", "compacted", "floor")
        number = {name: int(load_document(db, name) or b"0") for name in names}
        source = load_document(db, "source")
        if source is None:
            raise Damaged("it has lost its name")
        self._source = source.decode()
        self._shipped_seq, self._floor_seq = number["shipped"], number["floor"]
        self._checkpoint_seq = number["checkpoint"]
        top = db.execute("SELECT coalesce(max(seq), 0) FROM batch").fetchone()[0]
        self._seq = max(top, number["compacted"])
        if self.ships:
            for seq, first, rows, size, t0_ms, _ in batches.sizes(db, self._shipped_seq):
                self.backlog.add(seq, rows, size + _BATCH_BYTES, t0_ms, max(first, self._shipped_seq + 1))
        for kept in batches.select(db, number["checkpoint"]):
            self._since_checkpoint += 1
            self._newest_ms = max(self._newest_ms, kept.t0_ms)
            if kept.kind == batches.LINES:
                try:
                    self._note(kept.entries())
                except Damaged as error:
                    raise Damaged(f"batch {kept.seq} is damaged ({error})") from error

    def _damaged(self, error: Damaged) -> StoreCorrupt:
        return StoreCorrupt(f"{self.file.path}: {error}; restore a copy, or move it away")


def size_of(kept: Kept) -> int:
    """What a batch takes on the disk, near enough."""
    return len(kept.body) + len(kept.rest or b"") + _BATCH_BYTES
