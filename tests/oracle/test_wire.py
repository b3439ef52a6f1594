"""The listener against the real driver, both of its kinds: what was sent arrives, what is told is understood."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from typing import Any

import oracledb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracle import scalars
from tests.oracle.calls import Type
from tests.oracle.faults import Cut, OracleError, Raise, Wait
from tests.oracle.listener import PASSWORD, USER, Listener
from tests.oracle.replies import Column, RowError
from tests.oracle.session import Result
from tests.wait import until

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678_000)  # in the database's zone
LONG_TEXT = "hé" * 40_000
COLUMNS = [
    Column("A", Type.NUMBER, 22),
    Column("B", Type.VARCHAR),
    Column("C", Type.BINARY_FLOAT, 4),
    Column("D", Type.BINARY_DOUBLE, 8),
    Column("E", Type.TIMESTAMP, 11),
]
VALUES = [
    (1, "é", 1.5, -2.25, MOMENT),
    (None,) * 5,
    (-12345678901234567, "x" * 4000, -0.5, 1e300, MOMENT),
    (0.25, "", 0, 0, None),
]
LOBS = [(1, LONG_TEXT, b"\0\xff" * 50_000), (2, None, None), (3, "x", b"y")]


class Echo:
    """A backend that keeps what it was given, and answers three questions."""

    def __init__(self) -> None:
        self.given: list[tuple[str, list[tuple[Any, ...]]]] = []
        self.committed = 0
        self.rolled_back = 0
        self.dirty = False

    def session(self) -> Echo:
        return self

    def name(self, sql: str) -> str:
        return sql.split()[0].lower()

    def execute(self, sql: str, rows: Sequence[tuple[Any, ...]], batch_errors: bool) -> Result:
        self.given.append((sql, list(rows)))
        if sql == "SELECT values":
            return Result(COLUMNS, VALUES)
        if sql == "SELECT many":
            return Result([Column("N", Type.NUMBER, 22)], [(n,) for n in range(25_000)])
        if sql == "SELECT lobs":
            return Result([Column("N", Type.NUMBER, 22), Column("C", Type.CLOB), Column("B", Type.BLOB)], LOBS)
        if "fails" in sql:
            raise OracleError(1438, "value larger than specified precision")
        self.dirty = True
        failed = [RowError(1, 1, "ORA-00001: there"), RowError(3, 1438, "ORA-01438: too large")]
        return Result(count=len(rows) - 2 * batch_errors, failed=failed if batch_errors else [])

    def commit(self) -> None:
        self.committed += 1
        self.dirty = False

    def rollback(self) -> None:
        self.rolled_back += 1
        self.dirty = False


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def listener(echo: Echo) -> Iterator[Listener]:
    with Listener(echo) as made:
        yield made
    assert not made.troubles, made.troubles[0]


@pytest.fixture
async def connection(listener: Listener) -> AsyncIterator[oracledb.AsyncConnection]:
    made = await oracledb.connect_async(user=USER, password=PASSWORD, dsn=listener.dsn, sdu=65_535)
    yield made
    await made.close()


async def rows_of(connection: oracledb.AsyncConnection, sql: str, **options: Any) -> list[Any]:
    with connection.cursor() as cursor:
        await cursor.execute(sql, **options)
        return list(await cursor.fetchall())


class TestAnswers:
    async def test_values_of_every_type_come_back(self, connection: oracledb.AsyncConnection) -> None:
        expected = [*VALUES[:3], (0.25, None, 0, 0, None)]  # to Oracle, empty text is NULL
        for _ in range(2):  # parsed, and run again
            assert await rows_of(connection, "SELECT values") == expected

    async def test_more_rows_than_a_round_trip_holds(self, connection: oracledb.AsyncConnection) -> None:
        assert await rows_of(connection, "SELECT many") == [(n,) for n in range(25_000)]

    async def test_lobs_are_read_whole_or_by_locator(self, connection: oracledb.AsyncConnection) -> None:
        for _ in range(2):
            assert await rows_of(connection, "SELECT lobs", fetch_lobs=False) == LOBS

    async def test_a_locator_reads_a_part_and_tells_its_length(self, connection: oracledb.AsyncConnection) -> None:
        with connection.cursor() as cursor:
            await cursor.execute("SELECT lobs")
            (_, text, raw), empty, _ = await cursor.fetchall()
        assert await text.read(2, 3) == "éhé"
        assert (await text.size(), await raw.size(), empty[1]) == (80_000, 100_000, None)
        assert await raw.read() == LOBS[0][2]

    def test_the_driver_without_asyncio_is_served_too(self, listener: Listener) -> None:
        with oracledb.connect(user=USER, password=PASSWORD, dsn=listener.dsn) as connection:
            connection.ping()
            with connection.cursor() as cursor:
                assert cursor.execute("SELECT values").fetchall()[0] == VALUES[0]


class TestBinds:
    async def test_an_array_of_every_type_arrives_with_the_errors_of_its_rows(
        self, connection: oracledb.AsyncConnection, echo: Echo
    ) -> None:
        rows = [(n, n / 4, MOMENT, "x" * (n * 20_000), b"q" * 40_000, None) for n in range(1, 6)]
        with connection.cursor() as cursor:
            cursor.setinputsizes(None, oracledb.DB_TYPE_BINARY_FLOAT, oracledb.DB_TYPE_TIMESTAMP)
            await cursor.executemany("INSERT (:a, :b, :c, :d, :e, :f)", rows, batcherrors=True)
            failed = [(each.offset, each.full_code) for each in cursor.getbatcherrors()]
            assert (cursor.rowcount, failed) == (3, [(1, "ORA-00001"), (3, "ORA-01438")])
        assert echo.given[-1][1] == rows

    async def test_many_short_rows_arrive(self, connection: oracledb.AsyncConnection, echo: Echo) -> None:
        rows = [(n, -n, f"node {n}", None if n % 3 else n / 8) for n in range(30_000)]
        with connection.cursor() as cursor:
            await cursor.executemany("INSERT (:a, :b, :c, :d)", rows)
        assert echo.given[-1][1] == rows

    async def test_temporary_lobs_are_written_bound_and_freed(
        self, connection: oracledb.AsyncConnection, echo: Echo
    ) -> None:
        with connection.cursor() as cursor:
            for _ in range(2):
                cursor.setinputsizes(c=oracledb.DB_TYPE_CLOB, b=oracledb.DB_TYPE_BLOB)
                await cursor.execute("INSERT (:c, :b)", c=LONG_TEXT, b=LOBS[0][2])
                assert echo.given[-1][1] == [(LONG_TEXT, LOBS[0][2])]

    async def test_commit_and_rollback_are_told_apart(self, connection: oracledb.AsyncConnection, echo: Echo) -> None:
        with connection.cursor() as cursor:
            await cursor.execute("INSERT (1)")
            await connection.commit()
            await cursor.execute("INSERT (2)")
            await connection.rollback()
        assert (echo.committed, echo.rolled_back) == (1, 1)


class TestTroubles:
    @pytest.mark.parametrize(("user", "password"), [(USER, "wrong"), ("nobody", PASSWORD)])
    async def test_a_wrong_login_is_refused(self, listener: Listener, user: str, password: str) -> None:
        with pytest.raises(oracledb.DatabaseError, match="ORA-01017"):
            await oracledb.connect_async(user=user, password=password, dsn=listener.dsn)

    async def test_the_listener_can_refuse(self, listener: Listener) -> None:
        listener.faults.plan("connect", Raise(12516))
        with pytest.raises(oracledb.DatabaseError, match="12516"):
            await oracledb.connect_async(user=USER, password=PASSWORD, dsn=listener.dsn)

    async def test_an_error_leaves_the_connection_usable(self, connection: oracledb.AsyncConnection) -> None:
        for _ in range(2):
            with pytest.raises(oracledb.DatabaseError, match="ORA-01438"):
                await rows_of(connection, "INSERT fails")
        assert len(await rows_of(connection, "SELECT values")) == 4

    async def test_the_nth_call_can_fail_by_number(
        self, connection: oracledb.AsyncConnection, listener: Listener
    ) -> None:
        listener.faults.plan("execute", Raise(60), name="select", skip=1)
        await rows_of(connection, "SELECT values")
        with pytest.raises(oracledb.DatabaseError, match="ORA-00060"):
            await rows_of(connection, "SELECT values")
        assert await rows_of(connection, "SELECT values")

    @pytest.mark.parametrize(("point", "committed"), [("commit", 0), ("committed", 1)])
    async def test_a_cut_before_or_after_a_commit(
        self, listener: Listener, echo: Echo, point: str, committed: int
    ) -> None:
        connection = await oracledb.connect_async(user=USER, password=PASSWORD, dsn=listener.dsn)
        with connection.cursor() as cursor:
            await cursor.execute("INSERT (1)")
        listener.faults.plan(point, Cut())
        with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
            await connection.commit()
        await until(lambda: not listener._lines)
        assert (echo.committed, echo.rolled_back) == (committed, 1)

    async def test_a_call_that_is_given_up_is_broken_off_and_the_connection_goes_on(
        self, connection: oracledb.AsyncConnection, listener: Listener
    ) -> None:
        gate = threading.Event()
        listener.faults.plan("execute", Wait(gate))
        asking = asyncio.ensure_future(rows_of(connection, "SELECT values"))
        await until(lambda: listener.faults.happened)
        asking.cancel()
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert len(await rows_of(connection, "SELECT values")) == 4


whole = st.integers(-(10**38), 10**38)


@given(st.one_of(whole, st.decimals(-(10**9), 10**9, places=6).map(float)))
def test_a_number_comes_back(value: int | float) -> None:
    assert scalars.read_number(scalars.number(value)) == value


@given(whole, whole)
def test_numbers_compare_as_their_bytes_do(one: int, other: int) -> None:
    assert (scalars.number(one) < scalars.number(other)) == (one < other)


@given(st.floats(allow_nan=False, width=32), st.floats(allow_nan=False))
def test_floats_come_back(small: float, large: float) -> None:
    assert (scalars.read_single(scalars.single(small)), scalars.read_double(scalars.double(large))) == (small, large)
