"""Small things kept by name in the embedded file, each with its checksum."""

from __future__ import annotations

import sqlite3

from telemetry.store.chunks import Damaged
from telemetry.store.schema import mark


def save_document(db: sqlite3.Connection, name: str, body: bytes) -> None:
    """Inside the caller's transaction."""
    db.execute("INSERT OR REPLACE INTO document (name, body, crc) VALUES (?, ?, ?)", (name, body, mark(name, body)))


def load_document(db: sqlite3.Connection, name: str) -> bytes | None:
    """None: there is none. Raises Damaged."""
    row = db.execute("SELECT body, crc FROM document WHERE name = ?", (name,)).fetchone()
    if row is None:
        return None
    body = row[0].encode() if isinstance(row[0], str) else row[0]
    if not isinstance(body, bytes):
        raise Damaged(f"the {name} is damaged (it is no text)")
    if row[1] is not None and mark(name, body) != row[1]:
        raise Damaged(f"the {name} is damaged (its checksum is wrong)")
    return body
