"""The plain port beside HTTPS: how a device comes to trust the authority, and the way over for browsers.

Owns /trust, /ca.crt, /ca.mobileconfig and what the plain port still serves. Agents and today's clients stay on it
unless TWIN_TLS_ONLY: they know no other, and what they say is no more secret than before (docs/https.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from twin.core.errors import Forbidden, NotFound
from twin.edge import tls_profile
from twin.edge.gate import is_loopback
from twin.edge.http import Handler
from twin.edge.tls import Tls

PAGES = ("/", "/api/")  # what a person opens; the rest is for programs
ALWAYS = ("/trust", "/ca.crt", "/ca.mobileconfig", "/healthz", "/readyz")
NO_STORE = {"Cache-Control": "no-store"}

Middleware = Callable[[web.Request, Handler], Any]


class TlsDoor:
    """`https_port` is asked at each request: it is known only when the port is taken."""

    def __init__(self, tls: Tls, https_port: Callable[[], int], *, only: bool) -> None:
        self._tls = tls
        self._https_port = https_port
        self._only = only

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        if self._tls.authority is None:
            return ()
        return (
            web.get("/trust", self._page),
            web.get("/ca.crt", self._certificate),
            web.get("/ca.mobileconfig", self._profile),
        )

    def middleware(self) -> Middleware:
        """Sends browsers on the plain port over to HTTPS; with TWIN_TLS_ONLY everybody."""

        @web.middleware
        async def plain_port(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.secure or request.path in ALWAYS:
                return await handler(request)
            looks = request.method in ("GET", "HEAD")
            if self._only and (not looks or request.path.startswith("/socket.io/")):
                raise Forbidden(
                    f"this port only leads to HTTPS (TWIN_TLS_ONLY); use {self._url(request)}", code="https_only"
                )
            if self._only or (looks and request.path in PAGES and not is_loopback(request.remote or "")):
                # Browsers count this machine's own address as secure; everyone else needs the other port. Not stored:
                # the next start may be without HTTPS.
                location = self._url(request) + request.path_qs.removeprefix("/")
                return web.Response(status=307, headers={"Location": location, **NO_STORE})
            return await handler(request)

        return plain_port

    def _url(self, request: web.Request) -> str:
        host = request.url.host or "localhost"
        return f"https://{f'[{host}]' if ':' in host else host}:{self._https_port()}/"

    async def _page(self, request: web.Request) -> web.Response:
        text = tls_profile.page(self._authority().certificate, self._url(request))
        return web.Response(text=text, content_type="text/html", headers=NO_STORE)

    async def _certificate(self, request: web.Request) -> web.Response:
        return web.Response(body=self._authority().der, content_type="application/x-x509-ca-cert", headers=NO_STORE)

    async def _profile(self, request: web.Request) -> web.Response:
        authority = self._authority()
        body = tls_profile.mobileconfig(authority.certificate, authority.der)
        headers = {"Content-Disposition": 'attachment; filename="twin.mobileconfig"', **NO_STORE}
        return web.Response(body=body, content_type="application/x-apple-aspen-config", headers=headers)

    def _authority(self) -> Any:
        if self._tls.authority is None:
            raise NotFound("this twin shows its owner's certificate; there is no authority of its own to trust")
        return self._tls.authority
