"""Today's manager over HTTP: registration, the ping that keeps a Pi registered, and the registry over a restart."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.build import field_report, mac_of
from tests.twin.conftest import AGENT, BEARER_AGENT, Start, make_service, url_of
from tests.wait import until
from twin.core.columns import STATUSES
from twin.edge import manager_api
from twin.service import Service

IP, SWITCH = "127.0.0.1", "172.20.80.203"


async def call(http: aiohttp.ClientSession, service: Service, path: str, body: object = None, **more: Any) -> Any:
    """POST with a body, GET without one; (status, JSON)."""
    method = "GET" if body is None else "POST"
    async with http.request(method, f"{url_of(service)}/{path}", json=body, **more) as answer:
        return answer.status, await answer.json()


@asynccontextmanager
async def a_pi(answer: Callable[[], web.StreamResponse] | None = None) -> AsyncIterator[tuple[int, list[str]]]:
    """A Pi's own web service on loopback; its port, and the paths that were asked for."""
    asked: list[str] = []

    async def serve(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return answer() if answer is not None else web.json_response({"status": "pong"})

    app = web.Application()
    app.add_routes([web.get("/{any:.*}", serve)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, IP, 0)
    await site.start()
    try:
        yield site._server.sockets[0].getsockname()[1], asked  # type: ignore[union-attr]
    finally:
        await runner.cleanup()


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manager_api, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(manager_api, "PING_TIMEOUT_S", 0.3)


async def test_a_pi_registers_and_learns_its_place_in_the_words_of_today(
    open_service: Service, http: aiohttp.ClientSession
) -> None:
    def ask(path: str, body: object = None) -> Any:
        return call(http, open_service, path, body)

    assert await ask("registerpi", {"ip": "10.0.0.5", "mac": mac_of(5)}) == (200, {"status": "true"})
    assert await ask("getport", {"ip": "10.0.0.5"}) == (200, {"status": "false"})
    assert await ask("getpiswitch", {"ip": "10.0.0.5"}) == (200, {"status": "false"})
    assert await ask("setport", {"ip": "10.0.0.5", "port": "7"}) == (200, {"status": "true"})
    assert await ask("addswitch", {"switch_ip": SWITCH, "ip": "10.0.0.5"}) == (200, {"status": "true"})
    assert await ask("getport", {"ip": "10.0.0.5"}) == (200, {"status": "true", "port": 7})
    assert await ask("getpiswitch", {"ip": "10.0.0.5"}) == (200, {"status": "true", "switch_ip": SWITCH})
    node = open_service.live.roster.nodes[0]
    assert (node.mac, node.id) == (mac_of(5), f"{SWITCH}-7"), "and it stands in the model"
    assert STATUSES[open_service.live.columns.status[0]] != "online", "it has not reported"
    assert (await ask("picount"))[1] == {"status": "true", "count": 1}
    items = (await ask("getpi"))[1]["items"]
    assert (items["10.0.0.5"]["mac"], items["10.0.0.5"]["ip"]) == (mac_of(5), "10.0.0.5")


@pytest.mark.parametrize("path", ["registerpi", "RegisterPi", "REGISTERPI"])
async def test_paths_are_taken_in_any_case(open_service: Service, http: aiohttp.ClientSession, path: str) -> None:
    assert await call(http, open_service, path, {"ip": "10.0.0.5", "mac": mac_of(5)}) == (200, {"status": "true"})


async def test_registering_needs_a_token_and_reading_none(service: Service, http: aiohttp.ClientSession) -> None:
    body = {"ip": "10.0.0.5", "mac": mac_of(5)}
    for path, keys in (("registerpi", body), ("remove", body), ("setport", {**body, "port": 1}), ("setpigroup", {})):
        assert (await call(http, service, path, keys))[0] == 401
    assert (await call(http, service, "registerpi", body, headers=BEARER_AGENT))[0] == 200
    assert (await call(http, service, f"setport?token={AGENT}", {**body, "port": 1}))[0] == 200
    for path, keys in (("getpi", None), ("getpi", body), ("getport", body), ("getpiswitch", body), ("picount", None)):
        assert (await call(http, service, path, keys))[0] == 200


async def test_a_wrong_content_type_or_body_is_400(open_service: Service, http: aiohttp.ClientSession) -> None:
    url = f"{url_of(open_service)}/registerpi"
    for data, kind in (
        (b'{"ip": "10.0.0.1"}', "text/plain"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"[" * 60_000, "application/json"),
        (b"\xff", "application/json"),
    ):
        async with http.post(url, data=data, headers={"Content-Type": kind}) as answer:
            assert (answer.status, (await answer.json())["status"]) == (400, "false")
    async with http.post(url, data=b" " * 70_000, headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 413
    status, told = await call(http, open_service, "registerpi", {"ip": "nowhere", "mac": mac_of(1)})
    assert (status, told["error"]["field"]) == (400, "ip")


@pytest.mark.parametrize("path", ["runall", "shutdownall", "save", "load"])
async def test_calls_that_act_on_pis_are_not_here(
    open_service: Service, http: aiohttp.ClientSession, path: str
) -> None:
    assert (await call(http, open_service, path, {"command": "reboot"}))[0] == 404
    assert (await call(http, open_service, path))[0] == 404


async def test_the_least_loaded_pi_below_30_percent_is_free(open_service: Service, http: aiohttp.ClientSession) -> None:
    assert await call(http, open_service, "freepi") == (200, {"status": "false"})
    for n, cpu in ((1, "31"), (2, "12.5"), (3, None)):
        await call(http, open_service, "api/cluster", field_report(n, CPU=cpu))
    assert await call(http, open_service, "freepi") == (200, {"status": "true", "ip": "10.0.0.2"})
    assert (await call(http, open_service, "remove", {"ip": "10.0.0.2"}))[0] == 200
    assert STATUSES[open_service.live.columns.status[1]] == "lost"
    assert await call(http, open_service, "freepi") == (200, {"status": "false"}), "one that left is not free"


async def test_groups_of_switches(open_service: Service, http: aiohttp.ClientSession) -> None:
    for place, switch in (("front", "172.20.80.1"), ("back", "172.20.80.2")):
        assert (await call(http, open_service, "setpigroup", {"location": place, "switch_ip": switch}))[0] == 200
    assert (await call(http, open_service, "getpigroup", {"location": "front"}))[1]["items"] == ["172.20.80.1"]
    assert len((await call(http, open_service, "getpigroup", {"location": "all"}))[1]["items"]) == 2


# The ping.


async def test_a_pi_that_answers_its_ping_stays_registered(
    start: Start, http: aiohttp.ClientSession, often: None
) -> None:
    async with a_pi() as (port, asked):
        service = await start(legacy_open="open", ping_port=port, ping_s=0.1)
        await call(http, service, "registerpi", {"ip": IP, "mac": mac_of(1)})
        await until(lambda: len(asked) >= 5)
        assert set(asked) == {"/ping"}
        assert (await call(http, service, "picount"))[1]["count"] == 1


@pytest.mark.parametrize(
    "answer",
    [
        None,
        lambda: web.json_response({"status": "busy"}),
        lambda: web.json_response(["pong"]),
        lambda: web.Response(text="pong"),
        lambda: web.Response(body=b"x" * 1_000_000),
        lambda: web.Response(status=302, headers={"Location": "/elsewhere"}),
    ],
    ids=["silent", "not pong", "list", "text", "megabyte", "redirect"],
)
async def test_a_pi_that_does_not_answer_as_it_should_is_forgotten(
    start: Start, http: aiohttp.ClientSession, often: None, answer: Callable[[], web.StreamResponse] | None
) -> None:
    async with a_pi(answer) as (port, asked):
        service = await start(legacy_open="open", ping_port=port if answer else 1, ping_s=0.1)
        await call(http, service, "registerpi", {"ip": IP, "mac": mac_of(1)})
        await until(lambda: len(service.manager.registry) == 0)
        assert set(asked) <= {"/ping"}, "no redirect is followed"


async def test_a_pi_that_hangs_does_not_keep_others_from_their_ping(
    start: Start, http: aiohttp.ClientSession, often: None
) -> None:
    release = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.close()

    async with a_pi() as (port, asked):
        stuck = await asyncio.start_server(hang, "127.0.0.2", port)
        service = await start(legacy_open="open", ping_port=port, ping_s=0.2)
        await call(http, service, "registerpi", {"ip": "127.0.0.2", "mac": mac_of(2)})
        await call(http, service, "registerpi", {"ip": IP, "mac": mac_of(1)})
        await until(lambda: list(service.manager.registry.pis) == [IP], "only the one that hangs is forgotten")
        assert len(asked) >= 2
        release.set()
        stuck.close()


# Over a restart.


async def test_the_registry_survives_a_restart(start: Start, http: aiohttp.ClientSession, data_dir: Path) -> None:
    first = make_service(data_dir, legacy_open="open")
    async with first.running():
        await call(http, first, "registerpi", {"ip": "10.0.0.5", "mac": mac_of(5)})
        await call(http, first, "setport", {"ip": "10.0.0.5", "port": 7})
        await call(http, first, "addswitch", {"ip": "10.0.0.5", "switch_ip": SWITCH})
    second = await start(legacy_open="open")
    assert (await call(http, second, "picount"))[1]["count"] == 1
    assert (await call(http, second, "getport", {"ip": "10.0.0.5"}))[1]["port"] == 7
    assert second.live.roster.nodes[0].id == f"{SWITCH}-7"
    assert STATUSES[second.live.columns.status[0]] != "online"


async def test_a_damaged_registry_is_told_and_left_behind(
    start: Start, http: aiohttp.ClientSession, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = make_service(data_dir)
    async with first.running():
        await first.save_document("registry", b'{"version": 1, "pis": {"nowhere": {}}}')
    second = await start(legacy_open="open")
    assert "registry cannot be read" in caplog.text
    assert (await call(http, second, "registerpi", {"ip": "10.0.0.5", "mac": mac_of(5)}))[0] == 200
    assert json.loads((await second.journal.call(lambda: second.store.load("registry"))) or b"")["pis"]
