"""The tables: made and brought up to date by `twin store init`. Each version's statements run once; one that was made
before, by an installation that was interrupted, is passed over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

import oracledb

from telemetry.store.base import StoreTooNew
from telemetry.store.oracle_errors import MISSING_TABLE, full_code, meaning
from telemetry.store.oracle_pool import OraclePool, OracleSettings
from telemetry.store.oracle_rows import execute, query
from telemetry.store.sql import Version, modules, statement, versions

_THERE: Final = frozenset({"ORA-00955", "ORA-01430", "ORA-01442", "ORA-02260", "ORA-02275"})
_DDL_S: Final = 300.0
Say = Callable[[str], None]


async def install(settings: OracleSettings, say: Say) -> int:
    """Bring the tables to the newest version; how many versions that took. Raises the contract's errors."""
    pool = OraclePool(settings)
    try:
        found = await pool.run("read the schema's version", installed)
        newest = versions()[-1].number
        if found > newest:
            raise StoreTooNew(f"oracle: its tables have version {found}, this twin knows {newest}: update the twin")
        due = [version for version in versions() if version.number > found]
        for version in due:
            say(f"version {version.number}: {version.name} ({len(version.statements)} statements)")
            await pool.run(f"install {version.name}", partial(_apply, version), _DDL_S)
        say(f"the tables have version {newest}" if due else f"the tables have version {newest}: nothing to do")
        return len(due)
    finally:
        await pool.close()


async def install_ords(settings: OracleSettings, say: Say, bodies: Sequence[Mapping[str, object]]) -> int:
    """Define the HTTP modules anew, and write down the bodies that DigitalTwin lists; how many modules."""
    pool = OraclePool(settings)
    try:
        await pool.run("write the bodies", partial(_write_bodies, bodies), _DDL_S)
        say(f"{len(bodies)} bodies")
        for module in modules():
            say(f"{module.name} ({len(module.statements)} statements)")
            await pool.run(f"install {module.name}", partial(_run, module), _DDL_S)
        return len(modules())
    finally:
        await pool.close()


def script(parts: tuple[Version, ...]) -> str:
    """The statements as a script for a person, or for SQL*Plus."""
    return "\n".join(f"-- {part.name}\n" + "\n".join(f"{text}\n/" for text in part.statements) for part in parts)


async def installed(connection: oracledb.AsyncConnection) -> int:
    """The version of the tables that are there; 0: none."""
    try:
        return int((await query(connection, "schema_version"))[0][0] or 0)
    except oracledb.DatabaseError as error:
        if full_code(error) != MISSING_TABLE:
            raise
        return 0


async def _write_bodies(bodies: Sequence[Mapping[str, object]], connection: oracledb.AsyncConnection) -> None:
    await execute(connection, "bodies_drop")
    with connection.cursor() as cursor:
        await cursor.executemany(statement("body_add"), list(bodies))
    await connection.commit()


async def _apply(version: Version, connection: oracledb.AsyncConnection) -> None:
    await _run(version, connection)
    await execute(connection, "schema_add", version=version.number, installed_ms=time.time_ns() // 1_000_000)
    await connection.commit()


async def _run(version: Version, connection: oracledb.AsyncConnection) -> None:
    for place, text in enumerate(version.statements, 1):
        try:
            with connection.cursor() as cursor:
                await cursor.execute(text)
        except oracledb.DatabaseError as error:
            if full_code(error) in _THERE:
                continue
            first_line = text.splitlines()[0]
            raise meaning(f"{version.name}, statement {place} ({first_line})", error) from error
    await connection.commit()
