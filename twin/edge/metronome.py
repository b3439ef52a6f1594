"""Calls the tick by deadline, for ever, and measures it: how late it came, how long it took. Called by twin.service."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)


async def beat(
    tick: Callable[[], None], every_s: float, late: Callable[[float, float], None], took: Callable[[float], None]
) -> None:
    """The rate does not drift; after a stall it goes on from now instead of catching up. late: by how much, and the
    loop's time; took: how long the tick did."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due = max(due + every_s, loop.time())
        await asyncio.sleep(due - loop.time())
        now_s = loop.time()
        late(now_s - due, now_s)
        started = time.perf_counter()
        try:
            tick()
        except Exception:  # the top of the tick: one bad tick must not end the show
            log.exception("a tick failed")
        took(time.perf_counter() - started)
