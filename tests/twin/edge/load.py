"""A cluster that changes all the time, and a witness of what waits for a viewer. For the tests of slow viewers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telemetry.report import parse
from tests.build import field_report
from tests.wait import until
from twin.service import Service
from twin.wire.fan import Fan


@asynccontextmanager
async def churning(service: Service, nodes: int = 300) -> AsyncIterator[None]:
    """Every node has a new report in every frame until the block is left."""
    reports = [parse(field_report(n)) for n in range(nodes)]

    async def churn() -> None:
        turn = 0
        while True:
            turn += 1
            now = service.clock.now_ms()
            for n in range(nodes):
                reports[n] = parse(field_report(n, CPU=(n + turn) % 100)) if n % 50 == turn % 50 else reports[n]
                service.live.report(reports[n], now)
            seq = service.live.seq
            await until(lambda seq=seq: service.live.seq > seq)

    task = asyncio.ensure_future(churn())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and task.exception() is not None:
            raise task.exception() or AssertionError


class Witness:
    """The most that ever waited for one viewer, looked at before and after every tick."""

    def __init__(self, fan: Fan) -> None:
        self.worst: dict[str, int] = {}
        self.most_queued = 0
        self._fan, self._tick = fan, fan.tick
        fan.tick = self._watched_tick  # type: ignore[method-assign]

    def _watched_tick(self, now_ms: int) -> None:
        self._look()
        self._tick(now_ms)
        self._look()

    def _look(self) -> None:
        for sid, viewer in self._fan.viewers.items():
            self.worst[sid] = max(self.worst.get(sid, 0), viewer.pipe.backlog())
            self.most_queued = max(self.most_queued, viewer.pipe._eio.queue.qsize())  # type: ignore[attr-defined]


def sid_of(fan: Fan, besides: set[str] = frozenset()) -> str:  # type: ignore[assignment]
    """The one viewer that is not in `besides`."""
    (sid,) = set(fan.viewers) - besides
    return sid
