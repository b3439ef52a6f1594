"""Retention in the embedded file. The horizons move first, in one small commit, and hide what is older at once; what
they hide is then deleted in slices. Interrupted, the next run deletes the rest.

Called by embedded.py in the history's thread. A chunk goes when all of it is older; one that is half older stays.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator

import numpy as np

from telemetry.store.compact import delete_chunks
from telemetry.store.contract import Keep
from telemetry.store.directory import Index
from telemetry.store.documents import save_document
from telemetry.store.history import History

_SLICE = 64  # chunks or lines a commit
_OLD_EVENTS = (
    "SELECT id FROM event WHERE at_ms < :ms AND (kind NOT IN ('status', 'light', 'identity') OR EXISTS ("
    "SELECT 1 FROM event f WHERE f.kind = event.kind AND f.key = event.key AND f.at_ms < :ms"
    " AND (f.at_ms, f.id) > (event.at_ms, event.id))) LIMIT :most"
)


def steps(history: History, now_ms: int, keep: Keep) -> Generator[None, None, None]:
    """See contract.Store.retain. Every yield is a place to do something else."""
    horizons = history.horizons.moved(now_ms, keep)
    if horizons != history.horizons:
        history.file.write(lambda db: save_document(db, "horizons", horizons.written()))
        history.horizons = horizons
        history.hot.forget_before(horizons.raw_ms)
        yield
    directory = history.directory
    yield from _drop_rest(history, horizons.rest_ms)
    yield from _drop_chunks(history, directory.rows, horizons.raw_ms)
    yield from _drop_chunks(history, directory.minutes, horizons.all_ms)
    yield from _drop_lines(history, horizons.all_ms)


def _drop_chunks(history: History, index: Index, before_ms: int) -> Iterator[None]:
    while True:
        at = np.flatnonzero(index.column("seen_most") < before_ms)[:_SLICE]
        if not len(at):
            return
        gone = history.directory.metas(index, at)
        history.file.write(lambda db: delete_chunks(db, [(meta.id,) for meta in gone]))  # noqa: B023  # runs at once
        history.directory.change(gone, ())
        yield


def _drop_rest(history: History, before_ms: int) -> Iterator[None]:
    def drop(db: sqlite3.Connection) -> int:
        old = "SELECT r.id FROM rest r JOIN chunk c ON c.id = r.id WHERE c.seen_most < ? LIMIT ?"
        return db.execute(f"DELETE FROM rest WHERE id IN ({old})", (before_ms, _SLICE)).rowcount

    while history.file.write(drop):
        yield


def _drop_lines(history: History, before_ms: int) -> Iterator[None]:
    def drop(db: sqlite3.Connection) -> int:
        given = {"ms": before_ms, "most": _SLICE}
        count = db.execute(f"DELETE FROM event WHERE id IN ({_OLD_EVENTS})", given).rowcount
        for table in ("command", "warble"):
            old = f"SELECT rowid FROM {table} WHERE at_ms < :ms LIMIT :most"
            count += db.execute(f"DELETE FROM {table} WHERE rowid IN ({old})", given).rowcount
        # The newest of each source stays: it says how far that source has come.
        count += db.execute(
            "DELETE FROM ledger WHERE (source, seq) IN (SELECT source, seq FROM ledger l WHERE at_ms < :ms AND seq <"
            " (SELECT max(seq) FROM ledger m WHERE m.source = l.source) LIMIT :most)",
            given,
        ).rowcount
        return count

    while history.file.write(drop):
        yield
