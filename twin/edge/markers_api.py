"""The printed markers' side of the server: where a scanned one leads, what AR viewers must know, today's app's rule.

    GET /m/3A                   (capitals too, as QR codes have them) to the page, at that marker's switch
    GET /model/markers.json     the markers as they were printed, or as they would be, printed for this address
    GET /model/rows.json        today's app's rows of 22 with holes (wire/apprule.py)
    GET /ords/.../rows/10000    the same for the app itself

`twin markers` keeps what it printed in the data directory; that file is what is served, for it holds the address that
the symbols were made for (marker_file.py), with the places that a survey found (survey_api.py).
"""

from __future__ import annotations

import asyncio
import re
from hashlib import sha256
from urllib.parse import quote

from aiohttp import web

from models.layout import Layout
from models.markers.place import LETTERS
from models.markers.ruler import IDS
from telemetry.report import Report
from twin.core.errors import NotFound
from twin.core.live import Live
from twin.edge.http import json_answer
from twin.edge.marker_file import MarkerFile
from twin.edge.survey_api import SurveyApi
from twin.wire import apprule, ords
from twin.wire.survey import surveyed


class MarkersApi:
    """Routes of the markers."""

    def __init__(self, live: Live, layout: Layout, file: MarkerFile, survey: SurveyApi) -> None:
        self._live = live
        self._layout = layout
        self._file = file
        self._survey = survey

    def routes(self) -> list[web.RouteDef]:
        base = ords.BASE.rstrip("/")
        return [
            web.get("/m/{marker}", self._scanned),
            web.get("/M/{marker}", self._scanned),
            web.get("/model/markers.json", self._markers),
            web.get("/model/rows.json", self._rows),
            web.get(base + r"/rows/{limit:\d*}", self._cluster),
        ]

    async def _scanned(self, request: web.Request) -> web.Response:
        switch_ip = self._switch_of(request.match_info["marker"])
        where = f"/#switch={quote(switch_ip, safe=':')}" if switch_ip else "/"
        return web.Response(status=302, headers={"Location": where, "Cache-Control": "no-cache"})

    def _switch_of(self, marker: str) -> str:
        """The switch of a marker; "" for those of the ruler sheet. Raises NotFound."""
        if marker.upper() in IDS:
            return ""
        found = re.fullmatch(rf"([0-9]{{1,6}})[{LETTERS}]?", marker.upper())
        for switch in self._layout.switches if found else ():
            if found and switch.bank + 1 == int(found[1]):
                return switch.ip
        known = len(self._layout.switches)
        what = f"there is no marker {marker[:20]!r}: the cluster {self._layout.name!r} has 1A to {known}{LETTERS[-1]}."
        raise NotFound(f"{what} Is this an older print, or another cluster's?")

    async def _markers(self, request: web.Request) -> web.Response:
        design = await self._file.of(request)
        body = await asyncio.to_thread(surveyed, design, self._survey.survey)
        etag = f'"{sha256(body).hexdigest()}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        response = web.Response(body=body, content_type="application/json", headers=headers)
        response.enable_compression()
        return response

    async def _rows(self, request: web.Request) -> web.Response:
        return json_answer(apprule.rows(self._layout, self._reports()))

    async def _cluster(self, request: web.Request) -> web.Response:
        limit = request.match_info["limit"]
        answer = apprule.cluster(self._layout, self._reports())
        nodes = answer["CLUSTER"]
        if limit and isinstance(nodes, list):
            answer["CLUSTER"] = nodes[: int(limit[:9])]
        return json_answer(answer)

    def _reports(self) -> list[Report]:
        live = self._live
        return [report for row in range(len(live.roster)) if (report := live.placed_report(row)) is not None]
