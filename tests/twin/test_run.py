"""`twin serve` as a real process: signals, exit codes, the sentences a person reads, and kill -9."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from telemetry.store.sqlite import SQLiteSpool
from tests.build import field_report, mac_of
from tests.e2e.process import Twin
from tests.twin.conftest import make_service
from tests.wait import until_sync
from twin import run
from twin.run import qr, welcome
from twin.service import STORE_FILE

AGENT = "agent-token-for-tests"


def serve(data_dir: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """`twin serve` that is expected to end by itself."""
    command = [sys.executable, "-m", "twin", "serve"]
    quiet = {"TWIN_BEACON": "false", "TWIN_MODELS": "asked"}
    settings = {"TWIN_DATA_DIR": str(data_dir), "TWIN_PORT": "0", **quiet, **environ}
    return subprocess.run(
        command, env={**os.environ, **settings}, capture_output=True, text=True, timeout=20, check=False
    )


class Client:
    """Posts reports over one connection, as an agent does; stops at the first that is not acknowledged."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)

    def post(self, body: dict[str, object]) -> int:
        headers = {"Content-type": "application/json", "Authorization": f"Bearer {AGENT}"}
        self._connection.request("POST", "/api/cluster", json.dumps(body), headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status

    def get(self, path: str) -> Any:
        self._connection.request("GET", path)
        return json.loads(self._connection.getresponse().read())

    def close(self) -> None:
        self._connection.close()


@contextmanager
def client(twin: Twin) -> Iterator[Client]:
    made = Client(twin.port)
    try:
        yield made
    finally:
        made.close()


# Stopping.


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly_in_time_with_0(tmp_path: Path, number: int) -> None:
    with Twin("serve", data_dir=tmp_path) as twin, client(twin) as agent:
        assert agent.post(field_report(1)) == 200
        # Somebody who holds on to a connection, and somebody in the middle of a request.
        with socket.create_connection(("127.0.0.1", twin.port)) as half:
            half.sendall(b"POST /api/cluster HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
            began = time.monotonic()
            assert twin.stop(number) == 0
            assert time.monotonic() - began < 3.0
    assert "Traceback" not in twin.log.read_text()


def test_kill_9_loses_nothing_that_was_acknowledged_and_shows_nothing_stale_as_fresh(tmp_path: Path) -> None:
    twin = Twin("serve", data_dir=tmp_path)
    with twin, client(twin) as agent:
        epoch = agent.get("/readyz")["epoch"]
        for n in range(200):
            assert agent.post(field_report(n % 40, CPU=n % 100, turn=n)) == 200
        assert twin.process is not None
        twin.process.kill()
        twin.process.wait(10)
    kept = SQLiteSpool(tmp_path / STORE_FILE)
    try:
        latest = {entry.key: json.loads(entry.body)["turn"] for entry in kept.latest()}
    finally:
        kept.close()
    assert latest == {mac_of(n): 160 + n for n in range(40)}, "the last acknowledged word of every node"
    twin.port = 0
    with twin, client(twin) as agent:
        assert agent.get("/readyz")["epoch"] > epoch
        assert twin.nodes("online") + twin.nodes("late") == 0
        assert twin.nodes("unknown") + twin.nodes("lost") == 40
        nodes = [each["DATA"] for each in agent.get("/ords/picluster/AR/v2/10000")["CLUSTER"]]
        assert sorted(node["turn"] for node in nodes) == list(range(160, 200))
        assert agent.post(field_report(3)) == 200
        until_sync(lambda: twin.nodes("online") == 1)


def test_every_report_that_was_acknowledged_is_in_the_file_however_it_died(tmp_path: Path) -> None:
    twin = Twin("serve", data_dir=tmp_path)
    acked = 0
    with twin:
        assert twin.process is not None
        agent = Client(twin.port)
        try:
            for n in range(10_000):
                if n == 150:
                    twin.process.kill()
                if agent.post(field_report(n % 1000)) != 200:
                    break
                acked += 1
        except (OSError, http.client.HTTPException):
            pass
        finally:
            agent.close()
        twin.process.wait(10)
    kept = SQLiteSpool(tmp_path / STORE_FILE)
    try:
        landed = kept.file._db.execute("SELECT sum(count) FROM batch").fetchone()[0]
    finally:
        kept.close()
    assert acked >= 150
    assert acked <= landed <= acked + 1


# What a person can mend: exit 2, one sentence, no traceback.


def told(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done
    assert "Traceback" not in done.stdout + done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line]
    assert line.startswith("twin: ")
    return line


def test_a_taken_port_is_a_sentence_that_names_the_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        line = told(serve(tmp_path, TWIN_PORT=str(port)))
    assert f"127.0.0.1:{port}" in line
    assert "TWIN_PORT" in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TWIN_PORT", "eighty"),
        ("TWIN_PORT", "70000"),
        ("TWIN_TICK_MS", "0"),
        ("TWIN_BEACON", "perhaps"),
        ("TWIN_LEGACY_OPEN", "yes"),
        ("TWIN_PERIOD_S", "nan"),
        ("TWIN_LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_setting_is_a_sentence_that_names_the_variable(tmp_path: Path, name: str, value: str) -> None:
    line = told(serve(tmp_path, **{name: value}))
    assert name in line


def test_an_unknown_cluster_is_a_sentence(tmp_path: Path) -> None:
    assert "no-such-cluster" in told(serve(tmp_path, TWIN_CLUSTER="no-such-cluster"))


def test_the_same_token_for_agents_and_operators_is_a_sentence(tmp_path: Path) -> None:
    line = told(serve(tmp_path, TWIN_AGENT_TOKEN="same", TWIN_OPERATOR_TOKEN="same"))
    assert "every Pi would be an operator" in line


def test_damaged_tokens_are_a_sentence_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "tokens.json").write_text("{")
    assert str(tmp_path / "tokens.json") in told(serve(tmp_path))


def test_a_data_directory_that_is_a_file_is_a_sentence_about_that(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "TWIN_DATA_DIR" in told(serve(tmp_path / "file"))
    line = told(serve(tmp_path / "file", TWIN_AGENT_TOKEN="a-token", TWIN_OPERATOR_TOKEN="o-token"))
    assert "TWIN_DATA_DIR" in line


def test_a_damaged_store_is_a_sentence_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / STORE_FILE).write_bytes(b"not a database, but long enough to be taken for one" * 100)
    assert STORE_FILE in told(serve(tmp_path))


@pytest.mark.slow
def test_a_second_twin_on_the_same_data_is_a_sentence_and_the_first_goes_on(tmp_path: Path) -> None:
    with Twin("serve", data_dir=tmp_path) as first, client(first) as agent:
        line = told(serve(tmp_path))
        assert "another twin" in line
        assert "TWIN_DATA_DIR" in line
        assert agent.post(field_report(1)) == 200


def test_an_unknown_variable_is_told_and_not_fatal(tmp_path: Path) -> None:
    with Twin("serve", data_dir=tmp_path, TWIN_PROT="8080") as twin:
        assert "TWIN_PROT is not a setting" in twin.log.read_text()


def test_logs_as_json_are_json_line_by_line(tmp_path: Path) -> None:
    with Twin("serve", data_dir=tmp_path, TWIN_LOG_FORMAT="json") as twin:
        lines = [line for line in twin.log.read_text().splitlines() if line.startswith("{")]
        assert "state restored" in [json.loads(line)["message"] for line in lines]


# What is shown.


async def test_the_welcome_names_the_address_and_where_the_tokens_are(tmp_path: Path) -> None:
    service = make_service(tmp_path)
    async with service.running():
        text = welcome(service)
        assert f"http://127.0.0.1:{service.port}/" in text
        assert str(tmp_path / "tokens.json") in text
        assert "on the network" not in text


async def test_a_server_for_the_network_shows_its_addresses_and_a_code_for_phones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "lan_addresses", lambda: ["172.20.0.9"])
    service = make_service(tmp_path, host="0.0.0.0")
    async with service.running():
        text = welcome(service)
        assert f"http://172.20.0.9:{service.port}/" in text
        assert qr(f"http://172.20.0.9:{service.port}/") in text


def test_a_qr_code_is_square_blocks() -> None:
    lines = qr("http://172.20.0.9:8080/").splitlines()
    assert len(lines) > 10
    assert set("".join(lines)) & set("█▀▄")
