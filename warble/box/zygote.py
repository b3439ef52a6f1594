"""Owns the zygote: it imports everything, gives up its rights, and from then on only forks workers and buries them.

What the host and it say to each other, over one socket that keeps messages apart:

    host -> zygote   a Setup as JSON, first of all                  F + serial u64   fork a worker
                                                                    K + serial u64   kill it (where there is no pidfd)
    zygote -> host   a Hello as JSON, first of all                  B + serial       born, with pipe, board and pidfd
                                                                    D + serial + exit code i32 (below 0: a signal)
                                                                    E + serial + errno i32: could not be forked

keeper.py is the other end. The zygote holds nothing of a worker but its number, so nothing leaks from one to the next.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import struct
from dataclasses import asdict, dataclass
from typing import Final

from warble.box import board, warm, worker
from warble.cage.defences import Defences
from warble.cage.errors import CageError
from warble.cage.isolate import isolate
from warble.cage.kernel import Kernel, survey
from warble.cage.lock import Lock, prepare_lock
from warble.cage.rlimits import Rlimits

#: Bytes of any message between host and zygote.
MOST: Final = 16_384
ORDER: Final = struct.Struct("<cQ")
REPORT: Final = struct.Struct("<cQi")
FORK, KILL, BORN, DIED, FAILED = b"F", b"K", b"B", b"D", b"E"
#: The control socket's place, which is a worker's pipe's later.
_CONTROL: Final = worker.PIPE
_SETUP_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Setup:
    """What the zygote is told. cpu and memory: the rlimits of every worker; output: its board's room, in bytes."""

    defences: Defences
    cpu: float
    memory: int
    output: int

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode()


@dataclass(frozen=True, slots=True)
class Hello:
    """What it says when it is ready. lacks: a sentence for each missing defence; broken: why it ends."""

    lacks: tuple[str, ...] = ()
    essential: bool = True
    broken: str = ""

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode()


def main(control: int) -> None:
    """Runs until the host closes its end. The caller is the command line that keeper.py builds."""
    os.dup2(control, _CONTROL, inheritable=False)
    if control != _CONTROL:
        os.close(control)
    host = socket.socket(fileno=_CONTROL)
    host.settimeout(_SETUP_S)
    try:
        told = json.loads(host.recv(MOST))
        setup = Setup(**{**told, "defences": Defences(**told["defences"])})
        kernel, lock = _go_inside(setup)
    except (OSError, CageError, ValueError, TypeError) as error:
        with contextlib.suppress(OSError):
            host.send(Hello(broken=f"{type(error).__name__}: {error}"[:1000]).encode())
        return
    host.settimeout(None)
    host.send(Hello(kernel.missing(), kernel.essential).encode())
    _Zygote(host, lock, setup).serve()
    os._exit(0)  # Python's own way out takes longer than all the rest of closing a sandbox


def _go_inside(setup: Setup) -> tuple[Kernel, Lock]:
    """Everything that workers inherit; the lock for them, and what the kernel is like."""
    warm.up()
    kernel = survey()
    isolate(setup.defences, kernel, keep=(_CONTROL,))
    limits = Rlimits(memory=setup.memory, cpu=setup.cpu)
    lock = prepare_lock(setup.defences, kernel, limits, reads=(worker.PIPE,), writes=(worker.PIPE,))
    worker.prepare_signals()
    gc.collect()
    gc.disable()  # a worker lives for one program, and that makes no cycles worth a collection
    gc.freeze()
    return kernel, lock


class _Zygote:
    def __init__(self, host: socket.socket, lock: Lock, setup: Setup) -> None:
        self.host = host
        self.lock = lock
        self.setup = setup
        self.serials: dict[int, int] = {}  # by pid
        self.ears, mouth = os.pipe()
        os.set_blocking(self.ears, False)
        os.set_blocking(mouth, False)
        signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only so that the wakeup descriptor hears of it

    def serve(self) -> None:
        """Until the host is gone. A wait without end is right here: orders come when they come, and so does its end."""
        events = select.poll()
        events.register(self.host, select.POLLIN)
        events.register(self.ears, select.POLLIN)
        while True:
            for descriptor, _ in events.poll():
                if descriptor == self.ears:
                    os.read(self.ears, 4096)
                    self._bury()
                    continue
                order = self.host.recv(MOST)
                if not order:
                    return
                self._obey(*ORDER.unpack(order))

    def _obey(self, order: bytes, serial: int) -> None:
        if order == FORK:
            try:
                self._fork(serial)
            except OSError as error:
                self.host.send(REPORT.pack(FAILED, serial, error.errno or 0))
        elif order == KILL:
            for pid, known in self.serials.items():
                if known == serial:  # not waited for yet, so the number is still its own
                    os.kill(pid, signal.SIGKILL)

    def _fork(self, serial: int) -> None:
        pipe, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with pipe, theirs, _Closing(board.create(self.setup.output)) as memory:
            pid = os.fork()
            if pid == 0:
                worker.live(theirs.fileno(), memory, self.setup.output, self.lock, timers=self.setup.defences.timers)
            self.serials[pid] = serial
            with contextlib.ExitStack() as stack:
                handed = [pipe.fileno(), memory]
                with contextlib.suppress(OSError):  # no pidfd here: the host asks us to kill
                    handed.append(stack.enter_context(_Closing(os.pidfd_open(pid))))
                socket.send_fds(self.host, [ORDER.pack(BORN, serial)], handed)

    def _bury(self) -> None:
        """Wait for all that have died; as number 1 of a namespace also for those that we did not fork."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            serial = self.serials.pop(pid, None)
            if serial is not None:
                self.host.send(REPORT.pack(DIED, serial, os.waitstatus_to_exitcode(status)))


class _Closing:
    """A descriptor that is closed behind its block."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __enter__(self) -> int:
        return self.descriptor

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)
