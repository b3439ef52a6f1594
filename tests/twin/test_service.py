"""The service as a whole: start, one writer, forgetting, failing parts, and a stop in good order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from telemetry.store.base import Entry, StoreUnavailable
from tests.build import field_report, mac_of
from tests.twin.conftest import AGENT, BEARER_AGENT, BEARER_OPERATOR, Start, make_service, url_of
from tests.twin.edge.viewer import Viewer
from tests.wait import until
from twin.core.columns import STATUSES
from twin.service import Service


async def post(http: aiohttp.ClientSession, service: Service, n: int, **keys: object) -> int:
    url = f"{url_of(service)}/api/cluster"
    async with http.post(url, json=field_report(n, **keys), headers=BEARER_AGENT) as answer:
        return answer.status


def statuses(service: Service) -> set[str]:
    return {STATUSES[each] for each in service.live.columns.status[: service.live.columns.count]}


async def test_what_is_known_survives_a_restart_with_its_age_and_is_not_online(
    start: Start, http: aiohttp.ClientSession, data_dir: Path
) -> None:
    first = make_service(data_dir)
    async with first.running():
        for n in range(20):
            assert await post(http, first, n, CPU=n, fan=n) == 200
        seen = first.live.columns.received_ms[:20].tolist()
        epoch = first.live.epoch
    second = await start()
    assert second.live.epoch > epoch
    assert statuses(second) <= {"unknown", "lost"}
    assert sorted(second.live.columns.received_ms[:20].tolist()) == sorted(seen), "true ages, not those of the restart"
    by_mac = {node.mac: second.live.reports[node.row] for node in second.live.roster.nodes}
    report = by_mac[mac_of(7)]
    assert report is not None
    assert (report.cpu_pct, report.extra) == (7.0, {"fan": 7})
    assert await post(http, second, 7) == 200
    assert statuses(second) == {"online", "unknown"}


async def test_what_was_forgotten_stays_forgotten(start: Start, http: aiohttp.ClientSession, data_dir: Path) -> None:
    first = make_service(data_dir)
    async with first.running():
        await post(http, first, 1)
        async with http.delete(f"{url_of(first)}/api/cluster", headers=BEARER_OPERATOR) as answer:
            assert answer.status == 200
        await post(http, first, 2)
        epoch = first.live.epoch
    second = await start()
    assert [node.mac for node in second.live.roster.nodes] == [mac_of(2)]
    assert second.live.epoch > epoch


async def test_forgetting_while_reports_pour_in_leaves_disk_and_live_state_agreed(
    service: Service, http: aiohttp.ClientSession
) -> None:
    answers = await asyncio.gather(
        *(post(http, service, n) for n in range(40)), service.forget(), *(post(http, service, n) for n in range(40, 80))
    )
    assert set(answers) - {None} == {200}
    kept = {entry.key for entry in service.store.latest()}
    assert kept == {node.mac for node in service.live.roster.nodes}


async def test_two_reports_of_one_node_in_one_commit_show_the_later(start: Start, http: aiohttp.ClientSession) -> None:
    service = await start(commit_linger_ms=50)
    answers = await asyncio.gather(*(post(http, service, 1, CPU=cpu) for cpu in range(20)))
    assert set(answers) == {200}
    entry = next(iter(service.store.latest()))
    assert f'"CPU":{service.live.columns.cpu_pct[0]:.0f}'.encode() in entry.body, "disk and picture say the same"


async def test_a_full_journal_is_503_with_retry_after_and_nothing_is_lost(
    start: Start, http: aiohttp.ClientSession
) -> None:
    service = await start(journal_max=16, commit_linger_ms=100)
    url = f"{url_of(service)}/api/cluster"

    async def send(n: int) -> tuple[int, str]:
        async with http.post(url, json=field_report(n), headers=BEARER_AGENT) as answer:
            return answer.status, answer.headers.get("Retry-After", "")

    answers = await asyncio.gather(*(send(n) for n in range(60)))
    assert {status for status, _ in answers} == {200, 503}
    assert all(after for status, after in answers if status == 503)
    taken = [n for n, (status, _) in enumerate(answers) if status == 200]
    assert {entry.key for entry in service.store.latest()} == {mac_of(n) for n in taken}


async def test_a_disk_that_fails_is_503_and_shows_nothing(
    service: Service, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(entries: Sequence[Entry]) -> None:
        raise StoreUnavailable("no space left on the device")

    monkeypatch.setattr(service.store, "append", full)
    assert await post(http, service, 1) == 503
    assert len(service.live.roster) == 0
    async with http.get(f"{url_of(service)}/healthz") as answer:
        assert answer.status == 200


async def test_a_bad_tick_is_logged_and_the_next_one_comes(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, broken = service.live.tick, [True]

    def sometimes(now_ms: int, *, heartbeat: bool = False) -> bool:
        if broken.pop() if broken else False:
            raise RuntimeError("a bug")
        return real(now_ms, heartbeat=heartbeat)

    monkeypatch.setattr(service.live, "tick", sometimes)
    async with Viewer(url_of(service)) as viewer:
        await viewer.first_frame()
    assert "a tick failed" in caplog.text


async def test_a_part_that_dies_ends_the_service_rather_than_leave_half_of_it(
    data_dir: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make_service(data_dir)

    async def dies() -> None:
        raise RuntimeError("a part of it")

    monkeypatch.setattr(service.manager, "ping_forever", dies)
    async with service.running():
        async with asyncio.timeout(4):
            await service.stopped()
    assert "a part of the service failed" in caplog.text


async def test_a_node_goes_late_then_lost_and_every_viewer_is_told(start: Start, http: aiohttp.ClientSession) -> None:
    service = await start(period_s=0.1, late_after=2, lost_after=6)
    async with Viewer(url_of(service)) as viewer:
        await post(http, service, 1)
        seen: list[int] = []

        def told(status: str) -> bool:
            for frame in viewer.frames[len(seen) :]:
                seen.append(frame.seq)
                if frame.status is not None and frame.rows.tolist() == [0]:
                    history.append(STATUSES[int(frame.status[0])])
            return status in history

        history: list[str] = []
        await until(lambda: told("lost"))
        assert [each for each in history if each != "unknown"] == ["online", "late", "lost"]
        await post(http, service, 1)
        await until(lambda: told("online") and history[-1] == "online")


async def test_a_stop_with_everybody_connected_takes_no_time_and_loses_nothing(data_dir: Path) -> None:
    asyncio.get_running_loop().set_debug(True)
    service = make_service(data_dir)
    open_: list[Viewer] = []
    async with service.running():
        for namespace, how in (
            ("/twin", "websocket"),
            ("/twin", "polling"),
            ("/", "upgrade"),
            ("/agents", "websocket"),
        ):
            auth = {"token": AGENT}
            open_.append(await Viewer(url_of(service), namespace, how, auth).__aenter__())
        agent = open_[-1]
        assert (await agent.call("birth", {"mac": mac_of(1), "period_s": 5}))["ok"]
        assert (await agent.call("report", field_report(1)))["ok"]
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 2.0
    for viewer in open_:
        await until(viewer.closed.is_set)
        await viewer.__aexit__()
    again = make_service(data_dir)
    assert [entry.key for entry in again.store.latest()] == [mac_of(1)]
    again.store.close()
    again.journal._thread.shutdown()


async def test_a_report_under_way_at_the_stop_is_kept_if_it_was_acknowledged(
    data_dir: Path, http: aiohttp.ClientSession
) -> None:
    service = make_service(data_dir, commit_linger_ms=50)
    async with service.running():
        posts = [asyncio.ensure_future(post(http, service, n)) for n in range(30)]
        await until(lambda: service.journal.waiting > 0)
    answers: list[Any] = await asyncio.gather(*posts, return_exceptions=True)
    again = make_service(data_dir)
    kept = {entry.key for entry in again.store.latest()}
    assert {mac_of(n) for n, answer in enumerate(answers) if answer == 200} <= kept
    again.store.close()
    again.journal._thread.shutdown()


async def test_a_taken_port_is_an_error_and_the_store_is_free_again(service: Service, tmp_path: Path) -> None:
    other = make_service(tmp_path / "other", port=service.port)
    with pytest.raises(OSError, match="address already in use"):
        async with other.running():
            raise AssertionError
    third = make_service(tmp_path / "other")
    async with third.running():
        assert third.port


async def test_the_service_starts_on_a_store_whose_reports_cannot_be_read_any_more(
    start: Start, http: aiohttp.ClientSession, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = make_service(data_dir)
    now = first.clock.now_ms()
    good = b'{"mac":"b8:27:eb:00:00:01"}'
    first.store.append(
        [Entry("x", now, now, b"{not json"), Entry("y", now, now, b'{"CPU": -5}'), Entry("z", now, now, good)]
    )
    first.store.close()
    first.journal._thread.shutdown()
    second = await start()
    assert [node.mac for node in second.live.roster.nodes] == [mac_of(1)]
    assert caplog.text.count("a kept report cannot be read") == 2
