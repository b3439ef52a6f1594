"""Today's manager: registration, discovery calls and the ping that keeps Pis registered (dialect: wire/manager.py).

Owns the HTTP doors, the pings and the saving of the registry. What the registry learns of places is handed to the one
writer. Reading needs nothing; registering needs a token or --legacy-open.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress

import aiohttp
import numpy as np
from aiohttp import web

from twin.core.access import Action
from twin.core.columns import BUSY, ONLINE
from twin.core.errors import TwinError
from twin.core.live import Live
from twin.edge.clock import Clock
from twin.edge.gate import Gate, caller_of
from twin.edge.http import json_answer, not_here, read_object
from twin.edge.writer import Writer
from twin.wire import manager
from twin.wire.manager import CALLS, Binding, ManagerError, Registry

log = logging.getLogger(__name__)

MAX_BODY = 64 * 1024
FREE_BELOW_PCT = 30.0
PING_TIMEOUT_S = 3.0
PINGS_AT_ONCE = 256
LOOK_EVERY_S = 0.5
DOCUMENT = "registry"
READS = frozenset({"getpi", "picount", "getport", "getpiswitch", "getpigroup", "freepi"})


class ManagerApi:
    """Routes at the root of the server, in any case of letters, and the ping loop."""

    def __init__(self, live: Live, writer: Writer, gate: Gate, clock: Clock, ping_s: float, ping_port: int) -> None:
        self._live = live
        self._writer = writer
        self._gate = gate
        self._clock = clock
        self._ping_port = ping_port
        self._saved_version = 0
        self.registry = Registry(ping_s=ping_s)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/{call:[A-Za-z]+}", self._call), web.post("/{call:[A-Za-z]+}", self._call)]

    def restore(self, kept: bytes | None) -> None:
        """The registry of the last life. A damaged one is told and left behind: Pis register again by themselves."""
        if kept is None:
            return
        try:
            manager.restore(self.registry, json.loads(kept), self._now_s())
        except (ManagerError, ValueError) as error:
            log.error("the kept registry cannot be read: %s", error)
        for binding in self.registry.bindings():
            self._place(binding)
        self._saved_version = self.registry.version

    async def ping_forever(self) -> None:
        """Ping who is due, all at once but bounded; forget who stays silent. Saves the registry when it changed."""
        timeout = aiohttp.ClientTimeout(total=PING_TIMEOUT_S)
        connector = aiohttp.TCPConnector(limit=PINGS_AT_ONCE, force_close=True)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session, asyncio.TaskGroup() as pings:
            while True:
                for ip in self.registry.due_pings(self._now_s()):
                    pings.create_task(self._ping(session, ip))
                await self._save()
                await asyncio.sleep(LOOK_EVERY_S)

    async def _call(self, request: web.Request) -> web.Response:
        call = request.match_info["call"].lower()
        if (request.method, call) == ("GET", "freepi"):
            return json_answer(manager.free_pi(self._free_pi()))
        if (request.method, call) not in CALLS:
            raise not_here(request)
        body = await read_object(request, MAX_BODY) if request.method == "POST" else None
        if call not in READS:
            self._gate.require(caller_of(request), Action.REGISTER)
        reply = manager.answer(self.registry, request.method, call, body, self._now_s())
        if call == "remove" and isinstance(body, dict):
            self._gone(str(body.get("ip", "")))
        elif reply.binding is not None and call not in READS:
            self._place(reply.binding)
        await self._save()
        return json_answer(reply.body)

    def _place(self, binding: Binding) -> None:
        """What was learnt of a Pi becomes a node (known, not online: it has not reported) and its place."""
        known = self._live.roster.by_ip(binding.ip)
        if binding.mac and known is None:
            with suppress(TwinError):  # a full roster: the registry still knows the Pi
                self._writer.birth(binding.mac, binding.ip, "", -1, self._live.rules.period_ms)
        if binding.placed:
            self._writer.bind(binding.ip, binding.switch_ip, binding.port)

    def _gone(self, ip: str) -> None:
        node = self._live.roster.by_ip(ip)
        if node is not None and node.mac:
            self._writer.goodbye(node.mac, reboot=False)

    def _free_pi(self) -> str | None:
        """The least loaded Pi below 30 % CPU that is alive, as today's scheduler asks for."""
        columns, count = self._live.columns, self._live.columns.count
        cpu = np.where(np.isin(columns.status[:count], (ONLINE, BUSY)), columns.cpu_pct[:count], np.inf)
        cpu = np.where(np.isnan(cpu), np.inf, cpu)
        if not count or not float(cpu.min()) < FREE_BELOW_PCT:
            return None
        return self._live.roster.nodes[int(cpu.argmin())].ip

    async def _ping(self, session: aiohttp.ClientSession, ip: str) -> None:
        host = f"[{ip}]" if ":" in ip else ip
        try:
            async with session.get(f"http://{host}:{self._ping_port}/ping", allow_redirects=False) as answer:
                body = json.loads(await answer.content.read(1024))
            alive = isinstance(body, dict) and body.get("status") == "pong"
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            alive = False
        if alive:
            self.registry.pong(ip, self._now_s())
        elif self.registry.missed(ip, self._now_s()):
            log.info("a registered Pi does not answer its ping and is forgotten", extra={"ip": ip})

    async def _save(self) -> None:
        if self.registry.version != self._saved_version:
            self._saved_version = self.registry.version
            await self._writer.save_document(DOCUMENT, json.dumps(manager.to_json(self.registry)).encode())

    def _now_s(self) -> float:
        return self._clock.now_ms() / 1000
