"""Reports over HTTP, every form and every misuse; and the default namespace of socket.io, as today's clients use it."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import math
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.build import field_report, mac_of
from tests.twin.conftest import AGENT, BEARER_AGENT, BEARER_OPERATOR, OPERATOR, Start, url_of
from tests.twin.edge.viewer import Viewer
from tests.wait import until
from twin.edge import door
from twin.edge import http as http_module
from twin.service import Service

JSON = {"Content-Type": "application/json"}

# What the field sends: each way an agent writes a value, and what it must mean to us.
FORMS: list[tuple[str, dict[str, object], str, float]] = [
    ("a percentage as text", {"CPU": "9.7"}, "cpu_pct", 9.7),
    ("an older agent's percent sign", {"CPU": "9.7%"}, "cpu_pct", 9.7),
    ("a number", {"CPU": 9.7}, "cpu_pct", 9.7),
    ("a whole number", {"CPU": 10}, "cpu_pct", 10.0),
    ("no value", {"CPU": None}, "cpu_pct", math.nan),
    ("empty text", {"CPU": ""}, "cpu_pct", math.nan),
    ("memory percent with a sign", {"MemoryPercentage": "25.3%"}, "mem_pct", 25.3),
    ("disk percent as a number", {"DiskPercentage": 60.6}, "disk_pct", 60.6),
    ("degrees as the tool prints them", {"CPUTemperature": "32.7'C"}, "temp_c", 32.7),
    ("degrees as a number", {"CPUTemperature": 32.7}, "temp_c", 32.7),
    ("no sensor", {"CPUTemperature": ""}, "temp_c", math.nan),
    ("a sensor's error", {"CPUTemperature": "vcgencmd: command not found"}, "temp_c", math.nan),
]

# What is wrong: the body, and the field that the answer must name ("" = the whole body).
BAD: list[tuple[str, bytes, str]] = [
    ("not a number", b'{"mac": "%M", "CPU": NaN}', "CPU"),
    ("infinity", b'{"mac": "%M", "MemoryFree": Infinity}', "MemoryFree"),
    ("too large for a double", b'{"mac": "%M", "DiskFree": 1e400}', "DiskFree"),
    ("too large inside data", b'{"mac": "%M", "data": {"a": [1, -1e400]}}', "data.a[1]"),
    ("NaN as text", b'{"mac": "%M", "CPU": "NaN"}', "CPU"),
    ("negative memory", b'{"mac": "%M", "MemoryFree": -1}', "MemoryFree"),
    ("a percentage above 100", b'{"mac": "%M", "MemoryPercentage": "250"}', "MemoryPercentage"),
    ("an object for a number", b'{"mac": "%M", "CPU": {}}', "CPU"),
    ("words for a number", b'{"mac": "%M", "DiskTotal": "plenty"}', "DiskTotal"),
    ("a mac of five pairs", b'{"mac": "b8:27:eb:00:00", "CPU": 1}', "mac"),
    ("no address", b'{"mac": "%M", "ip": "not an address"}', "ip"),
    ("a port beyond 65535", b'{"mac": "%M", "port": 65536}', "port"),
    ("nobody", b'{"CPU": "1"}', "mac"),
    ("processes as text", b'{"mac": "%M", "processes": "systemd"}', "processes"),
    ("a process without a number", b'{"mac": "%M", "processes": [[{"pid": "x"}]]}', "processes.pid"),
    ("half a surrogate pair", b'{"mac": "%M", "status": "\\ud800"}', "status"),
    ("nesting beyond reason", b'{"mac": "%M", "data": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", ""),
    (
        "nesting a little too deep",
        b'{"mac": "%M", "data": {"a": ' + b"[" * 20 + b"]" * 20 + b"}}",
        "data.a" + "[0]" * 15,
    ),
    ("an array", b'[{"mac": "%M"}]', ""),
    ("a bare number", b"5", ""),
    ("null", b"null", ""),
    ("nothing at all", b"", ""),
    ("not JSON", b"CPU=9.7&mac=%M", ""),
    ("half of a JSON object", b'{"mac": "%M", "CPU": ', ""),
    ("UTF-16", '{"mac": "b8:27:eb:00:00:09"}'.encode("utf-16"), ""),
    ("UTF-32", '{"mac": "b8:27:eb:00:00:09"}'.encode("utf-32-le"), ""),
    ("latin-1", '{"mac": "b8:27:eb:00:00:09", "status": "läuft"}'.encode("latin-1"), ""),
]


async def post(http: aiohttp.ClientSession, service: Service, body: object, **more: Any) -> tuple[int, Any]:
    """POST /api/cluster with the agents' token; the status and the answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = more.pop("headers", {**JSON, **BEARER_AGENT})
    async with http.post(f"{url_of(service)}/api/cluster", data=data, headers=headers, **more) as answer:
        return answer.status, json.loads(await answer.read())


