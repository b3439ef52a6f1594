"""From batches to chunks, in the background and in slices. Owns the order of the steps that makes it safe to interrupt
anywhere: new chunks are written with the next generation and count for nothing until one small commit moves
`generation` and `compacted` on; what they replace is deleted after that.

    for _ in steps(history): ...        # each step is some milliseconds; queries may run between two of them

Called by embedded.py in the history's thread. Packing never holds the writer's lock; each of its commits is small.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from telemetry.store import batches, chunks, minutes
from telemetry.store.chunks import Damaged
from telemetry.store.directory import FIELDS, GROUP, MINUTES, NEVER, WINDOW_MS, Meta, entries
from telemetry.store.documents import save_document
from telemetry.store.history import History
from telemetry.store.hot import HotBatch, joined
from telemetry.store.rests import Rests
from telemetry.store.rows import UNKNOWN_MS, Rows, identity
from telemetry.store.schema import mark

MOST_ROWS = 200_000  # of one compaction: with processes some 30 MB while it runs
SETTLED_MS = 120_000  # newer batches wait: late ones of the same window may come, and their chunk is written once
_SLICE = 12  # chunks a commit: 300 KB
_GONE = 64  # chunks deleted a commit
_GONE_BATCHES = 8  # batches, which are read once more before: 1 MB


@dataclass(slots=True)
class Packed:
    """A chunk on its way into the file."""

    meta: Meta
    rows: bytes
    rest: bytes | None


@dataclass(slots=True)
class _Work:
    """What one compaction has done so far."""

    next_id: int
    new: list[Meta] = field(default_factory=list)
    gone: list[Meta] = field(default_factory=list)
    waiting: list[Packed] = field(default_factory=list)
    high: dict[int, int] = field(default_factory=dict)


def due(history: History, now_ms: int) -> int:
    """The last batch that should go into chunks now; 0: none. A window's batches go together, when it is over."""
    until_ms = (now_ms - SETTLED_MS) // WINDOW_MS * WINDOW_MS
    ready, count = 0, 0
    for batch in history.hot.batches:
        full = history.behind or count >= MOST_ROWS
        first_ms = int(batch.rows.received_ms.min(initial=2**62))
        if not full and until_ms <= first_ms < now_ms + WINDOW_MS:
            break
        if count and count + len(batch.rows) > MOST_ROWS:
            break
        ready, count = batch.seq, count + len(batch.rows)
    return ready


