"""The old HTTP calls, over real sockets."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from telemetry import probe
from telemetry.probe import MAX_CALLS, Probe, listapps


@pytest.fixture
def server() -> Iterator[Probe]:
    answers: probe.Answers = {
        "/ping": lambda: {"status": "pong"},
        "/getpiinfo": lambda: {"CPU": "9.7", "status": "true"},
        "/listapps": lambda: listapps([("systemd", 1), ("python3", 42)]),
    }
    made = Probe(answers, 0, "127.0.0.1")
    made.start()
    yield made
    made.stop()


def call(server: Probe, path: str, method: str = "GET", body: str | None = None) -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        connection.request(method, path, body, {"Content-type": "application/json"})
        response = connection.getresponse()
        assert response.getheader("Content-Type") == "application/json"
        data = response.read()
        return response.status, json.loads(data) if data else None
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/ping", "/PING", "/Ping", "/ping/", "/ping?x=1"])
def test_a_ping_is_answered_in_any_case_of_letters(server: Probe, path: str) -> None:
    assert call(server, path) == (200, {"status": "pong"})


def test_the_other_reads_are_answered(server: Probe) -> None:
    assert call(server, "/GetPiInfo") == (200, {"CPU": "9.7", "status": "true"})
    assert call(server, "/listApps") == (200, {"processes": "systemd ::: 1 python3 ::: 42"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/shutdown"),
        ("GET", "/restart"),
        ("GET", "/"),
        ("POST", "/runnow"),
        ("POST", "/code"),
        ("DELETE", "/ping"),
    ],
)
def test_it_takes_no_orders(server: Probe, method: str, path: str) -> None:
    status, body = call(server, path, method, '{"command": "id"}' if method == "POST" else None)
    assert status == 404
    assert body["status"] == "false"
    assert "answers" in body["message"]


def test_a_method_nobody_knows_is_answered_in_json_too(server: Probe) -> None:
    status, body = call(server, "/ping", "BREW")
    assert status == 501
    assert body["status"] == "false"


def test_callers_that_say_nothing_do_not_lock_out_the_manager_for_long(
    server: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe._Handler, "timeout", 0.3)
    address = ("127.0.0.1", server.server_port)
    silent = [socket.create_connection(address, timeout=10) for _ in range(MAX_CALLS)]
    for sock in silent:
        assert sock.recv(100) == b""  # each was sent away after its time
        sock.close()
    assert call(server, "/ping")[0] == 200


def test_more_callers_than_there_is_room_for_are_sent_away(server: Probe) -> None:
    address = ("127.0.0.1", server.server_port)
    socks = [socket.create_connection(address, timeout=10) for _ in range(MAX_CALLS)]
    try:
        with socket.create_connection(address, timeout=10) as late:
            assert late.recv(100) == b""
    finally:
        for sock in socks:
            sock.close()


def test_a_port_that_is_taken_is_an_error_to_be_told(server: Probe) -> None:
    with pytest.raises(OSError, match="in use"):
        Probe({}, server.server_port, "127.0.0.1")
