"""Today's database front over HTTP: landing reports, the app's two reads, and colouring a body."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.build import field_report, mac_of
from tests.telemetry import ipad
from tests.twin.conftest import BEARER_AGENT, BEARER_OPERATOR, Start, url_of
from tests.twin.edge.viewer import Viewer
from tests.wait import until
from twin.service import Service
from twin.wire.frame import Column

BASE = "/ords/picluster/AR"
BODY = "row_id node_name side orientation id uuid color temperature processes ip mac port"
VALUES = "cpu memoryfree memorytotal memorypercentage diskfree disktotal diskpercentage cputemperature"
KEYS = {*BODY.split(), *VALUES.split()}


async def get(http: aiohttp.ClientSession, service: Service, path: str) -> Any:
    async with http.get(url_of(service) + BASE + path) as answer:
        assert answer.status == 200
        return await answer.json()


async def put(http: aiohttp.ClientSession, service: Service, query: str, **headers: str) -> tuple[int, Any]:
    async with http.put(f"{url_of(service)}{BASE}/v2/?{query}", headers=headers) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize("path", ["", "/v2", "/v2/", "/telemetry/", "/anything"])
async def test_a_report_lands_at_whichever_module_it_is_sent_to(
    service: Service, http: aiohttp.ClientSession, path: str
) -> None:
    url = url_of(service) + BASE + path
    async with http.post(url, json=field_report(1)) as answer:
        assert answer.status == 401
    async with http.post(url, json=field_report(1), headers=BEARER_AGENT) as answer:
        assert (answer.status, await answer.json()) == (200, {})
    assert service.live.roster.nodes[0].mac == mac_of(1)


async def test_warbles_are_not_taken_for_reports(service: Service, http: aiohttp.ClientSession) -> None:
    async with http.post(f"{url_of(service)}{BASE}/warble/", json=field_report(1), headers=BEARER_AGENT) as answer:
        assert answer.status in (404, 405)
    assert len(service.live.roster) == 0


async def test_the_cluster_is_read_in_the_order_of_the_slots_with_a_limit(
    open_service: Service, http: aiohttp.ClientSession
) -> None:
    assert await get(http, open_service, "/v2/10000") == {"CLUSTER": []}
    for n in (40, 3, 2, 0):
        async with http.post(f"{url_of(open_service)}{BASE}/v2/", json=field_report(n)) as answer:
            assert answer.status == 200
    nodes = [each["DATA"] for each in (await get(http, open_service, "/v2/10000"))["CLUSTER"]]
    ports = [ipad.read(node)["port"] for node in nodes]
    assert sorted(ports) == [1, 3, 4, 41]
    slots = [slot.index for port in ports if (slot := open_service.layout.slot_at("172.20.80.201", port))]
    assert slots == sorted(slots)
    assert len((await get(http, open_service, "/v2/2"))["CLUSTER"]) == 2
    assert len((await get(http, open_service, "/v2/"))["CLUSTER"]) == 4
    assert len((await get(http, open_service, "/v2/99999999999999999999"))["CLUSTER"]) == 4


async def test_the_digital_twin_lists_every_body_with_its_node(
    open_service: Service, http: aiohttp.ClientSession
) -> None:
    async with http.post(f"{url_of(open_service)}/api/cluster", json=field_report(0, CPU="55")) as answer:
        assert answer.status == 200
    told = await get(http, open_service, "/DigitalTwin")
    assert told["items"] == (await get(http, open_service, "/DigitalTwin/"))["items"]
    assert set(told) == {"items", "hasMore", "limit", "offset", "count", "links"}
    assert (told["count"], told["hasMore"]) == (len(told["items"]), False)
    assert told["links"][0] == {"rel": "self", "href": f"{url_of(open_service)}{BASE}/DigitalTwin"}
    assert all(set(item) == KEYS for item in told["items"])
    assert {item["row_id"] for item in told["items"]} == {-2, -1, *range(1, 13)}
    filled = [item for item in told["items"] if item["mac"]]
    assert [(item["mac"], item["port"]) for item in filled] == [(mac_of(0), 1)]
    assert filled[0]["cpu"] is not None
    assert next(item for item in told["items"] if not item["mac"])["cpu"] is None


@pytest.mark.parametrize(("index", "rgb"), [(1, (0, 0, 255)), (2, (255, 255, 0)), (3, (255, 0, 0))])
async def test_a_coloured_body_is_coloured_everywhere(
    start: Start, http: aiohttp.ClientSession, index: int, rgb: tuple[int, int, int]
) -> None:
    service = await start()
    async with http.post(f"{url_of(service)}/api/cluster", json=field_report(0), headers=BEARER_AGENT) as answer:
        assert answer.status == 200
    body = next(each for each in service.layout.bodies if each.slot == service.live.roster.nodes[0].slot)
    query = f"node_name={body.node_name}&colorindex={index}"
    assert (await put(http, service, query))[0] == 401
    assert (await put(http, service, query, **BEARER_AGENT))[0] == 403
    async with Viewer(url_of(service)) as viewer:
        await viewer.first_frame()
        assert (await put(http, service, query, **BEARER_OPERATOR)) == (200, {})
        await until(lambda: viewer.picture.rows[0][Column.LIGHT] == rgb)
    items = (await get(http, service, "/DigitalTwin"))["items"]
    assert [item["color"] for item in items if item["node_name"] == body.node_name] == [index]


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("", 400, "node_name"),
        ("node_name=Body1", 400, "colorindex"),
        ("node_name=Body1&colorindex=4", 400, "colorindex"),
        ("node_name=Body1&colorindex=red", 400, "colorindex"),
        ("node_name=Nobody&colorindex=1", 404, "node_name"),
        ("node_name=%00&colorindex=1", 404, "node_name"),
    ],
)
async def test_a_colouring_that_makes_no_sense_names_the_parameter(
    open_service: Service, http: aiohttp.ClientSession, query: str, status: int, field: str
) -> None:
    found, told = await put(http, open_service, query)
    assert (found, told["error"]["field"]) == (status, field)
