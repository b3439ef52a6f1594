"""Connections to the database: a few, each used for one transaction at a time, every call bounded in time.

Owns opening, lending, checking and dropping them. It is our own pool because the driver's waits for the goodbye of a
connection that it drops, with its lock held: a database that goes mute stops that pool for good. For the same reason
`call_timeout`, `.host` and `.cancel()` are never used: on a dead socket the driver's asyncio connections crash on them.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import oracledb

from telemetry.store.base import StoreError, StoreUnavailable
from telemetry.store.contract import StoreRefused
from telemetry.store.oracle_errors import KNOWN, meaning

T = TypeVar("T")
_SDU: Final = 65_535  # the largest: fewer packets a batch
_TRIES: Final = 3
_GRACE_S: Final = 0.5  # for a call that was told to end
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class OracleSettings:
    """Where the database is, who we are there, and how long things may take. `dsn`: an alias of the wallet's
    tnsnames.ora, or host:port/service, or a whole descriptor."""

    dsn: str
    user: str
    password: str
    wallet_dir: str = ""
    wallet_password: str = ""
    sessions: int = 2  # of each kind, landing and reading: Always Free has 20 to 30 in all
    acquire_s: float = 2.0
    connect_s: float = 5.0
    call_s: float = 30.0
    ping_after_s: float = 30.0  # idle for longer: ask before trusting it
    life_s: float = 3600.0  # the database ends every session after a day; ours end before, one at a time

    def connect_options(self) -> dict[str, Any]:
        """What the driver is given."""
        options: dict[str, Any] = {
            "user": self.user,
            "password": self.password,
            "dsn": self.dsn,
            "sdu": _SDU,
            "tcp_connect_timeout": self.connect_s,
            "expire_time": 2,  # minutes between the kernel's probes: firewalls forget silent connections
            "retry_count": 0,  # a refusal by the access list would hide for a minute behind retries
            "retry_delay": 0,
            "disable_oob": True,
        }
        if self.wallet_dir:
            options |= {"config_dir": self.wallet_dir, "wallet_location": self.wallet_dir}
        if self.wallet_password:
            options["wallet_password"] = self.wallet_password
        return options

    def check_wallet(self) -> None:
        """Raises StoreRefused for a wallet that needs a password and has none: OpenSSL would ask the terminal."""
        if self.wallet_dir and not self.wallet_password:
            pem = Path(self.wallet_dir, "ewallet.pem")
            with contextlib.suppress(OSError):  # the driver says what is missing
                if b"ENCRYPTED" in pem.read_bytes():
                    raise StoreRefused(f"oracle: {pem} needs a password; set TWIN_ORACLE_WALLET_PASSWORD")

    def __repr__(self) -> str:
        return f"OracleSettings({self.dsn!r}, user={self.user!r})"  # never the passwords


@dataclass(slots=True)
class _Session:
    connection: oracledb.AsyncConnection
    born: float
    idle_since: float


Work = Callable[[oracledb.AsyncConnection], Awaitable[T]]


class OraclePool:
    """At most `settings.sessions` connections; `run` waits for one for a bounded time."""

    def __init__(self, settings: OracleSettings, clock: Clock = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._free: list[_Session] = []
        self._slots = asyncio.Semaphore(settings.sessions)
        self._dropping: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        self.opened = 0
        self.dropped = 0

    async def run(self, doing: str, work: Work[T], limit_s: float | None = None) -> T:
        """One transaction: what `work` did is rolled back unless it committed. Raises the contract's errors.

        Whatever goes wrong, the connection is dropped: what state it is in is anybody's guess, and a new one costs
        less than a wrong answer.
        """
        if self._closing.is_set():
            raise StoreUnavailable(f"oracle: {doing}: the store is closed")
        try:
            async with asyncio.timeout(self._settings.acquire_s):
                await self._slots.acquire()
        except TimeoutError:
            raise StoreUnavailable(
                f"oracle: {doing}: all {self._settings.sessions} connections are busy; it is tried again"
            ) from None
        try:
            session = await self._ready(doing)
            try:
                result = await self._bounded(doing, work(session.connection), limit_s or self._settings.call_s)
            except BaseException as error:
                self._drop(session)
                if isinstance(error, KNOWN) and not isinstance(error, StoreError):
                    raise meaning(doing, error) from error
                raise
            session.idle_since = self._clock()
            self._free.append(session)
            if self._closing.is_set():  # meanwhile
                self._drop_free()
            return result
        finally:
            self._slots.release()

    async def close(self) -> None:
        """End every connection. Idempotent."""
        self._closing.set()
        self._drop_free()
        if self._dropping:
            await asyncio.wait(self._dropping)

    async def _ready(self, doing: str) -> _Session:
        """A connection that answers, an old one or a new one."""
        while self._free:
            session = self._free.pop()
            now = self._clock()
            if now - session.born > self._settings.life_s:
                self._drop(session)
                continue
            if now - session.idle_since > self._settings.ping_after_s:
                try:
                    await self._bounded("ping", session.connection.ping(), self._settings.connect_s)
                except (oracledb.Error, OSError):
                    self._drop(session)
                    continue
            return session
        self._settings.check_wallet()
        try:
            connecting = oracledb.connect_async(**self._settings.connect_options())  # looks into the wallet at once
            connection = await self._bounded("connect", connecting, self._settings.connect_s)
        except (oracledb.Error, OSError) as error:
            raise meaning(f"{doing}: connect to {self._settings.dsn} as {self._settings.user}", error) from error
        self.opened += 1
        now = self._clock()
        return _Session(connection, now, now)

    async def _bounded(self, doing: str, call: Awaitable[T], limit_s: float) -> T:
        """Wait for a call, but not longer. Raises TimeoutError.

        One cancellation is not enough: the driver answers it by asking the server to break off, and waits for that.
        """
        task = asyncio.ensure_future(call)
        try:
            done, _ = await asyncio.wait({task}, timeout=limit_s)
        except asyncio.CancelledError:
            await _end(task)
            raise
        if not done:
            await _end(task)
            raise TimeoutError(f"{doing} took more than {limit_s:g} s")
        return task.result()

    def _drop_free(self) -> None:
        while self._free:
            self._drop(self._free.pop())

    def _drop(self, session: _Session) -> None:
        """Close it aside: nobody waits for a goodbye."""
        self.dropped += 1
        task = asyncio.get_running_loop().create_task(_goodbye(session.connection))
        self._dropping.add(task)
        task.add_done_callback(self._dropping.discard)


async def _goodbye(connection: oracledb.AsyncConnection) -> None:
    """The driver closes the socket when `close` ends, however it ends."""
    closing = asyncio.ensure_future(_close(connection))
    await asyncio.wait({closing}, timeout=_GRACE_S)
    await _end(closing)


async def _close(connection: oracledb.AsyncConnection) -> None:
    """Roll back first: `close` would, but when that fails it gives up and keeps the socket, and with it our locks."""
    for _ in range(_TRIES):
        try:
            await connection.rollback()
        except oracledb.Error:
            continue
        break
    await connection.close()


async def _end(task: asyncio.Future[Any]) -> None:
    """Cancel until it has ended, and keep its error from being reported as forgotten."""
    for _ in range(3):
        if task.done():
            break
        task.cancel()
        await asyncio.wait({task}, timeout=_GRACE_S)
    if task.done():
        with contextlib.suppress(asyncio.CancelledError):
            task.exception()
