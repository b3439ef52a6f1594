"""/healthz, /readyz, /metrics, and the two descriptions of the protocol, read by those standards' own tools."""

from __future__ import annotations

import json
import re
from pathlib import Path

import aiohttp
from openapi_spec_validator import validate
from prometheus_client.parser import text_string_to_metric_families

from tests.build import field_report
from tests.e2e.node import run_node
from tests.twin.conftest import AGENT, BEARER_AGENT, url_of
from tests.twin.edge.viewer import Viewer
from tests.wait import until
from twin import __version__
from twin.service import Service
from twin.wire.events import EVENTS


async def get(http: aiohttp.ClientSession, service: Service, path: str) -> tuple[int, str]:
    async with http.get(url_of(service) + path) as answer:
        return answer.status, await answer.text()


async def metrics(http: aiohttp.ClientSession, service: Service) -> dict[str, float]:
    """name{labels} -> value, as Prometheus reads it."""
    status, text = await get(http, service, "/metrics")
    assert status == 200
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation, family.name
        for sample in family.samples:
            labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


async def test_healthz_says_that_it_lives_and_which_version(service: Service, http: aiohttp.ClientSession) -> None:
    status, body = await get(http, service, "/healthz")
    assert (status, json.loads(body)) == (200, {"status": "ok", "version": __version__})


async def test_readyz_says_why_not(service: Service, http: aiohttp.ClientSession) -> None:
    status, body = await get(http, service, "/readyz")
    assert (status, json.loads(body)) == (200, {"status": "ok", "epoch": service.live.epoch, "nodes": 0})
    service._not_ready = "the service is stopping"
    status, body = await get(http, service, "/readyz")
    assert (status, json.loads(body)["reason"]) == (503, "the service is stopping")
    service._not_ready = None


async def test_metrics_count_what_happened(service: Service, http: aiohttp.ClientSession) -> None:
    url = f"{url_of(service)}/api/cluster"
    for n in range(3):
        async with http.post(url, json=field_report(n), headers=BEARER_AGENT) as answer:
            assert answer.status == 200
    async with http.post(url, json=field_report(4, CPU="bad"), headers=BEARER_AGENT) as answer:
        assert answer.status == 400
    at = url_of(service)
    async with Viewer(at) as viewer, Viewer(at, "/") as today, Viewer(at, "/agents", auth={"token": AGENT}):
        await viewer.first_frame()
        await until(lambda: today.events)
        found = await metrics(http, service)
    assert found["twin_nodes{status=online}"] == 3
    assert found["twin_viewers{namespace=/twin}"] == found["twin_viewers{namespace=/}"] == 1
    assert found["twin_agents"] == 1
    assert found["twin_reports_accepted_total"] == 3
    assert found["twin_reports_refused_total"] == 1
    assert found["twin_commits_total"] >= 1
    assert found["twin_frames_sent_total{namespace=/twin}"] >= 1
    assert found["twin_sent_bytes_total{namespace=/twin}"] > 100
    assert found["twin_epoch"] == service.live.epoch
    assert found["twin_tick_seconds_count"] >= 1
    assert found["process_resident_memory_bytes"] > 1e6


async def test_counters_never_go_down(service: Service, http: aiohttp.ClientSession) -> None:
    async with Viewer(url_of(service)) as viewer:
        await viewer.first_frame()
        before = await metrics(http, service)
    await service.forget()
    after = await metrics(http, service)
    down = [
        name for name, value in before.items() if "_total" in name and "process" not in name and after[name] < value
    ]
    assert down == []


# The descriptions.


async def test_the_openapi_document_is_valid_and_lists_exactly_the_routes_there_are(
    service: Service, http: aiohttp.ClientSession
) -> None:
    document = json.loads((await get(http, service, "/api/openapi.json"))[1])
    validate(document)
    described = {(path, method.upper()) for path, item in document["paths"].items() for method in item}
    served: set[tuple[str, str]] = set()
    for route in service._application().router.routes():
        path = route.resource.canonical if route.resource is not None else ""
        if not path.startswith(("/socket.io", "/assets")) and path != "/{call}":
            served.add((path, route.method))
    manager = {(path, method) for path, method in described if re.fullmatch(r"/[a-z]+", path)}
    ops = {("/healthz", "GET"), ("/readyz", "GET"), ("/metrics", "GET")}
    assert {each for each in served if each[1] != "HEAD"} - described == set(), "served and not described"
    assert described - served - (manager - ops) == set(), "described and not served"


async def test_every_described_call_of_the_manager_is_answered(service: Service, http: aiohttp.ClientSession) -> None:
    document = json.loads((await get(http, service, "/api/openapi.json"))[1])
    for path, item in document["paths"].items():
        for method in item:
            url = url_of(service) + re.sub(r"\{.*?\}", "1", path)
            async with http.request(method, url, json={} if method != "get" else None) as answer:
                unknown = answer.status == 404 and (await answer.json())["error"]["code"] != "not_kept"
                assert not unknown, (method, path)
                assert answer.status not in (405, 500), (method, path)


async def test_every_operation_has_its_own_id_and_writing_says_that_it_needs_a_token(
    service: Service, http: aiohttp.ClientSession
) -> None:
    document = json.loads((await get(http, service, "/api/openapi.json"))[1])
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    reads = {"getpiswitch", "getpigroup", "getport", "getpi"}  # POST as today, and open to all
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "get" and operation["operationId"] not in reads:
                url = url_of(service) + re.sub(r"\{.*?\}", "x", path)
                async with http.request(method, url, json={}) as answer:
                    assert answer.status == 401, (method, path)
                assert {"token": []} in operation["security"]


def test_the_asyncapi_document_is_valid_for_asyncapis_own_parser(node_modules: Path, tmp_path: Path) -> None:
    from twin.wire.asyncapi import asyncapi

    file = tmp_path / "asyncapi.json"
    file.write_text(json.dumps(asyncapi()))
    told = json.loads(run_node("asyncapi.mjs", str(file)))
    assert [each for each in told["diagnostics"] if each["severity"] == 0] == []
    assert told["channels"] == ["/", "/agents", "/twin"]
    assert told["operations"] == len(EVENTS)


async def test_the_asyncapi_document_is_served(service: Service, http: aiohttp.ClientSession) -> None:
    status, body = await get(http, service, "/api/asyncapi.json")
    assert (status, json.loads(body)["asyncapi"]) == (200, "3.0.0")


async def test_every_described_request_has_a_handler(service: Service) -> None:
    described = {(each.namespace, each.name) for each in EVENTS if each.sender in ("viewer", "agent", "feeder")}
    heard = {
        (namespace, name) for namespace, handler in service._sio.namespace_handlers.items() for name in handler.hears
    }
    assert heard == described
