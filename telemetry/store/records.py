"""The lines of the embedded file that are not rows: dead letters, the audit, Warbles, what users saved. One function a
call of the contract, each inside the caller's transaction. A damaged line raises Damaged and is named."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from telemetry.store.chunks import Damaged
from telemetry.store.contract import Command, DeadLetter, StoreConflict, Value, Warble
from telemetry.store.schema import mark


def landed(db: sqlite3.Connection, source: str) -> int:
    return int(db.execute("SELECT coalesce(max(seq), 0) FROM ledger WHERE source = ?", (source,)).fetchone()[0])


def has_landed(db: sqlite3.Connection, source: str, seq: int) -> bool:
    return db.execute("SELECT 1 FROM ledger WHERE source = ? AND seq = ?", (source, seq)).fetchone() is not None


def note_landed(db: sqlite3.Connection, source: str, seq: int, at_ms: int) -> None:
    db.execute("INSERT OR IGNORE INTO ledger (source, seq, at_ms) VALUES (?, ?, ?)", (source, seq, at_ms))


def bury(db: sqlite3.Connection, letter: DeadLetter) -> None:
    values = (letter.source, letter.seq, letter.at_ms, letter.reason, letter.body)
    db.execute(
        "INSERT OR REPLACE INTO letter (source, seq, at_ms, reason, body, crc) VALUES (?, ?, ?, ?, ?, ?)",
        (*values, mark(*values)),
    )
    note_landed(db, letter.source, letter.seq, letter.at_ms)


def buried(db: sqlite3.Connection, limit: int) -> list[DeadLetter]:
    query = (
        "SELECT source, seq, at_ms, reason, body, crc FROM letter ORDER BY at_ms DESC, source DESC, seq DESC LIMIT ?"
    )
    return [DeadLetter(*values) for values in _whole("dead letter", db.execute(query, (limit,)))]


def write_command(db: sqlite3.Connection, command: Command) -> None:
    row = db.execute(_COMMANDS + " WHERE key = ?", (command.key,)).fetchone()
    if row is None:
        values = tuple(getattr(command, name) for name in Command.__slots__)
        db.execute("INSERT INTO command VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*values, mark(*values)))
    else:
        values = (*row[:6], command.outcome)
        db.execute(
            "UPDATE command SET outcome = ?, crc = ? WHERE key = ?", (command.outcome, mark(*values), command.key)
        )


def commands(db: sqlite3.Connection, before_ms: int, limit: int) -> list[Command]:
    query = _COMMANDS + " WHERE at_ms < ? ORDER BY at_ms DESC, key DESC LIMIT ?"
    return [Command(*values) for values in _whole("command", db.execute(query, (before_ms, limit)))]


def write_warble(db: sqlite3.Connection, warble: Warble) -> None:
    row = db.execute(_WARBLES + " WHERE key = ?", (warble.key,)).fetchone()
    if row is None:
        values = tuple(getattr(warble, name) for name in Warble.__slots__)
        db.execute("INSERT INTO warble VALUES (?, ?, ?, ?, ?, ?, ?)", (*values, mark(*values)))
    else:
        values = (*row[:4], warble.node, warble.outcome)
        db.execute(
            "UPDATE warble SET node = ?, outcome = ?, crc = ? WHERE key = ?",
            (warble.node, warble.outcome, mark(*values), warble.key),
        )


def warbles(db: sqlite3.Connection, before_ms: int, limit: int) -> list[Warble]:
    query = _WARBLES + " WHERE at_ms < ? ORDER BY at_ms DESC, key DESC LIMIT ?"
    return [Warble(*values) for values in _whole("Warble", db.execute(query, (before_ms, limit)))]


def values(db: sqlite3.Connection, user: str) -> Mapping[str, Value]:
    query = "SELECT user, name, value, rev, crc FROM value WHERE user = ? ORDER BY name"
    return {name: Value(value, rev) for _, name, value, rev in _whole("value", db.execute(query, (user,)))}


def all_values(db: sqlite3.Connection) -> int:
    """How many there are, each looked at."""
    return len(_whole("value", db.execute("SELECT user, name, value, rev, crc FROM value")))


def value(db: sqlite3.Connection, user: str, name: str) -> Value | None:
    query = "SELECT user, name, value, rev, crc FROM value WHERE user = ? AND name = ?"
    return next((Value(*found[2:]) for found in _whole("value", db.execute(query, (user, name)))), None)


def write_value(db: sqlite3.Connection, user: str, name: str, text: str, rev: int | None) -> Value:
    """Raises StoreConflict."""
    kept = value(db, user, name)
    now = kept.rev if kept else 0
    if rev is not None and rev != now:
        raise StoreConflict(f"{name} of {user} is at revision {now}, not {rev}; read it again and decide")
    row = (user, name, text, now + 1)
    db.execute("INSERT OR REPLACE INTO value VALUES (?, ?, ?, ?, ?)", (*row, mark(*row)))
    return Value(text, now + 1)


_COMMANDS = "SELECT key, at_ms, user, action, target, args, outcome, crc FROM command"
_WARBLES = "SELECT key, at_ms, user, source, node, outcome, crc FROM warble"


def _whole(what: str, rows: sqlite3.Cursor) -> Sequence[tuple[Any, ...]]:
    found = []
    for *row, crc in rows:
        if mark(*row) != crc:
            raise Damaged(f"the {what} {row[0]!r} is damaged (its checksum is wrong)")
        found.append(tuple(row))
    return found
