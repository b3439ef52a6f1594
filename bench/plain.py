"""The plain design on python-socketio and aiohttp: a dictionary in memory, and `emit` of what changed every 200 ms.

Every setting is the libraries' own default. Run by bench/servers.py as `python -m bench.plain PORT`; imports nothing of
the twin.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import socketio
from aiohttp import web

TICK_S = 0.2
cluster: dict[str, Any] = {}
changed: dict[str, Any] = {}
sio = socketio.AsyncServer(async_mode="aiohttp")


@sio.event
async def connect(sid: str, environ: dict[str, Any]) -> None:
    await sio.emit("cluster.all", cluster, to=sid)


async def report(request: web.Request) -> web.Response:
    body = await request.json()
    public_id = f"{body['switch_ip']}-{body['port']}"
    body["lastUpdated"] = time.time_ns() // 1_000_000
    body["status"] = "online"
    cluster[public_id] = changed[public_id] = body
    return web.json_response({})


async def healthcheck(request: web.Request) -> web.Response:
    return web.Response(text="OK")


async def tell_forever() -> None:
    while True:
        await asyncio.sleep(TICK_S)
        if changed:
            news = dict(changed)
            changed.clear()
            await sio.emit("cluster.event", news)


async def with_ticks(app: web.Application) -> Any:
    ticks = asyncio.get_running_loop().create_task(tell_forever())
    yield
    ticks.cancel()


if __name__ == "__main__":
    app = web.Application()
    sio.attach(app)
    app.add_routes([web.post("/api/cluster", report), web.get("/api/healthcheck", healthcheck)])
    app.cleanup_ctx.append(with_ticks)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
