"""What is in the embedded file: its tables, their versions, and how an older file becomes one of today's.

    batch     what was appended or landed and is not in a chunk yet (batches.py). `first`: the first seq it stands for
    shown     the time of the first live frame that had a batch
    latest    the checkpoint: the last entry of every node as of batch `checkpoint`
    node      numbers of node keys, and the greatest identity (rows.py) that chunks have of each
    chunk     what is known of a chunk without reading it; `body` has its bytes. grp -1: minutes (rollup.py)
    event     what viewers saw that no report made
    ledger    (source, seq) that have landed or were buried
    letter, command, warble, value      dead letters, the audit, Warbles, what users saved
    document  small things by name: epoch, registry, source, checkpoint, compacted, generation, horizons, shipped

Every row has `crc`: of all its other values (`mark`); NULL in rows that version 1 wrote. Chunks change in slices: a row
counts when gen <= the document `generation`, and not any more when 0 < dead <= it.
"""

from __future__ import annotations

import sqlite3
import uuid
import zlib
from typing import Final

VERSION: Final = 2
APPLICATION_ID: Final = 0x7477696E  # "twin", so that `file` and we know whose file it is
EVENT_BITS: Final = 20  # an event's id is seq << EVENT_BITS | its place in the batch

_V1 = """
CREATE TABLE batch (seq INTEGER PRIMARY KEY, t0_ms INTEGER NOT NULL, count INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE latest (key TEXT PRIMARY KEY, seen_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL, body BLOB NOT NULL)
  WITHOUT ROWID;
CREATE TABLE document (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
"""
_V2 = """
ALTER TABLE batch ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batch ADD COLUMN first INTEGER;
ALTER TABLE batch ADD COLUMN rest BLOB;
ALTER TABLE batch ADD COLUMN late BLOB;
ALTER TABLE batch ADD COLUMN crc INTEGER;
ALTER TABLE latest ADD COLUMN crc INTEGER;
ALTER TABLE document ADD COLUMN crc INTEGER;
CREATE TABLE shown (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE node (id INTEGER PRIMARY KEY, key TEXT NOT NULL, high INTEGER NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE chunk (id INTEGER PRIMARY KEY, grp INTEGER NOT NULL, win INTEGER NOT NULL, gen INTEGER NOT NULL,
  dead INTEGER NOT NULL, count INTEGER NOT NULL, mask INTEGER NOT NULL, seen_least INTEGER NOT NULL,
  seen_most INTEGER NOT NULL, shown_least INTEGER NOT NULL, shown_most INTEGER NOT NULL, bytes INTEGER NOT NULL,
  crc INTEGER NOT NULL);
CREATE INDEX chunk_gen ON chunk (gen);
CREATE INDEX chunk_dead ON chunk (dead) WHERE dead > 0;
CREATE TABLE body (id INTEGER PRIMARY KEY, rows BLOB NOT NULL);
CREATE TABLE rest (id INTEGER PRIMARY KEY, rows BLOB NOT NULL);
CREATE TABLE event (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL,
  value TEXT NOT NULL, crc INTEGER NOT NULL);
CREATE INDEX event_time ON event (at_ms);
CREATE INDEX event_node ON event (kind, key, at_ms);
CREATE TABLE ledger (source TEXT NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (source, seq))
  WITHOUT ROWID;
CREATE TABLE letter (source TEXT NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, reason TEXT NOT NULL,
  body BLOB NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (source, seq));
CREATE TABLE command (key TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, user TEXT NOT NULL, action TEXT NOT NULL,
  target TEXT NOT NULL, args TEXT NOT NULL, outcome TEXT NOT NULL, crc INTEGER NOT NULL);
CREATE INDEX command_time ON command (at_ms);
CREATE TABLE warble (key TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, user TEXT NOT NULL, source TEXT NOT NULL,
  node TEXT NOT NULL, outcome TEXT NOT NULL, crc INTEGER NOT NULL);
CREATE INDEX warble_time ON warble (at_ms);
CREATE TABLE value (user TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, rev INTEGER NOT NULL,
  crc INTEGER NOT NULL, PRIMARY KEY (user, name)) WITHOUT ROWID;
"""
_STEPS = (_V1, _V2)


def mark(*values: object) -> int:
    """The checksum of a row."""
    crc = 0
    for value in values:
        crc = zlib.crc32(value if isinstance(value, bytes) else repr(value).encode(), crc)
    return crc


def upgrade(db: sqlite3.Connection, version: int) -> None:
    """From `version` (0: empty) to today's, all of it or nothing."""
    steps = "".join(_STEPS[version:])
    name = uuid.uuid4().hex
    source = f"INSERT INTO document VALUES ('source', CAST('{name}' AS BLOB), {mark('source', name.encode())});"
    marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
    db.executescript(f"BEGIN IMMEDIATE; {steps} {source} {marks} COMMIT;")
