"""The simulator against a small real socket.io server on a free port: births, acknowledged
reports, byes, coming back."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import logging
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest
import socketio

from telemetry.fleet import Fleet
from telemetry.report import parse
from telemetry.sim_faults import Change, Mode
from telemetry.sim_hub import Counts
from telemetry.sim_line import Line
from telemetry.sim_progress import Audience, audience, sentence, show_progress
from telemetry.simulate import Options, Simulation, add_arguments, direct, run
from tests.telemetry.sim_server import OK, PATIENCE_S, Server, until

NODES = 30


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    await server.start()
    yield server
    await server.stop()


@asynccontextmanager
async def running(
    server: Server, *, nodes: int = NODES, faults: str = "none", **options: Any
) -> AsyncIterator[Simulation]:
    simulation = Simulation(Fleet(nodes, 1, faults=faults), Options(server.url, **{"period_s": 0.2, **options}))
    stop = asyncio.Event()
    task = asyncio.create_task(simulation.run(stop))
    try:
        yield simulation
    finally:
        stop.set()
        async with asyncio.timeout(2.0):
            await task


async def test_every_agent_is_born_with_its_own_identity_and_token(server: Server) -> None:
    server.token = "secret"
    async with running(server, token="secret") as simulation:
        await until(lambda: simulation.counts.connected == NODES)
        assert len({birth["mac"] for birth in server.births}) == NODES
        birth = server.births[0]
        assert birth["version"] == "simulator"
        assert birth["period_s"] == 0.2
        assert birth["capabilities"] == []
        assert "fleet" not in birth
        assert {(birth["switch_ip"], birth["port"]) for birth in server.births} == {
            place[:2] for place in simulation.fleet.places
        }
        assert server.tokens == [{"token": "secret"}] * NODES


async def test_reports_are_acknowledged_and_spread_over_the_period(server: Server) -> None:
    async with running(server, period_s=0.6) as simulation:
        await until(lambda: len({body["mac"] for body in server.reports}) == NODES)
        await until(lambda: simulation.counts.acked >= 2 * NODES)
        first = {body["mac"]: body["sampledAt"] for body in reversed(server.reports)}
        assert max(first.values()) - min(first.values()) > 180
        assert max(Counter(body["mac"] for body in server.reports).values()) <= 4
        for body in server.reports:
            parse(body)
    assert simulation.counts.refused == simulation.counts.timeouts == simulation.counts.resent == 0


async def test_end_says_bye_within_two_seconds(server: Server) -> None:
    async with running(server) as simulation:
        await until(lambda: simulation.counts.connected == NODES)
    assert sorted(server.byes) == sorted((birth["mac"], "shutdown") for birth in server.births)
    assert simulation.counts.byes == NODES
    assert simulation.counts.connected == 0
    assert server.lost == []


@pytest.mark.parametrize("births", range(1, NODES, 4))
async def test_a_stop_while_agents_are_connecting_leaves_none_behind(server: Server, births: int) -> None:
    async with running(server) as simulation:
        await until(lambda: simulation.counts.births >= births)
    assert simulation.counts.connected == 0


@pytest.mark.parametrize("outcome", [None, socketio.exceptions.ConnectionError("too late")])
async def test_a_cancellation_that_the_library_swallows_still_ends_the_agent(outcome: Exception | None) -> None:
    started = asyncio.Event()

    async def connect(*_: object, **__: object) -> None:
        started.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        if outcome is not None:
            raise outcome

    async with aiohttp.ClientSession() as session:
        line = Line("http://127.0.0.1:1", "", session, lambda: None)
        line._client.connect = connect
        task = asyncio.create_task(line.open({}))
        await started.wait()
        task.cancel()
        await asyncio.wait({task}, timeout=PATIENCE_S)
        assert task.cancelled()


async def test_all_come_back_when_the_server_does(server: Server) -> None:
    async with running(server) as simulation:
        await until(lambda: simulation.counts.acked >= NODES)
        await server.stop()
        await until(lambda: simulation.counts.connected == 0)
        await until(lambda: simulation.counts.failed_connects >= NODES)
        taken = len(server.reports)
        await server.start()
        await until(lambda: simulation.counts.connected == NODES)
        await until(lambda: len({body["mac"] for body in server.reports[taken:]}) == NODES)
        assert simulation.counts.lost == NODES
        assert len(server.births) == 2 * NODES


async def test_a_server_that_is_not_there_yet_is_waited_for() -> None:
    server = Server()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server.port = probe.getsockname()[1]
    async with running(server, nodes=5) as simulation:
        await until(lambda: simulation.counts.failed_connects >= 5)
        assert server.url in simulation.counts.last_error
        await server.start()
        await until(lambda: simulation.counts.acked >= 5)
        assert simulation.counts.last_error == ""
    await server.stop()


def sent_again(reports: list[dict[str, Any]]) -> set[str]:
    """The reports that say for how long they were held, as they were at first."""
    held = [body for body in reports if "heldMs" in body]
    assert all(0 <= body["heldMs"] < 60_000 for body in held)
    return {json.dumps({key: value for key, value in body.items() if key != "heldMs"}) for body in held}


async def test_an_unacknowledged_report_is_sent_again_as_it_was(server: Server) -> None:
    server.answer = lambda body: None
    async with running(server, nodes=3) as simulation:
        await until(lambda: len(server.reports) == 3)
        await server.stop()
        server.answer = lambda body: OK
        owed = {json.dumps(body) for body in server.reports}
        await until(lambda: simulation.counts.connected == 0)
        await server.start()
        await until(lambda: owed <= sent_again(server.reports[3:]))
        assert simulation.counts.resent == 3


async def test_a_report_refused_for_now_is_sent_again_and_one_refused_for_good_is_not(server: Server) -> None:
    tries: Counter[int] = Counter()

    def answer(body: dict[str, Any]) -> object:
        tries[body["sampledAt"]] += 1
        if len(tries) == 1 and tries[body["sampledAt"]] == 1:
            return {"ok": False, "error": {"code": "busy", "message": "the disk is slow", "retry": True}}
        if len(tries) == 2:
            return {"ok": False, "error": {"code": "out_of_range", "message": "no such heat", "retry": False}}
        return OK

    server.answer = answer
    async with running(server, nodes=1) as simulation:
        await until(lambda: simulation.counts.acked >= 3 and next(iter(tries.values())) == 2)
        assert list(tries.values())[:3] == [2, 1, 1]
        assert simulation.counts.refused == 1
        assert simulation.counts.resent == 1


async def test_a_wrong_token_is_told_and_tried_again(server: Server) -> None:
    server.token = "secret"
    async with running(server, nodes=2, token="guess") as simulation:
        await until(lambda: simulation.counts.failed_connects >= 4)
        assert simulation.counts.births == 0
        assert "wrong token" in simulation.counts.last_error


def change(simulation: Simulation, node: int, mode: Mode) -> None:
    """Do to one node what Faults.step would, now."""
    simulation.fleet.faults.mode[node] = mode
    simulation.fleet.faults._until_s[node] = 1e9
    if mode is Mode.UP:
        simulation.fleet.faults.boots[node] += 1
    simulation.agents[node].wake()


async def test_a_reboot_says_bye_and_comes_back_with_a_new_boot_id(server: Server) -> None:
    async with running(server, nodes=4) as simulation:
        await until(lambda: simulation.counts.acked >= 4)
        change(simulation, 2, Mode.REBOOTING)
        mac = simulation.fleet.nodes[2].mac
        await until(lambda: server.byes == [(mac, "reboot")])
        await until(lambda: simulation.counts.connected == 3)
        change(simulation, 2, Mode.UP)
        await until(lambda: simulation.counts.connected == 4)
        boots = [birth["boot_id"] for birth in server.births if birth["mac"] == mac]
        assert len(set(boots)) == 2
        assert server.lost == []


async def test_a_dead_node_is_cut_without_a_bye(server: Server) -> None:
    async with running(server, nodes=4) as simulation:
        await until(lambda: simulation.counts.acked >= 4)
        change(simulation, 1, Mode.DEAD)
        await until(lambda: server.lost == [simulation.fleet.nodes[1].mac])
        assert server.byes == []
        assert simulation.counts.connected == 3


async def test_a_hung_node_keeps_its_socket_and_says_nothing_until_the_watchdog_cuts_it(
    server: Server,
) -> None:
    async with running(server, nodes=2) as simulation:
        hung, other = (node.mac for node in simulation.fleet.nodes)
        await until(lambda: simulation.counts.acked >= 4)
        change(simulation, 0, Mode.HUNG)
        before = Counter(body["mac"] for body in server.reports)
        await until(lambda: Counter(body["mac"] for body in server.reports)[other] >= before[other] + 4)
        assert Counter(body["mac"] for body in server.reports)[hung] <= before[hung] + 1
        assert simulation.counts.connected == 2
        change(simulation, 0, Mode.REBOOTING)
        await until(lambda: server.lost == [hung])
        assert server.byes == []


async def test_speed_makes_reports_and_faults_come_sooner(server: Server) -> None:
    async with running(server, faults="busy", period_s=20.0, speed=100.0) as simulation:
        await until(lambda: "reboot" in {reason for _, reason in server.byes})
        assert server.births[0]["period_s"] == pytest.approx(0.2)
        await until(lambda: simulation.counts.acked > 0)


async def test_a_fleet_over_one_connection_is_born_once_and_reports_for_all(server: Server) -> None:
    async with running(server, nodes=500, period_s=0.5, bulk=True) as simulation:
        await until(lambda: len({body["mac"] for body in server.reports}) == 500)
        await until(lambda: simulation.counts.acked >= 500)
        assert [birth["fleet"] for birth in server.births] == [True]
    assert [reason for _, reason in server.byes] == ["shutdown"]


async def test_a_fleet_over_one_connection_sends_again_what_was_not_acknowledged(server: Server) -> None:
    server.answer = lambda body: None
    async with running(server, nodes=600, period_s=0.5, bulk=True):
        await until(lambda: len(server.reports) == 512)
        owed = {json.dumps(body) for body in server.reports}
        await server.stop()
        server.reports.clear()
        server.answer = lambda body: OK
        await server.start()
        await until(lambda: owed <= sent_again(server.reports))


async def test_a_rebooting_node_of_a_fleet_says_bye_over_the_common_connection(server: Server) -> None:
    async with running(server, nodes=40, bulk=True) as simulation:
        await until(lambda: simulation.counts.acked >= 40)
        assert simulation.bulk is not None
        simulation.bulk.note(Change(3, Mode.REBOOTING))
        simulation.bulk.note(Change(4, Mode.HUNG))
        simulation.bulk.note(Change(4, Mode.REBOOTING))
        await until(lambda: (simulation.fleet.nodes[3].mac, "reboot") in server.byes)
    assert [reason for _, reason in server.byes] == ["reboot", "shutdown"]


async def test_direct_keeps_the_fleets_pace_and_needs_no_server() -> None:
    fleet, macs = Fleet(100, 1, faults="none"), set()
    clock = asyncio.get_running_loop().time
    started = clock()
    async with asyncio.timeout(PATIENCE_S):
        async for batch in direct(fleet, 5.0, speed=25.0):
            macs.update(mac for mac, _ in batch)
            if len(macs) == 100:
                break
    assert 0.15 < clock() - started < 1.0


def arguments(*given: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(given)


@pytest.mark.parametrize("given", [["--nodes", "0"], ["--speed", "x"], ["--server", "here:80"], ["--faults", "all"]])
def test_options_that_cannot_be_are_refused(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(*given)
    assert given[0] in capsys.readouterr().err


def test_command_without_a_server_says_so_and_fails(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert run(arguments("--nodes", "3", "--server", url, "--duration", "0.5")) == 1
    assert url in caplog.text


def test_direct_command_measures(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    rows = [("10.0.0.1", port, 0, 0, port) for port in range(1, 8)]
    assert run(arguments("--direct", "--duration", "0.2"), rows) == 0
    assert "7 nodes" in caplog.text


SCRIPT = """
import argparse, sys
from telemetry.simulate import add_arguments, run
parser = argparse.ArgumentParser()
add_arguments(parser)
sys.exit(run(parser.parse_args()))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_says_bye_and_ends_well_within_two_seconds(server: Server, number: signal.Signals) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SCRIPT, "--nodes", str(NODES), "--server", server.url, "--period", "0.5",
        cwd=os.getcwd(), stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    await until(lambda: len({body["mac"] for body in server.reports}) == NODES)
    process.send_signal(number)
    async with asyncio.timeout(2.0):
        _, complaints = await process.communicate()
    assert process.returncode == 0
    assert b"Traceback" not in complaints
    assert b"Simulation over" in complaints
    assert len(server.byes) == NODES


async def test_progress_is_one_line_on_a_terminal() -> None:
    out, counts = io.StringIO(), Counts(connected=7, acked=21)
    task = asyncio.create_task(show_progress(counts, 30, out, Audience.TERMINAL))
    await until(lambda: "connected 7/30" in out.getvalue())
    task.cancel()
    await asyncio.wait({task})
    assert out.getvalue().startswith("\r")
    assert out.getvalue().count("\n") == 1


def test_only_the_process_in_front_writes_over_a_terminals_lines() -> None:
    assert audience(io.StringIO()) is Audience.LOG
    keyboard, screen = os.openpty()  # not the terminal of this session
    with os.fdopen(keyboard), os.fdopen(screen, "w") as terminal:
        assert audience(terminal) is Audience.NOBODY


def test_progress_tells_what_is_out_of_the_ordinary() -> None:
    assert sentence(Counts(connected=3), 9, 4.2) == "connected 3/9, 4 acked/s"
    assert sentence(Counts(refused=2, last_error="no"), 9, 0) == "connected 0/9, 0 acked/s, refused 2 | no"
