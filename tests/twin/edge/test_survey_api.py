"""The survey of the markers over HTTP: the operator stores it, its revision guards it, and it is kept for good."""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from models.layout import load
from models.markers.files import build
from telemetry.store.base import StoreUnavailable
from tests.e2e.process import Twin
from tests.twin.conftest import BEARER_AGENT, BEARER_OPERATOR, OPERATOR, Start, make_service, url_of
from tests.twin.walked import UP, walked
from twin.edge import survey_api
from twin.edge.survey_api import MAX_BODY, PATH
from twin.service import Service


async def ask(
    http: aiohttp.ClientSession, service: Service, method: str = "GET", body: object = None, **headers: str
) -> tuple[int, Any, Mapping[str, str]]:
    """(status, JSON or None, headers) of the survey's route. `if_match="0"` is the header If-Match."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with http.request(method, url_of(service) + PATH, json=body, headers=named) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if text else None, answer.headers


async def change(
    http: aiohttp.ClientSession, service: Service, revision: int, body: object = None
) -> tuple[int, Any, Mapping[str, str]]:
    """PUT with a body, DELETE without one."""
    method = "DELETE" if body is None else "PUT"
    return await ask(http, service, method, body, If_Match=f'"{revision}"', **BEARER_OPERATOR)


async def markers_of(http: aiohttp.ClientSession, service: Service) -> tuple[bytes, str]:
    async with http.get(url_of(service) + "/model/markers.json") as answer:
        assert answer.status == 200
        return await answer.read(), answer.headers["ETag"]


async def walk(http: aiohttp.ClientSession, service: Service, **changes: Any) -> dict[str, Any]:
    return walked(json.loads((await markers_of(http, service))[0])["markers"], **changes)


@pytest.fixture
async def desk(start: Start) -> Service:
    """Four Pis on a desk have two markers."""
    return await start(cluster="desk")


async def test_without_a_survey_there_is_revision_0(desk: Service, http: aiohttp.ClientSession) -> None:
    status, body, headers = await ask(http, desk)
    assert (status, headers["ETag"], headers["Cache-Control"]) == (200, '"0"', "no-cache")
    none = {"revision": 0, "time_ms": None, "print": 1.0, "views": 0, "markers": [], "changes": []}
    assert body == none
    assert (await ask(http, desk, If_None_Match='"0"'))[:2] == (304, None)


async def test_a_walk_is_stored_and_served_to_everybody(
    desk: Service, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    body = await walk(http, desk)
    with caplog.at_level(logging.INFO, logger=survey_api.__name__):
        status, stored, headers = await change(http, desk, 0, body)
    assert (status, stored["revision"], headers["ETag"]) == (200, 1, '"1"')
    assert (await ask(http, desk))[:2] == (200, stored)
    assert (stored["print"], stored["views"]) == (body["print"], body["views"])
    for one, sent in zip(stored["markers"], body["markers"], strict=True):
        assert {key: one[key] for key in ("id", "position", "deviation", "views")} == {
            key: sent[key] for key in ("id", "position", "deviation", "views")
        }
        assert one["rotation"] == pytest.approx(sent["rotation"])
        assert one["moved"] == pytest.approx(14**0.5 / 1000, abs=1e-6)
    assert abs(stored["time_ms"] - desk.clock.now_ms()) < 10_000
    (line,) = stored["changes"]
    told = {"revision": 1, "time_ms": stored["time_ms"], "peer": "127.0.0.1", "what": "stored"}
    assert line == {**told, "markers": len(body["markers"]), "moved": 0.003742}
    (record,) = (record for record in caplog.records if record.name == survey_api.__name__)
    assert record.getMessage() == "the markers' survey was stored"
    said = {key: vars(record)[key] for key in ("peer", "revision", "markers", "moved_mm")}
    assert said == {"peer": "127.0.0.1", "revision": 1, "markers": len(body["markers"]), "moved_mm": 3.7}
    assert (await ask(http, desk, If_None_Match='W/"1"'))[0] == 304, "a proxy that packs makes it a weak one"
    assert (await ask(http, desk, If_None_Match='"0"'))[0] == 200


async def test_markers_json_has_the_true_places_and_another_etag(desk: Service, http: aiohttp.ClientSession) -> None:
    before, etag = await markers_of(http, desk)
    await change(http, desk, 0, await walk(http, desk))
    body, moved = await markers_of(http, desk)
    assert moved != etag
    value = json.loads(body)
    assert value["survey"]["revision"] == 1
    for marker, was in zip(value["markers"], json.loads(before)["markers"], strict=True):
        assert marker["designed"]["position"] == was["position"]
        assert marker["designed"]["corners"] == was["corners"]
        assert marker["position"][0] == pytest.approx(was["position"][0] + 0.003)
        assert (marker["deviation"], marker["views"]) == (0.0002, 12)
    await change(http, desk, 1)
    assert await markers_of(http, desk) == (before, etag), "byte for byte the design again"


async def test_the_next_walk_is_measured_from_the_design_and_not_from_the_last_one(
    desk: Service, http: aiohttp.ClientSession
) -> None:
    designed = json.loads((await markers_of(http, desk))[0])["markers"]
    for revision, shift in enumerate((0.1, 0.14)):
        assert (await change(http, desk, revision, walked(designed, (shift, 0, 0))))[0] == 200
    status, told, _ = await change(http, desk, 2, walked(designed, (0.16, 0, 0)))
    assert (status, told["error"]["field"]) == (400, "markers[0].position")
    assert "hangs 160 mm" in told["error"]["message"]


async def test_it_holds_for_the_printed_set_too(start: Start, data_dir: Path, http: aiohttp.ClientSession) -> None:
    (data_dir / "markers").mkdir(parents=True)
    printed = build(load("desk"), "https://twin.example", size_m=0.05, per_switch=1)["markers.json"]
    (data_dir / "markers/markers.json").write_bytes(printed)
    service = await start(cluster="desk")
    assert (await markers_of(http, service))[0] == printed
    assert (await change(http, service, 0, await walk(http, service)))[0] == 200
    value = json.loads((await markers_of(http, service))[0])
    assert [marker["size"] for marker in value["markers"]] == pytest.approx([0.05 * 1.002])
    assert value["origin"] == "https://twin.example"
    unknown = await walk(http, service)
    unknown["markers"][0]["id"] = "1B"
    assert (await change(http, service, 1, unknown))[1]["error"]["field"] == "markers[0].id", "only A was printed"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_changing_needs_the_operators_token(desk: Service, http: aiohttp.ClientSession, method: str) -> None:
    body = await walk(http, desk) if method == "PUT" else None
    for token, status in (({}, 401), ({"Authorization": "Bearer wrong"}, 401), (BEARER_AGENT, 403)):
        assert (await ask(http, desk, method, body, If_Match='"0"', **token))[0] == status
    assert (await ask(http, desk))[1]["revision"] == 0
    assert (await ask(http, desk, method, body, If_Match='"0"', **BEARER_OPERATOR))[0] == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("given", [{}, {"If_Match": "*"}, {"If_Match": ""}])
async def test_a_change_without_the_revision_it_changes_is_428_in_words(
    desk: Service, http: aiohttp.ClientSession, method: str, given: dict[str, str]
) -> None:
    body = await walk(http, desk) if method == "PUT" else None
    status, told, _ = await ask(http, desk, method, body, **given, **BEARER_OPERATOR)
    assert (status, told["error"]["code"]) == (428, "no_if_match")
    assert "If-Match" in told["error"]["message"]
    assert (await ask(http, desk))[1]["revision"] == 0


async def test_who_has_not_read_the_last_change_is_412_with_the_current_revision(
    desk: Service, http: aiohttp.ClientSession
) -> None:
    first = (await change(http, desk, 0, await walk(http, desk)))[1]
    for body in (await walk(http, desk, views=99), None):
        status, told, headers = await change(http, desk, 0, body)
        assert (status, told["error"]["code"], told["error"]["revision"]) == (412, "stale", 1)
        assert headers["ETag"] == '"1"'
        assert "another device" in told["error"]["message"]
    assert (await ask(http, desk))[1] == first
    assert (await ask(http, desk, "DELETE", If_Match='W/"1"', **BEARER_OPERATOR))[0] == 200


async def test_the_revision_rises_when_it_is_removed_and_the_history_tells(
    desk: Service, http: aiohttp.ClientSession
) -> None:
    body = await walk(http, desk)
    await change(http, desk, 0, body)
    status, gone, headers = await change(http, desk, 1)
    assert (status, headers["ETag"]) == (200, '"2"')
    assert (gone["revision"], gone["time_ms"], gone["markers"], gone["views"]) == (2, None, [], 0)
    assert [(line["revision"], line["what"]) for line in gone["changes"]] == [(2, "removed"), (1, "stored")]
    assert (await change(http, desk, 1, body))[0] == 412
    assert (await change(http, desk, 2, body))[1]["revision"] == 3


async def test_of_many_devices_at_once_exactly_one_wins(desk: Service, http: aiohttp.ClientSession) -> None:
    bodies = [await walk(http, desk, views=10 + n) for n in range(8)]
    answers = await asyncio.gather(*(change(http, desk, 0, body) for body in bodies))
    assert sorted(status for status, _, _ in answers) == [200] + [412] * 7
    (won,) = (body for status, body, _ in answers if status == 200)
    held = (await ask(http, desk))[1]
    assert held == won
    assert len(held["changes"]) == 1
    kept = await desk.journal.call(lambda: desk.store.load("survey"))
    assert json.loads(kept or b"") == {"version": 1, **held}


async def test_a_change_that_is_sent_again_because_its_answer_was_lost_is_no_conflict(
    desk: Service, http: aiohttp.ClientSession
) -> None:
    body = await walk(http, desk)
    first = (await change(http, desk, 0, body))[1]
    assert (await change(http, desk, 0, body))[:2] == (200, first), "it was taken once"
    gone = (await change(http, desk, 1))[1]
    assert (await change(http, desk, 1))[:2] == (200, gone)
    assert (await change(http, desk, 1, body))[0] == 412, "that one was removed"


async def test_a_refused_walk_changes_nothing(desk: Service, http: aiohttp.ClientSession) -> None:
    body = await walk(http, desk)
    first = (await change(http, desk, 0, body))[1]
    wrong: tuple[tuple[object, str], ...] = (
        ({}, "markers"),
        ({**body, "print": 2}, "print"),
        (await walk(http, desk, turned_deg=30, axis=UP), "markers[0].rotation"),
        ({**body, "markers": body["markers"] * 2}, "markers"),
    )
    for each, field in wrong:
        status, told, _ = await change(http, desk, 1, each)
        assert (status, told["error"]["field"]) == (400, field)
    head = {"If-Match": '"1"', **BEARER_OPERATOR}
    kinds = ((b"{", "application/json", 400), (b"[]", "application/json", 400), (b"{}", "text/plain", 400))
    for data, kind, status in (*kinds, (b" " * (MAX_BODY + 1), "application/json", 413)):
        async with http.put(url_of(desk) + PATH, data=data, headers={**head, "Content-Type": kind}) as answer:
            assert answer.status == status
    assert (await ask(http, desk))[1] == first


async def test_a_disk_that_refuses_is_503_and_the_survey_stays(
    desk: Service, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = (await change(http, desk, 0, await walk(http, desk)))[1]

    def full(name: str, body: bytes) -> None:
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(desk.store, "save", full)
        status, told, headers = await change(http, desk, 1)
        assert (status, told["error"]["code"], told["error"]["message"]) == (
            503,
            "store_unavailable",
            "the disk is full",
        )
        assert headers["Retry-After"]
        assert (await ask(http, desk))[1] == first
    assert (await change(http, desk, 1))[0] == 200, "and the next one is taken"


async def test_a_slow_disk_keeps_nobody_waiting_and_what_it_kept_holds(
    desk: Service, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = asyncio.Event()
    save = desk.save_document

    async def slow(name: str, body: bytes) -> None:
        await go.wait()
        await save(name, body)

    monkeypatch.setattr(desk, "save_document", slow)
    monkeypatch.setattr(survey_api, "COMMIT_S", 0.05)
    monkeypatch.setattr(survey_api, "TURN_S", 0.05)
    body = await walk(http, desk)
    status, told, _ = await change(http, desk, 0, body)
    assert (status, told["error"]["retry"]) == (503, True)
    assert "read the survey again" in told["error"]["message"]
    assert (await change(http, desk, 0, body))[0] == 503, "its turn does not come"
    assert (await ask(http, desk))[1]["revision"] == 0
    go.set()
    saving = desk.survey._saving
    assert saving is not None
    await asyncio.wait_for(asyncio.shield(saving), 5)
    assert (await ask(http, desk))[1]["revision"] == 1, "the disk had it after all"
    assert (await change(http, desk, 1))[0] == 200


# Over a restart.


async def test_a_survey_survives_a_restart(start: Start, http: aiohttp.ClientSession, data_dir: Path) -> None:
    first = make_service(data_dir, cluster="desk")
    async with first.running():
        for revision in range(3):
            kept = (await change(http, first, revision, await walk(http, first, views=20 + revision)))[1]
    second = await start(cluster="desk")
    assert (await ask(http, second))[1] == kept
    assert json.loads((await markers_of(http, second))[0])["survey"]["revision"] == 3


def test_a_survey_that_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    twin = Twin("serve", data_dir=tmp_path)

    def request(method: str, path: str, body: object = None, **headers: str) -> Any:
        line = http.client.HTTPConnection("127.0.0.1", twin.port, timeout=5)
        try:
            head = {"Content-Type": "application/json", "Authorization": f"Bearer {OPERATOR}", **headers}
            line.request(method, path, None if body is None else json.dumps(body), head)
            answer = line.getresponse()
            assert answer.status == 200
            return json.loads(answer.read())
        finally:
            line.close()

    with twin:
        body = walked(request("GET", "/model/markers.json")["markers"])
        stored = request("PUT", PATH, body, **{"If-Match": '"0"'})
        assert twin.process is not None
        twin.process.kill()
        twin.process.wait(10)
    twin.port = 0
    with twin:
        assert request("GET", PATH) == stored
        assert request("GET", "/model/markers.json")["survey"]["revision"] == 1


@pytest.mark.parametrize("document", [b"", b"{", b'{"version": 7}', b'{"version": 1, "revision": -1}'])
async def test_a_document_that_cannot_be_read_is_told_and_left_behind(
    start: Start, http: aiohttp.ClientSession, data_dir: Path, caplog: pytest.LogCaptureFixture, document: bytes
) -> None:
    first = make_service(data_dir, cluster="desk")
    async with first.running():
        await first.save_document("survey", document)
    second = await start(cluster="desk")
    assert "the kept survey of the markers cannot be read" in caplog.text
    assert (await ask(http, second))[1]["revision"] == 0
    assert (await change(http, second, 0, await walk(http, second)))[0] == 200


async def test_a_document_whose_checksum_is_wrong_is_told_and_left_behind(
    start: Start, http: aiohttp.ClientSession, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = make_service(data_dir, cluster="desk")
    async with first.running():
        await change(http, first, 0, await walk(http, first))
        damage = "UPDATE document SET body = replace(body, '0.0002', '0.0003') WHERE name = 'survey'"
        await first.journal.call(lambda: first.store.file.write(lambda db: db.execute(damage)))
    second = await start(cluster="desk")
    assert "checksum" in caplog.text
    assert (await ask(http, second))[1]["markers"] == []


async def test_the_survey_of_another_cluster_moves_no_marker(
    start: Start, http: aiohttp.ClientSession, data_dir: Path
) -> None:
    first = make_service(data_dir, cluster="cluster")
    async with first.running():
        assert (await change(http, first, 0, await walk(http, first)))[0] == 200
    second = await start(cluster="desk")
    markers = json.loads((await markers_of(http, second))[0])["markers"]
    assert markers
    assert all("designed" not in marker for marker in markers)
