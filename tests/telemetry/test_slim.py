"""The import without aiohttp, in a process of its own, because imports cannot be undone."""

from __future__ import annotations

import subprocess
import sys

from telemetry.slim import import_socketio

_CODE = """
import sys
from telemetry.slim import import_socketio
client = import_socketio().Client
heavy = {"aiohttp", "requests", "numpy", "msgspec"} & {name for name in sys.modules}
print(sorted(heavy), client.__module__)
import aiohttp
print(aiohttp.__name__)
"""


def test_the_client_comes_without_aiohttp_and_aiohttp_can_still_be_had() -> None:
    done = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split("\n")[:2] == ["[] socketio.client", "aiohttp"]


def test_where_socketio_is_loaded_already_it_is_that_one() -> None:
    import socketio

    assert import_socketio() is socketio
