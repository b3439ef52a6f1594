"""Where the agent's main loop waits: for events from other threads, for a signal, for a broadcast, for its
deadline, all in one select. Owns the wake-up socket and the bound of what waits. Called by agent.py;
link.py's threads post to it.
"""

from __future__ import annotations

import selectors
import socket
from collections import deque

from telemetry.steps import Event

MAX_EVENTS = 64  # one report on its way at a time makes two or three events; more means that we hang


class Mailbox:
    """`post` may be called from any thread. Full means the oldest event goes: the session's deadlines
    repair that."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=MAX_EVENTS)  # append and popleft are atomic
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._waker.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake, selectors.EVENT_READ)

    def watch(self, sock: socket.socket) -> None:
        """Return from `wait` when this socket has something, too."""
        self._selector.register(sock, selectors.EVENT_READ)

    @property
    def wakeup_fd(self) -> int:
        """For signal.set_wakeup_fd: a signal ends the wait at once, without a thread and without a lock."""
        return self._waker.fileno()

    def post(self, event: Event) -> None:
        self._events.append(event)
        try:
            self._waker.send(b"\0")
        except (BlockingIOError, OSError):
            return  # full: it will wake anyway; closed: nobody waits any more

    def wait(self, timeout_s: float) -> list[Event]:
        """What was posted, as soon as there is something; an empty list after `timeout_s` or for a watched
        socket."""
        if not self._events:
            self._selector.select(max(0.0, timeout_s))
        try:
            while self._wake.recv(4096):
                pass
        except BlockingIOError:
            pass
        found: list[Event] = []
        while self._events:
            found.append(self._events.popleft())
        return found

    def close(self) -> None:
        self._selector.close()
        self._wake.close()
        self._waker.close()
