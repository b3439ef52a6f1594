"""Owns one zygote as the host sees it: starting it, ordering workers, hearing of births and deaths, ending it.

It does not start another one when this one dies: sandbox.py does. zygote.py, the other end, draws the messages.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from warble.box import zygote
from warble.box.hand import Hand
from warble.box.zygote import BORN, DIED, FORK, KILL, ORDER, REPORT, Hello, Setup

#: Seconds. A zygote takes 0.3 to get ready here; a small board under load may take ten times that.
_START_S: Final = 20.0
#: Seconds in which an ordered worker has to be ready, or something is wrong with the zygote.
_BIRTH_S: Final = 10.0
#: Seconds for a zygote to end by itself when its socket is closed, then it is killed.
_END_S: Final = 2.0
_STEP_S: Final = 0.01
#: The host's own path of modules is handed on, so host and zygote always run the same code. -I and -S: nothing else is.
_PROGRAM: Final = (
    "import os, sys; os.register_at_fork = lambda **hooks: None; sys.path[:] = sys.argv[3:]; "
    "from importlib import import_module; import_module(sys.argv[1]).main(int(sys.argv[2]))"
)


class Keeper:
    """on_idle is called when a worker is ready for a job, on_change when one was lost."""

    def __init__(
        self, module: str, setup: Setup, on_idle: Callable[[Hand], None], on_change: Callable[[], None]
    ) -> None:
        self.module = module
        self.setup = setup
        self.hands: dict[int, Hand] = {}  # every worker whose death was not heard of yet
        self.ordered = 0  # workers that are not born yet
        self.served = False  # at least one worker was ready
        self.gone = asyncio.Event()
        self.reason = "it ended by itself"
        self._on_idle = on_idle
        self._on_change = on_change
        self._serial = 0
        self._overdue: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    async def start(self) -> Hello:
        """Start it and wait until it has gone inside; OSError or TimeoutError when it does not."""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setblocking(False)
        with theirs:
            self._process = self._spawn(theirs.fileno())
        self._control.send(self.setup.encode())
        async with asyncio.timeout(_START_S):
            try:
                told = await self._loop.sock_recv(self._control, zygote.MOST)
            except ConnectionError:  # it did not even read what it was told
                told = b""
        if not told:
            raise OSError("it ended before it was ready; standard error says why")
        fields = json.loads(told)
        hello = Hello(tuple(map(str, fields["lacks"])), bool(fields["essential"]), str(fields["broken"]))
        if hello.broken:
            raise OSError(hello.broken)
        self._loop.add_reader(self._control, self._hear)
        return hello

    def _spawn(self, control: int) -> subprocess.Popen[bytes]:
        """Without an environment, which would stay in its memory, and out of reach of the terminal's Ctrl-C."""
        flags = [sys.executable, "-I", "-S", "-c", _PROGRAM, self.module, str(control)]
        nothing = subprocess.DEVNULL
        return subprocess.Popen(
            [*flags, *_path()], stdin=nothing, stdout=nothing, pass_fds=(control,), env={}, start_new_session=True
        )

    def order(self, count: int) -> None:
        """Ask for so many more workers."""
        for _ in range(count):
            self._serial += 1
            if not self._send(FORK, self._serial):
                return
            self.ordered += 1
        self._watch()

    def starting(self) -> int:
        """Workers that were ordered and are not ready yet."""
        return self.ordered + sum(not hand.ready and not hand.closed for hand in self.hands.values())

    def fail(self, reason: str) -> None:
        """Something is wrong with this zygote: end it, the next one may do better."""
        if not self.gone.is_set():
            self.reason = reason
            self._lose_all()

    async def close(self) -> None:
        """End the zygote and all its workers, and wait for it."""
        self._lose_all()
        if not hasattr(self, "_process"):
            return
        self._control.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_S):
                await self._ended()
                return
        self._process.kill()
        async with asyncio.timeout(_END_S):
            await self._ended()

    async def _ended(self) -> None:
        while self._process.poll() is None:
            await asyncio.sleep(_STEP_S)

    def _send(self, order: bytes, serial: int) -> bool:
        try:
            self._control.send(ORDER.pack(order, serial))
        except OSError as error:
            # A zygote that does not keep up with a few dozen orders of nine bytes is as good as dead.
            self.fail(f"it does not take orders: {error}")
            return False
        return True

    def _hear(self) -> None:
        try:
            told, descriptors, _, _ = socket.recv_fds(self._control, zygote.MOST, 3)
        except BlockingIOError:
            return
        except OSError as error:
            told, descriptors = b"", []
            self.reason = str(error)
        if not told:
            self._lose_all()
        elif told[:1] == BORN:
            self._born(ORDER.unpack(told)[1], descriptors)
        else:
            what, serial, number = REPORT.unpack(told)
            if what == DIED:
                self._died(serial, number)
            else:
                self.fail(f"it cannot fork a worker: {os.strerror(number)} ({errno.errorcode.get(number, number)})")

    def _born(self, serial: int, descriptors: list[int]) -> None:
        self.ordered -= 1
        if len(descriptors) < 2:
            for descriptor in descriptors:
                os.close(descriptor)
            self.fail("a worker came without its pipe: is the limit of open files too low?")
            return
        self.hands[serial] = Hand(serial, descriptors, self.setup.output, self._ready, self._ask_to_kill)

    def _ask_to_kill(self, serial: int) -> None:
        self._send(KILL, serial)

    def _ready(self, hand: Hand) -> None:
        self.served = True
        self._watch()
        self._on_idle(hand)

    def _died(self, serial: int, status: int) -> None:
        hand = self.hands.pop(serial, None)
        if hand is None:
            return
        hand.died(status)
        if not hand.ready and not hand.closed:
            hand.close()
            self.fail(f"a worker ended with status {status} before it was ready")
            return
        self._on_change()

    def _watch(self) -> None:
        """Give what is being born a while from now."""
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
        if self.starting() and not self.gone.is_set():
            text = f"it did not bring forth a worker within {_BIRTH_S:g} s"
            self._overdue = self._loop.call_later(_BIRTH_S, self.fail, text)

    def _lose_all(self) -> None:
        if self.gone.is_set():
            return
        self.gone.set()
        if self._overdue is not None:
            self._overdue.cancel()
        if hasattr(self, "_control") and self._control.fileno() >= 0:
            self._loop.remove_reader(self._control)
        for hand in self.hands.values():
            hand.kill()
            hand.died(None)
            if not hand.ready:  # nobody else has it
                hand.close()
        self.hands.clear()
        self._on_change()


def _path() -> list[str]:
    """Where this very package lies, then wherever the host finds its other modules."""
    here = str(Path(__file__).resolve().parents[2])
    return [here, *(path for path in map(os.path.abspath, sys.path) if path != here)]
