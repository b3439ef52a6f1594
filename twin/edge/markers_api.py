"""The printed markers' side of the server: where a scanned one leads, what AR viewers must know, today's app's rule.

    GET /m/3A                   (capitals too, as QR codes have them) to the page, at that marker's switch
    GET /model/markers.json     the markers as they were printed, or as they would be, printed for this address
    GET /model/rows.json        today's app's rows of 22 with holes (wire/apprule.py)
    GET /ords/.../rows/10000    the same for the app itself

`twin markers` keeps what it printed in the data directory; that file is what is served, for it holds the address that
the symbols were made for.
"""

from __future__ import annotations

import asyncio
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from models.errors import MarkerError
from models.layout import Layout
from models.markers import data
from models.markers.place import LETTERS, markers
from models.markers.ruler import IDS
from models.markers.symbol import origin_of
from telemetry.report import Report
from twin.core.errors import BadInput, NotFound, TwinError
from twin.core.live import Live
from twin.edge.http import json_answer
from twin.wire import apprule, ords

MOST_ORIGINS = 8  # addresses of this server whose markers are remembered


class MarkersApi:
    """Routes of the markers. `data_dir`: the twin's own, in which `twin markers` keeps what it printed."""

    def __init__(self, live: Live, layout: Layout, data_dir: Path) -> None:
        self._live = live
        self._layout = layout
        self._kept = data_dir / data.FOLDER / data.FILE
        self._made = lru_cache(MOST_ORIGINS)(self._make)

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
        origin = f"{request.scheme}://{request.host}"
        try:
            body = await asyncio.to_thread(self._known, origin)
        except MarkerError as error:
            if error.code in ("bad_file", "unreadable"):
                raise TwinError(error.message, code=error.code) from error
            raise BadInput(error.message, code=error.code) from error
        etag = f'"{sha256(body).hexdigest()}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        response = web.Response(body=body, content_type="application/json", headers=headers)
        response.enable_compression()
        return response

    def _known(self, origin: str) -> bytes:
        kept = data.read(self._kept)
        return self._made(origin) if kept is None else kept

    def _make(self, origin: str) -> bytes:
        origin = origin_of(origin)
        return data.encode(self._layout, markers(self._layout, origin), origin)

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
