"""Bad days of a running service with a database behind it: away, slow, late, and no room to wait for it. What was
acknowledged lands; what cannot be kept safe is not acknowledged; viewers and operators are told."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from telemetry.backoff import Backoff
from telemetry.store.base import StoreUnavailable
from tests.build import field_report, mac_of
from tests.oracle.faults import Raise, Wait
from tests.oracle.listener import Listener
from tests.telemetry.store.oracle_engine import OracleHistory
from tests.twin.conftest import AGENT, BEARER_AGENT, url_of
from tests.twin.edge.test_agents import born
from tests.twin.edge.test_ops_api import metrics
from tests.twin.edge.viewer import Viewer
from tests.twin.test_landing import service_on
from tests.wait import until
from twin.edge.clock import Clock
from twin.service import Service


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests do not wait for people."""
    monkeypatch.setattr("twin.edge.recording.RECORD_S", 0.05)
    monkeypatch.setattr("telemetry.store.ship.POLL_S", 0.05)
    monkeypatch.setattr("telemetry.store.ship.REFUSED_S", 0.2)
    monkeypatch.setattr("twin.edge.archive.TRY_AGAIN_S", (0.1,))
    monkeypatch.setattr(Backoff, "next", lambda self: 0.1)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[OracleHistory]:
    made = OracleHistory(tmp_path)
    yield made
    await made.close()


async def post(service: Service, http: aiohttp.ClientSession, node: int, **keys: object) -> aiohttp.ClientResponse:
    body = field_report(node, **keys)
    async with http.post(f"{url_of(service)}/api/cluster", json=body, headers=BEARER_AGENT) as answer:
        await answer.read()
        return answer


def waiting(service: Service) -> int:
    return service.landing.spool.backlog.rows


def state(service: Service) -> str:
    return service.landing.state()["state"]


async def rows_in(service: Service) -> int:
    """A connection for questions may still be one to the database that went away: the first question finds out."""
    with contextlib.suppress(StoreUnavailable):
        return (await service.archive.store.extent()).rows
    return (await service.archive.store.extent()).rows


async def test_full_spool_turns_reports_away_until_the_database_takes_what_waits(data_dir, engine, http) -> None:
    port = engine.listener.port
    async with service_on(data_dir, engine).running() as service:
        await until(lambda: state(service) == "ok", "open", 20)
        await asyncio.to_thread(engine.listener.close)
        service.landing.most_bytes = 3000
        kept, refused = 0, None
        while refused is None:
            answer = await post(service, http, kept % 50, sampledAt=kept)
            if answer.status == 200:
                kept += 1
            else:
                refused = answer
        assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        assert (await refused.json())["error"]["code"] == "journal_full"
        assert kept > 5
        async with Viewer(url_of(service), "/agents", auth={"token": AGENT}) as agent:
            await born(agent, 99)
            told = await agent.call("report", field_report(99))
            assert (told["ok"], told["error"]["code"], told["error"]["retry"]) == (False, "journal_full", True)
            assert waiting(service) == kept, "what was acknowledged is there"
            assert "no more may" in service.landing.state()["message"]
            found = await metrics(http, service)
            assert found["twin_reports_spool_full_total"] >= 2
            assert found["twin_spool_waiting_bytes"] >= found["twin_spool_limit_bytes"] == 3000

            engine.listener = Listener(engine.model, port=port)
            await until(lambda: waiting(service) == 0, "it is taken", 30)
            assert (await agent.call("report", field_report(99))) == {"ok": True}
        await until(lambda: waiting(service) == 0, "the last one too", 30)
        assert await rows_in(service) == kept + 1


async def test_operators_and_viewers_are_told_how_far_the_database_is_behind(data_dir, engine, http) -> None:
    port = engine.listener.port
    async with service_on(data_dir, engine).running() as service:
        await until(lambda: state(service) == "ok", "open", 20)
        async with Viewer(url_of(service)) as viewer:
            await until(lambda: any(each["state"] == "ok" for each in viewer.named("store")), "all is well", 20)
            await asyncio.to_thread(engine.listener.close)
            for node in range(3):
                assert (await post(service, http, node)).status == 200
            await until(lambda: viewer.named("store")[-1]["state"] == "away", "viewers are told", 30)
            told = viewer.named("store")[-1]
            assert (told["engine"], told["lag_rows"]) == ("oracle", 3)
            assert told["waiting"] >= 1
            assert told["lag_ms"] >= 0
            assert "oracle" in told["message"]
            found = await metrics(http, service)
            assert found["twin_store_state{engine=oracle,state=away}"] == 1
            assert found["twin_store_state{engine=oracle,state=ok}"] == 0
            assert (found["twin_store_lag_rows"], found["twin_store_failures_total"] > 0) == (3, True)
            assert found["twin_store_lag_seconds"] > 0
            assert found["twin_spool_file_bytes"] > found["twin_spool_waiting_bytes"] > 0
            assert found["twin_disk_free_bytes"] > 0
            engine.listener = Listener(engine.model, port=port)
            await until(lambda: viewer.named("store")[-1]["state"] == "ok", "and that it is over", 30)
            assert viewer.named("store")[-1]["message"] == ""
        await until(lambda: waiting(service) == 0, "landed", 30)
        found = await metrics(http, service)
        assert (found["twin_store_landed_rows_total"], found["twin_store_lag_seconds"]) == (3, 0)
        assert found["twin_store_transactions_total"] >= 1


