"""What of a spool waits to be shipped, as batches. Reads numbers first, then bodies, then parses: a day that waits is
never in the memory at once, and nobody who writes waits for a parser. Called by sqlite.SQLiteSpool.

One batch that cannot be read does not stand in the way: those before it come first, then it is named (BatchDamaged).
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from telemetry.store import batches
from telemetry.store.base import BatchDamaged
from telemetry.store.batches import Kept
from telemetry.store.chunks import Damaged
from telemetry.store.file import File
from telemetry.store.rows import UNKNOWN_MS, Batch, Event

log = logging.getLogger(__name__)

MOST_ROWS: Final = 20_000  # of one answer, unless one batch has more: a pack has so many
_Found = tuple[Kept, int, tuple[Event, ...]]  # shown at; events


@dataclass(frozen=True, slots=True)
class After:
    """Where to begin; up to which seq it is known what viewers saw, and before when it does not matter any more."""

    seq: int
    settled_seq: int
    shown_by_ms: int


def pending(file: File, source: str, after: After, limit: int) -> Sequence[Batch]:
    """Up to `limit` batches behind `after.seq`. Raises BatchDamaged where the first cannot be read."""
    taken = file.read(lambda db: _read(db, file, after, limit))
    found: list[Batch] = []
    for kept, shown_ms, events in taken:
        try:
            found.append(_batch(source, kept, after.seq, shown_ms, events))
        except Damaged as error:
            if found:
                break
            raise _broken(file, kept.seq, kept.body, str(error)) from error
    return found


def _read(db: sqlite3.Connection, file: File, after: After, limit: int) -> list[_Found]:
    last = rows = 0
    for seq, _, count, _, t0_ms, kind in batches.sizes(db, after.seq, limit):
        rows += count
        # What waits for its place on the screen comes after all that has one.
        young = kind == batches.LINES and seq > after.settled_seq and t0_ms > after.shown_by_ms
        if young or (last and rows > MOST_ROWS):
            break
        last = seq
    damaged: list[int] = []
    found = batches.select(db, after.seq, last, damaged=damaged)
    whole = [each for each in found if not damaged or each.seq < damaged[0]]
    if damaged and not whole:
        body = db.execute("SELECT body FROM batch WHERE seq = ?", (damaged[0],)).fetchone()[0]
        raise _broken(file, damaged[0], bytes(body), "its checksum is wrong")
    return [(each, _shown_at(db, file, each.seq), _events(db, file, each, after.seq)) for each in whole]


def _batch(source: str, kept: Kept, after_seq: int, shown_ms: int, events: tuple[Event, ...]) -> Batch:
    rows, seq = kept.rows(shown_ms, rest=True)
    new = seq > after_seq
    if not new.all():
        return Batch(source, kept.seq, rows.take(new), events)
    packed = (kept.body, kept.rest) if kept.kind == batches.PACKED and kept.rest is not None else None
    return Batch(source, kept.seq, rows, events, packed)


def _broken(file: File, seq: int, body: bytes, why: str) -> BatchDamaged:
    return BatchDamaged(f"{file.path}: batch {seq} is damaged ({why})", seq, body)


def _shown_at(db: sqlite3.Connection, file: File, seq: int) -> int:
    try:
        return batches.shown_at(db, seq)
    except Damaged as error:
        log.error("%s: %s; its reports are not in a replay", file.path, error)
        return UNKNOWN_MS


def _events(db: sqlite3.Connection, file: File, kept: Kept, after_seq: int) -> tuple[Event, ...]:
    try:
        return batches.events_of(db, max(kept.first, after_seq + 1), kept.seq)
    except Damaged as error:
        log.error("%s: %s; a replay lacks what happened then", file.path, error)
        return ()
