"""What an agent costs a Pi: peak memory and CPU, of the real process, with everything on. Prints both (pytest -s)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.telemetry.agent_process import AgentProcess
from tests.telemetry.agent_server import AgentServer
from tests.telemetry.test_agent import free_tcp_port

MEMORY_KB = 40 * 1024
CPU_PCT = 1.0  # of one core, at the default period
PERIOD_S = 5.0
REPORTS = 8


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_an_agent_stays_within_its_budget(tmp_path: Path, start_server: Callable[..., AgentServer]) -> None:
    server = start_server()
    options = ("--plain", "--server", server.url, "--period", "1")
    with AgentProcess(tmp_path, *options, http_port=free_tcp_port()) as agent:
        server.wait_for(lambda server: len(server.bodies("report")) >= 1)
        before = agent.cpu_s()
        server.wait_for(lambda server: len(server.bodies("report")) >= 1 + REPORTS)
        # What an agent does, it does once a report; so a report's cost at 1 s is a report's cost at 5 s.
        each = (agent.cpu_s() - before) / REPORTS
        peak = agent.status("VmHWM")
        assert agent.stop() == 0
    cpu_pct = each / PERIOD_S * 100.0
    print(f"agent: peak memory {peak / 1024:.1f} MB, {each * 1000:.1f} ms CPU a report, {cpu_pct:.2f} % of one core")
    assert peak <= MEMORY_KB
    assert cpu_pct <= CPU_PCT
