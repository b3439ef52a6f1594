"""With a database behind it, a service acknowledges from its own disk and lands in the database: here in the listener
of tests/oracle, which Oracle's own driver logs in to."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp

from tests.build import field_report
from tests.oracle.listener import Listener
from tests.telemetry.store.oracle_engine import OracleHistory
from tests.twin.conftest import BEARER_AGENT, make_service, url_of
from tests.wait import until
from twin.service import Service


def service_on(folder: Path, engine: OracleHistory) -> Service:
    given = engine.settings()
    return make_service(
        folder, store="oracle", oracle_dsn=given.dsn, oracle_user=given.user, oracle_password=given.password
    )


async def report(service: Service, http: aiohttp.ClientSession, *nodes: int) -> None:
    for node in nodes:
        async with http.post(f"{url_of(service)}/api/cluster", json=field_report(node), headers=BEARER_AGENT) as answer:
            assert answer.status == 200


async def rows_in(service: Service) -> int:
    return (await service.archive.store.extent()).rows


async def test_reports_of_a_running_service_land_in_the_database(data_dir, tmp_path, http):
    engine = OracleHistory(tmp_path)
    try:
        async with service_on(data_dir, engine).running() as service:
            await report(service, http, 1, 2, 3)
            shipper = service.landing.shipper
            assert shipper is not None
            await until(lambda: shipper.progress.landed_rows == 3, "landed", 20)
            assert await rows_in(service) == 3
            await until(lambda: service.twin_fan.store_state["state"] == "ok", "viewers are told", 20)
    finally:
        await engine.close()


async def test_reports_are_acknowledged_while_the_database_is_away_and_land_when_it_is_back(data_dir, tmp_path, http):
    engine = OracleHistory(tmp_path)
    port = engine.listener.port
    await asyncio.to_thread(engine.listener.close)
    try:
        async with service_on(data_dir, engine).running() as service:
            await report(service, http, 1, 2)
            shipper = service.landing.shipper
            assert shipper is not None
            await until(lambda: shipper.progress.state == "away", "noticed", 20)
            engine.listener = Listener(engine.model, port=port)
            await until(lambda: shipper.progress.landed_rows == 2, "landed", 60)
    finally:
        await engine.close()
