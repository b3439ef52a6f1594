"""GET, PUT and DELETE /model/markers/survey: where the printed markers truly hang, found by a walk, kept for everybody.

Owns the survey that holds, and its keeping: it is on the disk before a change is answered. A change says in If-Match
which revision it is a change of, so of two devices that walk at once one wins and the other is told. The checks are
core/survey.py's, the forms wire/survey.py's; markers_api.py serves the markers where this has them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from aiohttp import web

from telemetry.store.base import StoreError
from twin.core import survey as surveys
from twin.core.access import Action
from twin.core.errors import Stale, TwinError, Unavailable, Unguarded
from twin.core.survey import Survey
from twin.edge.clock import Clock
from twin.edge.gate import Gate, caller_of
from twin.edge.http import error_answer, json_answer, read_object
from twin.edge.marker_file import MarkerFile
from twin.edge.writer import Writer
from twin.wire import survey as wire

log = logging.getLogger(__name__)

PATH = "/model/markers/survey"
DOCUMENT = "survey"
MAX_BODY = 256 * 1024  # a thousand markers and their names
TURN_S = 3.0  # that a change waits for the one before it to reach the disk
COMMIT_S = 6.0  # that it waits for the disk itself; together less than a page waits for its answer


class SurveyApi:
    """The routes, and `survey` for who serves the markers."""

    def __init__(self, file: MarkerFile, writer: Writer, gate: Gate, clock: Clock) -> None:
        self._file = file
        self._writer = writer
        self._gate = gate
        self._clock = clock
        self._turn = asyncio.Lock()
        self._saving: asyncio.Task[None] | None = None
        self.survey = Survey()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(PATH, self._get),
            web.put(PATH, self._put),
            web.delete(PATH, self._delete),
        ]

    def restore(self, load: Callable[[str], bytes | None]) -> None:
        """The survey of the last life. A damaged one is told and left behind: the design holds until the next walk."""
        try:
            kept = load(DOCUMENT)
            self.survey = Survey() if kept is None else wire.from_document(kept)
        except (StoreError, TwinError) as error:
            log.error("the kept survey of the markers cannot be read, walk again: %s", error)

    async def _get(self, request: web.Request) -> web.Response:
        if _tag(self.survey) in _listed(request, "If-None-Match"):
            return web.Response(status=304, headers=_headers(self.survey))
        return _answer(self.survey)

    async def _put(self, request: web.Request) -> web.Response:
        return await self._change(request, read=True)

    async def _delete(self, request: web.Request) -> web.Response:
        return await self._change(request, read=False)

    async def _change(self, request: web.Request, *, read: bool) -> web.Response:
        caller = caller_of(request)
        self._gate.require(caller, Action.SURVEY)
        believed = _believed(request)
        found = None
        if read:
            body = await read_object(request, MAX_BODY)
            design = await self._file.of(request)
            found = surveys.parse(body, wire.design_of(design))
        try:
            return _answer(await self._keep(believed, found, caller.name))
        except Stale as error:
            answer = error_answer(error)
            answer.headers.update(_headers(self.survey))
            return answer

    async def _keep(self, believed: str, found: Survey | None, peer: str) -> Survey:
        """One change at a time. It holds once it is on the disk, and not at all when the disk refuses it."""
        try:
            async with asyncio.timeout(TURN_S):
                await self._turn.acquire()
        except TimeoutError:
            raise Unavailable("another change waits for the disk; try again", retry_after_s=TURN_S) from None
        try:
            changed = surveys.after(self.survey, believed, found, self._clock.now_ms(), peer)
        except Stale:
            self._turn.release()
            if surveys.holds(self.survey, found):
                return self.survey  # sent again, for the first answer was lost on its way
            raise
        # Whoever stops waiting cannot stop the disk: the turn ends, and what is kept holds, when the disk has answered.
        self._saving = asyncio.create_task(self._save(changed))
        self._saving.add_done_callback(self._saved)
        try:
            async with asyncio.timeout(COMMIT_S):
                await asyncio.shield(self._saving)
        except StoreError as error:
            raise Unavailable(error.message, code=error.code, retry_after_s=5) from error
        except TimeoutError:
            what = "the disk did not answer in time; read the survey again to see whether the change was kept"
            raise Unavailable(what, retry_after_s=COMMIT_S) from None
        return changed

    async def _save(self, changed: Survey) -> None:
        await self._writer.save_document(DOCUMENT, wire.to_document(changed))
        self.survey = changed
        line = changed.changes[0]
        told = {"peer": line.peer, "revision": line.revision, "markers": line.markers}
        log.info("the markers' survey was %s", line.what, extra={**told, "moved_mm": round(line.moved_m * 1000, 1)})

    def _saved(self, saving: asyncio.Task[None]) -> None:
        self._turn.release()
        if not saving.cancelled() and (error := saving.exception()) is not None:
            log.error("a change of the markers' survey is not kept: %s", error)


def _believed(request: web.Request) -> str:
    """The revision that the caller knows. Raises Unguarded: whoever has read nothing would overwrite another's walk."""
    given = _listed(request, "If-Match")
    if not given or "*" in given:
        what = 'send `If-Match: "<revision>"` with the revision that you have read'
        raise Unguarded(f"{request.method} {PATH} changes what GET {PATH} answers: {what}", field="If-Match")
    return given[0].strip('"')


def _listed(request: web.Request, name: str) -> list[str]:
    # A proxy that packs an answer marks its tag as weak; the revision is the same.
    given = [each.strip().removeprefix("W/") for each in request.headers.get(name, "").split(",")]
    return [each for each in given if each]


def _tag(survey: Survey) -> str:
    return f'"{survey.revision}"'


def _headers(survey: Survey) -> dict[str, str]:
    return {"ETag": _tag(survey), "Cache-Control": "no-cache"}


def _answer(survey: Survey) -> web.Response:
    return json_answer(wire.to_json(survey), headers=_headers(survey))
