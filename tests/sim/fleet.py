"""The Pis under simulation: they report, die, reboot, move, and send late what they kept while nobody listened."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from telemetry.keep import survivors
from telemetry.nodeclock import NodeClock
from telemetry.report import Process, Report
from telemetry.store.base import Entry
from tests.build import mac_of, report_of
from tests.sim.plan import START_MS
from tests.sim.server import SimServer

NAN = float("nan")
MAX_KEPT = 16  # reports that a Pi keeps while the server does not take them
AT_ONCE = 4  # of what it kept, sent with a fresh one
Place = tuple[str, int]
NOWHERE: Place = ("", -1)


@dataclass
class Pi:
    """One Pi. `next_ms`: when it reports next; None: it is dead."""

    n: int
    period_ms: int
    place: Place = NOWHERE
    nameless: bool = False  # it does not know its mac
    ip: str = ""
    next_ms: int | None = 0
    kept: list[tuple[int, Report]] = field(default_factory=list)
    words: int = 1
    former: tuple[int, Report] | None = None  # the report before the last
    born: SimServer | None = None  # the life of the server that it has introduced itself to
    wrong_ms: int = 0  # how far its own clock is ahead
    clock: NodeClock = field(default_factory=NodeClock)

    def keep(self, sampled_ms: int, report: Report) -> None:
        """Oldest first; without room the oldest part is thinned, as telemetry/keep.py does."""
        self.kept = sorted([*self.kept, (sampled_ms, report)], key=lambda each: each[0])
        if len(self.kept) > MAX_KEPT:
            stays = survivors(len(self.kept))
            self.kept = [each for index, each in enumerate(self.kept) if stays(index)]

    @property
    def mac(self) -> str:
        return "" if self.nameless else mac_of(self.n)


class Fleet:
    """All Pis, and the places of the model."""

    def __init__(self, rng: random.Random, places: list[Place]) -> None:
        self._rng = rng
        self._free = places
        self.pis: list[Pi] = []

    def add(self, now_ms: int) -> Pi:
        rng = self._rng
        pi = Pi(len(self.pis) + 1, rng.choice((1000, 1000, 2000, 5000)), next_ms=now_ms + rng.randrange(1000))
        pi.ip = f"10.0.{pi.n >> 8}.{pi.n & 255}"
        pi.words = rng.choice((1, 1, 1, 4, 40))
        # Most know their place; some are placed later by somebody else, some never.
        if self._free and rng.random() < 0.75:
            pi.place = self.take_place()
            pi.nameless = rng.random() < 0.05
        self.pis.append(pi)
        return pi

    def take_place(self) -> Place:
        return self._free.pop(self._rng.randrange(len(self._free)))

    @property
    def has_room(self) -> bool:
        return bool(self._free)

    def step(self, server: SimServer | None, now_ms: int, done: Callable[[Pi, Entry, bool], None]) -> None:
        """Everything that is due at `now_ms`, in world time."""
        for pi in self.pis:
            if pi.next_ms is None or now_ms < pi.next_ms:
                continue
            pi.next_ms = max(pi.next_ms + pi.period_ms, now_ms)
            fresh = (now_ms, self._report(pi, now_ms))
            if server is None:
                pi.keep(*fresh)
            else:
                self._send(server, pi, fresh, done)

    def _send(
        self, server: SimServer, pi: Pi, fresh: tuple[int, Report], done: Callable[[Pi, Entry, bool], None]
    ) -> None:
        """What is new, then some of what was kept, marked with how long it was held; what is refused is kept again."""
        now_ms = fresh[0]
        kept, pi.kept = [fresh, *pi.kept[:AT_ONCE]], pi.kept[AT_ONCE:]
        if pi.former is not None and self._rng.random() < 0.05:
            kept = [*kept, pi.former]  # its answer was lost, so it comes again, after a newer one
        pi.former = kept[-1] if self._rng.random() < 0.5 else fresh
        if pi.born is not server and pi.mac:
            pi.born = server
            server.live.birth(pi.mac, pi.ip, *pi.place, pi.period_ms)
        for sampled_ms, report in kept:

            def settle(entry: Entry, ok: bool, sampled_ms: int = sampled_ms, report: Report = report) -> None:
                if not ok:
                    pi.keep(sampled_ms, report)
                done(pi, entry, ok)

            server.put(report, now_ms - sampled_ms, settle)

    def _report(self, pi: Pi, now_ms: int) -> Report:
        rng = self._rng
        values = {
            name: NAN if rng.random() < 0.05 else round(rng.uniform(0, high), 2)
            for name, high in (("cpu_pct", 100.0), ("mem_pct", 100.0), ("disk_pct", 100.0), ("temp_c", 90.0))
        }
        processes = tuple(Process(k, f"work {rng.random()}", "pi", 1.0, 2.0) for k in range(pi.words))
        said = report_of(pi.n, processes=processes, **values)
        switch_ip, port = pi.place
        sampled_ms = pi.clock.read(START_MS + now_ms + pi.wrong_ms)
        return replace(said, mac=pi.mac, ip=pi.ip, switch_ip=switch_ip, port=port, sampled_ms=sampled_ms)
