"""The whole agent, as a process, against a real server."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from telemetry.report import has_place, parse, to_field
from tests.telemetry import ipad
from tests.telemetry.agent_process import AgentProcess
from tests.telemetry.agent_server import AgentServer
from tests.telemetry.test_discovery import free_udp_port

Start = Callable[..., AgentServer]
FAST = ("--period", "0.2")


def reports(count: int) -> Callable[[AgentServer], bool]:
    return lambda server: len(server.bodies("report")) >= count


def free_tcp_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def broadcast(address: bytes, port: int) -> Iterator[None]:
    """What a manager does, only more often, and with rubbish between."""
    done = threading.Event()

    def run() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            while not done.wait(0.2):
                for data in (b"rubbish", address):
                    sock.sendto(data, ("127.255.255.255", port))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_it_is_born_reports_and_says_goodbye(tmp_path: Path, start_server: Start) -> None:
    server = start_server(token="secret")
    place = ("--switch-ip", "172.20.80.211", "--port-on-switch", "4")
    token = ("--token", "secret", "--mac", "B8-27-EB-70-E3-C4", "--interface-ip", "172.20.20.23")
    with AgentProcess(tmp_path, "--server", server.url, *FAST, *place, *token) as agent:
        server.wait_for(reports(3))
        assert agent.stop() == 0
    names = [name for name, _ in server.heard]
    assert names[0] == "birth"
    assert names[-1] == "bye"
    birth = server.bodies("birth")[0]
    assert set(birth) == {"mac", "ip", "boot_id", "version", "period_s", "capabilities", "switch_ip", "port"}
    assert (birth["mac"], birth["ip"], birth["period_s"]) == ("b8:27:eb:70:e3:c4", "172.20.20.23", 0.2)
    assert server.bodies("bye") == [{"reason": "shutdown"}]
    sampled = [parse(body) for body in server.bodies("report")]
    assert all(has_place(report) and report.mac == birth["mac"] for report in sampled)
    assert [report.sampled_ms for report in sampled] == sorted({report.sampled_ms for report in sampled})
    assert abs(sampled[-1].sampled_ms / 1000 - time.time()) < 60
    assert 1 <= len(sampled[-1].processes) <= 5
    ipad.read(to_field(sampled[-1]))
    assert agent.log().count("\n") == 2, agent.log()


def test_it_comes_back_to_a_server_that_died_and_brings_what_it_kept(tmp_path: Path, start_server: Start) -> None:
    server = start_server()
    with AgentProcess(tmp_path, "--server", server.url, "--period", "1") as agent:
        server.wait_for(reports(1))
        server.stop()
        last = server.bodies("report")[-1]["sampledAt"]
        again = start_server(port=server.port)
        again.wait_for(reports(2), timeout_s=30)
        agent.stop()
    assert again.heard[0][0] == "birth"
    first = min(body["sampledAt"] for body in again.bodies("report"))
    assert first <= last + 1900, "nothing that was sampled while the server was away is missing"


def test_it_finds_the_server_by_its_broadcast_as_does_its_neighbour(tmp_path: Path, start_server: Start) -> None:
    server = start_server()
    port = free_udp_port()
    macs = ["b8:27:eb:00:00:01", "b8:27:eb:00:00:02"]
    common = (*FAST, "--discovery-port", str(port))
    with (
        broadcast(f"127.0.0.1:{server.port}".encode(), port),
        AgentProcess(tmp_path, *common, "--mac", macs[0]) as one,
        AgentProcess(tmp_path, *common, "--mac", macs[1]) as other,
    ):
        server.wait_for(lambda server: {body["mac"] for body in server.bodies("report")} == set(macs), timeout_s=30)
        assert (one.stop(), other.stop()) == (0, 0)
    assert f"UDP port {port}" in one.log()
    assert "Found the server" in other.log()


def test_the_old_http_calls_are_answered(tmp_path: Path, start_server: Start) -> None:
    server = start_server()
    http_port = free_tcp_port()
    with AgentProcess(tmp_path, "--server", server.url, *FAST, http_port=http_port) as agent:
        server.wait_for(reports(2))

        def get(path: str) -> Any:
            connection = HTTPConnection("127.0.0.1", http_port, timeout=10)
            connection.request("GET", path)
            body = json.loads(connection.getresponse().read())
            connection.close()
            return body

        assert get("/ping") == {"status": "pong"}
        info = ipad.read(get("/getpiinfo"))
        assert info["mac"] == server.bodies("birth")[0]["mac"]
        assert info["status"] == "true"
        assert f"::: {agent.process.pid}" in get("/listapps")["processes"]
        with AgentProcess(
            tmp_path, "--server", server.url, *FAST, "--mac", "b8:27:eb:00:00:09", http_port=http_port
        ) as second:
            server.wait_for(lambda server: any(body["mac"].endswith(":09") for body in server.bodies("report")))
            assert "--http-port" in second.log()


def test_a_refused_token_is_said_once_and_clearly(tmp_path: Path, start_server: Start) -> None:
    server = start_server(token="secret")
    with AgentProcess(tmp_path, "--server", server.url, "--token", "guess", "--once") as agent:
        assert agent.process.wait(30) == 1
    assert "does not let this agent in: the token is wrong" in agent.log()
    assert "--token-file" in agent.log()
    assert "guess" not in agent.log()


def test_once_sends_one_report_and_exits_well(tmp_path: Path, start_server: Start) -> None:
    server = start_server()
    with AgentProcess(tmp_path, "--server", server.url, "--once") as agent:
        assert agent.process.wait(30) == 0
    assert [name for name, _ in server.heard] == ["birth", "report", "bye"]
    assert "CPU" in server.bodies("report")[0]


def test_a_wrong_option_ends_it_with_a_sentence(tmp_path: Path) -> None:
    with AgentProcess(tmp_path, "--period", "0") as agent:
        assert agent.process.wait(30) == 2
    assert "--period is '0'; it must be a number from 0.2 to 3600." in agent.log()
    assert "Traceback" not in agent.log()


@pytest.mark.parametrize("listening", [True, False])
def test_it_stops_quickly_whatever_the_server_does(tmp_path: Path, start_server: Start, listening: bool) -> None:
    server = start_server()
    server.answers = {"bye": None, "report": None}
    if not listening:
        server.stop()
    with AgentProcess(tmp_path, "--server", server.url, *FAST) as agent:
        if listening:
            server.wait_for(reports(1))
        else:
            agent.wait_for_log("nobody listens")
        started = time.monotonic()
        assert agent.stop() == 0
        assert time.monotonic() - started < 5.0
