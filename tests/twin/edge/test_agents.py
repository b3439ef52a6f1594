"""Namespace /agents: births, reports that are acknowledged once they are on the disk, goodbyes, and the will."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from telemetry.store.base import Entry, StoreUnavailable
from tests.build import field_report, mac_of
from tests.twin.conftest import AGENT, Start, url_of
from tests.twin.edge.viewer import Viewer
from tests.wait import until
from twin.core.columns import STATUSES
from twin.edge import ingest
from twin.service import Service


def agent_of(service: Service) -> Viewer:
    return Viewer(url_of(service), "/agents", auth={"token": AGENT})


def birth_of(n: int, **keys: object) -> dict[str, object]:
    body: dict[str, object] = {"mac": mac_of(n), "ip": f"10.0.0.{n}", "boot_id": "b", "version": "1", "period_s": 5.0}
    return {**body, "capabilities": [], **keys}


async def born(agent: Viewer, n: int, **keys: object) -> None:
    answer = await agent.call("birth", birth_of(n, **keys))
    assert answer["ok"], answer


def status_of(service: Service, n: int) -> str:
    row = service.live.roster.find(mac_of(n))
    return "nobody" if row is None else STATUSES[service.live.columns.status[row]]


async def test_a_birth_is_answered_with_the_time_and_makes_a_node_that_is_not_online(service: Service) -> None:
    async with agent_of(service) as agent:
        answer = await agent.call("birth", birth_of(1, switch_ip="172.20.80.201", port=7, period_s=2))
        assert answer["ok"] is True
        assert abs(answer["server_ms"] - service.clock.now_ms()) < 2000
        node = service.live.roster.nodes[0]
        assert (node.id, node.mac, node.ip) == ("172.20.80.201-7", mac_of(1), "10.0.0.1")
        assert service.live.columns.period_ms[0] == 2000
        assert status_of(service, 1) != "online", "a greeting carries no values"
        assert service.live.reports[0] is None


async def test_a_report_is_acknowledged_online_and_shown(service: Service) -> None:
    async with agent_of(service) as agent:
        await born(agent, 1)
        assert await agent.call("report", field_report(1, CPU=44.5)) == {"ok": True}
        assert (status_of(service, 1), float(service.live.columns.cpu_pct[0])) == ("online", 44.5)


async def test_a_report_is_acknowledged_only_when_it_is_on_the_disk(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, disk = service.store.append, threading.Event()

    def slow(entries: Sequence[Entry]) -> int:
        assert disk.wait(4)
        return append(entries)

    monkeypatch.setattr(service.store, "append", slow)
    async with agent_of(service) as agent, Viewer(url_of(service)) as viewer:
        await born(agent, 1)
        await viewer.first_frame()
        report = asyncio.ensure_future(agent.call("report", field_report(1)))
        await until(lambda: service.journal.commits == 0 and service.journal.waiting == 0)
        seen = len(viewer.frames)
        await agent.call("birth", birth_of(1))  # the connection is alive and answers other things
        assert not report.done()
        assert status_of(service, 1) != "online", "nobody is shown what could be lost"
        disk.set()
        assert await report == {"ok": True}
        assert [entry.key for entry in service.store.latest()] == [mac_of(1)]
        await until(lambda: len(viewer.frames) > seen)


async def test_an_acknowledged_report_is_in_the_file_itself(service: Service, data_dir: Path) -> None:
    async with agent_of(service) as agent:
        await born(agent, 1)
        assert (await agent.call("report", field_report(1)))["ok"]
        assert _landed(data_dir) == 1


def _landed(data_dir: Path) -> int:
    """Reports in what a crash would leave behind: the file and its log, read without the service's help."""
    copy = data_dir / "copy"
    copy.mkdir()
    for file in data_dir.glob("telemetry.sqlite3*"):
        (copy / file.name).write_bytes(file.read_bytes())
    found = sqlite3.connect(copy / "telemetry.sqlite3")
    try:
        return int(found.execute("SELECT sum(count) FROM batch").fetchone()[0])
    finally:
        found.close()


