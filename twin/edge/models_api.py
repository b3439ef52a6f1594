"""GET /models/manifest.json and /models/<name>.<hash>.<ext>: the model's files for viewers, engines and Quick Look.

Owns HTTP's part: names that carry a hash and may be kept for ever, ETags, ranges, ready compressed forms. The files and
their making are models_api_shelf.py's. Files are made at the start (TWIN_MODELS=start) or when first asked for; a list
that is asked for with `?wait` comes when they are there.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Coroutine, Sequence
from hashlib import sha256
from typing import Any, Protocol

import msgspec
from aiohttp import web

from twin.core.errors import NotFound, Unavailable
from twin.edge.models_api_shelf import Item, Shelf
from twin.edge.page import IMMUTABLE
from twin.wire.events import ModelFile

BUILDING_S = 2.0  # until it is worth asking again
HELD_S = 10.0  # that `?wait` is held: browsers log every 503, so pages would rather wait
FAILED_S = 60.0  # until a build that failed is tried again: it may cost seconds of CPU each time
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
CODINGS = ("br", "gzip")  # the smaller first


class Spawn(Protocol):
    """Runs something beside the loop."""

    def __call__(self, work: Coroutine[Any, Any, None]) -> None: ...


class ModelsApi:
    """The routes."""

    def __init__(self, shelf: Shelf, spawn: Spawn) -> None:
        self._shelf = shelf
        self._spawn = spawn
        self._filling = False
        self._filled = asyncio.Event()  # a build has ended, well or not
        self._not_before_s = 0.0

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return (web.get("/models/manifest.json", self._manifest), web.get("/models/{file}", self._file))

    @property
    def ready(self) -> bool:
        return bool(self._shelf.items)

    @property
    def failed(self) -> str:
        """Why the files could not be made; "" when nothing has gone wrong."""
        return self._shelf.failed

    async def fill(self) -> None:
        """Make the files, once at a time; again when other markers were printed; what is there stays until then."""
        if self._filling or (self._shelf.items and not await asyncio.to_thread(self._shelf.stale)):
            return
        self._filling = True
        self._filled.clear()
        try:
            await self._shelf.fill()
        finally:
            self._filling = False
            self._filled.set()
            self._not_before_s = asyncio.get_running_loop().time() + FAILED_S

    async def _manifest(self, request: web.Request) -> web.Response:
        if "wait" in request.query:
            self._begin()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._filled.wait(), HELD_S)
        self._require()
        if await asyncio.to_thread(self._shelf.stale):
            self._begin(again=True)
        told: dict[str, ModelFile] = {
            item.name: {
                "url": f"/models/{item.file}",
                "sha256": item.digest,
                "bytes": len(item.body),
                "type": item.kind,
            }
            for item in self._shelf.items.values()
        }
        body = msgspec.json.encode(told)
        headers = {"ETag": f'"{sha256(body).hexdigest()}"', "Cache-Control": "no-cache"}
        if _has(request, headers["ETag"]):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="application/json", headers=headers)

    async def _file(self, request: web.Request) -> web.Response:
        self._require()
        item = self._shelf.items.get(request.match_info["file"])
        if item is None:
            raise NotFound(f"{request.path} is not a file of this model; /models/manifest.json lists what is")
        return answer(request, item)

    def _require(self) -> None:
        """Raises Unavailable while there is nothing, and sees to it that there will be."""
        if self._shelf.items:
            return
        self._begin()
        if failed := self._shelf.failed:
            raise Unavailable(f"the model cannot be built: {failed}", code="model_failed", retry_after_s=FAILED_S)
        what = "the model's files are being made; ask again in a moment"
        raise Unavailable(what, code="model_building", retry_after_s=BUILDING_S)

    def _begin(self, again: bool = False) -> None:
        """A build, unless there is one, or there is nothing to build, or the last one has just failed."""
        now_s = asyncio.get_running_loop().time()
        wanted = again or not self._shelf.items
        if wanted and not self._filling and (not self._shelf.failed or now_s >= self._not_before_s):
            self._filled.clear()
            self._spawn(self.fill())


def answer(request: web.Request, item: Item) -> web.Response:
    """The file, a part of it, or that the caller has it."""
    wanted = request.headers.get("Range")
    # A part is a part of the file as it is: nobody can use the middle of a compressed form.
    coding = "" if wanted else _coding(request.headers.get("Accept-Encoding", ""), item)
    etag = f'"{item.digest}{f"-{coding}" if coding else ""}"'
    headers = {"ETag": etag, "Cache-Control": IMMUTABLE, "Vary": "Accept-Encoding", "Accept-Ranges": "bytes"}
    if _has(request, etag):
        return web.Response(status=304, headers=headers)
    if coding:
        packed = item.packed[coding]
        return web.Response(body=packed, content_type=item.kind, headers={**headers, "Content-Encoding": coding})
    if wanted and request.headers.get("If-Range", etag) == etag:
        part = _part(wanted, len(item.body))
        if part is not None and part.start >= part.stop:
            return web.Response(status=416, headers={**headers, "Content-Range": f"bytes */{len(item.body)}"})
        if part is not None:
            said = {**headers, "Content-Range": f"bytes {part.start}-{part.stop - 1}/{len(item.body)}"}
            body = item.body[part.start : part.stop]
            return web.Response(status=206, body=body, content_type=item.kind, headers=said)
    return web.Response(body=item.body, content_type=item.kind, headers=headers)


def _has(request: web.Request, etag: str) -> bool:
    given = [each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")]
    return etag in given or "*" in given


def _coding(accepted: str, item: Item) -> str:
    """The smallest form that the caller takes; "" as it is."""
    takes: dict[str, bool] = {}
    for each in accepted.lower().split(","):
        name, _, weight = each.partition(";")
        takes[name.strip()] = weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return next((coding for coding in CODINGS if takes.get(coding) and coding in item.packed), "")


def _part(wanted: str, size: int) -> range | None:
    """The bytes of a single range, as a range; None for anything else, which is answered with the whole."""
    found = RANGE.fullmatch(wanted.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1 if last else size, size))
