"""The page's routes: headers, caching, and what is said when nobody built it."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from tests.twin.conftest import layout_of, url_of
from twin.edge.http import errors_as_json, security_headers
from twin.edge.page import Page
from twin.edge.server import listen
from twin.service import Service


@asynccontextmanager
async def serving(static: Path) -> AsyncIterator[str]:
    """A server with nothing but the page in `static`."""
    app = web.Application(middlewares=[errors_as_json, security_headers])
    app.add_routes(Page(b"{}", "hash", static).routes())
    runner, port = await listen(app, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def test_a_page_that_is_not_built_says_how_to_build_it(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    async with serving(tmp_path) as url:
        for path in ("/", "/api/", "/ar"):
            async with http.get(url + path) as answer:
                assert (answer.status, answer.content_type) == (503, "text/html")
                assert "make page" in await answer.text()
                assert answer.headers["Retry-After"]
        async with http.get(f"{url}/assets/x.js") as answer:
            assert answer.status == 404


async def test_a_built_page_is_served_and_asked_for_again_each_time(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>built</title>")
    (tmp_path / "ar.html").write_text("<!doctype html><title>camera</title>")
    (tmp_path / "assets" / "main-abc.js").write_text("export {}")
    async with serving(tmp_path) as url:
        async with http.get(url) as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")
            assert "built" in await answer.text()
        async with http.get(f"{url}/ar") as answer:
            assert "camera" in await answer.text()
            # The decoder of markers is WebAssembly, and nothing else may be made into code.
            assert "script-src 'self' 'wasm-unsafe-eval';" in answer.headers["Content-Security-Policy"]
        async with http.get(f"{url}/assets/main-abc.js") as answer:
            assert (answer.status, "javascript" in answer.content_type) == (200, True)
        for path in ("/assets/../index.html", "/assets/%2e%2e/index.html", "/assets/..%2findex.html"):
            async with http.get(url + path, allow_redirects=False) as answer:
                assert answer.status in (200, 403, 404)


async def test_nothing_outside_the_assets_can_be_reached(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    (tmp_path / "static" / "assets").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("tokens")
    (tmp_path / "static" / "assets" / "link").symlink_to(tmp_path / "secret.txt")
    async with serving(tmp_path / "static") as url:
        for path in ("/assets/%2e%2e/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/assets/link", "/assets/"):
            async with http.get(aiohttp.client.URL(url + path, encoded=True)) as answer:
                assert answer.status in (403, 404)
                assert "tokens" not in await answer.text()


async def test_a_browser_is_told_to_fetch_nothing_from_elsewhere(service: Service, http: aiohttp.ClientSession) -> None:
    async with http.get(url_of(service)) as answer:
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'self'"
        assert "http" not in " ".join(policy.values()), "no other machine is named"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_the_layout_comes_with_its_hash_and_304_saves_it(service: Service, http: aiohttp.ClientSession) -> None:
    url = f"{url_of(service)}/model/layout.json"
    async with http.get(url, headers={"Accept-Encoding": "gzip"}, auto_decompress=False) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        body, etag = gzip.decompress(await answer.read()), answer.headers["ETag"]
    assert etag.strip('"') == service.greeter.layout_hash == hashlib.sha256(body).hexdigest()
    told = json.loads(body)
    assert (told["name"], len(told["slots"]["id"])) == ("cluster", len(layout_of("cluster").slots))
    async with http.get(url, headers={"If-None-Match": etag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    async with http.get(url, headers={"If-None-Match": '"another"'}) as answer:
        assert answer.status == 200