@pytest.mark.parametrize(("form", "keys", "column", "value"), FORMS, ids=[form for form, *_ in FORMS])
async def test_every_form_of_the_field_is_taken_and_means_what_it_says(
    service: Service, http: aiohttp.ClientSession, form: str, keys: dict[str, object], column: str, value: float
) -> None:
    assert await post(http, service, field_report(1, **keys)) == (200, {})
    shown = float(getattr(service.live.columns, column)[0])
    assert shown == pytest.approx(value, rel=1e-6, nan_ok=True)


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ({"port": 4}, ("172.20.80.211", 4)),
        ({"port": "4"}, ("172.20.80.211", 4)),
        ({"port": -1}, ("", -1)),
        ({"port": "-1"}, ("", -1)),
        ({"switch_ip": -1}, ("", -1)),
        ({"switch_ip": "-1"}, ("", -1)),
        ({"switch_ip": -1, "port": -1}, ("", -1)),
        ({"switch_ip": None, "port": None}, ("", -1)),
    ],
)
async def test_a_place_is_taken_as_number_or_text_or_unknown(
    service: Service, http: aiohttp.ClientSession, keys: dict[str, object], place: tuple[str, int]
) -> None:
    body = field_report(1, **{"switch_ip": "172.20.80.211", "port": 4, **keys})
    assert await post(http, service, body) == (200, {})
    node = service.live.roster.nodes[0]
    assert (node.switch_ip, node.port) == place
    assert node.id == (f"{place[0]}-{place[1]}" if place[0] else mac_of(1)), "nobody without a place is dropped"


@pytest.mark.parametrize("nested", [True, False], ids=["nested", "flat"])
async def test_processes_come_nested_or_flat_and_unknown_keys_are_kept(
    service: Service, http: aiohttp.ClientSession, nested: bool
) -> None:
    one = {"pid": 7, "name": "python3", "username": "pi", "memory_percent": 1.5, "cpu_percent": 120.0}
    body = field_report(1, processes=[[one]] if nested else [one], fan={"rpm": 4100}, data={"song": "ü"})
    del body["status"]
    assert (await post(http, service, body))[0] == 200
    report = service.live.reports[0]
    assert report is not None
    assert (report.processes[0].pid, report.processes[0].cpu_pct) == (7, 120.0)
    assert report.extra == {"fan": {"rpm": 4100}}
    assert report.data == {"song": "ü"}


@pytest.mark.parametrize(("what", "body", "field"), BAD, ids=[what for what, *_ in BAD])
async def test_what_is_wrong_is_a_400_that_names_the_field_and_disturbs_nothing(
    service: Service, http: aiohttp.ClientSession, what: str, body: bytes, field: str
) -> None:
    await post(http, service, field_report(1))
    before = (service.live.seq, len(service.live.roster), service.live.reports[0], service.journal.committed)
    status, answer = await post(http, service, body.replace(b"%M", mac_of(9).encode()))
    error = answer["error"]
    assert (status, error["retry"], error.get("field", "")) == (400, False, field), error
    assert len(error["message"]) > 15
    assert len(error["message"]) < 300, "nothing long is sent back"
    assert (len(service.live.roster), service.live.reports[0], service.journal.committed) == before[1:]
    assert (service.ingest.accepted, service.ingest.refused) == (1, 1)
    assert await post(http, service, field_report(2)) == (200, {}), "and the server goes on"


async def test_a_body_of_10_mb_is_413_before_it_is_read(service: Service, http: aiohttp.ClientSession) -> None:
    big = io.BytesIO(b'{"data": "' + b"x" * 10_000_000 + b'"}')
    url, headers = f"{url_of(service)}/api/cluster", {**JSON, **BEARER_AGENT}
    async with http.post(url, data=big, headers=headers) as answer:
        assert answer.status == 413
        assert (await answer.json())["error"]["code"] == "body_too_large"
    assert await post(http, service, field_report(1)) == (200, {})


