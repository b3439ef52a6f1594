"""The Oracle engine where it differs from the others: faults of a network and of a database. What it shares with them
is in test_store.py; the real driver talks to the listener of tests/oracle."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from telemetry.store.base import StoreTooNew, StoreUnavailable
from telemetry.store.contract import Keep, Landed, StoreConflict, StorePoisoned, StoreRefused, Value
from telemetry.store.oracle import OracleStore, reading_dsn
from tests.oracle.faults import Cut, Raise, Wait
from tests.telemetry.store.oracle_engine import OracleHistory
from tests.telemetry.store.rowsets import T0, batch, expected, line, told
from tests.wait import until

HOUR = 3_600_000
DAY = 24 * HOUR
EVER = 2**50


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[OracleHistory]:
    made = OracleHistory(tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def store(engine: OracleHistory) -> OracleStore:
    found = await engine.open()
    assert isinstance(found, OracleStore)
    return found


class TestExactlyOnce:
    async def test_a_commit_whose_answer_was_lost_has_landed(self, engine: OracleHistory, store: OracleStore) -> None:
        first = batch(1, line("a", 1), line("b", 1))
        await store.land(batch(9, line("a", 0), line("b", 0), source="earlier"))  # so that the nodes are known
        engine.listener.faults.plan("committed", Cut())
        with pytest.raises(StoreUnavailable) as caught:
            await store.land(first)
        assert caught.value.retry
        assert await store.land(first) == Landed(0, True)
        assert (await store.extent()).rows == 4

    async def test_a_cut_before_the_commit_keeps_nothing(self, engine: OracleHistory, store: OracleStore) -> None:
        await store.land(batch(9, line("a", 0), source="earlier"))
        engine.listener.faults.plan("commit", Cut())
        with pytest.raises(StoreUnavailable):
            await store.land(batch(1, line("a", 1)))
        assert (await store.landed("here"), (await store.extent()).rows) == (0, 1)
        assert await store.land(batch(1, line("a", 1))) == Landed(1, False)

    async def test_two_who_land_the_same_batch_at_once_land_it_once(
        self, engine: OracleHistory, store: OracleStore
    ) -> None:
        other = OracleStore(engine.settings())
        await other.open()
        twice = [batch(1, *(line(f"n{n}", 5) for n in range(200)))] * 2
        results = await asyncio.gather(store.land(twice[0]), other.land(twice[1]))
        assert sorted((each.new, each.again) for each in results) == [(0, True), (200, False)]
        await other.close()

    async def test_many_batches_land_in_one_transaction(self, engine: OracleHistory, store: OracleStore) -> None:
        await store.land(batch(2, line("a", 2)))
        batches = [batch(seq, line("a", seq), line("b", 1)) for seq in (1, 2, 3)]
        commits = engine.model.calls["rows_add"]
        assert await store.land_all(batches) == [Landed(2, False), Landed(0, True), Landed(1, False)]
        assert engine.model.calls["rows_add"] == commits + 1
        assert told(await store.latest()) == expected(line("b", 1), line("a", 3))

    async def test_many_batches_land_together_or_not_at_all(self, engine: OracleHistory, store: OracleStore) -> None:
        engine.listener.faults.plan("execute", Raise(60), name="node_newest")
        with pytest.raises(StoreUnavailable):
            await store.land_all([batch(seq, line("a", seq)) for seq in (1, 2)])
        assert (await store.landed("here"), (await store.extent()).rows) == (0, 0)


class TestErrors:
    @pytest.mark.parametrize("number", [18, 54, 60, 1033, 1089, 3113, 8177, 65_000])
    async def test_what_may_pass_is_tried_again(self, engine: OracleHistory, store: OracleStore, number: int) -> None:
        engine.listener.faults.plan("execute", Raise(number), name="rows_add")
        with pytest.raises(StoreUnavailable, match=f"ORA-{number:05d}|DPY-4011"):
            await store.land(batch(1, line()))
        assert await store.land(batch(1, line())) == Landed(1, False)

    @pytest.mark.parametrize("number", [1400, 1438, 12899, 2291])
    async def test_a_batch_that_no_column_takes_is_set_aside(
        self, engine: OracleHistory, store: OracleStore, number: int
    ) -> None:
        engine.listener.faults.plan("execute", Raise(number), name="rows_add")
        with pytest.raises(StorePoisoned, match=f"ORA-{number:05d}"):
            await store.land(batch(1, line()))
        assert (await store.extent()).rows == 0
        assert await store.land(batch(2, line())) == Landed(1, False)

    async def test_a_key_that_no_column_takes_is_set_aside_by_its_row(self, store: OracleStore) -> None:
        with pytest.raises(StorePoisoned, match=r"node_add.*ORA-12899"):
            await store.land(batch(1, line("x" * 401)))

    @pytest.mark.parametrize(("number", "hint"), [(942, "twin store init"), (904, "twin store init"), (1653, "full")])
    async def test_what_a_person_must_mend_is_refused_with_what_to_do(
        self, engine: OracleHistory, store: OracleStore, number: int, hint: str
    ) -> None:
        engine.listener.faults.plan("execute", Raise(number), name="ledger_add")
        with pytest.raises(StoreRefused, match=hint) as caught:
            await store.land(batch(1, line()))
        assert not caught.value.retry

    async def test_a_wrong_password_is_refused(self, engine: OracleHistory) -> None:
        store = OracleStore(replace(engine.settings(), password="wrong"))
        with pytest.raises(StoreRefused, match="TWIN_ORACLE_PASSWORD"):
            await store.open()
        await store.close()

    @pytest.mark.parametrize(("number", "error"), [(12516, StoreUnavailable), (12541, StoreUnavailable)])
    async def test_a_listener_that_refuses_is_asked_again(
        self, engine: OracleHistory, number: int, error: type[Exception]
    ) -> None:
        engine.listener.faults.plan("connect", Raise(number))
        store = OracleStore(engine.settings())
        with pytest.raises(error):
            await store.open()
        await store.open()
        await store.close()

    async def test_a_database_without_tables_says_what_to_do(self, engine: OracleHistory, store: OracleStore) -> None:
        engine.model.database.tables.clear()
        with pytest.raises(StoreRefused, match="twin store init"):
            await store.open()

    async def test_tables_of_a_newer_twin_are_left_alone(self, engine: OracleHistory, store: OracleStore) -> None:
        engine.model.database.tables["twin_schema"].rows[99,] = {"version": 99, "installed_ms": 0}
        with pytest.raises(StoreTooNew, match="99"):
            await store.open()


class TestTime:
    async def test_a_slow_database_is_given_up_and_the_next_call_goes_through(self, engine: OracleHistory) -> None:
        store = OracleStore(replace(engine.settings(), call_s=0.1))
        await store.open()
        gate = threading.Event()
        engine.listener.faults.plan("execute", Wait(gate), name="rows_add")
        with pytest.raises(StoreUnavailable, match="more than"):
            await store.land(batch(1, line()))
        gate.set()
        await until(lambda: len(engine.listener._lines) == 0 or not engine.model.database.holders)
        assert (await store.land(batch(1, line()))).new == 1
        await store.close()

    async def test_a_database_that_goes_mute_holds_nobody_up_for_ever(self, engine: OracleHistory) -> None:
        """It takes what is sent and says nothing more, not even goodbye."""
        store = OracleStore(replace(engine.settings(), call_s=0.1, sessions=1, connect_s=0.2))
        await store.open()
        gate = threading.Event()
        for point in ("execute", "connect"):
            engine.listener.faults.plan(point, Wait(gate), times=100)
        for _ in range(3):
            async with asyncio.timeout(5):
                with pytest.raises(StoreUnavailable):
                    await store.land(batch(1, line()))
        engine.listener.faults.clear()
        gate.set()
        assert (await store.land(batch(1, line()))).new == 1
        async with asyncio.timeout(5):
            await store.close()

    async def test_when_all_connections_are_busy_the_wait_is_bounded(self, engine: OracleHistory) -> None:
        store = OracleStore(replace(engine.settings(), sessions=1, acquire_s=0.05))
        await store.open()
        gate = threading.Event()
        engine.listener.faults.plan("execute", Wait(gate), name="rows_add")
        landing = asyncio.ensure_future(store.land(batch(1, line())))
        await until(lambda: engine.listener.faults.happened)
        with pytest.raises(StoreUnavailable, match="busy"):
            await store.land(batch(2, line("b")))
        gate.set()
        assert (await landing).new == 1
        await store.close()

    async def test_a_caller_who_gives_up_leaves_nothing_behind(self, engine: OracleHistory, store: OracleStore) -> None:
        gate = threading.Event()
        engine.listener.faults.plan("execute", Wait(gate), name="rows_add")
        landing = asyncio.ensure_future(store.land(batch(1, line())))
        await until(lambda: engine.listener.faults.happened)
        landing.cancel()
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await landing
        assert await store.land(batch(1, line())) == Landed(1, False)

    async def test_a_connection_that_fails_even_to_roll_back_does_not_keep_its_locks(
        self, engine: OracleHistory, store: OracleStore
    ) -> None:
        engine.listener.faults.plan("execute", Raise(8177), name="node_newest")
        engine.listener.faults.plan("rollback", Raise(1033))
        with pytest.raises(StoreUnavailable):
            await store.land(batch(1, line()))
        async with asyncio.timeout(5):
            assert await store.land(batch(1, line())) == Landed(1, False)
        await until(lambda: not engine.model.database.holders)

    async def test_the_database_goes_away_and_comes_back(self, engine: OracleHistory, store: OracleStore) -> None:
        assert (await store.land(batch(1, line("a", 1)))).new == 1
        engine.listener.stop()
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await store.land(batch(2, line("a", 2)))
        engine.listener.start()
        assert (await store.land(batch(2, line("a", 2)))).new == 1
        assert await store.landed("here") == 2


class TestKeeping:
    async def test_rows_become_chunks_and_every_question_answers_the_same(
        self, engine: OracleHistory, store: OracleStore
    ) -> None:
        lines = [line(f"n{n}", seen, shown=seen + 1) for n in range(90) for seen in (0, 60_000, HOUR, 2 * HOUR)]
        await store.land(batch(1, *lines))
        before = await answers(store)
        await store.compact(EVER)
        assert not engine.model.rows("twin_telemetry")
        assert len(engine.model.rows("twin_chunk")) == 3 * len({row["bank"] for row in engine.model.rows("twin_chunk")})
        assert await answers(store) == before

    async def test_a_chunk_takes_in_what_came_late_and_never_twice(
        self, engine: OracleHistory, store: OracleStore
    ) -> None:
        await store.land(batch(1, line("a", 0, node=0), line("a", 5000, node=5000)))
        await store.compact(EVER)
        late = [line("a", 0, node=0), line("a", 7, node=5000), line("a", 9, node=9)]
        assert await store.land(batch(2, *late)) == Landed(1, False)
        for _ in range(2):
            assert (await store.extent()).rows == 3
            await store.compact(EVER)
        assert not engine.model.rows("twin_telemetry")

    async def test_a_row_that_lands_while_its_hour_is_packed_is_not_lost(
        self, engine: OracleHistory, store: OracleStore
    ) -> None:
        await store.land(batch(1, line("a", 0)))
        gate = threading.Event()
        engine.listener.faults.plan("execute", Wait(gate), name="rows_drop")
        packing = asyncio.ensure_future(store.compact(EVER))
        await until(lambda: engine.listener.faults.happened)
        await store.land(batch(2, line("a", 1)))
        gate.set()
        await packing
        assert (await store.extent()).rows == 2

    async def test_what_was_packed_before_an_interruption_is_known(
        self, engine: OracleHistory, store: OracleStore
    ) -> None:
        """The chunk is there, though nobody was told; the same report comes again, as of another moment."""
        await store.land(batch(1, line("a", 0, node=0)))
        engine.listener.faults.plan("committed", Cut())
        with pytest.raises(StoreUnavailable):
            await store.compact(EVER)
        assert await store.land(batch(2, line("a", 7, node=0))) == Landed(0, False)
        assert (await store.extent()).rows == 1

    async def test_an_interrupted_packing_changes_nothing(self, engine: OracleHistory, store: OracleStore) -> None:
        await store.land(batch(1, line("a", 0), line("a", 1)))
        engine.listener.faults.plan("commit", Cut())
        with pytest.raises(StoreUnavailable):
            await store.compact(EVER)
        assert (len(engine.model.rows("twin_telemetry")), len(engine.model.rows("twin_chunk"))) == (2, 0)
        await store.compact(EVER)
        assert (len(engine.model.rows("twin_telemetry")), (await store.extent()).rows) == (0, 2)

    async def test_the_space_of_packed_days_is_given_back_and_old_partitions_go(
        self, engine: OracleHistory, store: OracleStore
    ) -> None:
        for day in range(4):
            await store.land(batch(day + 1, line("a", day * DAY, rest=b'{"ip":"x"}')))
        await store.retain(T0 + 4 * DAY, Keep(2 * DAY, DAY, 3 * DAY))
        assert engine.model.calls["move_partition"] >= 3
        kept = {table: len(engine.model.rows(table)) for table in ("twin_chunk", "twin_rest", "twin_minute")}
        assert kept == {"twin_chunk": 2, "twin_rest": 1, "twin_minute": 3}
        assert engine.model.calls["drop_partition"] == 2 + 3 + 1

    async def test_rows_stay_rows_for_two_days(self, engine: OracleHistory) -> None:
        store = OracleStore(engine.settings())
        await store.open()
        await store.land(batch(1, line("a", 0), line("a", HOUR)))
        await store.retain(T0 + HOUR + 48 * HOUR - T0 % HOUR, Keep(EVER, EVER, EVER))
        assert (len(engine.model.rows("twin_telemetry")), (await store.extent()).rows) == (1, 2)
        await store.close()


class TestPeople:
    async def test_two_who_save_over_the_same_revision_cannot_both(
        self, engine: OracleHistory, store: OracleStore
    ) -> None:
        await store.write_value("eve", "pi", "3")
        results = await asyncio.gather(
            *(store.write_value("eve", "pi", str(n), rev=1) for n in range(2)), return_exceptions=True
        )
        assert sorted(type(each) for each in results if not isinstance(each, Value)) == [StoreConflict]
        assert (await store.value("eve", "pi")) in [each for each in results if isinstance(each, Value)]

    async def test_text_longer_than_a_varchar_is_kept(self, store: OracleStore) -> None:
        long = "é" * 100_000
        assert await store.write_value("eve", "long", long) == Value(long, 1)
        assert await store.value("eve", "long") == Value(long, 1)


@pytest.mark.parametrize(
    ("dsn", "reading"),
    [
        ("twin_tp", "twin_low"),
        ("(description=(connect_data=(service_name=x_twin_tp.adb.example.com)))",)[:1] * 2,
        ("localhost:1521/FREEPDB1", "localhost:1521/FREEPDB1"),
        ("twin_high", "twin_high"),
    ],
)
def test_questions_use_the_low_service(dsn: str, reading: str) -> None:
    assert reading_dsn(dsn) == reading.replace("_tp.", "_low.")


async def answers(store: OracleStore) -> list[object]:
    series = await store.node("n7", T0, T0 + 3 * HOUR, 10)
    grid = await store.aggregate({"all": ["n1", "n2"], "one": ["n2"]}, T0, T0 + 3 * HOUR, HOUR)
    fleet = await store.fleet(T0 + HOUR + 5)
    page = await store.replay(0, EVER, 150)
    extent = await store.extent()
    return [
        [column.tolist() for column in (series.t_ms, series.count, series.least, series.mean, series.most)],
        [column.tolist() for column in (grid.count, grid.least, grid.mean, grid.most)],
        told(fleet.rows),
        told(page.rows),
        page.until_ms,
        told(await store.latest()),
        await store.rest("n3", T0 + HOUR),
        (extent.first_ms, extent.last_ms, extent.rows, extent.nodes),
    ]
