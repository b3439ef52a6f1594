"""The room: tells those who are present where the others are, twenty times a second while anybody moves.

Owns who is told and when; who is where is core/presence.py's, the bytes wire/presence.py's. One message is made a tick
and written to everyone. It stands apart from the frames: a viewer whose line is full gets none, and the next message
says it all. Called by edge/viewers.py; `run` is a task of the service's.
"""

from __future__ import annotations

import asyncio
import logging

from twin.core.presence import Presence
from twin.edge.clock import Clock
from twin.wire.events import People
from twin.wire.fan import Pipe
from twin.wire.packets import binary_event, event
from twin.wire.presence import encode, introduction, pose_of

log = logging.getLogger(__name__)

NAMESPACE = "/twin"
TICK_S = 0.05
ASLEEP_S = 1.0


class Room:
    """Everybody of one cluster, live or in the past. A sid is a viewer's connection."""

    def __init__(self, most: int, clock: Clock, soft_bytes: int) -> None:
        self.presence = Presence(most)
        self._clock = clock
        self._soft_bytes = soft_bytes
        self._pipes: dict[str, Pipe] = {}
        self._told: dict[str, int] = {}  # the version of `people` that a viewer has
        self._owed: set[str] = set()  # a message passed by them while their line was full
        self._awake = asyncio.Event()
        self.sent = 0  # messages of poses
        self.skipped = 0  # messages that a full line was spared

    def present(self, sid: str, pipe: Pipe, body: object) -> dict[str, object]:
        """Join, be called something else, or leave. Raises TwinError."""
        name, leaves = introduction(body)
        if leaves:
            self.leave(sid)
            return {}
        found = self.presence.join(sid, name)
        self._welcome(sid, pipe)
        return {"id": found}

    def pose(self, sid: str, pipe: Pipe, body: object) -> None:
        """Where a viewer is. Raises TwinError; one that comes too soon is dropped without a word."""
        self.presence.pose(sid, pose_of(body), self._clock.now_ms())
        self._welcome(sid, pipe)

    def leave(self, sid: str) -> None:
        """Gone at once."""
        self.presence.leave(sid)
        for each in (self._pipes, self._told):
            each.pop(sid, None)
        self._owed.discard(sid)

    async def run(self) -> None:
        """Tick until cancelled; asleep while nobody is here."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if not self._pipes:
                self._awake.clear()
                try:
                    async with asyncio.timeout(ASLEEP_S):
                        await self._awake.wait()
                except TimeoutError:
                    continue
            due = max(due + TICK_S, loop.time())
            await asyncio.sleep(due - loop.time())
            try:
                self.tick(self._clock.now_ms())
            except Exception:  # the top of the tick: the room goes on
                log.exception("a tick of the room failed")

    def tick(self, now_ms: int) -> None:
        """One message to everybody, if anything has changed."""
        changed = self.presence.tick(now_ms)
        targets = list(self._pipes) if changed else list(self._owed)
        if not targets:
            return
        ids, names = self.presence.people()
        said: People = {"id": ids, "name": names}
        people, poses = event(NAMESPACE, "people", said), None
        for sid in targets:
            pipe = self._pipes[sid]
            if pipe.busy() or pipe.backlog() > self._soft_bytes:
                self._owed.add(sid)
                self.skipped += 1
                continue
            if self._told.get(sid) != self.presence.version:
                self._told[sid] = self.presence.version
                pipe.send(people)
            if poses is None:
                poses = binary_event(NAMESPACE, "poses", encode(self.presence.shown(now_ms)))
            pipe.send(poses)
            self._owed.discard(sid)
            self.sent += 1

    def _welcome(self, sid: str, pipe: Pipe) -> None:
        if sid not in self._pipes:
            self._pipes[sid] = pipe
            self._owed.add(sid)
            self._awake.set()
