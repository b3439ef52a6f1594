"""Who is calling, and may they: tokens from headers, queries and socket.io's auth, and the door for today's clients.

Owns the reading of credentials; the rules are core/access.py. Every edge that writes calls `require`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from twin.core.access import Action, Role, Tokens, may
from twin.core.errors import Forbidden, Unauthorised

HOW = (
    "send `Authorization: Bearer <token>` (or `?token=` in the URL of a client that cannot set headers); the tokens "
    "are in tokens.json in the server's data directory. For today's clients without tokens start "
    "`twin serve --legacy-open`"
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request comes from. `local`: from this machine, not through a proxy and not from another site's page."""

    token: str
    local: bool
    name: str


class Gate:
    """Decides roles. `legacy_open`: off, loopback or open (see TWIN_LEGACY_OPEN)."""

    def __init__(self, tokens: Tokens, legacy_open: str) -> None:
        self._tokens = tokens
        self._legacy_open = legacy_open

    @property
    def agent_token(self) -> str:
        """The agents' token, for the demo's own simulator."""
        return self._tokens.agent

    def role(self, caller: Caller) -> Role:
        """The role of a token; a viewer without one. A wrong token is an error, not a viewer: somebody mistyped it."""
        if not caller.token:
            return Role.VIEWER
        role = self._tokens.role_of(caller.token)
        if role is None:
            raise Unauthorised("this token is not known here; " + HOW)
        return role

    def require(self, caller: Caller, action: Action) -> Role:
        """The role under which `caller` may do `action`. Raises Unauthorised or Forbidden."""
        role = self.role(caller)
        if may(role, action):
            return role
        if not caller.token and self._open_to(caller):
            return Role.AGENT if action in (Action.REPORT, Action.REGISTER) else Role.OPERATOR
        if not caller.token:
            raise Unauthorised(f"`{action.value}` needs a token; {HOW}")
        raise Forbidden(f"the role `{role.value}` may not `{action.value}`")

    def _open_to(self, caller: Caller) -> bool:
        return self._legacy_open == "open" or (self._legacy_open == "loopback" and caller.local)


def caller_of(request: web.Request, auth: object = None) -> Caller:
    """Who sent this HTTP request, or opened this socket with `auth` in its CONNECT packet."""
    token = ""
    if isinstance(auth, Mapping) and isinstance(auth.get("token"), str):
        token = auth["token"]
    elif request.headers.get("Authorization", "").lower().startswith("bearer "):
        token = request.headers["Authorization"][7:].strip()
    elif "token" in request.query:
        token = request.query["token"]
    peer = request.remote or ""
    return Caller(token, _is_local(request), peer or "unknown")


def caller_of_environ(environ: Mapping[str, Any], auth: object) -> Caller:
    """The same for a socket.io connection."""
    return caller_of(environ["aiohttp.request"], auth)


def _is_local(request: web.Request) -> bool:
    """From this machine itself. A browser on this machine is a way in for every site it shows, hence what follows."""
    headers = request.headers
    if not is_loopback(request.remote or "") or "X-Forwarded-For" in headers or "Forwarded" in headers:
        return False
    # A page of another site names its origin; a script tag names none, but engine.io would answer it (JSONP), and new
    # browsers say from where they fetch.
    origin, host = headers.get("Origin", ""), headers.get("Host", "")
    foreign = bool(origin) and origin.split("://", 1)[-1] != host
    fetched = headers.get("Sec-Fetch-Site", "none")
    return names_us(host) and not foreign and fetched in ("none", "same-origin") and "j" not in request.query


def names_us(host: str) -> bool:
    """Whether a Host header is an address or localhost: another name may have been rebound to this machine."""
    name, _, port = host.rpartition(":")
    name = name if port.isdigit() else host
    return not host or name.lower() == "localhost" or _address(name.strip("[]")) is not None


def is_loopback(peer: str) -> bool:
    """Whether an address is this machine's own."""
    address = _address(peer)
    return address is not None and address.is_loopback


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
