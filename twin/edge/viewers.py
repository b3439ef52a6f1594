"""socket.io namespace /twin: viewers come, say what they want, and go.

Owns the handlers and nothing else: what is sent is wire/twin_fan.py's, how fast core/outbox.py's. Messages are in
wire/events.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from socketio.exceptions import ConnectionRefusedError as Refused

from twin.core.errors import TwinError, Unavailable, wire_form
from twin.core.outbox import Verdict
from twin.edge.gate import Gate, caller_of_environ
from twin.edge.namespace import Namespace
from twin.edge.pipe import SocketPipe, Spawn
from twin.edge.player import Player
from twin.edge.presence import Room
from twin.wire import requests
from twin.wire.twin_fan import TwinFan, TwinViewer


class ViewerNamespace(Namespace):
    """Handlers of /twin. Every request is acknowledged with {"ok": true} or {"ok": false, "error"}."""

    hears = frozenset(("resume", "watch", "interest", "seek", "present", "pose"))

    def __init__(self, fan: TwinFan, player: Player, gate: Gate, max_viewers: int, spawn: Spawn, room: Room) -> None:
        super().__init__("/twin")
        self._room = room
        self._fan = fan
        self._player = player
        self._gate = gate
        self._max_viewers = max_viewers
        self._spawn = spawn

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        """Refuses a wrong token and a full house by name, so that a client can say why."""
        caller = caller_of_environ(environ, auth)
        try:
            role = self._gate.role(caller)
            if len(self._fan.viewers) + self._player.viewers >= self._max_viewers:
                raise Unavailable(f"{self._max_viewers} viewers are here already", code="too_many_viewers")
        except TwinError as error:
            raise Refused(error.message, wire_form(error)) from error
        pipe = SocketPipe(eio_socket(self, sid), self._spawn)
        self._fan.join(sid, f"{caller.name} {sid}", pipe, role.value)

    async def on_disconnect(self, sid: str, reason: str = "") -> None:
        self._player.leave(sid)
        self._room.leave(sid)

    async def on_resume(self, sid: str, body: object = None) -> dict[str, object]:
        def act(viewer: TwinViewer) -> dict[str, object]:
            has = requests.resumption(body)
            verdict = self._player.fan_of(sid).resume(viewer, has.epoch, has.seq, has.roster)
            return {"mode": "delta" if verdict is Verdict.DELTA else "snapshot"}

        return self._answer(sid, act)

    async def on_watch(self, sid: str, body: object = None) -> dict[str, object]:
        return self._answer(sid, lambda viewer: self._player.fan_of(sid).watch(viewer, requests.watch_list(body)))

    async def on_interest(self, sid: str, body: object = None) -> dict[str, object]:
        return self._answer(sid, lambda viewer: self._player.fan_of(sid).interest(viewer, requests.wish(body)))

    async def on_seek(self, sid: str, body: object = None) -> dict[str, object]:
        """Answered when the past is there, or with why it cannot be had."""
        if self._player.fan_of(sid).viewer(sid) is None:
            return {"ok": False, "error": wire_form(Unavailable("this connection is being closed"))}
        try:
            return {"ok": True, **await self._player.seek(sid, requests.seeking(body))}
        except TwinError as error:
            return {"ok": False, "error": wire_form(error)}

    async def on_present(self, sid: str, body: object = None) -> dict[str, object]:
        return self._answer(sid, lambda viewer: self._room.present(sid, viewer.pipe, body))

    async def on_pose(self, sid: str, body: object = None) -> dict[str, object]:
        """Sent without an acknowledgement, as a rule; who asks for one is told what is wrong."""
        return self._answer(sid, lambda viewer: self._room.pose(sid, viewer.pipe, body))

    def _answer(self, sid: str, act: Callable[[TwinViewer], dict[str, object] | None]) -> dict[str, object]:
        viewer = self._player.fan_of(sid).viewer(sid)
        if viewer is None:  # it was shown out while the request was on its way
            return {"ok": False, "error": wire_form(Unavailable("this connection is being closed"))}
        try:
            return {"ok": True, **(act(viewer) or {})}
        except TwinError as error:
            return {"ok": False, "error": wire_form(error)}


def eio_socket(namespace: Any, sid: str) -> Any:
    """The engine.io socket under a socket.io session."""
    server = namespace.server
    eio_sid = server.manager.eio_sid_from_sid(sid, namespace.namespace)
    return server.eio.sockets[eio_sid]