async def test_a_chunked_body_of_10_mb_is_413_and_not_gathered(service: Service, http: aiohttp.ClientSession) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'{"data": "'
        for _ in range(160):
            sent += 65_536
            yield b"x" * 65_536

    url, headers = f"{url_of(service)}/api/cluster", {**JSON, **BEARER_AGENT}
    try:
        async with http.post(url, data=chunks(), headers=headers) as answer:
            assert answer.status == 413
            assert (await answer.json())["error"]["code"] == "body_too_large"
    except aiohttp.ClientConnectionError:
        pass  # it may also close while we still push
    assert await post(http, service, field_report(1)) == (200, {})


async def test_a_small_body_that_unpacks_to_10_mb_is_413(service: Service, http: aiohttp.ClientSession) -> None:
    bomb = gzip.compress(b'{"data": "' + b"x" * 10_000_000 + b'"}')
    assert len(bomb) < 20_000
    headers = {**JSON, **BEARER_AGENT, "Content-Encoding": "gzip"}
    status, _ = await post(http, service, bomb, headers=headers)
    assert status in (400, 413)
    assert await post(http, service, field_report(1)) == (200, {})


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
async def test_another_content_type_is_400_that_names_the_header(
    service: Service, http: aiohttp.ClientSession, kind: str
) -> None:
    status, answer = await post(http, service, field_report(1), headers={"Content-Type": kind, **BEARER_AGENT})
    assert (status, answer["error"]["field"], answer["status"]) == (400, "Content-Type", "false")
    assert len(service.live.roster) == 0


async def test_a_content_type_with_a_charset_is_fine(service: Service, http: aiohttp.ClientSession) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8", **BEARER_AGENT}
    assert await post(http, service, field_report(1), headers=headers) == (200, {})


