"""Owns one worker as the host holds it: its pipe, its board, the right to kill it. keeper.py makes it.

sandbox.py uses it:

    starting ──READY──> idle ──hand()──> busy ──ending, or it dies──> done          kill() and close() at any time

A worker is a stranger's from hand() on: one message of bounded size is read from it, and none after that.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress

from warble.box import board, ending, worker
from warble.box.board import Left


class Hand:
    """Everything here runs on the event loop and none of it waits."""

    def __init__(
        self,
        serial: int,
        descriptors: list[int],
        output: int,
        on_ready: Callable[[Hand], None],
        ask_to_kill: Callable[[int], None],
    ) -> None:
        """descriptors: pipe, board and, where there is such a thing, pidfd; they are closed by close()."""
        self.serial = serial
        self.output = output
        self.ready = False
        self.said = b""
        #: Set when it has said how its run ended, or can say no more.
        self.over = asyncio.Event()
        #: Set when the zygote has waited for it, or the zygote itself has died. status: as Popen's returncode.
        self.dead = asyncio.Event()
        self.status: int | None = None
        self._on_ready = on_ready
        self._ask_to_kill = ask_to_kill
        self._pipe = socket.socket(fileno=descriptors[0])
        self._pipe.setblocking(False)
        self._memory = descriptors[1]
        self._pidfd = descriptors[2] if len(descriptors) > 2 else -1
        self._killed = False
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._pipe, self._hear)

    def hand(self, job: bytes) -> None:
        """Give it its job. The pipe is fresh and empty, so the message fits; a worker that died meanwhile is over."""
        try:
            self._pipe.send(job)
        except OSError:
            self.over.set()

    def kill(self) -> None:
        """Once is enough, and for a dead one it does nothing."""
        if self._killed or self.dead.is_set():
            return
        self._killed = True
        if self._pidfd < 0:
            self._ask_to_kill(self.serial)
            return
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def left(self) -> Left:
        """What is on its board now; to be read when it is over or killed."""
        self._hear_rest()
        return board.read(self._memory, self.output)

    def died(self, status: int | None) -> None:
        """status None: nobody knows, since the zygote is gone too."""
        self.status = status
        self.dead.set()
        self._hear_rest()
        self.over.set()

    def close(self) -> None:
        """Kill it if need be and forget it; safe to call again."""
        if self._pipe.fileno() < 0:
            return
        self.kill()
        self._loop.remove_reader(self._pipe)
        self._pipe.close()
        os.close(self._memory)
        if self._pidfd >= 0:
            os.close(self._pidfd)
        self.over.set()

    @property
    def closed(self) -> bool:
        return self._pipe.fileno() < 0

    def _hear(self) -> None:
        try:
            said = self._pipe.recv(ending.MOST + 1)  # one more than is allowed, so that too much is seen
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if not self.ready and said == worker.READY:
            self.ready = True
            self._on_ready(self)
            return
        self._loop.remove_reader(self._pipe)
        self.said = said
        self.over.set()

    def _hear_rest(self) -> None:
        """An ending and a death may come at the same moment, in either order."""
        if not self.closed and not self.over.is_set():
            self._hear()
