"""The whole agent without a server, killed, and with one again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from telemetry.keep_file import FileKeep
from tests.telemetry.agent_process import AgentProcess
from tests.telemetry.agent_server import AgentServer
from tests.telemetry.test_agent import reports
from tests.telemetry.test_discovery import free_udp_port
from tests.wait import until_sync

MAC = "b8:27:eb:70:e3:c4"
MEMORY_KB = 35 * 1024
Start = Callable[..., AgentServer]


def sampled(server: AgentServer) -> list[int]:
    return [body["sampledAt"] for body in server.bodies("report")]


def test_killed_twice_without_a_server_it_still_brings_what_was_in_the_file(
    tmp_path: Path, start_server: Start
) -> None:
    folder, logs = tmp_path / "kept", tmp_path / "logs"
    logs.mkdir()
    options = ("--period", "0.2", "--mac", MAC, "--keep-dir", str(folder), "--catch-up-rate", "50")
    file = folder / "reports-b827eb70e3c4.keep"
    sizes = [0]
    for _ in range(2):
        with AgentProcess(logs, *options, "--discovery-port", str(free_udp_port())) as agent:
            until_sync(lambda: file.exists() and file.stat().st_size > sizes[-1] + 1500, "it keeps", 20)
            sizes.append(file.stat().st_size)
            agent.process.kill()
            agent.process.wait(10)
    copy = tmp_path / "copy.keep"
    copy.write_bytes(file.read_bytes())
    keep, owed = FileKeep(copy, 10**6, "any"), []
    while (kept := keep.oldest(0.0)) is not None:
        owed.append(kept.body["sampledAt"])
        keep.done()
    keep.close()
    assert len(owed) >= 4
    server = start_server()
    with AgentProcess(logs, *options, "--server", server.url) as agent:
        server.wait_for(lambda server: set(owed) <= set(sampled(server)), 20)
        until_sync(lambda: file.stat().st_size == 0, "what was acknowledged leaves the file")
        assert agent.stop() == 0
    assert f"{len(owed)} wait there" in agent.log()
    held = {body["sampledAt"]: body.get("heldMs") for body in server.bodies("report")}
    assert all(held[each] for each in owed), "marked as late"
    assert sampled(server)[0] not in owed, "the newest goes first"
    assert [each for each in sampled(server) if each in set(owed)] == owed, "in order, each once"


def test_what_is_refused_for_now_is_kept_through_a_restart(tmp_path: Path, start_server: Start) -> None:
    server = start_server()
    again: dict[str, Any] = {"ok": False, "error": {"code": "journal_full", "message": "the disk", "retry": True}}
    server.answers["report"] = again
    folder, logs = tmp_path / "kept", tmp_path / "logs"
    logs.mkdir()
    options = ("--server", server.url, "--period", "0.2", "--mac", MAC, "--keep-dir", str(folder))
    with AgentProcess(logs, *options) as agent:
        server.wait_for(reports(2))
        assert agent.stop() == 0
    refused = set(sampled(server))
    server.heard.clear()
    server.answers.clear()
    with AgentProcess(logs, *options, "--catch-up-rate", "50") as agent:
        server.wait_for(lambda server: refused <= set(sampled(server)), 20)
        assert agent.stop() == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_an_agent_with_a_full_keep_stays_within_its_budget(tmp_path: Path, start_server: Start) -> None:
    """A bound that is reached again and again: the file is rewritten, the memory does not grow."""
    folder, logs = tmp_path / "kept", tmp_path / "logs"
    logs.mkdir()
    keep = FileKeep(tmp_path / "kept" / "reports-b827eb70e3c4.keep", 4_000_000, "an older boot")
    from telemetry.keep import Kept

    noise = [f"process-{number * 7919 % 1000}" for number in range(25)]
    for number in range(9000):
        keep.add(Kept(float(number), {"mac": MAC, "sampledAt": number, "names": [f"{each}{number}" for each in noise]}))
    keep.close()
    server = start_server()
    options = ("--plain", "--server", server.url, "--period", "0.2", "--mac", MAC, "--keep-dir", str(folder))
    with AgentProcess(logs, *options, "--keep-mb", "1", "--catch-up-rate", "100") as agent:
        server.wait_for(reports(200), 30)
        server.answers["report"] = {"ok": False, "error": {"code": "busy", "message": "later", "retry": True}}
        seen = len(server.heard)
        server.wait_for(lambda server: len(server.heard) > seen + 3, 20)
        peak = agent.status("VmHWM")
        assert agent.stop() == 0
    print(f"agent with thousands of kept reports: peak memory {peak / 1024:.1f} MB")
    assert peak <= MEMORY_KB
