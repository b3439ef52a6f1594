"""What people did, in the database: the audit, Warbles, saved values, dead letters. Empty text is NULL there, and comes
back as empty text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import oracledb

from telemetry.store.contract import Command, DeadLetter, Value, Warble
from telemetry.store.oracle_errors import DUPLICATE, full_code
from telemetry.store.oracle_rows import execute, query


async def write_command(connection: oracledb.AsyncConnection, command: Command) -> None:
    end = {"command_key": command.key, "outcome": command.outcome}
    add = {
        "at_ms": command.at_ms,
        "who": command.user,
        "verb": command.action,
        "aim": command.target,
        "args": command.args,
    }
    await _upsert(connection, "command", end, add)


async def commands(connection: oracledb.AsyncConnection, before_ms: int, limit: int) -> Sequence[Command]:
    return [
        Command(key, at_ms, who or "", verb or "", aim or "", args or "", outcome or "")
        for key, at_ms, who, verb, aim, args, outcome in await query(
            connection, "commands", before_ms=before_ms, most=limit
        )
    ]


async def write_warble(connection: oracledb.AsyncConnection, warble: Warble) -> None:
    end = {"warble_key": warble.key, "node_key": warble.node, "outcome": warble.outcome}
    add = {"at_ms": warble.at_ms, "who": warble.user, "program": warble.source}
    await _upsert(connection, "warble", end, add)


async def warbles(connection: oracledb.AsyncConnection, before_ms: int, limit: int) -> Sequence[Warble]:
    return [
        Warble(key, at_ms, who or "", program or "", node or "", outcome or "")
        for key, at_ms, who, program, node, outcome in await query(
            connection, "warbles", before_ms=before_ms, most=limit
        )
    ]


async def _upsert(connection: oracledb.AsyncConnection, what: str, end: dict[str, Any], add: dict[str, Any]) -> None:
    """A second write changes the outcome; so does the first of two who write at once and find the other's line."""
    if not await execute(connection, f"{what}_end", **end):
        try:
            await execute(connection, f"{what}_add", **end, **add)
        except oracledb.IntegrityError as error:
            if full_code(error) != DUPLICATE:
                raise
            await execute(connection, f"{what}_end", **end)
    await connection.commit()


async def value(connection: oracledb.AsyncConnection, user: str, name: str) -> Value | None:
    found = await query(connection, "value_get", who=user, name=name)
    return Value(found[0][0] or "", found[0][1]) if found else None


async def values(connection: oracledb.AsyncConnection, user: str) -> dict[str, Value]:
    found = await query(connection, "values_of", who=user)
    return {name: Value(content or "", rev) for name, content, rev in sorted(found, key=lambda row: str(row[0]))}


async def write_value(
    connection: oracledb.AsyncConnection, user: str, name: str, content: str, rev: int | None
) -> bool:
    """False: somebody else's revision is there."""
    mine = {"who": user, "name": name, "content": content}
    written = 0
    if rev is None:
        written = await execute(connection, "value_put", **mine)
    elif rev > 0:
        written = await execute(connection, "value_put_over", **mine, rev=rev)
    if not written and not rev:
        written = await _add(connection, mine)
        if not written and rev is None:  # somebody else was first by a moment
            written = await execute(connection, "value_put", **mine)
    await (connection.commit() if written else connection.rollback())
    return bool(written)


async def _add(connection: oracledb.AsyncConnection, mine: dict[str, str]) -> int:
    try:
        return await execute(connection, "value_add", **mine)
    except oracledb.IntegrityError as error:
        if full_code(error) != DUPLICATE:
            raise
        return 0


async def letters(connection: oracledb.AsyncConnection, limit: int) -> Sequence[DeadLetter]:
    return [
        DeadLetter(source, seq, at_ms, reason or "", body or b"")
        for source, seq, at_ms, reason, body in await query(connection, "letters", most=limit)
    ]
