"""When the loop is late, held reports wait and fresh ones do not."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from tests.build import field_report
from tests.twin.conftest import BEARER_AGENT, url_of
from tests.twin.edge.test_agents import agent_of, born
from tests.wait import until
from twin.edge.lag import CALM_S, TRICKLE_S, Lag
from twin.service import Service


def test_a_calm_loop_admits_every_held_report() -> None:
    lag = Lag()
    lag.note(CALM_S, 100.0)
    assert all(lag.admits(100.0) for _ in range(3000))


def test_a_late_loop_admits_a_trickle_until_it_is_calm_again() -> None:
    lag = Lag()
    lag.note(1.0, 100.0)
    admitted = sum(lag.admits(100.0 + at / 1000) for at in range(1000))
    assert admitted == pytest.approx(1 / TRICKLE_S, rel=0.1)
    assert lag.seconds(101.0) == pytest.approx(0.25)
    calm_s = next(at / 10 for at in range(1000, 2000) if lag.seconds(at / 10) <= CALM_S)
    assert 101.0 < calm_s < 103.0
    assert all(lag.admits(calm_s) for _ in range(10))


def test_a_short_delay_does_not_hide_a_long_one() -> None:
    lag = Lag()
    lag.note(2.0, 100.0)
    lag.note(0.001, 100.05)
    assert lag.seconds(100.05) > 1.8


def test_a_machine_that_slept_for_hours_is_forgiven_soon() -> None:
    lag = Lag()
    lag.note(3 * 3600.0, 100.0)
    assert lag.seconds(105.0) <= CALM_S


async def test_while_the_loop_is_late_held_reports_are_put_off_and_fresh_ones_are_not(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin.edge.lag.TRICKLE_S", 1e9)
    monkeypatch.setattr("twin.edge.lag.HALF_LIFE_S", 1e9)
    service.ingest.lag.note(2.0, asyncio.get_running_loop().time())
    async with agent_of(service) as agent, aiohttp.ClientSession(headers=BEARER_AGENT) as http:
        await born(agent, 1)
        assert (await agent.call("report", field_report(1, heldMs=3_600_000)))["ok"], "the trickle's first"
        refused = await agent.call("report", field_report(1, heldMs=3_600_001))
        assert (refused["error"]["code"], refused["error"]["retry"]) == ("busy", True)
        assert "2.0 s behind" in refused["error"]["message"]
        assert (await agent.call("report", field_report(1)))["ok"]
        async with http.post(f"{url_of(service)}/api/cluster", json=field_report(1, heldMs=3_600_002)) as answer:
            assert answer.status == 503
            assert int(answer.headers["Retry-After"]) > 0
        async with http.post(f"{url_of(service)}/api/cluster", json=field_report(1)) as answer:
            assert answer.ok
        async with http.get(f"{url_of(service)}/metrics") as answer:
            text = await answer.text()
    assert "twin_reports_put_off_total 2.0" in text
    assert "twin_loop_lag_seconds 2.0" in text or "twin_loop_lag_seconds 1.99" in text
    assert service.ingest.late == 1


async def test_a_loop_that_was_blocked_is_noticed_by_the_tick(service: Service) -> None:
    peak = 0.0

    def seen() -> bool:
        nonlocal peak
        peak = max(peak, service.ingest.lag.seconds(asyncio.get_running_loop().time()))
        return peak > CALM_S

    time.sleep(0.5)  # noqa: ASYNC251  # this is the stall
    await until(seen, "the stall was measured")
