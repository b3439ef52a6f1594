"""Packs what waits to be shipped: many small batches of lines become one of columns, in a fraction of the bytes, so
that a database that is away for a day fits on the disk. The shipper calls it, from a thread of its own, when it lags.

A packed batch has the seq of the last of them and remembers the seq of every row, so that `pending` after one of them
gives the others only.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import numpy as np

from telemetry.store import batches, chunks
from telemetry.store.batches import Kept
from telemetry.store.chunks import Damaged
from telemetry.store.rows import Rows
from telemetry.store.sqlite import SQLiteSpool, size_of

MOST_ROWS = 20_000  # of one pack: its commit takes some milliseconds
LEAST_ROWS = 5_000  # fewer are not worth it yet


def repack(spool: SQLiteSpool, after_seq: int = 0) -> int:
    """Pack the oldest batches whose fate on the screen is known. Up to which seq: ask again; 0: nothing is worth it.

    after_seq: what the last call said, which spares it to look there. What is near a damaged batch stays loose.
    Packing holds no lock; one commit puts the pack in their place. Raises StoreUnavailable, StoreCorrupt.
    """
    after, last, count = _loose(spool, max(after_seq, spool.shipped_seq))
    if count < LEAST_ROWS:
        return 0
    damaged: list[int] = []
    taken = spool.file.read(lambda db: batches.select(db, after, last, damaged=damaged))
    if damaged:  # whoever ships it says so; until then it lies between packs
        return damaged[-1]
    if spool.checkpoint_seq < taken[-1].seq:
        spool.checkpoint(0)
    first, last = taken[0].first, taken[-1].seq
    try:
        shown = spool.file.read(lambda db: [batches.shown_at(db, each.seq) for each in taken])
        parts = [each.rows(at_ms, rest=True) for each, at_ms in zip(taken, shown, strict=True) if each.count]
    except Damaged:
        return last
    rows = together([rows for rows, _ in parts])
    rest = [text for part, _ in parts for text in part.rest]
    rows = replace(rows, rest=tuple(rest))
    body = chunks.pack(rows, np.concatenate([seq for _, seq in parts]))
    packed = Kept(last, first, taken[0].t0_ms, count, batches.PACKED, body, chunks.pack_rest(rows))

    def write(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM batch WHERE seq >= ? AND seq <= ?", (first, last))
        db.execute("DELETE FROM shown WHERE seq >= ? AND seq <= ?", (first, last))
        packed.insert(db)

    with spool.file.mutex:
        spool.file.write(write)
        spool.backlog.replaced(first, last, count, size_of(packed), packed.t0_ms)
    return last


def _loose(spool: SQLiteSpool, after: int) -> tuple[int, int, int]:
    """The first batches behind `after` that are not packed: those with after < seq <= last, and their rows."""
    settled = spool.settled_seq

    def read(db: sqlite3.Connection) -> tuple[int, int, int]:
        start, last, count = after, after, 0
        for seq, rows, kind in db.execute("SELECT seq, count, kind FROM batch WHERE seq > ? ORDER BY seq", (after,)):
            loose = kind in (batches.LINES, batches.EVENTS) and seq <= settled
            if last > start and (not loose or count + rows > MOST_ROWS):
                break
            if loose:
                last, count = seq, count + rows
            else:
                start = last = seq
        return start, last, count

    return spool.file.read(read)


def together(parts: list[Rows]) -> Rows:
    """Rows of several batches, each with keys of its own, as of one; without rest."""
    number: dict[str, int] = {}
    nodes = []
    for part in parts:
        own = np.fromiter((number.setdefault(key, len(number)) for key in part.keys), np.int32, len(part.keys))
        nodes.append(own[part.node])
    columns = ("seen_ms", "received_ms", "node_ms", "shown_ms")
    seen, received, node_ms, shown = (np.concatenate([getattr(part, name) for part in parts]) for name in columns)
    metrics = np.concatenate([part.metrics for part in parts], axis=1)
    return Rows(tuple(number), np.concatenate(nodes), seen, received, node_ms, shown, metrics, ())
