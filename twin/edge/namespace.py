"""What every socket.io namespace shares: the client's words never reach a handler that is not meant for them.

python-socketio calls `on_<event>` for whatever name a client sends, also `connect` and `disconnect`, with as many
arguments as it likes. Owns that filter; the handlers are agents.py's, viewers.py's and broadcaster_api.py's.
"""

from __future__ import annotations

from typing import Any

import socketio

from twin.core.errors import BadInput, wire_form

LIFECYCLE = ("connect", "disconnect")
SHOWN = 40  # characters of an unknown name in the answer


class Namespace(socketio.AsyncNamespace):  # type: ignore[misc]  # python-socketio carries no types
    """A namespace whose `hears` names the events that clients may send, each with at most one argument."""

    hears: frozenset[str] = frozenset()

    async def trigger_event(self, event: str, *args: Any) -> Any:
        """Every event is answered; one that is not known here with the code `unknown_event`."""
        # The library's own connect and disconnect come while the session is not connected; a client's events only then.
        if event in LIFECYCLE and args and not self.server.manager.is_connected(args[0], self.namespace):
            return await super().trigger_event(event, *args)
        if isinstance(event, str) and event in self.hears:
            return await self.hear(event, *args[:2])
        error = BadInput(f"{str(event)[:SHOWN]!r} is not an event of {self.namespace}", code="unknown_event")
        return {"ok": False, "error": wire_form(error)}

    async def hear(self, event: str, sid: str, body: object = None) -> Any:
        """One event of a client: `on_<event>`."""
        return await getattr(self, f"on_{event}")(sid, body)
