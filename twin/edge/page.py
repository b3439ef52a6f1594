"""Serves the page, the layout and the reference pages. Owns the built files' routes and what is said without them."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).resolve().parent.parent / "static"
IMMUTABLE = "public, max-age=31536000, immutable"

NO_PAGE = """<!doctype html><meta charset="utf-8"><title>The twin runs, the page is not built</title>
<style>body{font:18px/1.5 system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem}
code{background:#eee;padding:.1em .3em}</style>
<h1>The twin runs. Its page is not built.</h1>
<p>The page needs Node 20 or newer once, to be built. In the project's folder:</p>
<p><code>make page</code> &nbsp; then load this address again.</p>
<p>Everything else works without it: <a href="/healthz">/healthz</a>, <a href="/metrics">/metrics</a>,
<a href="/api/openapi.json">/api/openapi.json</a>, and socket.io for every client.</p>
"""


class Page:
    """The routes of the page. `layout` is the model's layout as JSON bytes, `layout_hash` its sha256."""

    def __init__(self, layout: bytes, layout_hash: str, static: Path = STATIC) -> None:
        self._layout = layout
        self._layout_hash = layout_hash
        self._static = static

    def routes(self) -> list[web.RouteDef | web.StaticDef]:
        routes: list[web.RouteDef | web.StaticDef] = [
            web.get("/", self._index),
            web.get("/api/", self._reference),
            web.get("/ar", self._ar),
            web.get("/model/layout.json", self._layout_json),
        ]
        if (self._static / "assets").is_dir():
            routes.append(web.static("/assets", self._static / "assets"))
        return routes

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return self._html("index.html")

    async def _reference(self, request: web.Request) -> web.StreamResponse:
        return self._html("api.html")

    async def _ar(self, request: web.Request) -> web.StreamResponse:
        return self._html("ar.html")

    def _html(self, name: str) -> web.StreamResponse:
        file = self._static / name
        if not file.is_file():
            return web.Response(text=NO_PAGE, content_type="text/html", status=503, headers={"Retry-After": "60"})
        return web.FileResponse(file, headers={"Cache-Control": "no-cache"})

    async def _layout_json(self, request: web.Request) -> web.StreamResponse:
        etag = f'"{self._layout_hash}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        response = web.Response(body=self._layout, content_type="application/json", headers={"ETag": etag})
        response.enable_compression()
        return response