async def test_a_disk_that_fails_is_told_with_retry_and_the_next_report_is_taken(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    append = service.store.append
    failing = [True]

    def sometimes(entries: Sequence[Entry]) -> int:
        if failing.pop() if failing else False:
            raise StoreUnavailable("the disk is full")
        return append(entries)

    monkeypatch.setattr(service.store, "append", sometimes)
    async with agent_of(service) as agent:
        await born(agent, 1)
        answer = await agent.call("report", field_report(1))
        assert (answer["ok"], answer["error"]["retry"]) == (False, True)
        assert "the disk is full" in answer["error"]["message"]
        assert status_of(service, 1) != "online"
        assert (await agent.call("report", field_report(1)))["ok"] is True
    assert "commit failed" in caplog.text


async def test_a_disk_that_hangs_is_told_with_retry(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    append, disk = service.store.append, threading.Event()

    def stuck(entries: Sequence[Entry]) -> int:
        disk.wait(4)
        return append(entries)

    monkeypatch.setattr(service.store, "append", stuck)
    monkeypatch.setattr(ingest, "COMMIT_TIMEOUT_S", 0.05)
    async with agent_of(service) as agent:
        await born(agent, 1)
        answer = await agent.call("report", field_report(1))
        assert (answer["ok"], answer["error"]["code"], answer["error"]["retry"]) == (False, "unavailable", True)
        disk.set()
        await until(lambda: service.journal.committed == 1)


async def test_a_report_before_the_birth_is_refused(service: Service) -> None:
    async with agent_of(service) as agent:
        answer = await agent.call("report", field_report(1))
        assert (answer["ok"], answer["error"]["code"]) == (False, "not_born")
    assert len(service.live.roster) == 0


async def test_a_report_under_another_mac_is_refused(service: Service) -> None:
    async with agent_of(service) as agent:
        await born(agent, 1)
        for body in (field_report(2), field_report(1, mac="")):
            answer = await agent.call("report", body)
            assert (answer["ok"], answer["error"]["code"], answer["error"]["field"]) == (False, "not_yours", "mac")
    assert len(service.live.roster) == 1


async def test_one_socket_is_one_node_even_after_a_second_birth(service: Service) -> None:
    async with agent_of(service) as agent:
        await born(agent, 1)
        answer = await agent.call("birth", birth_of(2))
        assert (answer["ok"], answer["error"]["code"]) == (False, "not_yours")
        await born(agent, 1, period_s=3)  # saying the same again is fine
    assert len(service.live.roster) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "mac"),
        (birth_of(1, mac=""), "mac"),
        (birth_of(1, mac="nonsense"), "mac"),
        (birth_of(1, mac=5), "mac"),
        (birth_of(1, ip="nowhere"), "ip"),
        (birth_of(1, port=-7), "port"),
        (birth_of(1, period_s="soon"), "period_s"),
        (birth_of(1, period_s=True), "period_s"),
        ([], "birth"),
        ("hello", "birth"),
        (None, "birth"),
    ],
)
async def test_a_bad_birth_is_refused_by_field(service: Service, body: object, field: str) -> None:
    async with agent_of(service) as agent:
        answer = await agent.call("birth", body)
        assert (answer["ok"], answer["error"]["field"]) == (False, field)
        assert (await agent.call("report", field_report(1)))["error"]["code"] == "not_born"
    assert len(service.live.roster) == 0


@pytest.mark.parametrize(
    "body", [None, [], "x", 5, {"CPU": "x", "mac": mac_of(1)}, {"mac": mac_of(1), "data": "x" * 70_000}]
)
async def test_a_bad_report_is_refused_and_the_connection_goes_on(service: Service, body: object) -> None:
    async with agent_of(service) as agent:
        await born(agent, 1)
        answer = await agent.call("report", body)
        assert (answer["ok"], answer["error"]["retry"]) == (False, False)
        assert (await agent.call("report", field_report(1)))["ok"] is True


async def test_more_nodes_than_there_is_room_for_are_refused_and_may_try_again(start: Start) -> None:
    service = await start(max_nodes=1)
    async with agent_of(service) as first, agent_of(service) as second:
        await born(first, 1)
        answer = await second.call("birth", birth_of(2))
        assert (answer["error"]["code"], answer["error"]["retry"]) == ("too_many_nodes", True)
        assert (await second.call("report", field_report(2)))["error"]["code"] == "not_born"
        assert (await first.call("report", field_report(1)))["ok"] is True


# Goodbyes and the will.


