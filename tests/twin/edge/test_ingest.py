"""How a report gets in, beside the doors: how long it was held, and what goes to the disk."""

from __future__ import annotations

import pytest

from tests.build import field_report
from tests.twin.conftest import url_of
from tests.twin.edge.test_agents import agent_of, born
from tests.twin.edge.viewer import Viewer
from tests.wait import until
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


@pytest.mark.parametrize("held", [-5, "a while", True, None, 1e300, {"ms": 5}, 10**12])
async def test_a_nonsensical_hold_counts_as_none(service: Service, held: object) -> None:
    async with agent_of(service) as agent:
        await born(agent, 1)
        assert (await agent.call("report", field_report(1, heldMs=held)))["ok"]
        assert service.clock.now_ms() - service.live.columns.received_ms[0] < 2000


async def test_the_hold_is_a_note_for_the_server_and_goes_no_further(service: Service) -> None:
    async with agent_of(service) as agent:
        await born(agent, 1)
        await agent.call("report", field_report(1, heldMs=1000, fan=5))
    report = service.live.reports[0]
    assert report is not None
    assert report.extra == {"fan": 5}
    assert b"heldMs" not in next(iter(service.store.latest())).body, "or it would come back after a restart"
