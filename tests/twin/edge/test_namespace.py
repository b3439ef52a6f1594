"""Noise on a socket.io connection: events that nobody hears, names of the library's own, packets that are no event."""

from __future__ import annotations

from typing import Any

import pytest

from tests.build import field_report
from tests.twin.conftest import AGENT, url_of
from tests.twin.edge.test_agents import agent_of, born, status_of
from tests.twin.edge.viewer import Viewer
from twin.service import Service


@pytest.mark.parametrize("namespace", ["/agents", "/twin", "/"])
@pytest.mark.parametrize(
    "packet",
    [
        '["connect",{"aiohttp.request":{}}]',
        '["connect"]',
        '["disconnect"]',
        '["disconnect","client disconnect"]',
        '["birth",1,2,3]',
        '["watch",{"ids":[]},2,3]',
        '["cluster.update",1,2,3]',
        '["no such event",{}]',
        '["__init__"]',
        "[5,{}]",
        "[null]",
        "[[]]",
        "[]",
        "{}",
        "5",
        '["report"',
        "",
    ],
)
async def test_noise_on_a_connection_harms_nobody(
    service: Service, namespace: str, packet: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with agent_of(service) as other, Viewer(url_of(service), namespace, auth={"token": AGENT}) as noisy:
        await born(other, 1)
        await other.call("report", field_report(1))
        if namespace == "/agents":
            await born(noisy, 2)
            await noisy.call("report", field_report(2))
        prefix = "" if namespace == "/" else f"{namespace},"
        await noisy.send(f"2{prefix}99{packet}")
        probe = {"/agents": ("report", field_report(2)), "/twin": ("watch", {"ids": []}), "/": ("cluster.update", {})}
        answer: Any = await noisy.call(*probe[namespace])
        assert answer["ok"] is True
        assert status_of(service, 1) == "online"
        if namespace == "/agents":
            assert status_of(service, 2) == "online"
        else:
            assert len(service.fans[namespace].viewers) == 1, "and it is still watched by the rules for slow viewers"
        assert "Traceback" not in caplog.text or packet in ("", "5", "{}", "[]", '["report"')