async def test_a_socket_that_dies_leaves_its_node_lost(service: Service) -> None:
    async with agent_of(service) as agent:
        await born(agent, 1)
        await agent.call("report", field_report(1))
    await until(lambda: status_of(service, 1) == "lost")
    assert service.agents.agents == {}


@pytest.mark.parametrize(("reason", "status"), [("reboot", "rebooting"), ("shutdown", "lost")])
async def test_a_goodbye_says_whether_the_node_comes_back(service: Service, reason: str, status: str) -> None:
    async with agent_of(service) as agent:
        await born(agent, 1)
        await agent.call("report", field_report(1))
        assert await agent.call("bye", {"reason": reason}) == {"ok": True}
        assert status_of(service, 1) == status
    await until(lambda: service.agents.agents == {})
    assert status_of(service, 1) == status, "the will does not overrule the goodbye"


async def test_a_rebooted_node_is_online_again_with_its_next_report(service: Service) -> None:
    async with agent_of(service) as agent:
        await born(agent, 1)
        await agent.call("report", field_report(1))
        await agent.call("bye", {"reason": "reboot"})
    async with agent_of(service) as agent:
        await born(agent, 1)
        assert status_of(service, 1) == "rebooting"
        await agent.call("report", field_report(1))
        assert status_of(service, 1) == "online"


@pytest.mark.parametrize("body", [None, {}, {"reason": "bored"}, [], "reboot"])
async def test_a_goodbye_without_a_known_reason_is_refused(service: Service, body: object) -> None:
    async with agent_of(service) as agent:
        await born(agent, 1)
        await agent.call("report", field_report(1))
        assert (await agent.call("bye", body))["ok"] is False
        assert status_of(service, 1) == "online"


async def test_an_old_socket_that_dies_late_does_not_make_a_reconnected_node_lost(service: Service) -> None:
    old = agent_of(service)
    await old.__aenter__()
    await born(old, 1)
    await old.call("report", field_report(1))
    async with agent_of(service) as new:
        await born(new, 1)
        await new.call("report", field_report(1))
        await old.__aexit__()
        await until(lambda: len(service.agents.agents) == 1, "the old socket's end is noticed")
        assert status_of(service, 1) == "online"
    await until(lambda: status_of(service, 1) == "lost", "now the newest is dead too")


async def test_a_report_still_on_its_way_to_the_disk_does_not_revive_a_dead_node(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, entered, disk = service.store.append, threading.Event(), threading.Event()

    def slow(entries: Sequence[Entry]) -> int:
        entered.set()
        assert disk.wait(4)
        return append(entries)

    monkeypatch.setattr(service.store, "append", slow)
    async with agent_of(service) as agent:
        await born(agent, 1)
        await agent.send(f"2/agents,7{json.dumps(['report', field_report(1)])}")
        await until(entered.is_set, "the report is on its way")
    await until(lambda: service.agents.agents == {})
    disk.set()
    await until(lambda: service.journal.committed == 1)
    await until(lambda: status_of(service, 1) == "lost")


# Fleets: the simulator's one socket for many nodes.


async def test_a_fleet_speaks_for_many_and_all_are_lost_with_it(service: Service) -> None:
    async with agent_of(service) as fleet:
        assert (await fleet.call("birth", {"fleet": True, "period_s": 1}))["ok"]
        answers = await asyncio.gather(*(fleet.call("report", field_report(n)) for n in range(50)))
        assert answers == [{"ok": True}] * 50
        assert {status_of(service, n) for n in range(50)} == {"online"}
        assert set(service.live.columns.period_ms[:50].tolist()) == {1000}
        assert await fleet.call("bye", {"reason": "reboot", "mac": mac_of(7)}) == {"ok": True}
        assert (status_of(service, 7), status_of(service, 8)) == ("rebooting", "online")
    await until(lambda: all(status_of(service, n) == "lost" for n in range(50) if n != 7))
    assert status_of(service, 7) == "rebooting", "who said goodbye is not swept away with the fleet"


async def test_a_node_that_left_a_fleet_for_its_own_socket_survives_the_fleet(service: Service) -> None:
    async with agent_of(service) as own:
        async with agent_of(service) as fleet:
            await fleet.call("birth", {"fleet": True})
            for n in (1, 2):
                await fleet.call("report", field_report(n))
            await born(own, 1)
            await own.call("report", field_report(1))
        await until(lambda: status_of(service, 2) == "lost")
        assert status_of(service, 1) == "online"
