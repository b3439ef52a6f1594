"""The listener: accepts connections on a port, each served in a thread, until it is closed.

    with Listener(Model()) as oracle:
        await oracledb.connect_async(user="twin", password="secret", dsn=oracle.dsn)

What this server did not understand is in `oracle.troubles`; a test that leaves one there fails.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Protocol, Self

from tests.oracle.faults import Faults
from tests.oracle.greeting import Greeting
from tests.oracle.packets import Gone, Line, Reader
from tests.oracle.session import Session, Work

SDU: Final = 65_535
JOIN_S: Final = 5.0
USER: Final = "twin"
PASSWORD: Final = "secret"  # of a server in memory


class Backend(Protocol):
    def session(self) -> Work:
        """What a new connection works with."""


class Listener:
    """`port` 0 takes a free one. `users`: names in upper case."""

    def __init__(self, backend: Backend, port: int = 0, users: Mapping[str, str] | None = None) -> None:
        self._backend = backend
        self._users = dict(users or {USER.upper(): PASSWORD})
        self._lock = threading.Lock()
        self._lines: set[Line] = set()
        self._threads: list[threading.Thread] = []
        self.faults = Faults()
        self.troubles: list[str] = []
        self.logins = 0
        self._socket: socket.socket | None = None
        self.port = port
        self.start()

    @property
    def dsn(self) -> str:
        return f"127.0.0.1:{self.port}/tests"

    def start(self) -> None:
        """Listen, again after `stop` on the same port."""
        self._socket = socket.create_server(("127.0.0.1", self.port))
        self.port = self._socket.getsockname()[1]
        self._run(self._accept, self._socket)

    def stop(self) -> None:
        """As a database that is away: nothing listens, and every connection ends."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._socket = None
        self.cut_all()

    def cut_all(self) -> None:
        with self._lock:
            lines = list(self._lines)
        for line in lines:
            line.cut()

    def close(self) -> None:
        """Stop, and wait for the threads."""
        self.stop()
        for thread in self._threads:
            thread.join(JOIN_S)
            assert not thread.is_alive(), "a connection's thread did not end"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]  # any callable
        with self._lock:
            self._threads = [each for each in self._threads if each.is_alive()] + [thread]
            thread.start()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                accepted, _ = listening.accept()
            except OSError:
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line = Line(accepted, SDU)
            with self._lock:
                self._lines.add(line)
            self._run(self._serve, line)

    def _serve(self, line: Line) -> None:
        work: Work | None = None
        try:
            reader = Reader(line)
            if Greeting(line, reader, SDU, self._users, self.faults).done():
                with self._lock:
                    self.logins += 1
                work = self._backend.session()
                Session(line, reader, self.faults).serve(work)
        except Gone:
            pass
        except Exception:  # noqa: BLE001 top of the connection's thread; the test reads it
            self.troubles.append(traceback.format_exc())
        finally:
            if work is not None:
                work.rollback()
            line.cut()
            with self._lock:
                self._lines.discard(line)
