"""The tasks of a service: those that live as long as it does, and short ones beside the loop. Owns them until they are
done, and the wish to stop; what they do is others'. Called by twin.service.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)

LOOSE_S = 2.0  # for short ones that are under way at the end


class Tasks:
    """`stop` may be called by anybody, also from a signal handler; who waits for it ends the service."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()
        self._loose: set[asyncio.Task[None]] = set()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    async def stopped(self) -> None:
        """Wait until somebody calls `stop`."""
        await self._stopping.wait()

    def stop(self) -> None:
        """Ask for the end."""
        self._stopping.set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task for the life of the service. One that fails ends the service: half a twin helps nobody."""

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and task.exception() is not None:
                log.critical("a part of the service failed; stopping", exc_info=task.exception())
                self.stop()

        task = asyncio.create_task(work)
        task.add_done_callback(ended)
        return task

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something short beside the loop; it is held until done, and awaited by `settle`."""
        task = asyncio.ensure_future(work)
        self._loose.add(task)
        task.add_done_callback(self._loose.discard)

    async def settle(self) -> None:
        """Wait for the short ones, not for long."""
        if self._loose:
            await asyncio.wait(list(self._loose), timeout=LOOSE_S)
