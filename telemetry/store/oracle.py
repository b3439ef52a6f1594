"""OracleStore: the Store contract on Oracle Autonomous Database, through python-oracledb (thin, asyncio).

    oracle.py         the contract; which pool, which limit of time     oracle_pool.py     connections
    oracle_land.py    batches, exactly once                             oracle_errors.py   what an error means
    oracle_history.py questions about rows                              oracle_rows.py     numpy <-> driver, nodes
    oracle_keep.py    chunks, retention                                 oracle_people.py   audit, Warbles, values
    oracle_install.py tables and their versions                         sql/, oracle_schema/, ords/: all SQL

Landing and reading have pools of their own, so that no question makes a batch wait; on Autonomous Database they also
use different services (`_tp` and `_low`), so that the database sees it the same way.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

import oracledb

from telemetry.store import oracle_keep, oracle_land, oracle_people
from telemetry.store.base import StoreTooNew, StoreUnavailable
from telemetry.store.buckets import Window
from telemetry.store.contract import (
    Command,
    DeadLetter,
    Extent,
    Keep,
    Landed,
    Page,
    StoreConflict,
    StoreRefused,
    Value,
    Warble,
)
from telemetry.store.horizons import Horizons
from telemetry.store.oracle_errors import MISSING_TABLE, full_code
from telemetry.store.oracle_history import History
from telemetry.store.oracle_pool import OraclePool, OracleSettings
from telemetry.store.oracle_rows import HOUR_MS, Nodes, query
from telemetry.store.poison import check
from telemetry.store.rows import Aggregate, Batch, Fleet, Rows, Series
from telemetry.store.sql import versions

T = TypeVar("T")
Connection = oracledb.AsyncConnection
_HEAVY_S: Final = 300.0  # a step of retention: a partition's move copies what is left in it
_TRIES: Final = 3  # of packing an hour that others change meanwhile; the next retention tries again
_TP = re.compile(r"_tp(?=\b|$)")


class OracleStore:
    """See contract.Store. `hot_ms`: how long rows stay rows before they become chunks."""

    def __init__(self, settings: OracleSettings, *, hot_ms: int = oracle_keep.HOT_MS) -> None:
        self._landing = OraclePool(settings)
        self._reading = OraclePool(replace(settings, dsn=reading_dsn(settings.dsn)))
        self._hot_ms = hot_ms
        self._nodes = Nodes()
        self._horizons = Horizons()
        self._chunked_ms = Horizons().raw_ms

    async def open(self) -> None:
        """Connect, check the schema's version. Raises StoreRefused, StoreTooNew, StoreUnavailable."""
        await self._landing.run("open", self._open)

    async def close(self) -> None:
        await self._landing.close()
        await self._reading.close()

    async def land(self, batch: Batch) -> Landed:
        return (await self.land_all([batch]))[0]

    async def land_all(self, batches: Sequence[Batch]) -> list[Landed]:
        """Several batches in one transaction: over a network, round trips are what landing costs. All or nothing; no
        two may have the same name. When it raises StorePoisoned, land them one by one to learn which it is."""
        for batch in batches:
            check(batch)
        if not batches:
            return []
        names = f"batch {batches[0].seq}" + (f" to {batches[-1].seq}" if len(batches) > 1 else "")
        return await self._landing.run(f"land {names} of {batches[0].source}", lambda c: self._land(c, batches))

    async def landed(self, source: str) -> int:
        async def ask(connection: Connection) -> int:
            return int((await query(connection, "ledger_last", source=source))[0][0] or 0)

        return await self._landing.run("read the ledger", ask)

    async def bury(self, letter: DeadLetter) -> None:
        await self._landing.run(f"bury batch {letter.seq}", lambda c: oracle_land.bury(c, letter))

    async def buried(self, limit: int = 100) -> Sequence[DeadLetter]:
        return await self._read("read dead letters", lambda c: oracle_people.letters(c, limit))

    async def latest(self) -> Rows:
        return await self._ask("latest", lambda history: history.latest())

    async def fleet(self, at_ms: int) -> Fleet:
        return await self._ask("fleet", lambda history: history.fleet(at_ms))

    async def node(self, key: str, start_ms: int, end_ms: int, points: int = 500) -> Series:
        return await self._ask("node", lambda history: history.node(key, start_ms, end_ms, points))

    async def rest(self, key: str, at_ms: int) -> tuple[int, bytes] | None:
        return await self._ask("rest", lambda history: history.rest(key, at_ms))

    async def aggregate(
        self, groups: Mapping[str, Sequence[str]], start_ms: int, end_ms: int, step_ms: int
    ) -> Aggregate:
        window = Window.of(start_ms, end_ms, step_ms)
        return await self._ask("aggregate", lambda history: history.aggregate(groups, window))

    async def replay(self, start_ms: int, end_ms: int, limit: int = 50_000) -> Page:
        return await self._ask("replay", lambda history: history.replay(start_ms, end_ms, limit))

    async def extent(self) -> Extent:
        return await self._ask("extent", lambda history: history.extent())

    async def retain(self, now_ms: int, keep: Keep) -> None:
        """Hours that are over become chunks; partitions that nobody needs go. Each step is a transaction."""
        self._horizons = horizons = self._horizons.moved(now_ms, keep)
        await self._step("move the horizons", lambda c: oracle_keep.move(c, horizons))
        packed_to = await self.compact(now_ms)
        for name in ("events_drop", "commands_drop", "warbles_drop"):
            await self._drop_small(name)
        for table, before_ms in oracle_keep.plan(horizons).items():
            await self._drop_partitions(table, before_ms)
        await self._step("shrink partitions", lambda c: oracle_keep.shrink_partitions(c, packed_to))

    async def write_command(self, command: Command) -> None:
        await self._landing.run("write the audit", lambda c: oracle_people.write_command(c, command))

    async def commands(self, before_ms: int, limit: int = 100) -> Sequence[Command]:
        return await self._read("read the audit", lambda c: oracle_people.commands(c, before_ms, limit))

    async def write_warble(self, warble: Warble) -> None:
        await self._landing.run("write a Warble", lambda c: oracle_people.write_warble(c, warble))

    async def warbles(self, before_ms: int, limit: int = 100) -> Sequence[Warble]:
        return await self._read("read Warbles", lambda c: oracle_people.warbles(c, before_ms, limit))

    async def value(self, user: str, name: str) -> Value | None:
        return await self._read("read a value", lambda c: oracle_people.value(c, user, name))

    async def values(self, user: str) -> Mapping[str, Value]:
        return await self._read("read values", lambda c: oracle_people.values(c, user))

    async def write_value(self, user: str, name: str, value: str, rev: int | None = None) -> Value:
        async def write(connection: Connection) -> Value | None:
            if not await oracle_people.write_value(connection, user, name, value, rev):
                return None
            return await oracle_people.value(connection, user, name)

        written = await self._landing.run("write a value", write)
        if written is None:
            kept = await self.value(user, name)
            raise StoreConflict(
                f"{name} of {user} is at revision {kept.rev if kept else 0}, not {rev}; read it again and decide"
            )
        return Value(value, written.rev)

    async def _open(self, connection: Connection) -> None:
        wanted = versions()[-1].number
        try:
            found = (await query(connection, "schema_version"))[0][0] or 0
        except oracledb.DatabaseError as error:
            if full_code(error) != MISSING_TABLE:
                raise
            found = 0
        if found > wanted:
            raise StoreTooNew(f"oracle: its tables have version {found}, this twin knows {wanted}: update the twin")
        if found < wanted:
            raise StoreRefused(f"oracle: its tables have version {found} of {wanted}; run `twin store init`")
        self._horizons, self._chunked_ms = await oracle_keep.load(connection)
        self._nodes.forget()
        await self._nodes.load(connection)

    async def _land(self, connection: Connection, batches: Sequence[Batch]) -> list[Landed]:
        await oracle_land.add_nodes(connection, self._nodes, batches)
        oldest = min((int(batch.rows.seen_ms.min()) for batch in batches if len(batch.rows)), default=self._chunked_ms)
        if oldest < oracle_land.now_ms() - self._hot_ms:  # its hour may be in a chunk, whoever made that
            self._chunked_ms = max(self._chunked_ms, (await oracle_keep.load(connection))[1])
        ready = []
        for batch in batches:
            each = oracle_land.ready(batch, self._nodes, self._horizons.raw_ms)
            ready.append(await oracle_land.without_chunked(connection, each, self._chunked_ms))
        await asyncio.to_thread(oracle_land.prepare, ready)
        return await oracle_land.land(connection, self._nodes, ready)

    async def compact(self, now_ms: int) -> int:
        """Rows of hours that are due become chunks, from the oldest on; up to when everything is in chunks now."""
        while True:
            hour = await self._step("find the oldest hour", oracle_keep.oldest_hour)
            if hour is None or not oracle_keep.due(hour, now_ms, self._horizons.raw_ms, self._hot_ms):
                return (now_ms - self._hot_ms) // HOUR_MS * HOUR_MS if hour is None else hour
            # Before, not after: a packing that is cut short may have packed some of it.
            self._chunked_ms = max(self._chunked_ms, hour + HOUR_MS)
            await self._pack_hour(hour)

    async def _pack_hour(self, hour: int) -> None:
        for bank in await self._step("find banks", lambda c: oracle_keep.banks(c, hour)):
            await self._pack(hour, bank)

    async def _pack(self, hour: int, bank: int) -> None:
        for _ in range(_TRIES):
            if await self._step(f"pack hour {hour} of bank {bank}", lambda c: oracle_keep.pack(c, hour, bank)):
                return
        raise StoreUnavailable(f"oracle: rows of hour {hour}, bank {bank} change all the time; it is tried again")

    async def _drop_small(self, name: str) -> None:
        await self._step(name, lambda c: oracle_keep.drop_small(c, name, self._horizons.all_ms))

    async def _drop_partitions(self, table: str, before_ms: int) -> None:
        doing = f"drop partitions of {table}"
        await self._step(doing, lambda c: oracle_keep.drop_partitions(c, table, before_ms))

    async def _step(self, doing: str, work: Callable[[Connection], Awaitable[T]]) -> T:
        return await self._reading.run(doing, work, _HEAVY_S)

    async def _read(self, doing: str, work: Callable[[Connection], Awaitable[T]]) -> T:
        return await self._reading.run(doing, work)

    async def _ask(self, doing: str, question: Callable[[History], Awaitable[T]]) -> T:
        async def ask(connection: Connection) -> T:
            return await question(History(connection, self._nodes, self._horizons))

        return await self._reading.run(doing, ask)


def reading_dsn(dsn: str) -> str:
    """The service for questions: `_low` where landing uses `_tp`."""
    return _TP.sub("_low", dsn)
