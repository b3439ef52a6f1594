"""Owns the supply of workers: one zygote after the other, workers that are ready, and the queue of those who want one.

    ordered ──born, READY──> idle ──take()──> running ──give_back()──> gone          a worker never comes back

Who waits is served in order of coming. sandbox.py is the caller. Everything happens on one event loop, in small steps.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Final

from warble.box.errors import Broken, Busy
from warble.box.hand import Hand
from warble.box.keeper import Keeper
from warble.box.zygote import Hello, Setup

LOG: Final = logging.getLogger("warble.sandbox")
#: Living processes, for each that is wanted ready: dead ones that the kernel still takes apart count.
_MOST_LIVING: Final = 3
#: Seconds before another zygote is started: doubles from the first to the last as long as they do not live for long.
_FIRST_WAIT_S, _LAST_WAIT_S, _LONG_LIFE_S = 0.1, 5.0, 30.0
#: So many short lives, and whoever waits is told that the sandbox is broken. It goes on trying.
_TRIES: Final = 5
#: Seconds that anybody waits for a worker, on top of the runs that may be ahead: long enough for some lives of zygotes.
_PATIENCE_S: Final = 60.0
#: Seconds in which a zygote and its workers have to be gone when the pool is closed.
_CLOSE_S: Final = 10.0


class Pool:
    """workers: how many may run at a time; queue: who may wait; spares: ready ones beside one for each run."""

    def __init__(self, workers: int, queue: int, spares: int, module: str, setup: Setup, longest_s: float) -> None:
        """longest_s: seconds that a run may take."""
        self.workers = workers
        self.queue = queue
        self.hello = Hello()
        self.keeper: Keeper | None = None
        self._module = module
        self._setup = setup
        self._wanted = workers + spares
        self._patience_s = _PATIENCE_S + (1 + queue / workers) * (longest_s + 1.0)
        self._closed = False
        self._running = 0
        self._idle: deque[Hand] = deque()
        self._waiting: deque[asyncio.Future[Hand]] = deque()
        self._keeping: asyncio.Task[None] | None = None
        self._started: asyncio.Future[None] | None = None
        self._broken = "The sandbox is not open: use it with async with."

    async def open(self) -> None:
        """Come back when the first worker is ready. Raises Broken. Each wait behind it has a limit of its own."""
        self._closed = False
        self._started = asyncio.get_running_loop().create_future()
        self._keeping = asyncio.create_task(self._keep(), name="warble sandbox")
        self._keeping.add_done_callback(self._stopped)
        try:
            await self._started
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Who waits gets Broken; running workers are killed."""
        self._closed = True
        self._give_up("The sandbox is closed.")
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping], timeout=_CLOSE_S)
        for hand in self._idle:
            hand.close()
        self._idle.clear()

    async def take(self) -> Hand:
        """A worker that is ready, first come first served; to be given back. Raises Busy and Broken."""
        if self._broken:
            raise Broken(self._broken)
        if self._idle and self._running < self.workers and not self._waiting:
            self._running += 1
            return self._idle.popleft()
        if len(self._waiting) >= self.queue:
            raise Busy(f"{len(self._waiting)} programs wait for the sandbox already, and no more may. Try again later.")
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._turn()
        except TimeoutError:
            raise Busy(f"No worker was free within {self._patience_s:g} s. Try again later.") from None

    async def _turn(self) -> Hand:
        """Wait for the own turn."""
        turn: asyncio.Future[Hand] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif not turn.cancelled() and turn.exception() is None:
                self.give_back(turn.result())
            raise

    def give_back(self, hand: Hand) -> None:
        """Its run is over, whatever came of it: the worker goes, the next run may begin."""
        hand.close()
        self._running -= 1
        self._serve()

    def handed_out(self) -> None:
        """A job is under way. Forking would be in its way, so that comes later if nobody is kept waiting by it."""
        if self._waiting or not self._idle:
            self._replenish()

    def _replenish(self) -> None:
        """Order workers for those that are gone."""
        keeper = self.keeper
        if keeper is None or keeper.gone.is_set():
            return
        room = _MOST_LIVING * self._wanted - len(keeper.hands) - keeper.ordered
        if (lacking := min(self._wanted - len(self._idle) - keeper.starting(), room)) > 0:
            keeper.order(lacking)

    def _serve(self) -> None:
        while self._idle and self._waiting and self._running < self.workers:
            turn = self._waiting.popleft()
            if not turn.done():
                self._running += 1
                turn.set_result(self._idle.popleft())

    async def _keep(self) -> None:
        """One zygote after the other, as long as the pool is open."""
        assert self._started is not None
        loop = asyncio.get_running_loop()
        tries = 0
        while True:
            began = loop.time()
            reason = await self._keep_one()
            tries = 1 if loop.time() - began > _LONG_LIFE_S else tries + 1
            LOG.warning("The sandbox's zygote is gone: %s.", reason)
            if tries >= _TRIES or not self._started.done():
                self._give_up(f"The sandbox's zygote cannot be kept alive: {reason}.")
            if not self._started.done():
                self._started.set_exception(Broken(self._broken))
                return
            await asyncio.sleep(min(_FIRST_WAIT_S * 2**tries, _LAST_WAIT_S))

    async def _keep_one(self) -> str:
        """Start a zygote and stay until it is gone; why it went."""
        keeper = self.keeper = Keeper(self._module, self._setup, self._ready, self._lost)
        try:
            self._greet(await keeper.start())
            self._replenish()
            await keeper.gone.wait()  # for as long as it lives
            return keeper.reason
        except TimeoutError:
            return "it was not ready in time"
        except (OSError, ValueError, KeyError) as error:
            return str(error) or type(error).__name__
        finally:
            await keeper.close()

    def _greet(self, hello: Hello) -> None:
        if hello != self.hello:
            for sentence in hello.lacks:
                LOG.warning("This kernel lacks a defence of the sandbox: %s", sentence)
        self.hello = hello

    def _ready(self, hand: Hand) -> None:
        if self._closed:  # it was on its way when the pool was closed
            hand.close()
            return
        self._broken = ""
        if self._started is not None and not self._started.done():
            self._started.set_result(None)
        self._idle.append(hand)
        self._serve()

    def _lost(self) -> None:
        """A worker died, or all did: take the dead out of those that are ready."""
        for hand in [hand for hand in self._idle if hand.dead.is_set()]:
            self._idle.remove(hand)
            hand.close()
        self._replenish()

    def _give_up(self, why: str) -> None:
        self._broken = why
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(Broken(why))

    def _stopped(self, keeping: asyncio.Task[None]) -> None:
        """_keep() comes to an end when it is cancelled, or else by a fault of ours: nobody shall wait for it."""
        if keeping.cancelled() or (error := keeping.exception()) is None:
            return
        LOG.error("The sandbox's keeper failed.", exc_info=error)
        self._give_up(f"The sandbox failed: {error!r}.")
        if self._started is not None and not self._started.done():
            self._started.set_exception(Broken(self._broken))
