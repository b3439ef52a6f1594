"""What chunks there are and what is in them, without reading them: an index in memory of the `chunk` and `node` tables.

Owns both tables' form and the cache of chunks that were read lately. Used in the history's thread only (history.py
asks, compact.py adds).

A chunk has the rows of GROUP nodes (node number // GROUP) whose identity (rows.py) falls into one window of WINDOW_MS:
there is one place where a row can be, which is what makes a duplicate cheap to find. A damaged chunk is named in
`damage`, logged once, and left out; the rest stays readable.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from telemetry.store import chunks, minutes
from telemetry.store.chunks import Damaged
from telemetry.store.documents import load_document
from telemetry.store.file import File
from telemetry.store.minutes import Minutes
from telemetry.store.rows import I64, Rows, identity
from telemetry.store.schema import mark

log = logging.getLogger(__name__)

GROUP: Final = 21  # nodes a chunk
WINDOW_MS: Final = 600_000
MINUTES: Final = -1  # grp of the chunks that hold minutes of all nodes
NEVER: Final = 2**62  # shown_least of a chunk that nobody saw
CACHED = 192  # chunks in memory, of some 200 KB
FIELDS: Final = ("id", "grp", "win", "count", "mask", "seen_least", "seen_most", "shown_least", "shown_most", "bytes")
_SELECT = f"SELECT {', '.join(FIELDS)}, gen, dead, crc FROM chunk"


@dataclass(frozen=True, slots=True)
class Meta:
    """What is known of one chunk; see FIELDS. mask: a bit for each node of the group that is in it."""

    id: int
    grp: int
    win: int
    count: int
    mask: int
    seen_least: int
    seen_most: int
    shown_least: int
    shown_most: int
    bytes: int

    def values(self) -> tuple[int, ...]:
        return tuple(getattr(self, name) for name in FIELDS)


@dataclass(slots=True)
class Index:
    """Chunks of rows, sorted by group and seen_most. One array a field."""

    table: I64 = field(default_factory=lambda: np.empty((len(FIELDS), 0), np.int64))

    def column(self, name: str) -> I64:
        column: I64 = self.table[FIELDS.index(name)]
        return column

    def change(self, gone: Iterable[int], new: Iterable[Meta]) -> None:
        stay = ~np.isin(self.column("id"), np.fromiter(gone, np.int64))
        added = np.array([meta.values() for meta in new], np.int64).reshape(-1, len(FIELDS)).T
        table = np.concatenate([self.table[:, stay], added], axis=1)
        order = np.lexsort((table[FIELDS.index("seen_most")], table[FIELDS.index("grp")]))
        self.table = table[:, order]

    def of_group(self, grp: int) -> slice:
        low, high = np.searchsorted(self.column("grp"), [grp, grp + 1])
        return slice(int(low), int(high))


_Unpack = Callable[[Meta, bytes], Rows | Minutes]


class Directory:
    """Node numbers and chunks as of `seq` and `generation`."""

    def __init__(self, file: File) -> None:
        self._file = file
        self.keys: list[str] = []
        self.number: dict[str, int] = {}
        self.high: list[int] = []  # greatest identity in chunks; -1 none
        self.stored = 0  # nodes that the file knows
        self.seq = 0
        self.last_id = 0  # of a chunk in this life; an id is never used again, so that caches may go by it
        self.generation = 0
        self.rows = Index()
        self.minutes = Index()
        self.place: dict[tuple[int, int], Meta] = {}  # (grp, win)
        self.damage: dict[str, str] = {}  # what: how, and of which time
        self._fetched: dict[int, bytes] = {}
        self._cache: OrderedDict[int, Rows | Minutes] = OrderedDict()

    def load(self) -> None:
        """Read the file's tables. Raises StoreCorrupt, StoreUnavailable."""
        self._file.read(self._load)

    def number_of(self, key: str) -> int:
        """The node's number, a new one for a new node (in the file from the next compaction on)."""
        number = self.number.get(key)
        if number is None:
            number = self.number[key] = len(self.keys)
            self.keys.append(key)
            self.high.append(-1)
        return number

    def fetch(self, metas: Sequence[Meta]) -> None:
        """Read the bytes of many chunks at once; `chunk` then takes them. At most CACHED."""
        wanted = [meta.id for meta in metas if meta.id not in self._cache]
        if len(wanted) > 1:
            marks = ", ".join("?" * len(wanted))
            query = f"SELECT id, rows FROM body WHERE id IN ({marks})"
            self._fetched = dict(self._file.read(lambda db: db.execute(query, wanted).fetchall()))

    def chunk(self, meta: Meta) -> Rows | None:
        """The rows of a chunk, `node` being node numbers; None: damaged."""
        cached = self._cached(meta.id)
        if cached is None:
            cached = self._read(meta, self._unpack_rows)
        return cached if isinstance(cached, Rows) else None

    def chunk_minutes(self, meta: Meta) -> Minutes | None:
        cached = self._cached(meta.id)
        if cached is None:
            cached = self._read(meta, self._unpack_minutes)
        return cached if isinstance(cached, Minutes) else None

    def rest(self, meta: Meta) -> tuple[bytes, ...] | None:
        """What else the rows of a chunk said; None: not kept any more, or damaged."""

        def read(db: sqlite3.Connection) -> bytes | None:
            row = db.execute("SELECT rows FROM rest WHERE id = ?", (meta.id,)).fetchone()
            return None if row is None else row[0]

        data = self._file.read(read)
        if data is None:
            return None
        try:
            found = chunks.unpack_rest(data)
            if len(found) != meta.count:
                raise Damaged(f"it has {len(found)} rows, not {meta.count}")
        except Damaged as error:
            self.note(f"the processes of chunk {meta.id}", str(error), meta.seen_least, meta.seen_most)
            return None
        return found

    def has(self, node: int, wanted: int, raw_from_ms: int) -> bool:
        """Whether a chunk has the row of this identity."""
        meta = self.place.get((node // GROUP, window_of(wanted)))
        if meta is None or not meta.mask >> (node % GROUP) & 1:
            return False
        rows = self.chunk(meta)
        if rows is None:
            return False
        same = (rows.node == node) & (identity(rows.seen_ms, rows.node_ms) == wanted)
        return bool((same & (rows.seen_ms >= raw_from_ms)).any())

    def change(self, gone: Iterable[Meta], new: Iterable[Meta]) -> None:
        """What a compaction or retention has committed."""
        gone, new = list(gone), list(new)
        for meta in gone:
            self._cache.pop(meta.id, None)
            if self.place.get((meta.grp, meta.win)) == meta:
                del self.place[meta.grp, meta.win]
        self.place.update({(meta.grp, meta.win): meta for meta in new})
        for index, of_minutes in ((self.rows, False), (self.minutes, True)):
            mine = [meta.id for meta in gone if (meta.grp == MINUTES) == of_minutes]
            added = [meta for meta in new if (meta.grp == MINUTES) == of_minutes]
            if mine or added:
                index.change(mine, added)

    def metas(self, index: Index, which: NDArray[np.intp]) -> list[Meta]:
        return [Meta(*values) for values in index.table[:, which].T.tolist()]

    def note(self, what: str, how: str, first_ms: int, last_ms: int) -> None:
        """Something is damaged."""
        if what not in self.damage:
            self.damage[what] = f"{how}; of {words(first_ms)} to {words(last_ms)}"
            log.error("%s: %s is damaged (%s)", self._file.path, what, self.damage[what])

    def _load(self, db: sqlite3.Connection) -> None:
        self.seq = int(load_document(db, "compacted") or b"0")
        self.generation = int(load_document(db, "generation") or b"0")
        for number, key, high, crc in db.execute("SELECT id, key, high, crc FROM node ORDER BY id"):
            if mark(number, key, high) != crc or number != len(self.keys):
                raise Damaged(f"node {number} is damaged; what follows it cannot be told apart")
            self.number_of(key)
            self.high[number] = high
        self.stored = len(self.keys)
        found = []
        for number, meta, gen, dead in entries(db, "ORDER BY id"):
            if meta is None:
                self.note(f"the entry of chunk {number}", "its checksum is wrong", -1, -1)
            elif gen <= self.generation and not 0 < dead <= self.generation:
                found.append(meta)
        self.change((), found)

    def _cached(self, number: int) -> Rows | Minutes | None:
        found = self._cache.get(number)
        if found is not None:
            self._cache.move_to_end(number)
        return found

    def _read(self, meta: Meta, unpack: _Unpack) -> Rows | Minutes | None:
        def fetch(db: sqlite3.Connection) -> bytes:
            row = db.execute("SELECT rows FROM body WHERE id = ?", (meta.id,)).fetchone()
            return b"" if row is None else row[0]

        data = self._fetched.pop(meta.id, None)
        try:
            found = unpack(meta, self._file.read(fetch) if data is None else data)
        except Damaged as error:
            self.note(f"chunk {meta.id}", str(error), meta.seen_least, meta.seen_most)
            return None
        self._cache[meta.id] = found
        if len(self._cache) > CACHED:
            self._cache.popitem(last=False)
        return found

    @staticmethod
    def _unpack_rows(meta: Meta, data: bytes) -> Rows:
        rows = chunks.unpack(data)
        if len(rows) != meta.count:
            raise Damaged(f"it has {len(rows)} rows, not {meta.count}")
        return replace(rows, node=(rows.node + meta.grp * GROUP).astype(np.int32))

    @staticmethod
    def _unpack_minutes(meta: Meta, data: bytes) -> Minutes:
        found = minutes.unpack(data)
        if len(found) != meta.count:
            raise Damaged(f"it has {len(found)} minutes, not {meta.count}")
        return found


def entries(db: sqlite3.Connection, which: str, *given: int) -> list[tuple[int, Meta | None, int, int]]:
    """(id, entry, gen, dead) of chunks; the entry is None where it is damaged, and nothing of it to be trusted then."""
    found: list[tuple[int, Meta | None, int, int]] = []
    for *values, gen, dead, crc in db.execute(f"{_SELECT} {which}", given):
        whole = mark(*values, gen, dead) == crc
        found.append((values[0], Meta(*values) if whole else None, gen, dead))
    return found


def window_of(wanted: int) -> int:
    """The window of an identity."""
    return wanted // 2 // WINDOW_MS


def words(at_ms: int) -> str:
    """A time as a person reads it."""
    if not 0 <= at_ms < 253_402_300_800_000:
        return "an unknown time"
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at_ms / 1000))
