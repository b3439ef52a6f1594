"""What every HTTP handler shares: errors as JSON, bodies read within bounds, headers of a page that needs nobody else.

Owns the middleware; handlers raise TwinError and never build an error answer themselves.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from twin.core.errors import BadInput, NotFound, TooLarge, TwinError, wire_form

log = logging.getLogger(__name__)
BODY_TIMEOUT_S = 20.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# The page and everything in it come from here and nowhere else.
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ws: wss:; "
    "img-src 'self' data: blob:; "
    "style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; frame-ancestors *",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def json_answer(body: object, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json", headers=headers)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns what a handler raises into {"error": {code, message, retry, field?}} with the right status."""
    try:
        return await handler(request)
    except TwinError as error:
        return error_answer(error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        wrapped = TwinError(f"{request.method} {request.path}: {error.reason}", code=f"http_{error.status}")
        return error_answer(wrapped, status=error.status, headers=dict(error.headers.items()))
    except (asyncio.CancelledError, ConnectionResetError):
        raise
    except Exception:  # the top of a request: log it, answer, keep serving
        log.exception("unexpected error in %s %s", request.method, request.path)
        return error_answer(TwinError("something went wrong here; the log has the details"))


def error_answer(error: TwinError, *, status: int | None = None, headers: dict[str, str] | None = None) -> web.Response:
    kept = {name: value for name, value in (headers or {}).items() if name.lower() == "allow"}
    if error.retry_after_s:
        kept["Retry-After"] = str(max(1, round(error.retry_after_s)))
    if error.http_status == 401:
        kept["WWW-Authenticate"] = "Bearer"
    # `status` in today's words as well: old clients look for it.
    body = {"status": "false", "error": wire_form(error)}
    return json_answer(body, status=status or error.http_status, headers=kept)


@web.middleware
async def security_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Adds SECURITY_HEADERS to what a browser shows. A file knows its type only when it is sent, so each gets them."""
    response = await handler(request)
    if not response.prepared and (response.content_type == "text/html" or isinstance(response, web.FileResponse)):
        response.headers.update(SECURITY_HEADERS)
    return response


async def read_body(request: web.Request, most: int) -> bytes:
    """The body, at most `most` bytes. Raises TooLarge before reading when the length is announced."""
    if request.content_length is not None and request.content_length > most:
        raise TooLarge(
            f"the body has {request.content_length} bytes; at most {most} are taken here", code="body_too_large"
        )
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            body = await request.content.read(most + 1)
            while len(body) <= most and not request.content.at_eof():
                body += await request.content.read(most + 1 - len(body))
    except TimeoutError:
        raise BadInput(f"the body did not arrive within {BODY_TIMEOUT_S:g} s") from None
    if len(body) > most:
        raise TooLarge(f"the body has more than {most} bytes", code="body_too_large")
    return body


def require_json(request: web.Request) -> None:
    """Today's servers refuse other content types, and a browser cannot send this one across sites unasked."""
    if request.content_type != "application/json":
        raise BadInput(
            f"Content-Type is `{request.content_type}`; send `application/json`",
            field="Content-Type",
            code="content_type",
        )


async def read_object(request: web.Request, most: int) -> dict[str, object]:
    """A JSON object from the body."""
    require_json(request)
    body = await read_body(request, most)
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadInput(f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadInput("the body must be a JSON object")
    return value


def not_here(request: web.Request) -> NotFound:
    return NotFound(f"{request.method} {request.path} is not served here; /api/ lists what is")