def steps(history: History, up_to: int | None = None) -> Generator[None, None, None]:
    """Compact the batches up to `up_to` (None: all that are in memory). Every yield is a place to do something else."""
    yield from clean(history)
    history.refresh()
    hot = history.hot
    seq = hot.seq if up_to is None else min(hot.seq, up_to)
    taken = [batch for batch in hot.batches if batch.seq <= seq]
    if seq <= history.directory.seq:
        return
    if history.spool.checkpoint_seq < seq:
        history.spool.checkpoint(0)
    work = _Work(_next_id(history))
    rows, rests = yield from _read(history, taken)
    among_all = np.flatnonzero(rows.seen_ms >= history.horizons.all_ms)
    if len(among_all) < len(rows):
        rows = rows.take(among_all)
    names = identity(rows.seen_ms, rows.node_ms)
    place = np.stack([names // 2 // WINDOW_MS, rows.node.astype(np.int64) // GROUP])
    order = np.lexsort((place[1], place[0]))
    cuts = np.flatnonzero(np.diff(place[:, order], axis=1).any(axis=0)) + 1
    by_window: dict[int, list[Rows]] = {}
    for part in np.split(order, cuts) if len(order) else []:
        win, grp = int(place[0, part[0]]), int(place[1, part[0]])
        mine = rows.take(part)
        by_window.setdefault(win, []).append(mine)
        for node, name in zip(mine.node.tolist(), names[part].tolist(), strict=True):
            work.high[node] = max(work.high.get(node, -1), name)
        _pack_rows(history, work, grp, win, replace(mine, rest=rests.of(grp, among_all[part])))
        yield
        yield from _flush(history, work, _SLICE)
    for win, parts in by_window.items():
        _pack_minutes(history, work, win, parts)
        yield
    yield from _flush(history, work, 1)
    history.refresh()  # what was shown meanwhile
    _commit(history, work, seq, [batch.seq for batch in taken])
    yield
    yield from clean(history)


def clean(history: History) -> Generator[None, None, None]:
    """Delete what does not count: what a compaction has replaced, and what one that was interrupted had begun."""
    directory = history.directory

    def stale(db: sqlite3.Connection) -> bool:
        damaged: list[int] = []
        old = batches.select(db, 0, directory.seq, _GONE_BATCHES, damaged)
        seqs = [(each.seq,) for each in old]
        db.executemany("DELETE FROM batch WHERE seq = ?", seqs)
        db.executemany("DELETE FROM shown WHERE seq = ?", seqs)
        if damaged:  # its number may be wrong, too: it may never have gone into a chunk
            _set_aside(db, history, damaged)
        generation = directory.generation
        begun = entries(db, "WHERE gen > ? LIMIT ?", generation, _GONE)
        replaced = entries(db, "WHERE dead > 0 AND dead <= ? LIMIT ?", generation, _GONE)
        ids = [(number,) for number, meta, _, _ in begun + replaced if meta is not None]
        delete_chunks(db, ids)
        for _, meta, gen, _ in entries(db, "WHERE dead > ?", max(0, generation)):
            if meta is not None:
                set_dead(db, meta, gen, 0)
        return bool(seqs or damaged or ids)

    while history.file.write(stale):
        yield


def delete_chunks(db: sqlite3.Connection, ids: Sequence[tuple[int]]) -> None:
    for table in ("chunk", "body", "rest"):
        db.executemany(f"DELETE FROM {table} WHERE id = ?", ids)


def _read(history: History, taken: list[HotBatch]) -> Generator[None, None, tuple[Rows, Rests]]:
    """All rows that count, and their rest. A batch that has been damaged since is taken out of `taken`."""
    parts, rests, unread = [], Rests(), list[HotBatch]()
    for batch in list(taken):
        kept = history.file.read(lambda db, seq=batch.seq: batches.select(db, seq - 1, seq, damaged=[]))  # type: ignore[misc]  # a lambda's default
        try:
            if not kept:
                raise Damaged("its checksum is wrong")
            rows, _ = kept[0].rows(UNKNOWN_MS, rest=True)
        except Damaged as error:
            first, last = int(batch.rows.received_ms.min()), int(batch.rows.received_ms.max())
            history.directory.note(f"batch {batch.seq}", str(error), first, last)
            unread.append(batch)
            continue
        counted = batch.counted()
        rest = rows.rest or (b"{}",) * len(rows)
        rests.add(counted.node, [rest[at] for at in np.flatnonzero(batch.counts).tolist()])
        parts.append(counted)
        yield
    for batch in unread:
        taken.remove(batch)
    return joined(parts), rests


def _pack_rows(history: History, work: _Work, grp: int, win: int, new: Rows) -> None:
    """The chunk of this place, with the new rows in it."""
    directory, horizons = history.directory, history.horizons
    new = new if new.seen_ms.min() >= horizons.raw_ms else new.take(new.seen_ms >= horizons.raw_ms)
    if not len(new):
        return
    old = directory.place.get((grp, win))
    rows = new
    if old is not None:
        before = directory.chunk(old)
        if before is not None:  # a damaged one stays, for a person to look at
            rest = directory.rest(old) or (b"",) * len(before)
            both = joined([before, new])
            rows = history.detailed(replace(both, rest=(*rest, *new.rest)))
            work.gone.append(old)
    rows, _ = chunks.in_order(replace(rows, node=(rows.node - grp * GROUP).astype(np.int32)))
    body = chunks.pack(rows)
    rest_body = chunks.pack_rest(rows) if rows.seen_ms.max() >= horizons.rest_ms else None
    mask = int(np.bitwise_or.reduce(np.int64(1) << np.unique(rows.node).astype(np.int64)))
    shown = rows.shown_ms[rows.shown_ms >= 0]
    meta = Meta(
        work.next_id,
        grp,
        win,
        len(rows),
        mask,
        int(rows.seen_ms.min()),
        int(rows.seen_ms.max()),
        int(shown.min(initial=NEVER)),
        int(shown.max(initial=UNKNOWN_MS)),
        len(body) + len(rest_body or b""),
    )
    _put(work, meta, body, rest_body)


def _pack_minutes(history: History, work: _Work, win: int, parts: Sequence[Rows]) -> None:
    found = [minutes.of_rows(joined(parts))]
    old = history.directory.place.get((MINUTES, win))
    if old is not None:
        found.append(history.directory.chunk_minutes(old) or minutes.none())
        work.gone.append(old)
    made = minutes.joined(found)
    first, last = int(made.t_ms.min()), int(made.t_ms.max())
    body = minutes.pack(made)
    _put(work, Meta(work.next_id, MINUTES, win, len(made), 0, first, last, 0, 0, len(body)), body, None)


def _put(work: _Work, meta: Meta, body: bytes, rest: bytes | None) -> None:
    work.next_id += 1
    work.new.append(meta)
    work.waiting.append(Packed(meta, body, rest))


def _flush(history: History, work: _Work, least: int) -> Iterator[None]:
    """Write what waits, when it is enough for a commit."""
    while len(work.waiting) >= least:
        part, work.waiting = work.waiting[:_SLICE], work.waiting[_SLICE:]
        generation = history.directory.generation + 1
        history.file.write(lambda db: insert(db, part, generation))  # noqa: B023  # runs before the next turn
        yield


def insert(db: sqlite3.Connection, packed: Sequence[Packed], generation: int) -> None:
    for each in packed:
        values = (*each.meta.values(), generation)
        columns = f"{', '.join(FIELDS)}, gen, dead, crc"
        marks = ", ".join("?" * (len(FIELDS) + 3))
        db.execute(f"INSERT INTO chunk ({columns}) VALUES ({marks})", (*values, 0, mark(*values, 0)))
        db.execute("INSERT INTO body (id, rows) VALUES (?, ?)", (each.meta.id, each.rows))
        if each.rest is not None:
            db.execute("INSERT INTO rest (id, rows) VALUES (?, ?)", (each.meta.id, each.rest))


def _commit(history: History, work: _Work, seq: int, read: Sequence[int]) -> None:
    """From here on the chunks count and the batches do not."""
    directory = history.directory
    generation = directory.generation + 1
    high = list(directory.high)
    for node, name in work.high.items():
        high[node] = max(high[node], name)
    changed = [node for node in range(len(high)) if node >= directory.stored or high[node] != directory.high[node]]

    def write(db: sqlite3.Connection) -> None:
        unread = db.execute(
            "SELECT seq FROM batch WHERE seq > ? AND seq <= ? AND kind <> ?", (directory.seq, seq, batches.EVENTS)
        ).fetchall()
        _set_aside(db, history, [number for (number,) in unread if number not in read])
        rows = [(node, directory.keys[node], high[node]) for node in changed]
        db.executemany(
            "INSERT OR REPLACE INTO node (id, key, high, crc) VALUES (?, ?, ?, ?)", [(*row, mark(*row)) for row in rows]
        )
        for meta in work.gone:
            ((_, whole, gen, _),) = entries(db, "WHERE id = ?", meta.id)
            if whole is not None:
                set_dead(db, whole, gen, generation)
        save_document(db, "compacted", b"%d" % seq)
        save_document(db, "generation", b"%d" % generation)

    history.file.write(write)
    directory.last_id = work.next_id - 1
    directory.high = high
    directory.stored = len(high)
    directory.seq, directory.generation = seq, generation
    directory.change(work.gone, work.new)
    history.hot.drop(seq)
    history.hot.forget_before(history.horizons.raw_ms)


def _set_aside(db: sqlite3.Connection, history: History, seqs: Sequence[int]) -> None:
    """Batches that cannot be read become dead letters: nothing that was acknowledged is thrown away unseen."""
    for seq in seqs:
        at_ms, body = db.execute("SELECT t0_ms, body FROM batch WHERE seq = ?", (seq,)).fetchone()
        reason = history.directory.damage.get(f"batch {seq}", "its checksum is wrong")
        values = (history.spool.source, seq, at_ms, reason, body)
        db.execute(
            "INSERT OR IGNORE INTO letter (source, seq, at_ms, reason, body, crc) VALUES (?, ?, ?, ?, ?, ?)",
            (*values, mark(*values)),
        )
        db.execute("DELETE FROM batch WHERE seq = ?", (seq,))


def set_dead(db: sqlite3.Connection, meta: Meta, gen: int, dead: int) -> None:
    """From generation `dead` on the chunk does not count."""
    db.execute("UPDATE chunk SET dead = ?, crc = ? WHERE id = ?", (dead, mark(*meta.values(), gen, dead), meta.id))


def _next_id(history: History) -> int:
    directory = history.directory
    ids = [index.column("id").max(initial=0) for index in (directory.rows, directory.minutes)]
    return max(directory.last_id, *map(int, ids)) + 1
