"""One row of the `batch` table: how entries, rows and events lie in it until they go into chunks. Owns that form and
its checksum; sqlite.py writes such rows, the history reads them.

    LINES    body: zstd (version 1: zlib) of lines `received_ms seen_ms key json\\n`; late: a bit for each entry
    LANDED   body, rest: a chunk (chunks.py) of rows of another source; `ledger` says of which
    EVENTS   no body: only events, in the `event` table
    PACKED   body, rest: a chunk of several batches of LINES, with the seq of each row
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from telemetry.store import chunks
from telemetry.store.base import Entry
from telemetry.store.chunks import Damaged
from telemetry.store.parse import rows_of
from telemetry.store.press import compress, decompress
from telemetry.store.rows import I64, UNKNOWN_MS, Event, Rows, no_rows
from telemetry.store.schema import EVENT_BITS, mark

LINES, LANDED, EVENTS, PACKED = range(4)
_NAMES: Final = "seq, first, t0_ms, count, kind, body, rest, late, crc"
_FAST = 1  # zstd's level: a millisecond for 1050 reports
Late = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of the table. t0_ms: when its first was received. `entries` and `rows` raise chunks.Damaged."""

    seq: int
    first: int
    t0_ms: int
    count: int
    kind: int
    body: bytes
    rest: bytes | None = None
    late: bytes | None = None

    def entries(self) -> list[Entry]:
        """What was appended, in its order; of LINES only."""
        try:
            old = self.body[:1] == b"\x78"  # zlib's first byte; zstd's is 0x28
            text = zlib.decompress(self.body) if old else decompress(self.body)
            found = [_entry(line) for line in text.split(b"\n")[:-1]]
        except (zlib.error, ValueError) as error:
            raise Damaged(str(error)) from error
        if len(found) != self.count:
            raise Damaged(f"it has {len(found)} reports, not {self.count}")
        return found

    def rows(self, shown_ms: int, *, rest: bool) -> tuple[Rows, I64]:
        """Its rows and the seq of each. `shown_ms`: of the batch, where it is of LINES; -1 unknown."""
        if self.kind == EVENTS:
            return no_rows(), np.empty(0, np.int64)
        if self.kind == LINES:
            rows = rows_of(self.entries(), rest=rest)
            shown = np.where(self._late(), UNKNOWN_MS, np.int64(shown_ms))
            return replace(rows, shown_ms=shown), np.full(self.count, self.seq)
        rows, seq = chunks.unpack_with_seq(self.body)
        if len(rows) != self.count:
            raise Damaged(f"it has {len(rows)} rows, not {self.count}")
        if rest and self.rest is not None:
            others = chunks.unpack_rest(self.rest)
            if len(others) != self.count:
                raise Damaged(f"it has {len(others)} rests, not {self.count}")
            rows = replace(rows, rest=others)
        return rows, seq if len(seq) else np.full(self.count, self.seq)

    def insert(self, db: sqlite3.Connection) -> None:
        values = (self.seq, self.first, self.t0_ms, self.count, self.kind, self.body, self.rest, self.late)
        db.execute(f"INSERT INTO batch ({_NAMES}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*values, mark(*values)))

    def _late(self) -> Late:
        if self.late is None:
            return np.zeros(self.count, bool)
        return np.unpackbits(np.frombuffer(self.late, np.uint8), count=self.count).astype(bool)


def of_entries(seq: int, entries: Sequence[Entry], late: Sequence[bool]) -> Kept:
    text = _text(entries)
    bits = np.packbits(np.array(late, bool)).tobytes() if any(late) else None
    body = compress(text, _FAST)
    return Kept(seq, seq, entries[0].received_ms, len(entries), LINES, body, None, bits)


def of_rows(seq: int, rows: Rows) -> Kept:
    t0_ms = int(rows.received_ms.min()) if len(rows) else 0
    return Kept(seq, seq, t0_ms, len(rows), LANDED, chunks.pack(rows), chunks.pack_rest(rows))


def select(
    db: sqlite3.Connection, after: int, up_to: int = 2**62, limit: int = -1, damaged: list[int] | None = None
) -> list[Kept]:
    """Batches with after < seq <= up_to, oldest first. Raises Damaged, or notes the seq in `damaged` and goes on."""
    rows = db.execute(
        f"SELECT {_NAMES} FROM batch WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?", (after, up_to, limit)
    ).fetchall()
    found = []
    for *values, crc in rows:
        if crc is not None and mark(*values) != crc:
            if damaged is None:
                raise Damaged(f"batch {values[0]} is damaged (its checksum is wrong)")
            damaged.append(values[0])
            continue
        seq, first, *others = values
        found.append(Kept(seq, seq if first is None else first, *others))
    return found


def sizes(db: sqlite3.Connection, after: int, limit: int = -1) -> sqlite3.Cursor:
    """(seq, first, rows, bytes, t0_ms, kind) of batches above `after`; reads no blob to its end."""
    return db.execute(
        "SELECT seq, coalesce(first, seq), count, length(body) + coalesce(length(rest), 0), t0_ms, kind FROM batch "
        "WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, limit),
    )


def shown_at(db: sqlite3.Connection, seq: int) -> int:
    """When a batch was first shown; UNKNOWN_MS. Raises Damaged."""
    row = db.execute("SELECT at_ms, crc FROM shown WHERE seq = ?", (seq,)).fetchone()
    if row is not None and mark(seq, row[0]) != row[1]:
        raise Damaged(f"the time at which batch {seq} was shown is damaged")
    return UNKNOWN_MS if row is None else int(row[0])


def shown_of(db: sqlite3.Connection, after: int) -> dict[int, int]:
    """When batches above `after` were first shown. Raises Damaged."""
    found = {}
    for seq, at_ms, crc in db.execute("SELECT seq, at_ms, crc FROM shown WHERE seq > ?", (after,)):
        if mark(seq, at_ms) != crc:
            raise Damaged(f"the time at which batch {seq} was shown is damaged")
        found[seq] = at_ms
    return found


def insert_events(db: sqlite3.Connection, seq: int, events: Sequence[Event]) -> None:
    rows = []
    for at, event in enumerate(events):
        values = (seq << EVENT_BITS | at, event.at_ms, event.key, event.kind, event.value)
        rows.append((*values, mark(*values)))
    db.executemany("INSERT INTO event (id, at_ms, key, kind, value, crc) VALUES (?, ?, ?, ?, ?, ?)", rows)


def events_of(db: sqlite3.Connection, first: int, seq: int) -> tuple[Event, ...]:
    """The events of some batches, in their order. Raises Damaged."""
    rows = db.execute(
        "SELECT id, at_ms, key, kind, value, crc FROM event WHERE id >= ? AND id < ? ORDER BY id",
        (first << EVENT_BITS, (seq + 1) << EVENT_BITS),
    )
    return tuple(event_of(row) for row in rows)


def event_of(row: tuple[int, int, str, str, str, int]) -> Event:
    *values, crc = row
    if mark(*values) != crc:
        raise Damaged(f"event {row[0]} is damaged (its checksum is wrong)")
    return Event(*row[1:5])


def _text(entries: Sequence[Entry]) -> bytes:
    """One line an entry. A newline in JSON is white space between its parts, so a blank says the same."""
    text = b"".join([b"%d %d %s %s\n" % (e.received_ms, e.seen_ms, e.key.encode(), e.body) for e in entries])
    if text.count(b"\n") == len(entries):
        return text
    return _text([replace(entry, body=entry.body.replace(b"\n", b" ")) for entry in entries])


def _entry(line: bytes) -> Entry:
    received_ms, seen_ms, key, body = line.split(b" ", 3)
    return Entry(key.decode(), int(received_ms), int(seen_ms), body)
