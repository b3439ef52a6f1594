"""How a report gets in, beside the doors: how long it was held, and what goes to the disk."""

from __future__ import annotations

import aiohttp
import pytest

from tests.build import field_report
from tests.twin.conftest import BEARER_AGENT, url_of
from tests.twin.edge.test_agents import agent_of, born
from tests.twin.edge.viewer import Viewer
from tests.wait import until
from twin.edge.ingest import MAX_HELD_MS
from twin.service import Service


async def test_a_report_that_was_held_shows_its_true_age(service: Service) -> None:
    async with agent_of(service) as agent, Viewer(url_of(service)) as viewer:
        await born(agent, 1)
        assert (await agent.call("report", field_report(1, heldMs=12_000)))["ok"]
        now = service.clock.now_ms()
        assert 12_000 <= now - service.live.columns.received_ms[0] < 14_000
        await viewer.agrees(service.live)
        assert await viewer.call("watch", {"ids": ["172.20.80.201-2"]}) == {"ok": True}
        await until(lambda: viewer.named("node"))
        assert 12_000 <= viewer.named("node")[0]["age_ms"] < 16_000
        entry = next(iter(service.store.latest()))
        assert entry.received_ms - entry.seen_ms == 12_000


async def test_a_held_report_never_replaces_a_newer_one(service: Service) -> None:
    async with agent_of(service) as agent:
        await born(agent, 1)
        assert (await agent.call("report", field_report(1, CPU=80)))["ok"]
        assert (await agent.call("report", field_report(1, CPU=20, heldMs=60_000)))["ok"]
        assert service.live.columns.cpu_pct[0] == 80
        assert service.journal.committed == 2, "it is history, and kept"


@pytest.mark.parametrize("held", [-5, "a while", True, None, {"ms": 5}])
async def test_a_nonsensical_hold_counts_as_none(service: Service, held: object) -> None:
    async with agent_of(service) as agent:
        await born(agent, 1)
        assert (await agent.call("report", field_report(1, heldMs=held)))["ok"]
        assert service.clock.now_ms() - service.live.columns.received_ms[0] < 2000


@pytest.mark.parametrize("held", [MAX_HELD_MS + 1, 10**12, 1e300])
async def test_a_report_that_was_held_for_too_long_is_never_taken_for_fresh(service: Service, held: float) -> None:
    async with agent_of(service) as agent:
        await born(agent, 1)
        assert (await agent.call("report", field_report(1, heldMs=held)))["ok"]
        assert service.clock.now_ms() - service.live.columns.received_ms[0] >= MAX_HELD_MS


async def test_the_hold_is_a_note_for_the_server_and_goes_no_further(service: Service) -> None:
    async with agent_of(service) as agent:
        await born(agent, 1)
        await agent.call("report", field_report(1, heldMs=1000, fan=5))
    report = service.live.reports[0]
    assert report is not None
    assert report.extra == {"fan": 5}
    assert b"heldMs" not in next(iter(service.store.latest())).body, "or it would come back after a restart"


async def test_history_is_filed_under_the_servers_time_whatever_the_nodes_clock_says(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    mac, day = field_report(1)["mac"], 86_400_000
    began = service.clock.now_ms()
    skews = [0, 0, -day, -day, 365 * day, 365 * day, 40 * 365 * day, -day, 0]
    async with agent_of(service) as agent, Viewer(url_of(service)) as viewer:
        await born(agent, 1)
        for number, skew_ms in enumerate(skews):
            said = field_report(1, CPU=number, sampledAt=began + 10 * number + skew_ms)
            assert (await agent.call("report", said))["ok"]
            assert (await agent.call("report", {**said, "heldMs": 1}))["ok"], "its answer was lost"
            assert service.live.columns.cpu_pct[0] == number, "live goes on"
        assert await viewer.call("watch", {"ids": ["172.20.80.201-2"]}) == {"ok": True}
        await until(lambda: viewer.named("node"))
        assert viewer.named("node")[-1]["skew_ms"] == service.live.skew_ms(0)
    assert service.journal.committed == 2 * len(skews)
    extent = await service.archive.store.extent()
    assert extent.rows == len(skews), "each counts, and once"
    assert began <= extent.first_ms <= extent.last_ms <= service.clock.now_ms()
    entry = next(iter(service.store.latest()))
    assert (entry.key, b"sampledAt" in entry.body) == (mac, True), "both times are kept"
    told = [record for record in caplog.records if "clock" in record.getMessage()]
    assert len(told) == 1, "one line, not one a report"


async def test_metrics_count_wrong_clocks_and_late_reports(service: Service) -> None:
    now = service.clock.now_ms()
    async with agent_of(service) as agent, aiohttp.ClientSession() as http:
        await born(agent, 1)
        for number in range(3):
            assert (await agent.call("report", field_report(1, sampledAt=now + 3_600_000 + number)))["ok"]
        assert (await agent.call("report", field_report(1, sampledAt=now, heldMs=90_000)))["ok"]
        async with http.get(f"{url_of(service)}/metrics") as answer:
            text = await answer.text()
    assert "twin_wrong_clocks 1.0" in text
    assert "twin_reports_late_total 1.0" in text


async def test_held_reports_come_later_when_too_many_wait_and_fresh_ones_do_not(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin.edge.ingest.LATE_AT_ONCE", 0)
    async with agent_of(service) as agent, aiohttp.ClientSession(headers=BEARER_AGENT) as http:
        await born(agent, 1)
        refused = await agent.call("report", field_report(1, heldMs=3_600_000))
        assert (refused["error"]["code"], refused["error"]["retry"]) == ("busy", True)
        assert (await agent.call("report", field_report(1)))["ok"]
        async with http.post(f"{url_of(service)}/api/cluster", json=field_report(1, heldMs=3_600_000)) as answer:
            assert answer.status == 503
            assert int(answer.headers["Retry-After"]) > 0
