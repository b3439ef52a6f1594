"""socket.io namespace /agents: births, reports, goodbyes, and the will that a dead socket leaves.

Owns which socket speaks for which node. A report is acknowledged when it is on the disk, never before. Messages are in
wire/events.py; a report's keys in docs/dialects.md.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from socketio.exceptions import ConnectionRefusedError as Refused

from twin.core.access import Action
from twin.core.errors import BadInput, TwinError, wire_form
from twin.edge.clock import Clock
from twin.edge.gate import Gate, caller_of_environ
from twin.edge.ingest import Ingest
from twin.edge.namespace import Namespace
from twin.edge.writer import Writer
from twin.wire import requests

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Agent:
    """One socket. `macs`: the nodes it has spoken for (one, or a fleet)."""

    name: str
    fleet: bool = False
    born: bool = False
    period_ms: int = 5000
    macs: set[str] = field(default_factory=set)


class AgentNamespace(Namespace):
    """Handlers of /agents."""

    hears = frozenset(("birth", "report", "bye"))

    def __init__(self, ingest: Ingest, writer: Writer, gate: Gate, clock: Clock) -> None:
        super().__init__("/agents")
        self._ingest = ingest
        self._writer = writer
        self._gate = gate
        self._clock = clock
        self.agents: dict[str, Agent] = {}
        self._speaker: dict[str, str] = {}  # mac -> sid: the newest socket speaks for a node

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        caller = caller_of_environ(environ, auth)
        try:
            self._gate.require(caller, Action.REPORT)
        except TwinError as error:
            raise Refused(error.message, wire_form(error)) from error
        self.agents[sid] = Agent(caller.name)

    async def on_disconnect(self, sid: str, reason: str = "") -> None:
        """The will: whoever spoke over this socket alone is lost now."""
        agent = self.agents.pop(sid, None)
        for mac in agent.macs if agent else ():
            if self._speaker.get(mac) == sid:
                del self._speaker[mac]
                self._writer.will(mac)

    async def on_birth(self, sid: str, body: object = None) -> dict[str, object]:
        try:
            newborn = requests.newborn(body)
            agent = self._agent(sid)
            if not newborn.fleet:
                if agent.macs - {newborn.mac}:
                    raise BadInput("this socket was born with another mac", field="mac", code="not_yours")
                self._writer.birth(newborn.mac, newborn.ip, newborn.switch_ip, newborn.port, newborn.period_ms)
                self._speaks(sid, agent, newborn.mac)
            agent.born, agent.fleet, agent.period_ms = True, newborn.fleet, newborn.period_ms
            return {"ok": True, "server_ms": self._clock.now_ms()}
        except TwinError as error:
            return {"ok": False, "error": wire_form(error)}

    async def on_report(self, sid: str, body: object = None) -> dict[str, object]:
        try:
            agent = self._agent(sid)
            if not agent.born:
                raise BadInput("send `birth` before the first report", code="not_born")
            report = self._ingest.parse(body)
            if not agent.fleet and report.mac not in agent.macs:
                raise BadInput("this socket was born with another mac", field="mac", code="not_yours")
            if agent.fleet and report.mac and report.mac not in agent.macs:
                self._writer.birth(report.mac, report.ip, report.switch_ip, report.port, agent.period_ms)
                self._speaks(sid, agent, report.mac)
            await self._ingest.keep(report, body)
            if sid not in self.agents and report.mac and report.mac not in self._speaker:
                self._writer.will(report.mac)  # the socket died while its last report was on the way to the disk
            return {"ok": True}
        except TwinError as error:
            return {"ok": False, "error": wire_form(error)}

    async def on_bye(self, sid: str, body: object = None) -> dict[str, object]:
        try:
            reboot = requests.farewell(body)
            agent = self._agent(sid)
            mac = body.get("mac") if isinstance(body, dict) and agent.fleet else None
            for each in [mac] if isinstance(mac, str) and mac in agent.macs else list(agent.macs):
                self._writer.goodbye(each, reboot=reboot)
                if agent.fleet:
                    agent.macs.discard(each)
            return {"ok": True}
        except TwinError as error:
            return {"ok": False, "error": wire_form(error)}

    def _agent(self, sid: str) -> Agent:
        agent = self.agents.get(sid)
        if agent is None:
            raise BadInput("this connection is being closed")
        return agent

    def _speaks(self, sid: str, agent: Agent, mac: str) -> None:
        agent.macs.add(mac)
        self._speaker[mac] = sid
