"""Imports python-socketio's client without what an agent never uses. Owns that one trick; called by link.py.

`import socketio` pulls in aiohttp (asynchronous client and servers) and requests (long polling) when they
are there: 39 MB before the first line of ours runs. The agent speaks websocket only, through the blocking
client, which needs websocket-client and nothing else: 25 MB. On a Pi with 1 GB, most of it for other work,
that is worth one strange file. A None in sys.modules is Python's own way to say "this import fails";
socketio then goes on without.
"""

from __future__ import annotations

import sys
from typing import Any


def import_socketio() -> Any:
    """The socketio module. Where it or aiohttp is loaded already (a server's process, tests), nothing is
    tricked."""
    hidden = [name for name in ("aiohttp", "requests") if name not in sys.modules and "socketio" not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # typeshed does not know this use
    try:
        import socketio
    finally:
        for name in hidden:
            del sys.modules[name]
    return socketio