async def test_a_body_that_never_arrives_times_out_and_others_are_served(
    service: Service, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_module, "BODY_TIMEOUT_S", 0.1)
    monkeypatch.setattr(door, "HALF_S", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    head = f"POST /api/cluster HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {AGENT}\r\n"
    writer.write((head + 'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"mac": ').encode())
    assert await post(http, service, field_report(1)) == (200, {}), "while the slow one is still at it"
    async with asyncio.timeout(4):
        answer = await reader.readuntil(b"}}")
    assert b" 400 " in answer.splitlines()[0]
    assert b"did not arrive" in answer
    writer.close()
    await writer.wait_closed()


async def test_a_report_answered_200_is_on_the_disk_and_shown_at_the_next_tick(
    service: Service, http: aiohttp.ClientSession
) -> None:
    assert (await post(http, service, field_report(3)))[0] == 200
    assert [entry.key for entry in service.store.latest()] == [mac_of(3)]
    async with http.get(f"{url_of(service)}/api/healthcheck") as answer:
        assert answer.status == 200


async def test_a_full_roster_refuses_new_nodes_with_503_and_still_serves_the_known(
    start: Start, http: aiohttp.ClientSession
) -> None:
    service = await start(max_nodes=2)
    for n in (1, 2):
        assert (await post(http, service, field_report(n)))[0] == 200
    status, answer = await post(http, service, field_report(3))
    assert (status, answer["error"]["code"], answer["error"]["retry"]) == (503, "too_many_nodes", True)
    assert (await post(http, service, field_report(2, CPU="50")))[0] == 200
    assert service.live.columns.cpu_pct[1] == 50


# Forgetting.


async def test_delete_needs_the_operator_and_begins_a_new_epoch(service: Service, http: aiohttp.ClientSession) -> None:
    await post(http, service, field_report(1))
    epoch, url = service.live.epoch, f"{url_of(service)}/api/cluster"
    for headers, wanted in (({}, 401), (BEARER_AGENT, 403), ({"Authorization": "Bearer wrong"}, 401)):
        async with http.delete(url, headers=headers) as answer:
            assert answer.status == wanted
    assert len(service.live.roster) == 1
    async with http.delete(url, headers=BEARER_OPERATOR) as answer:
        assert (answer.status, await answer.json()) == (200, {})
    assert (service.live.epoch, len(service.live.roster)) == (epoch + 1, 0)
    assert list(service.store.latest()) == []


# The default namespace: today's viewers and feeders.


async def test_todays_viewer_gets_all_then_only_what_changed(service: Service, http: aiohttp.ClientSession) -> None:
    await post(http, service, field_report(0))
    await post(http, service, field_report(1))
    async with Viewer(url_of(service), "/") as viewer:
        await until(lambda: viewer.named("cluster.all"))
        everyone = viewer.named("cluster.all")[0]
        assert set(everyone) == {"172.20.80.201-1", "172.20.80.201-2"}
        one = everyone["172.20.80.201-1"]
        assert (one["CPU"], one["status"], one["mac"]) == ("9.7", "online", mac_of(0))
        assert abs(one["lastUpdated"] - service.clock.now_ms()) < 5000
        await post(http, service, field_report(1, CPU="77"))
        await until(lambda: viewer.named("cluster.event"))
        assert {key: each["CPU"] for key, each in viewer.named("cluster.event")[0].items()} == {
            "172.20.80.201-2": "77.0"
        }
        assert viewer.order == ["cluster.all", "cluster.event"]


async def test_todays_viewer_of_an_empty_twin_gets_an_empty_all(service: Service) -> None:
    async with Viewer(url_of(service), "/") as viewer:
        await until(lambda: viewer.named("cluster.all") == [{}])


async def test_todays_viewer_hears_that_all_is_forgotten_and_nothing_stale_after(
    service: Service, http: aiohttp.ClientSession
) -> None:
    await post(http, service, field_report(0))
    async with Viewer(url_of(service), "/") as viewer:
        await until(lambda: viewer.named("cluster.all"))
        await http.delete(f"{url_of(service)}/api/cluster", headers=BEARER_OPERATOR)
        await until(lambda: "cluster.delete" in viewer.order)
        await post(http, service, field_report(5))
        await until(lambda: "172.20.80.201-6" in str(viewer.events[-1]))
        after = viewer.events[viewer.order.index("cluster.delete") + 1 :]
        assert all("172.20.80.201-1" not in payload for _, payload in after)


async def test_a_feeder_with_the_agents_token_updates_but_may_not_forget(service: Service) -> None:
    async with Viewer(url_of(service), "/", auth={"token": AGENT}) as feeder:
        update = {"172.20.80.201-9": field_report(8, switch_ip=None, port=None), "x": {"CPU": "bad", "mac": "x"}}
        answer = await feeder.call("cluster.update", update)
        assert answer["ok"] is False
        assert [each["id"] for each in answer["errors"]] == ["x"], "one bad entry loses no other"
        assert service.live.roster.nodes[0].id == "172.20.80.201-9"
        refused = await feeder.call("cluster.delete")
        assert (refused["ok"], refused["error"]["code"]) == (False, "forbidden")
        assert len(service.live.roster) == 1


async def test_a_viewer_without_a_token_can_neither_feed_nor_forget(service: Service) -> None:
    async with Viewer(url_of(service), "/") as viewer:
        for name, body in (("cluster.update", {"a-1": field_report(0)}), ("cluster.delete", None)):
            answer = await viewer.call(name, *([body] if body else []))
            assert (answer["ok"], answer["error"]["code"]) == (False, "unauthorised")
    assert len(service.live.roster) == 0


async def test_an_operator_forgets_over_the_socket_and_everyone_is_told(service: Service) -> None:
    async with (
        Viewer(url_of(service), "/", auth={"token": OPERATOR}) as operator,
        Viewer(url_of(service), "/") as other,
    ):
        await operator.call("cluster.update", {"172.20.80.201-1": field_report(0)})
        await until(lambda: "172.20.80.201-1" in str(other.events))
        assert await operator.call("cluster.delete") == {"ok": True}
        await until(lambda: "cluster.delete" in other.order)
        assert len(service.live.roster) == 0


async def test_a_whole_cluster_in_one_update_is_taken(start: Start) -> None:
    service = await start(legacy_open="open")
    async with Viewer(url_of(service), "/") as feeder, Viewer(url_of(service), "/") as viewer:
        fleet = {f"172.20.80.{201 + n // 42}-{n % 42 + 1}": field_report(n) for n in range(1050)}
        assert await feeder.call("cluster.update", fleet) == {"ok": True}
        assert (len(service.live.roster), service.journal.committed) == (1050, 1050)
        await until(lambda: len({key for _, payload in viewer.events for key in payload or ()}) == 1050)


async def test_a_wrong_token_is_refused_by_name_not_downgraded(service: Service) -> None:
    async with Viewer(url_of(service), "/", auth={"token": "wrong"}) as viewer:
        assert viewer.connected is None
        assert viewer.refused["data"]["code"] == "unauthorised"
