"""/api/history: extents, moments, series, pages; times in two forms, limits with names, ETags."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from telemetry.store.contract import Command
from tests.build import field_report, mac_of
from tests.twin.conftest import Start, url_of
from tests.wait import until
from twin.service import Service

HOUR_MS = 3_600_000


@pytest.fixture(autouse=True)
def _recorded_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a second is soon enough for people, not for tests."""
    monkeypatch.setattr("twin.edge.recording.RECORD_S", 0.05)


async def landed(service: Service, nodes: int = 3) -> int:
    """Some nodes that have reported and been shown; the time at which they were."""
    for n in range(nodes):
        await service.ingest.land(field_report(n, CPU=10 + n, sampledAt=1000 + n))
    await until(lambda: len(service.live.roster) == nodes)
    shown_ms = service.clock.now_ms()
    await until(lambda: service.recorded_ms > shown_ms, "it is recorded")
    return service.recorded_ms


async def get(http: aiohttp.ClientSession, service: Service, path: str, status: int = 200) -> Any:
    async with http.get(f"{url_of(service)}/api/history/{path}") as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def test_the_extent_says_what_is_there_and_for_how_long(service: Service, http: aiohttp.ClientSession) -> None:
    assert (await get(http, service, "extent"))["first_ms"] == -1
    await landed(service)
    found = await get(http, service, "extent")
    assert (found["engine"], found["rows"], found["nodes"]) == ("sqlite", 3, 3)
    assert 0 < found["first_ms"] <= found["last_ms"] <= found["now_ms"]
    assert found["raw_ms"] == 30 * 24 * HOUR_MS


async def test_the_fleet_at_a_time_is_what_was_shown_then(service: Service, http: aiohttp.ClientSession) -> None:
    at_ms = await landed(service)
    await service.ingest.land(field_report(1, CPU=99, sampledAt=5000))
    service.paint("172.20.80.201", 1, (1, 2, 3))
    later_ms = service.clock.now_ms() + 1
    await until(lambda: service.recorded_ms > later_ms, "it is recorded")
    was = await get(http, service, f"fleet?at={at_ms}")
    assert (was["at_ms"], was["cpu"], was["status"]) == (at_ms, [10, 11, 12], ["online"] * 3)
    assert (was["mac"][0], was["id"][0], was["slot"][0]) == (mac_of(0), "172.20.80.201-1", 0)
    assert was["light"] == [[0, 0, 0]] * 3
    now = await get(http, service, f"fleet?at={service.recorded_ms}")
    assert now["cpu"] == [10, 99, 12]
    assert now["light"][0] == [1, 2, 3]
    assert (await get(http, service, "fleet?at=2020-01-01T00:00:00Z"))["id"] == []


async def test_a_node_over_time_is_found_by_place_and_by_mac(service: Service, http: aiohttp.ClientSession) -> None:
    await landed(service)
    for name in ("172.20.80.201-2", mac_of(1)):
        found = await get(http, service, f"node/{name}?points=10")
        assert (found["key"], sum(found["count"]), found["cpu"]["max"]) == (mac_of(1), 1, [11])
        assert found["to_ms"] - found["from_ms"] == HOUR_MS
        assert found["t_ms"][0] % 1 == 0
    assert (await get(http, service, "node/nobody"))["t_ms"] == []


async def test_what_else_a_node_said_is_there_or_is_said_not_to_be(
    service: Service, http: aiohttp.ClientSession
) -> None:
    await landed(service)
    found = await get(http, service, f"node/{mac_of(2)}/report")
    assert found["report"]["MemoryTotal"] == 877.6
    error = (await get(http, service, f"node/{mac_of(2)}/report?at=1000", 404))["error"]
    assert error["code"] == "not_kept"


