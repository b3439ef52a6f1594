"""Clients of today against `twin serve --legacy-open`: an agent of HTTP and UDP only, a stock viewer, the app.

Nothing here imports the twin: the agent is http.client and a UDP socket, the viewer is npm's socket.io-client, and the
app's strict reader is written anew from its description.
"""

from __future__ import annotations

import base64
import http.client
import http.server
import itertools
import json
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.build import field_report, mac_of
from tests.e2e.node import Script, beside, install
from tests.e2e.process import Twin
from tests.telemetry import ipad
from tests.wait import until_sync

pytestmark = pytest.mark.e2e

CLIENTS = ["socket.io-client", "socket.io-client-old"]  # 4.8.4, and 4.5.2 of the viewers that are out there
SWITCH = "172.20.80.211"


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    install()


@pytest.fixture
def beacon_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[Twin]:
    with Twin("serve", "--legacy-open", data_dir=tmp_path, TWIN_TICK_MS="50") as running:
        yield running


def call(port: int, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
    """One request as the agents of today make it: (status, JSON)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection.request(
            method, path, data, {"Content-type": "application/json", **headers} if data is not None else headers
        )
        answer = connection.getresponse()
        read = answer.read()
        return answer.status, json.loads(read) if read[:1] in (b"{", b"[") else read.decode()
    finally:
        connection.close()


class OldAgent:
    """The agent in the field: hears the broadcast, registers, asks where it is, reports, answers its ping."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.pings = 0
        agent = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                agent.pings += self.path == "/ping"
                body = json.dumps({"status": "pong"}).encode()
                self.send_response(200)
                self.send_header("Content-type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._web.server_address[1])
        self._thread = threading.Thread(target=self._web.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        self._web.shutdown()
        self._web.server_close()
        self._thread.join(5)

    def hear(self, port: int) -> tuple[str, int]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
            ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            ear.bind(("", port))
            ear.settimeout(8)
            host, _, number = ear.recv(1024).decode("ascii").partition(":")
        return host, int(number)


@pytest.fixture
def agent() -> Iterator[OldAgent]:
    made = OldAgent(3)
    yield made
    made.stop()


# The agent.


def test_an_agent_of_today_finds_registers_reports_and_stays(tmp_path: Path, agent: OldAgent, beacon_port: int) -> None:
    settings = {"TWIN_BEACON": "true", "TWIN_BEACON_PORT": str(beacon_port), "TWIN_BEACON_S": "0.1"}
    pings = {"TWIN_PING_S": "0.2", "TWIN_PING_PORT": str(agent.port)}
    with Twin("serve", "--legacy-open", data_dir=tmp_path, **settings, **pings) as twin:
        host, port = agent.hear(beacon_port)
        assert (host, port) == ("127.0.0.1", twin.port)
        me = {"ip": "127.0.0.1", "mac": mac_of(agent.n)}
        assert call(port, "POST", "/registerpi", me) == (200, {"status": "true"})
        assert call(port, "POST", "/getport", {"ip": me["ip"]}) == (200, {"status": "false"})
        assert call(port, "POST", "/getpiswitch", {"ip": me["ip"]}) == (200, {"status": "false"})
        assert call(port, "POST", "/setport", {"ip": me["ip"], "port": 7}) == (200, {"status": "true"})
        assert call(port, "POST", "/addswitch", {"ip": me["ip"], "switch_ip": SWITCH}) == (200, {"status": "true"})
        place = call(port, "POST", "/getport", {"ip": me["ip"]})[1]["port"]
        switch = call(port, "POST", "/getpiswitch", {"ip": me["ip"]})[1]["switch_ip"]
        report = field_report(agent.n, **me, port=place, switch_ip=switch)
        assert call(port, "POST", "/api/cluster", report) == (200, {})
        assert call(port, "POST", "/ords/picluster/AR/v2/", {**report, "CPU": "55.5"}) == (200, {})
        assert twin.nodes("online") == 1
        (node,) = call(port, "GET", "/ords/picluster/AR/v2/10000")[1]["CLUSTER"]
        assert (node["DATA"]["CPU"], node["DATA"]["switch_ip"], node["DATA"]["port"]) == ("55.5", SWITCH, 7)
        until_sync(lambda: agent.pings >= 3, "the manager pings")
        assert call(port, "GET", "/picount")[1] == {"status": "true", "count": 1}
        assert call(port, "GET", "/api/healthcheck")[0] == 200
        agent.stop()
        until_sync(lambda: call(port, "GET", "/picount")[1]["count"] == 0, "a Pi that stops answering is forgotten")


def test_an_agent_that_knows_nothing_of_its_place_is_shown_and_placed_later(twin: Twin) -> None:
    unplaced = field_report(9, port=-1, switch_ip=-1, processes=[], CPUTemperature="", status=None)
    del unplaced["status"]
    assert call(twin.port, "POST", "/api/cluster", unplaced) == (200, {})
    assert call(twin.port, "POST", "/registerpi", {"ip": unplaced["ip"], "mac": mac_of(9)})[0] == 200
    call(twin.port, "POST", "/setport", {"ip": unplaced["ip"], "port": "12"})
    call(twin.port, "POST", "/addswitch", {"ip": unplaced["ip"], "switch_ip": SWITCH})
    assert call(twin.port, "POST", "/api/cluster", unplaced) == (200, {})
    (node,) = call(twin.port, "GET", "/ords/picluster/AR/v2/10000")[1]["CLUSTER"]
    assert (ipad.read(node["DATA"])["switch_ip"], node["DATA"]["port"]) == (SWITCH, 12)


def test_a_twin_that_is_not_open_refuses_it_in_words_it_knows(tmp_path: Path) -> None:
    with Twin("serve", data_dir=tmp_path) as twin:
        status, told = call(twin.port, "POST", "/api/cluster", field_report(1))
        assert (status, told["status"]) == (401, "false")
        assert call(twin.port, "POST", "/registerpi", {"ip": "10.0.0.1", "mac": mac_of(1)})[0] == 401


# The viewer and the feeder.


def viewer(twin: Twin, client: str, namespace: str = "/", transports: str = "default", auth: object = None) -> Any:
    return beside("listen.mjs", twin.url, namespace, client, transports, json.dumps(auth))


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("transports", ["default", "websocket", "polling"])
def test_todays_viewer_sees_all_then_changes_then_that_all_is_gone(twin: Twin, client: str, transports: str) -> None:
    for n in range(60):
        assert call(twin.port, "POST", "/api/cluster", field_report(n))[0] == 200
    with viewer(twin, client, transports=transports) as script:
        everyone = script.hear("cluster.all")["args"][0]
        assert len(everyone) == 60
        assert {"CPU", "lastUpdated", "status", "processes"} <= set(everyone["172.20.80.201-1"])
        assert all(ipad.read(each) and each["status"] == "online" for each in everyone.values())
        call(twin.port, "POST", "/api/cluster", field_report(5, CPU="88"))
        changed = script.hear("cluster.event")["args"][0]
        assert {key: each["CPU"] for key, each in changed.items()} == {"172.20.80.201-6": "88.0"}
        assert call(twin.port, "DELETE", "/api/cluster") == (200, {})
        assert script.hear("cluster.delete")["args"] == []
        call(twin.port, "POST", "/api/cluster", field_report(1))
        assert list(script.hear("cluster.event")["args"][0]) == ["172.20.80.201-2"]


@pytest.mark.parametrize("client", CLIENTS)
def test_todays_feeder_updates_and_deletes(twin: Twin, client: str) -> None:
    with viewer(twin, client) as watcher, viewer(twin, client) as feeder:
        assert watcher.hear("cluster.all")["args"] == [{}]
        feeder.hear("cluster.all")
        feeder.tell({"emit": "cluster.update", "args": [{"172.20.80.201-3": field_report(2, CPU="12.5%")}]})
        assert watcher.hear("cluster.event")["args"][0]["172.20.80.201-3"]["CPU"] == "12.5"
        feeder.tell({"emit": "cluster.delete"})
        watcher.hear("cluster.delete")
    assert call(twin.port, "GET", "/ords/picluster/AR/v2/10000") == (200, {"CLUSTER": []})


# The new namespace, with the stock client in each of its ways to connect.


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("transports", ["default", "websocket", "polling"])
def test_the_stock_client_gets_hello_roster_snapshot_deltas_in_order(twin: Twin, client: str, transports: str) -> None:
    for n in range(50):
        call(twin.port, "POST", "/api/cluster", field_report(n))
    with viewer(twin, client, "/twin", transports) as script:
        script.hear("frame")
        first = [told["event"] for told in script.heard if told["event"] in ("hello", "roster", "frame")]
        assert first == ["hello", "roster", "frame"]
        kind, _, _, base, count = header(script.heard[-1])
        assert (kind, base, count) == (0, 0, 50)
        script.tell({"emit": "watch", "args": [{"ids": ["172.20.80.201-6"]}], "ack": True})
        assert script.hear("ack watch")["args"] == [{"ok": True}]
        until_node(script, "9.7")
        call(twin.port, "POST", "/api/cluster", field_report(5, CPU="61"))
        until_node(script, "61.0")
        frames = [header(told) for told in script.heard if told["event"] == "frame"]
        assert all(later[3] == earlier[2] for earlier, later in itertools.pairwise(frames)), "no frame is missing"
        if transports == "default":
            assert [told["args"] for told in script.heard if told["event"] == "upgrade"] == [["websocket"]]


def test_the_stock_client_is_told_why_it_is_refused(twin: Twin) -> None:
    with viewer(twin, CLIENTS[0], "/twin", auth={"token": "wrong"}) as script:
        message, data = script.hear("connect_error")["args"]
        assert "token" in message
        assert (data["code"], data["retry"]) == ("unauthorised", False)


def test_the_stock_client_hears_a_stop_and_is_let_go(twin: Twin) -> None:
    with viewer(twin, CLIENTS[0], "/twin") as script:
        script.hear("frame")
        assert twin.stop() == 0
        assert script.hear("bye")["args"][0]["code"] == "server_stopping"
        script.hear("disconnect")


def header(told: dict[str, Any]) -> tuple[int, int, int, int, int]:
    """kind, epoch, seq, base, count of a frame, by the drawing in the docs."""
    data = base64.b64decode(told["args"][0]["base64"])
    magic, version, kind, epoch, seq, base, _, count, _ = struct.unpack_from("<2sBBIIIQIH", data)
    assert (magic, version) == (b"TF", 1)
    return kind, epoch, seq, base, count


def until_node(script: Script, cpu: str) -> None:
    while script.hear("node")["args"][0]["report"]["CPU"] != cpu:
        pass


# The app: one node that breaks its rules loses it the whole picture.

ODD: list[dict[str, object]] = [
    {"CPU": None, "MemoryPercentage": None, "DiskPercentage": None, "CPUTemperature": None},
    {"CPU": "", "MemoryPercentage": "", "DiskPercentage": "", "CPUTemperature": ""},
    {"CPU": 9, "MemoryPercentage": 25.25, "DiskPercentage": "60.6%", "CPUTemperature": 48},
    {"CPU": " 9.7 % ", "CPUTemperature": "temp=48.3'C"},
    {"CPU": "1e1", "CPUTemperature": "-1e-7'C"},
    {"CPU": 1e-9, "MemoryFree": 1e-300, "DiskFree": 123456789.123},
    {"CPUTemperature": "/bin/sh: vcgencmd: not found"},
    {"CPUTemperature": "VCHI initialization failed\n"},
    {"MemoryFree": None, "MemoryTotal": None, "DiskFree": None, "DiskTotal": None},
    {"MemoryFree": "655.3", "MemoryTotal": "877", "DiskFree": "19.7", "DiskTotal": "50.5"},
    {"DiskTotal": 49.999999, "DiskFree": 0, "MemoryFree": 0},
    {"DiskTotal": "0.4"},
    {"ip": None},
    {"ip": "", "switch_ip": -1, "port": -1},
    {"ip": "fe80::1", "switch_ip": "switch-7.rack"},
    {"port": "41"},
    {"port": 3.0},
    {"switch_ip": "-1", "port": "-1"},
    {"switch_ip": None, "port": None},
    {"processes": None},
    {"processes": []},
    {"processes": [[]]},
    {"processes": [[{"pid": n, "name": f"p{n}"} for n in range(40)]]},
    {"processes": [{"pid": "7", "name": "flat", "cpu_percent": None}]},
    {"status": None, "data": None},
    {"status": "false", "data": "a text"},
    {"data": [1, 2, {"a": None}], "Überraschung": "✓", "CPU2": 1e308},
    {"sampledAt": 1700000000000, "heldMs": 60_000},
    {"DATA": {"CPU": "x"}, "CLUSTER": [], "__proto__": {"CPU": 1}},
    {"mac": "B8-27-EB-00-FF-01"},
    {"mac": "b827eb00ff02"},
]


def test_the_app_can_read_every_node_that_was_ever_accepted(twin: Twin) -> None:
    for n, keys in enumerate(ODD):
        body = {key: value for key, value in field_report(n, **keys).items() if value is not ...}
        assert call(twin.port, "POST", "/api/cluster", body) == (200, {}), keys
        for key in ("CPU", "CPUTemperature", "DiskTotal", "processes", "status", "data", "port", "switch_ip", "ip"):
            short = {name: value for name, value in field_report(100 + n).items() if name != key}
            assert call(twin.port, "POST", "/ords/picluster/AR/v2/", short)[0] == 200
    told = call(twin.port, "GET", "/ords/picluster/AR/v2/10000")[1]
    assert set(told) == {"CLUSTER"}
    assert len(told["CLUSTER"]) == 2 * len(ODD)
    for each in told["CLUSTER"]:
        assert set(each) == {"DATA"}
        ipad.read(each["DATA"])


def test_the_app_can_still_read_them_after_a_restart(twin: Twin) -> None:
    for n, keys in enumerate(ODD):
        call(twin.port, "POST", "/api/cluster", field_report(n, **keys))
    before = call(twin.port, "GET", "/ords/picluster/AR/v2/10000")[1]
    twin.stop()
    twin.port = 0
    twin.start()
    after = call(twin.port, "GET", "/ords/picluster/AR/v2/10000")[1]
    assert after == before
    for each in after["CLUSTER"]:
        ipad.read(each["DATA"])


def test_the_simulators_collection_and_its_colours(twin: Twin) -> None:
    call(twin.port, "POST", "/api/cluster", field_report(0))
    told = call(twin.port, "GET", "/ords/picluster/AR/DigitalTwin")[1]
    assert [link["rel"] for link in told["links"]] == ["self", "describedby"]
    assert (told["hasMore"], told["limit"], told["offset"], told["count"]) == (False, 0, 0, len(told["items"]))
    keys = (
        "row_id node_name side orientation id uuid color temperature cpu memoryfree memorytotal memorypercentage "
        "diskfree disktotal diskpercentage cputemperature ip mac port processes"
    )
    assert {tuple(sorted(item)) for item in told["items"]} == {tuple(sorted(keys.split()))}
    assert {item["side"] for item in told["items"]} == {"North", "South"}
    assert {item["orientation"] for item in told["items"]} == {"East", "West"}
    assert all(isinstance(item["id"], str) for item in told["items"])
    name = told["items"][25]["node_name"]
    assert call(twin.port, "PUT", f"/ords/picluster/AR/v2/?node_name={name}&colorindex=2") == (200, {})
    items = call(twin.port, "GET", "/ords/picluster/AR/DigitalTwin")[1]["items"]
    assert [item["color"] for item in items if item["node_name"] == name] == [2]
    assert call(twin.port, "PUT", f"/ords/picluster/AR/v2/?node_name={name}&colorindex=9")[0] == 400
