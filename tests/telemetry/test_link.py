"""The socket, against a real python-socketio server, and the words for what goes wrong."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer
from threading import Thread

import pytest

from telemetry.link import Link, answer, explain
from telemetry.mailbox import Mailbox
from telemetry.steps import Acked, Connected, Died, Event, Failed, Nacked, Refused
from tests.telemetry.agent_server import AgentServer

Start = Callable[..., AgentServer]


class Wire:
    """A link and the mailbox it posts to."""

    def __init__(self, token: str = "", ca_file: str = "") -> None:
        self.mailbox = Mailbox()
        self.link = Link(self.mailbox.post, lambda: token, ca_file)

    def next(self) -> Event:
        found = self.mailbox.wait(20.0)
        assert len(found) == 1, found
        return found[0]

    def connected(self, url: str) -> Wire:
        self.link.open(url)
        assert self.next() == Connected()
        return self

    def close(self) -> None:
        self.link.close()
        self.mailbox.close()


@pytest.fixture
def new_wire() -> Iterator[Callable[..., Wire]]:
    made: list[Wire] = []

    def new(token: str = "", ca_file: str = "") -> Wire:
        made.append(Wire(token, ca_file))
        return made[-1]

    yield new
    for wire in made:
        wire.close()


@pytest.fixture
def wire(new_wire: Callable[..., Wire]) -> Wire:
    return new_wire()


def test_a_report_is_acknowledged_by_the_server(wire: Wire, start_server: Start) -> None:
    server = start_server()
    wire.connected(server.url)
    wire.link.send("report", {"CPU": "9.7"})
    assert wire.next() == Acked()
    assert server.heard == [("report", {"CPU": "9.7"})]


def test_a_refused_report_says_why(wire: Wire, start_server: Start) -> None:
    server = start_server()
    error = {"code": "out_of_range", "message": "CPU is 200", "field": "CPU", "retry": False}
    server.answers["report"] = {"ok": False, "error": error}
    wire.connected(server.url)
    wire.link.send("report", {})
    assert wire.next() == Nacked("out_of_range", "CPU is 200", retry=False)


def test_the_token_goes_with_the_connection(new_wire: Callable[..., Wire], start_server: Start) -> None:
    server = start_server(token="secret")
    new_wire(token="secret").connected(server.url)
    for wrong in (new_wire(token="guess"), new_wire()):
        wrong.link.open(server.url)
        assert wrong.next() == Refused("the token is wrong")


def test_a_server_that_is_full_for_now_is_no_matter_of_the_token(wire: Wire, start_server: Start) -> None:
    server = start_server()
    server.refusal = ("there is no room", {"code": "too_many", "retry": True})
    wire.link.open(server.url)
    assert wire.next() == Failed(f"{server.url} does not let us in yet: there is no room")


def test_a_server_that_dies_is_noticed_at_once(wire: Wire, start_server: Start) -> None:
    server = start_server()
    wire.connected(server.url)
    server.drop_all()
    assert wire.next() == Died(f"The connection to {server.url} is gone.")


def test_a_closed_link_says_nothing_more(wire: Wire, start_server: Start) -> None:
    server = start_server()
    wire.connected(server.url)
    wire.link.close()
    server.wait_for(lambda server: server.gone == 1)
    assert wire.mailbox.wait(0.0) == []


def test_goodbye_is_heard_before_it_leaves_and_waits_for_no_dead_server(wire: Wire, start_server: Start) -> None:
    server = start_server()
    wire.connected(server.url)
    wire.link.bye("reboot")
    assert server.heard == [("bye", {"reason": "reboot"})]
    server.answers["bye"] = None
    started = time.monotonic()
    wire.link.bye("shutdown")
    assert time.monotonic() - started < 5.0


def test_sending_without_a_connection_is_a_death_and_no_crash(wire: Wire) -> None:
    wire.link.send("report", {})
    wire.link.bye("shutdown")
    assert wire.mailbox.wait(0.0) == [Died("Sending failed: 'NoneType' object has no attribute 'emit'")]


def test_nobody_listening_is_explained(wire: Wire, start_server: Start) -> None:
    server = start_server()
    server.stop()
    wire.link.open(server.url)
    assert wire.next() == Failed(f"{server.url}: nobody listens there. Is the server running?")


def test_an_older_manager_is_explained(wire: Wire) -> None:
    class Manager(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with TCPServer(("127.0.0.1", 0), Manager) as manager:
        thread = Thread(target=manager.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{manager.server_address[1]}"
        wire.link.open(url)
        found = wire.next()
        thread.join(10)
    assert isinstance(found, Failed)
    assert "older manager" in found.message


def test_tls_works_with_its_ca_and_is_explained_without(
    new_wire: Callable[..., Wire], start_server: Start, tls: ssl.SSLContext, certificate: Path
) -> None:
    server = start_server(tls=tls)
    new_wire(ca_file=str(certificate)).connected(server.url)
    doubting = new_wire()
    doubting.link.open(server.url)
    found = doubting.next()
    assert isinstance(found, Failed)
    assert "--ca FILE" in found.message


def test_tls_to_a_server_without_tls_is_explained(wire: Wire, start_server: Start) -> None:
    server = start_server()
    wire.link.open(server.url.replace("http:", "https:"))
    found = wire.next()
    assert isinstance(found, Failed)
    assert "use http://" in found.message


def test_a_name_nobody_knows_is_explained(wire: Wire) -> None:
    wire.link.open("http://no-such-host.invalid:80")
    found = wire.next()
    assert isinstance(found, Failed)
    assert "no-such-host.invalid" in found.message


@pytest.mark.parametrize("args", [(), (None,), ("ok",), ({},), ({"ok": "yes"},), ({"ok": False},), ({"ok": 1},)])
def test_an_answer_that_is_none_means_try_again(args: tuple[object, ...]) -> None:
    found = answer(args)
    assert isinstance(found, Nacked)
    assert (found.code, found.retry) == ("bad_ack", True)


def test_an_error_without_details_is_still_an_error() -> None:
    assert answer(({"ok": False, "error": {}},)) == Nacked("unknown", "it gave no reason", retry=False)
    error = {"code": "x" * 999, "message": "y" * 999, "field": "CPU", "retry": "yes"}
    found = answer(({"ok": False, "error": error},))
    assert isinstance(found, Nacked)
    assert len(found.code) + len(found.message) < 400
    assert found.message.startswith("CPU: ")
    assert found.retry is False


def test_a_failure_without_a_known_cause_still_names_the_server() -> None:
    assert explain(ValueError("strange"), "http://a:1") == "http://a:1: no connection (strange)."
