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
from telemetry.store.rows import UNKNOWN_MS, Rows
from telemetry.store.sqlite import SQLiteSpool

MOST_ROWS = 20_000  # of one pack: its commit takes some milliseconds
LEAST_ROWS = 5_000  # fewer are not worth it yet


def repack(spool: SQLiteSpool) -> bool:
    """Pack the oldest batches whose fate on the screen is known. True: something was done, ask again.

    Packing holds no lock; one commit puts the pack in their place. Raises StoreUnavailable, StoreCorrupt.
    """
    taken: list[Kept] = []
    count = 0
    for kept in spool.file.write(lambda db: batches.select(db, spool.shipped_seq, spool.settled_seq)):
        loose = kept.kind in (batches.LINES, batches.EVENTS)
        if taken and (not loose or count + kept.count > MOST_ROWS):
            break
        if loose:
            taken.append(kept)
            count += kept.count
    if count < LEAST_ROWS:
        return False
    if spool.checkpoint_seq < taken[-1].seq:
        spool.checkpoint(0)
    first, last = taken[0].first, taken[-1].seq
    shown = spool.file.write(lambda db: batches.shown_of(db, first - 1))
    parts = [each.rows(shown.get(each.seq, UNKNOWN_MS), rest=True) for each in taken if each.count]
    rows = together([rows for rows, _ in parts])
    rest = [text for part, _ in parts for text in part.rest]
    rows = replace(rows, rest=tuple(rest))
    body = chunks.pack(rows, np.concatenate([seq for _, seq in parts]))
    packed = Kept(last, first, taken[0].t0_ms, count, batches.PACKED, body, chunks.pack_rest(rows))

    def write(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM batch WHERE seq >= ? AND seq <= ?", (first, last))
        db.execute("DELETE FROM shown WHERE seq >= ? AND seq <= ?", (first, last))
        packed.insert(db)

    spool.file.write(write)
    return True


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
