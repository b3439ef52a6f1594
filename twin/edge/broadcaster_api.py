"""Today's broadcaster: POST and DELETE /api/cluster, and socket.io's default namespace.

Owns doors only: the dialect is wire/visor.py, what viewers get wire/visor_fan.py. Writing needs a token, or
--legacy-open; looking needs nothing, as today.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as Refused

from telemetry.report import Report, to_record
from twin.core.access import Action
from twin.core.errors import TwinError, Unavailable, wire_form
from twin.edge.gate import Caller, Gate, caller_of, caller_of_environ
from twin.edge.http import json_answer, read_body, require_json
from twin.edge.ingest import Ingest
from twin.edge.namespace import Namespace
from twin.edge.pipe import SocketPipe, Spawn
from twin.edge.viewers import eio_socket
from twin.edge.writer import Writer
from twin.wire import visor
from twin.wire.visor_fan import VisorFan

log = logging.getLogger(__name__)


class BroadcasterApi:
    """The HTTP half."""

    def __init__(self, ingest: Ingest, writer: Writer, gate: Gate) -> None:
        self._ingest = ingest
        self._writer = writer
        self._gate = gate

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/cluster", self._report),
            web.delete("/api/cluster", self._forget),
            web.get("/api/healthcheck", self._healthcheck),
        ]

    async def _report(self, request: web.Request) -> web.Response:
        """A report: `{}` once it is on the disk."""
        self._gate.require(caller_of(request), Action.REPORT)
        require_json(request)
        await self._ingest.land_bytes(await read_body(request, self._ingest.max_body))
        return json_answer({})

    async def _forget(self, request: web.Request) -> web.Response:
        self._gate.require(caller_of(request), Action.FORGET)
        await self._writer.forget()
        return json_answer({})

    async def _healthcheck(self, request: web.Request) -> web.Response:
        return web.Response(text="OK")


class VisorNamespace(Namespace):
    """The socket.io half: viewers join, feeders update."""

    hears = frozenset((visor.UPDATE, visor.DELETE))

    def __init__(
        self, fan: VisorFan, ingest: Ingest, writer: Writer, gate: Gate, max_viewers: int, spawn: Spawn
    ) -> None:
        super().__init__("/")
        self._fan = fan
        self._ingest = ingest
        self._writer = writer
        self._gate = gate
        self._max_viewers = max_viewers
        self._spawn = spawn
        self._callers: dict[str, Caller] = {}

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        caller = caller_of_environ(environ, auth)
        try:
            self._gate.role(caller)
            if len(self._fan.viewers) >= self._max_viewers:
                raise Unavailable(f"{self._max_viewers} viewers are here already", code="too_many_viewers")
        except TwinError as error:
            raise Refused(error.message, wire_form(error)) from error
        self._callers[sid] = caller
        self._fan.join(sid, f"{caller.name} {sid}", SocketPipe(eio_socket(self, sid), self._spawn))

    async def on_disconnect(self, sid: str, reason: str = "") -> None:
        self._fan.leave(sid)
        self._callers.pop(sid, None)

    async def hear(self, event: str, sid: str, body: object = None) -> dict[str, object]:
        """Today's events have a dot in their names, which no method can have."""
        return await (self._update(sid, body) if event == visor.UPDATE else self._delete(sid))

    async def _update(self, sid: str, body: object) -> dict[str, object]:
        """Reports from a feeder. One bad entry loses no other; the answer names the bad ones."""
        try:
            self._gate.require(self._caller(sid), Action.REPORT)
        except TwinError as error:
            return self._refuse(sid, visor.UPDATE, error)
        reports, bad = visor.parse_update(body)
        landed = await asyncio.gather(*(self._land(report) for report in reports))
        errors: list[dict[str, object]] = [{"id": each.id, "code": each.code, "message": each.message} for each in bad]
        errors += [wire_form(each) for each in landed if each is not None]
        for told in errors[:5]:
            log.warning("cluster.update: %s", told["message"], extra={"sid": sid})
        return {"ok": not errors, **({"errors": errors} if errors else {})}

    async def _land(self, report: Report) -> TwinError | None:
        try:
            await self._ingest.keep(report, to_record(report))
        except TwinError as error:
            return error
        return None

    async def _delete(self, sid: str) -> dict[str, object]:
        try:
            self._gate.require(self._caller(sid), Action.FORGET)
            await self._writer.forget()
        except TwinError as error:
            return self._refuse(sid, visor.DELETE, error)
        return {"ok": True}

    def _refuse(self, sid: str, event: str, error: TwinError) -> dict[str, object]:
        # Today's feeders do not listen for an answer, so the log is where its owner finds out.
        log.warning("%s refused: %s", event, error.message, extra={"caller": self._caller(sid).name})
        return {"ok": False, "error": wire_form(error)}

    def _caller(self, sid: str) -> Caller:
        return self._callers.get(sid) or Caller("", False, "gone")
