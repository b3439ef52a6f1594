"""The printed markers over HTTP: where a scan leads, what AR viewers get, and today's app's rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from models.layout import load
from models.markers.files import build
from tests.build import field_report
from tests.twin.conftest import BEARER_AGENT, Start, url_of
from twin.service import Service


async def scan(http: aiohttp.ClientSession, service: Service, path: str) -> tuple[int, str]:
    async with http.get(url_of(service) + path, allow_redirects=False) as answer:
        await answer.read()
        return answer.status, answer.headers.get("Location", "")


async def body_of(http: aiohttp.ClientSession, service: Service, path: str) -> Any:
    async with http.get(url_of(service) + path) as answer:
        assert answer.status == 200
        assert answer.content_type == "application/json"
        return await answer.json()


async def test_every_printed_address_leads_to_its_switch(service: Service, http: aiohttp.ClientSession) -> None:
    markers = json.loads(build(service.layout, url_of(service))["markers.json"])["markers"]
    assert len(markers) == 50
    for marker in markers:
        scheme, _, rest = marker["text"].partition("://")
        assert scheme == "HTTP"
        path = rest[rest.index("/") :]
        assert await scan(http, service, path) == (302, f"/#switch={marker['switch_ip']}")
        assert await scan(http, service, path.lower()) == (302, f"/#switch={marker['switch_ip']}")


async def test_a_number_alone_is_the_switch_and_the_ruler_is_the_page(
    service: Service, http: aiohttp.ClientSession
) -> None:
    assert await scan(http, service, "/m/25") == (302, "/#switch=172.20.80.225")
    assert await scan(http, service, "/M/R3") == (302, "/")


@pytest.mark.parametrize(
    "marker", ["0", "0A", "26A", "1C", "A", "R5", "1A1", "-1", "99999999999999999999", "%0a1A", "١A"]
)
async def test_a_marker_that_is_not_there_is_404_in_words(
    service: Service, http: aiohttp.ClientSession, marker: str
) -> None:
    async with http.get(f"{url_of(service)}/m/{marker}", allow_redirects=False) as answer:
        assert answer.status == 404
        assert "1A to 25B" in (await answer.json())["error"]["message"]


async def test_the_printed_set_is_what_is_served(start: Start, data_dir: Path, http: aiohttp.ClientSession) -> None:
    service = await start(cluster="desk")
    assumed = await body_of(http, service, "/model/markers.json")
    assert assumed["origin"] == url_of(service)
    folder = data_dir / "markers"
    folder.mkdir(parents=True)
    printed = build(load("desk"), "https://twin.example", size_m=0.05)["markers.json"]
    (folder / "markers.json").write_bytes(printed)
    async with http.get(url_of(service) + "/model/markers.json") as answer:
        assert await answer.read() == printed
        etag = answer.headers["ETag"]
    async with http.get(url_of(service) + "/model/markers.json", headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304


async def test_a_spoiled_file_is_told_and_not_served(start: Start, data_dir: Path, http: aiohttp.ClientSession) -> None:
    service = await start(cluster="desk")
    (data_dir / "markers").mkdir(parents=True)
    (data_dir / "markers/markers.json").write_text('{"version": 9}')
    async with http.get(url_of(service) + "/model/markers.json") as answer:
        assert answer.status == 500
        error = (await answer.json())["error"]
    assert error["code"] == "bad_file"
    assert "twin markers" in error["message"]


async def test_a_name_of_this_server_that_no_marker_can_hold_is_refused(
    start: Start, http: aiohttp.ClientSession
) -> None:
    service = await start(cluster="desk")
    headers = {"Host": "a-very-very-long-name-of-a-host.example.org:8080"}
    async with http.get(url_of(service) + "/model/markers.json", headers=headers) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]["code"] == "too_long"


async def test_the_rows_of_todays_app_follow_what_is_reported(service: Service, http: aiohttp.ClientSession) -> None:
    for n in (0, 1, 41, 43):
        async with http.post(f"{url_of(service)}/api/cluster", json=field_report(n), headers=BEARER_AGENT) as answer:
            assert answer.status == 200
    switches = (await body_of(http, service, "/model/rows.json"))["switches"]
    found = [
        (each["switch_ip"], row, column)
        for each in switches
        for row, nodes in enumerate(each["nodes"])
        for column, node in enumerate(nodes)
        if node is not None
    ]
    first, second = "172.20.80.201", "172.20.80.202"
    assert found == [(first, 0, 0), (first, 1, 0), (first, 1, 20), (second, 1, 0)]
    everything = (await body_of(http, service, "/ords/picluster/AR/rows/10000"))["CLUSTER"]
    assert len(everything) == 1100
    assert [n for n, node in enumerate(everything) if node["DATA"]["mac"]] == [0, 22, 42, 66]
    assert (await body_of(http, service, "/ords/picluster/AR/rows/3"))["CLUSTER"] == everything[:3]