async def test_past_ends_where_the_database_ends(data_dir, engine, http) -> None:
    """What is not shipped yet cannot be replayed: who seeks there is shown the present, not a past with holes."""
    gate = threading.Event()
    async with service_on(data_dir, engine).running() as service:
        await post(service, http, 1, CPU=1)
        await until(lambda: waiting(service) == 0, "landed", 30)
        engine.listener.faults.plan("execute", Wait(gate), name="ledger_add", times=-1)
        received_ms = service.clock.now_ms()
        await post(service, http, 1, CPU=2)
        await until(lambda: service.recorded_ms > received_ms + 100, "viewers saw it, and the spool knows", 20)
        assert service.replayable_ms < service.recorded_ms
        assert service.replayable_ms <= service.landing.spool.backlog.oldest_ms
        async with Viewer(url_of(service)) as viewer:
            assert (await viewer.call("seek", {"at_ms": service.recorded_ms, "speed": 0}))["ok"]
            assert viewer.named("playhead")[-1]["state"] == "live"
            assert viewer.named("playhead")[-1]["last_ms"] < service.recorded_ms
            engine.listener.faults.clear()
            gate.set()
            await until(lambda: service.replayable_ms > received_ms + 100, "shipped", 30)
            page = await service.archive.store.replay(0, service.replayable_ms + 1)
            assert page.rows.metrics[0].tolist() == [1.0, 2.0]


async def test_poisoned_reports_are_set_aside_and_the_others_land(data_dir, engine, http) -> None:
    async with service_on(data_dir, engine).running() as service:
        await post(service, http, 1)
        await until(lambda: waiting(service) == 0, "landed", 30)
        for number in (1438, 1438, 1438):  # with others, as its batch, as its only row
            engine.listener.faults.plan("execute", Raise(number), name="rows_add")
        await post(service, http, 2)
        await until(lambda: waiting(service) == 0, "settled", 30)
        (letter,) = await service.archive.store.buried()
        assert "ORA-01438" in letter.reason
        assert mac_of(2).encode() in letter.body
        await post(service, http, 3)
        await until(lambda: waiting(service) == 0, "the next one lands", 30)
        assert await rows_in(service) == 2
        assert (await metrics(http, service))["twin_store_dead_letters_total"] == 1


async def test_refusing_database_is_an_alarm_and_the_reports_wait(data_dir, engine, http) -> None:
    async with service_on(data_dir, engine).running() as service:
        await until(lambda: state(service) == "ok", "open", 20)
        engine.listener.faults.plan("execute", Raise(1653), name="ledger_add", times=-1)
        assert (await post(service, http, 1)).status == 200
        await until(lambda: state(service) == "refused", "told", 30)
        assert "shorten the retention" in service.landing.state()["message"]
        assert (await metrics(http, service))["twin_store_state{engine=oracle,state=refused}"] == 1
        engine.listener.faults.clear()  # somebody made room
        await until(lambda: waiting(service) == 0, "landed", 30)
        assert await rows_in(service) == 1


async def test_full_disk_acknowledges_nothing_and_it_goes_on_by_itself(data_dir, engine, http) -> None:
    async with service_on(data_dir, engine).running() as service:
        assert (await post(service, http, 1)).status == 200
        await until(lambda: waiting(service) == 0, "landed", 30)
        db = service.store.file._db
        db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
        kept = 1
        while (answer := await post(service, http, 2, sampledAt=kept, pad="x" * 4000)).status == 200:
            kept += 1
        assert (answer.status, (await answer.json())["error"]["code"]) == (503, "store_unavailable")
        assert answer.headers["Retry-After"] == "5"
        db.execute("PRAGMA max_page_count = 1000000")
        assert (await post(service, http, 3)).status == 200
        await until(lambda: waiting(service) == 0, "landed", 30)
        assert await rows_in(service) == kept + 1


@pytest.mark.parametrize("step_ms", [-3_600_000, 3_600_000])
async def test_clock_that_was_set_while_the_server_was_down_loses_nothing(
    data_dir, engine, http, step_ms, monkeypatch
) -> None:
    """Set back, what waits from before is of the future; set on, the new is much later. Both land, once."""
    port = engine.listener.port
    await asyncio.to_thread(engine.listener.close)
    async with service_on(data_dir, engine).running() as service:
        for number in range(3):
            assert (await post(service, http, number, sampledAt=-1)).status == 200
    engine.listener = Listener(engine.model, port=port)
    true = Clock.now_ms
    monkeypatch.setattr(Clock, "now_ms", lambda self: true(self) + step_ms)
    async with service_on(data_dir, engine).running() as service:
        for number in range(3):
            assert (await post(service, http, number, sampledAt=-1)).status == 200
        await until(lambda: waiting(service) == 0, "landed", 30)
        assert await rows_in(service) == 6
        told = service.landing.state()
        assert (told["state"], told["lag_ms"], told["lag_rows"]) == ("ok", 0, 0)
        await until(lambda: service.replayable_ms > 0, "the past can be shown")