async def test_groups_over_time_add_up(service: Service, http: aiohttp.ClientSession) -> None:
    await landed(service, 50)
    whole = await get(http, service, "aggregate?by=all&metric=cpu")
    assert whole["groups"] == ["all"]
    assert sum(whole["count"][0]) == 50
    assert "memory" not in whole
    banks = await get(http, service, "aggregate?by=bank&step=86400000")
    by_name = dict(zip(banks["groups"], banks["count"], strict=True))
    assert (len(by_name), sum(by_name["0"]), sum(by_name["1"]), sum(by_name["2"])) == (25, 42, 8, 0)
    at = banks["groups"].index("1")
    values = [each for each in banks["cpu"]["max"][at] if each is not None]
    assert values == [10 + 49]


async def test_the_replay_pages_go_on_where_the_last_one_ended(service: Service, http: aiohttp.ClientSession) -> None:
    end_ms = await landed(service, 20) + 1
    start_ms, found, kinds = end_ms - HOUR_MS, [], set()
    while start_ms < end_ms:
        page = await get(http, service, f"replay?from={start_ms}&to={end_ms}&limit=5")
        found += [page["keys"][at] for at in page["node"]]
        kinds |= {each["kind"] for each in page["events"]}
        assert page["until_ms"] > start_ms
        start_ms = page["until_ms"]
    assert sorted(found) == sorted(mac_of(n) for n in range(20))
    assert kinds == {"status", "light", "identity", "epoch"}


async def test_the_audit_comes_in_pages_newest_first(service: Service, http: aiohttp.ClientSession) -> None:
    await landed(service, 1)
    for n in range(5):
        await service.archive.store.write_command(Command(f"k{n}", 1000 + n, "ann", "reboot", "all", "{}", "done"))
    first = await get(http, service, "commands?limit=3")
    assert [each["key"] for each in first["items"]] == ["k4", "k3", "k2"]
    rest = await get(http, service, f"commands?limit=3&before={first['next_ms']}")
    assert ([each["key"] for each in rest["items"]], rest["next_ms"]) == (["k1", "k0"], None)
    assert (await get(http, service, "warbles"))["items"] == []


@pytest.mark.parametrize(
    ("path", "code", "field"),
    [
        ("fleet?at=yesterday", "bad_input", "at"),
        ("fleet?at=99999999999999999999", "bad_input", "at"),
        ("node/x?from=2000&to=1000", "bad_input", "from"),
        ("node/x?points=0", "bad_input", "points"),
        ("aggregate?by=colour", "bad_input", "by"),
        ("aggregate?step=1000", "bad_input", "step"),
        ("aggregate?step=90000", "bad_input", "step"),
        ("aggregate?metric=cpu,volts", "bad_input", "metric"),
        ("aggregate?by=shelf&from=2026-01-01&to=2026-12-01&step=60000", "range_too_large", "step"),
        ("replay?limit=1000000", "bad_input", "limit"),
        ("commands?limit=-1", "bad_input", "limit"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_name(
    service: Service, http: aiohttp.ClientSession, path: str, code: str, field: str
) -> None:
    await until(lambda: service.archive.is_open)
    error = (await get(http, service, path, 400))["error"]
    assert (error["code"], error["field"]) == (code, field)


async def test_an_answer_that_stays_the_same_is_not_sent_again(service: Service, http: aiohttp.ClientSession) -> None:
    await landed(service)
    url = f"{url_of(service)}/api/history/fleet?at=2020-01-01T00:00:00Z"
    async with http.get(url) as answer:
        tag = answer.headers["ETag"]
        assert "max-age" in answer.headers["Cache-Control"]
    async with http.get(url, headers={"If-None-Match": tag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    async with http.get(f"{url_of(service)}/api/history/fleet") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"


async def test_a_history_that_is_away_is_503_with_its_name(start: Start, http: aiohttp.ClientSession) -> None:
    service = await start()
    await until(lambda: service.archive.is_open)
    await service.archive.close()
    error = (await get(http, service, "extent", 503))["error"]
    assert (error["code"], error["retry"]) == ("no_history", True)
