"""Today's database front, as the iPad app and the agents speak to it: /ords/picluster/AR/... (dialect: wire/ords.py).

Owns the doors. Reports land as everywhere; reading needs nothing; colouring a body needs a token or --legacy-open.
"""

from __future__ import annotations

from aiohttp import web

from models.layout import Layout
from telemetry.report import Report
from twin.core.access import Action
from twin.core.live import Live
from twin.edge.gate import Gate, caller_of
from twin.edge.http import json_answer, read_body, require_json
from twin.edge.ingest import Ingest
from twin.edge.writer import Writer
from twin.wire import ords

BASE = ords.BASE.rstrip("/")


class OrdsApi:
    """Routes under /ords/picluster/AR."""

    def __init__(self, live: Live, layout: Layout, ingest: Ingest, writer: Writer, gate: Gate) -> None:
        self._live = live
        self._layout = layout
        self._ingest = ingest
        self._writer = writer
        self._gate = gate
        self._painted: dict[str, int] = {}  # body -> colour index; bodies are the layout's, so this is bounded

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(f"{BASE}/DigitalTwin", self._digital_twin),
            web.get(f"{BASE}/DigitalTwin/", self._digital_twin),
            web.get(BASE + r"/v2/{limit:\d*}", self._cluster),
            web.put(f"{BASE}/v2/", self._paint),
            web.post(BASE, self._report),
            web.post(BASE + "/{module:(?!warble)[^/]*}", self._report),
            web.post(BASE + "/{module:(?!warble)[^/]*}/", self._report),
        ]

    async def _report(self, request: web.Request) -> web.Response:
        """A report, at whichever module of the database front the agent was told to use."""
        self._gate.require(caller_of(request), Action.REPORT)
        require_json(request)
        await self._ingest.land_bytes(await read_body(request, self._ingest.max_body))
        return json_answer({})

    async def _cluster(self, request: web.Request) -> web.Response:
        limit = request.match_info["limit"]
        answer = ords.cluster(self._reports(), self._layout)
        nodes = answer["CLUSTER"]
        if limit and isinstance(nodes, list):
            answer["CLUSTER"] = nodes[: int(limit[:9])]
        return json_answer(answer)

    async def _digital_twin(self, request: web.Request) -> web.Response:
        live = self._live
        by_slot = {node.slot: row for row, node in enumerate(live.roster.nodes) if node.slot >= 0}
        reports = {slot: report for slot, row in by_slot.items() if (report := live.placed_report(row)) is not None}
        origin = f"{request.scheme}://{request.host}"
        return json_answer(ords.digital_twin(self._layout, reports, self._painted, origin))

    async def _paint(self, request: web.Request) -> web.Response:
        self._gate.require(caller_of(request), Action.PAINT)
        paint = ords.parse_paint(request.query, self._layout)
        self._painted[paint.body.node_name] = paint.index
        if paint.body.slot >= 0:
            slot = self._layout.slots[paint.body.slot]
            self._writer.paint(slot.switch_ip, slot.port, paint.rgb)
        return json_answer({})

    def _reports(self) -> list[Report]:
        live = self._live
        return [report for row in range(len(live.roster)) if (report := live.placed_report(row)) is not None]
