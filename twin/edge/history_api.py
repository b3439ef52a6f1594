"""GET /api/history/...: the past as columns of JSON. Owns the routes and their caching; what is asked and how answers
look is wire/history.py's. Reading is open, as everywhere; what it costs is bounded by limits that an error names.

Answers are put together beside the loop: a day of every shelf is a million numbers, and the live show goes on.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from models.layout import Layout
from telemetry.store.base import StoreError
from telemetry.store.contract import Store
from twin.core.errors import NotFound, Unavailable
from twin.core.live import Live
from twin.core.nodes import SlotOf
from twin.edge.archive import Archive
from twin.edge.clock import Clock
from twin.edge.reading import NO_HISTORY
from twin.wire import history
from twin.wire.history import Query

BASE = "/api/history"
SETTLED_MS = 60_000  # an answer about what is older than this does not change any more, but for very late reports
CACHED = "private, max-age=3600"
Make = Callable[[], dict[str, object]]
Answer = Callable[[Store, web.Request, Query], Awaitable[tuple[Make, int]]]


class HistoryApi:
    """Routes under /api/history."""

    def __init__(self, archive: Archive, live: Live, layout: Layout, slot_of: SlotOf, clock: Clock) -> None:
        self._archive = archive
        self._live = live
        self._layout = layout
        self._slot_of = slot_of
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        return [
            self._route("/extent", self._extent),
            self._route("/fleet", self._fleet),
            self._route("/node/{id}", self._node),
            self._route("/node/{id}/report", self._report),
            self._route("/aggregate", self._aggregate),
            self._route("/replay", self._replay),
            self._route("/commands", self._commands),
            self._route("/warbles", self._warbles),
        ]

    def _route(self, path: str, answer: Answer) -> web.RouteDef:
        """`answer` gives what makes the body, and the time up to which it tells."""

        async def handle(request: web.Request) -> web.Response:
            now_ms = self._clock.now_ms()
            try:
                make, until_ms = await answer(self._archive.store, request, Query(request.query, now_ms))
            except StoreError as error:
                raise Unavailable(error.message, code=NO_HISTORY, retry_after_s=2) from error
            body = await asyncio.to_thread(lambda: msgspec.json.encode(make()))
            return _cached(request, body, settled=until_ms <= now_ms - SETTLED_MS)

        return web.get(BASE + path, handle)

    async def _extent(self, store: Store, request: web.Request, query: Query) -> tuple[Make, int]:
        extent, keep = await store.extent(), self._archive.keep
        return lambda: history.extent(extent, keep, self._archive.engine, query.now_ms), query.now_ms

    async def _fleet(self, store: Store, request: web.Request, query: Query) -> tuple[Make, int]:
        at_ms = query.time("at", query.now_ms)
        found = await store.fleet(at_ms)
        return lambda: history.fleet(found, self._slot_of, self._live.rules), at_ms

    async def _node(self, store: Store, request: web.Request, query: Query) -> tuple[Make, int]:
        start_ms, end_ms = query.span(history.HOUR_MS)
        points = query.whole("points", 500, 1, history.MOST_POINTS)
        public_id = request.match_info["id"]
        key = self._key_of(public_id)
        series = await store.node(key, start_ms, end_ms, points)
        return lambda: history.node(public_id, key, start_ms, end_ms, points, series), end_ms

    async def _report(self, store: Store, request: web.Request, query: Query) -> tuple[Make, int]:
        public_id = request.match_info["id"]
        key, at_ms = self._key_of(public_id), query.time("at", query.now_ms)
        found = await store.rest(key, at_ms)
        if found is None:
            raise NotFound(f"no report of {public_id[:64]} at that time is kept in full", code="not_kept")
        return lambda: history.report(public_id, key, *found), at_ms

    async def _aggregate(self, store: Store, request: web.Request, query: Query) -> tuple[Make, int]:
        asked = history.Aggregation.read(query)
        groups = history.groups_of(asked.by, self._keys(), self._layout)
        history.check_size(asked, len(groups))
        found = await store.aggregate(groups, asked.start_ms, asked.end_ms, asked.step_ms)
        return lambda: history.aggregate(asked, found), asked.end_ms

    async def _replay(self, store: Store, request: web.Request, query: Query) -> tuple[Make, int]:
        start_ms, end_ms = query.span(history.MINUTE_MS)
        limit = query.whole("limit", 10_000, 1, history.MOST_ROWS)
        page = await store.replay(start_ms, end_ms, limit)
        return lambda: history.page(page), end_ms

    async def _commands(self, store: Store, request: web.Request, query: Query) -> tuple[Make, int]:
        before_ms, limit = query.before()
        found = await store.commands(before_ms, limit)
        return lambda: history.lines(found, limit), query.now_ms

    async def _warbles(self, store: Store, request: web.Request, query: Query) -> tuple[Make, int]:
        before_ms, limit = query.before()
        found = await store.warbles(before_ms, limit)
        return lambda: history.lines(found, limit), query.now_ms

    def _key_of(self, public_id: str) -> str:
        """The history knows a node by its mac, or its place while the mac is unknown."""
        node = self._live.roster.by_id(public_id)
        return public_id if node is None else node.mac or node.id

    def _keys(self) -> list[tuple[str, int]]:
        """Every node that is known now, and its slot."""
        return [(node.mac or node.id, node.slot) for node in self._live.roster.nodes]


def _cached(request: web.Request, body: bytes, *, settled: bool) -> web.Response:
    """With an ETag, and without a body when the caller has it."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    headers = {"ETag": f'"{tag}"', "Cache-Control": CACHED if settled else "no-cache"}
    if any(each.value in (tag, "*") for each in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type="application/json", headers=headers)
