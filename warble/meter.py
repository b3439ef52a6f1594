"""Owns the fuel and the clock of one run: how much there is, how loops draw from it, when to look at the clock.

The fuel is handed out in chunks. A chunk is an itertools.repeat that the loops of the compiled program iterate over, so
the rounds are counted in C and cost nothing; see compile.py. Between two chunks the clock is read, and a chunk is as
large as keeps that to once in some tens of milliseconds. Who counts what:

    limit = used + pool (set aside for nothing yet) + ready (for charges) + what is left in the chunk, and in the span

What an operation costs is in fuel.py. run.py makes one Meter a run; integers.py and its kin charge it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice, repeat
from operator import length_hint
from typing import Final

from warble.errors import Fault

#: Rounds of the first chunk: few, because 256 rounds of the dearest body already take some milliseconds.
_FIRST_CHUNK: Final = 256
#: And of any: should rounds become dear all at once, this many last a tenth of a second or two.
MOST_CHUNK: Final = 16_384
#: Seconds from one look at the clock to the next; chunks double and shrink to stay in between.
_OFTEN_S: Final = 0.005
_RARELY_S: Final = 0.03
#: Units that can be charged from one look at the clock to the next.
_READY: Final = 16_384

Clock = Callable[[], float]
#: Seconds of processor time of this thread.
PROCESSOR: Final[Clock] = getattr(time, "thread_time", time.process_time)  # WebAssembly has no threads


class Meter:
    """One run's fuel and its clock. cpu: seconds from began that it may take, 0 for any; clock: what measures them."""

    def __init__(self, limit: int, cpu: float = 0.0, clock: Clock = PROCESSOR, began: float | None = None) -> None:
        self.limit = limit
        self.cpu = cpu
        self.clock = clock
        self.drew = clock()
        self.began = self.drew if began is None else began
        self.pool = limit
        self.size = _FIRST_CHUNK  # of a chunk, as far as the clock is concerned
        self.given = 0  # rounds since the clock was looked at
        self.ready = 0  # to be charged before it is looked at
        self.chunk = repeat(None, 0)
        self.span: Iterator[int] | Iterator[None] = iter(range(0))
        self.counted = 0  # where a counter is behind the span, if nothing else counts it

    @property
    def left(self) -> int:
        """What can be drawn or charged. The rest of a span is not among it: its loop will draw it."""
        return self.pool + self.ready + length_hint(self.chunk)

    @property
    def used(self) -> int:
        return self.limit - self.left - length_hint(self.span)

    def more(self, spent: repeat[None], most: int) -> repeat[None]:
        """What to draw from when spent is empty: the chunk of now, if that is another one, or a new one."""
        if spent is self.chunk:
            if most <= self.pool and self.given + most <= self.size:  # the same as below, for small chunks
                self.pool -= most
                self.given += most
                self.chunk = repeat(None, most)
            else:
                self.chunk = repeat(None, self._draw(most))
        return self.chunk

    def chunks(self, most: int) -> Iterator[repeat[None]]:
        """For a loop around others: the chunk of now for as long as it lasts, then the next one."""
        while True:
            yield self.chunk if length_hint(self.chunk) else self.more(self.chunk, most)

    def rounds(self, start: int, stop: int, step: int, most: int) -> Iterator[int]:
        """The next values of a loop's counter, each paid for. It has at least one round to go: start is not stop."""
        togo = (stop - start + step - (1 if step > 0 else -1)) // step
        self.span = span = iter(range(start, start + self._draw(min(togo, most)) * step, step))
        return span

    def times(self, start: int, stop: int, step: int, most: int) -> Iterator[None]:
        """The same for a loop whose body does not read the counter; reached() tells where it is behind them."""
        rounds = length_hint(self.rounds(start, stop, step, most))
        self.counted = start + rounds * step
        self.span = repeat(None, rounds)
        return self.span

    def reached(self) -> int:
        return self.counted

    def charge(self, cost: int) -> None:
        """Take cost units, before the work is done; Fault limit:fuel when there are not so many left."""
        if cost <= self.ready:
            self.ready -= cost
        else:
            self.charge_more(cost)

    def charge_more(self, cost: int) -> None:
        """Take more than is ready, out of the pool or else out of the chunk. It is time for a look, too."""
        self.look(self.clock())
        self.pool += self.ready
        self.ready = 0
        if cost > self.pool:
            short = cost > self.left
            deque(islice(self.chunk, cost - self.pool), maxlen=0)  # loops hold it, so it has to be drawn from it
            self.pool = 0
            if short:
                raise Fault(
                    "limit:fuel",
                    f"An operation on numbers this big needs more than the fuel that is left ({self.limit:,} in all).",
                )
        else:
            self.ready = min(self.pool - cost, _READY)
            self.pool -= cost + self.ready

    def look(self, now: float) -> None:
        """Fault limit:time when the time is up."""
        if self.cpu and now - self.began > self.cpu:
            text = f"This program used {self.cpu:g} s of processor time, and no more is allowed."
            raise Fault("limit:time", text)

    def _draw(self, most: int) -> int:
        """Take up to so many rounds out of the pool, after a look at the clock where it is time for one."""
        if self.given >= self.size:
            self._adapt()
        if not self.pool:
            self._reclaim()
        drawn = min(self.pool, most, self.size)
        self.pool -= drawn
        self.given += drawn
        return drawn

    def _reclaim(self) -> None:
        """Back into the pool with what was set aside and not used; Fault limit:fuel when there is nothing."""
        self.pool = self.left
        self.ready = 0
        deque(self.chunk, maxlen=0)
        if not self.pool:
            raise Fault("limit:fuel", f"The loops went round {self.limit:,} times in all, and no more is allowed.")

    def _adapt(self) -> None:
        """Look at the clock, and make the chunks such that this happens neither too often nor too rarely."""
        before, self.drew = self.drew, self.clock()
        self.look(self.drew)
        if self.drew - before < _OFTEN_S:
            self.size = min(2 * self.size, MOST_CHUNK)
        elif self.drew - before > _RARELY_S:
            self.size = max(self.size // 4, 1)
        self.given = 0
