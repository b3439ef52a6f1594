"""`twin simulate`: a fleet of Pis that are not there. Owns the options, the life of the process (start,
Ctrl-C, end) and the beat that moves the fleet on; a node's talk with the server is sim_agent.py's.
Called by twin's command line, which passes the places of its layout; benchmarks take `direct`, tests
take `Simulation`.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import resource
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import aiohttp

from telemetry.fleet import TICK_S, Fleet
from telemetry.sim_agent import Agent
from telemetry.sim_bulk import Bulk
from telemetry.sim_direct import batches as batches
from telemetry.sim_direct import direct as direct
from telemetry.sim_hub import Counts, Hub
from telemetry.sim_options import add_arguments as add_arguments
from telemetry.sim_places import Place as Place
from telemetry.sim_progress import audience, configure_logging, show_progress, summary

DEFAULT_NODES = 1050
GOODBYE_S = 1.2  # Ctrl-C to the end of the byes; the rest is cut
SPARE_FILES = 64  # descriptors beside the sockets

log = logging.getLogger("telemetry.simulate")


@dataclass(frozen=True, slots=True)
class Options:
    """How to run a fleet against a server. `bulk`: all of it over one connection."""

    server: str
    token: str = ""
    period_s: float = 5.0
    speed: float = 1.0
    bulk: bool = False


class Simulation:
    """One fleet, its agents and their counts. `run` it once."""

    def __init__(self, fleet: Fleet, options: Options) -> None:
        self.fleet = fleet
        self.options = options
        self.counts = Counts()
        self.agents: list[Agent] = []
        self.bulk: Bulk | None = None

    @property
    def lines(self) -> int:
        """How many connections it wants."""
        return 1 if self.options.bulk else len(self.fleet)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; then byes, and an end within two seconds."""
        # No limit: each agent holds its connection for good. No cookies: a session must not tie them together.
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
            self._populate(session)
            living = asyncio.create_task(self._live(), name="simulation")
            stopped = asyncio.create_task(stop.wait(), name="stop")
            try:
                await asyncio.wait({living, stopped}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                try:
                    await _cancel(living, stopped)  # raises what broke the simulation, if something did
                finally:
                    await self._say_goodbye()

    def _populate(self, session: aiohttp.ClientSession) -> None:
        options = self.options
        hub = Hub(
            fleet=self.fleet,
            url=options.server,
            token=options.token,
            period_s=options.period_s / options.speed,
            session=session,
            chance=random.Random(self.fleet.seed),  # only waiting times; what is reported does not use it
            counts=self.counts,
        )
        if options.bulk:
            self.bulk = Bulk(hub)
        else:
            self.agents = [Agent(index, hub) for index in range(len(self.fleet))]

    async def _live(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._beat())
            if self.bulk is not None:
                group.create_task(self.bulk.run())
            for agent in self.agents:
                group.create_task(agent.run())

    async def _beat(self) -> None:
        """Moves the fleet on with the clock and wakes the agents whose nodes changed."""
        clock = asyncio.get_running_loop().time
        started, speed = clock(), self.options.speed
        while True:
            await asyncio.sleep(min(0.5, TICK_S / 2) / max(1.0, speed))
            for change in self.fleet.step((clock() - started) * speed):
                if self.bulk is not None:
                    self.bulk.note(change)
                else:
                    self.agents[change.node].wake()

    async def _say_goodbye(self) -> None:
        parts: list[Agent | Bulk] = [*self.agents, *([self.bulk] if self.bulk else [])]
        leaving = [asyncio.create_task(part.leave("shutdown")) for part in parts]
        if leaving:
            await asyncio.wait(leaving, timeout=GOODBYE_S)
        for part in parts:
            part.cut()
        await _cancel(*leaving)


async def _cancel(*tasks: asyncio.Task[object] | asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result


def run(args: argparse.Namespace, places: Iterable[Sequence[object]] = ()) -> int:
    """Carry out `twin simulate`. `places`: rows (switch_ip, port, bank, shelf, column) of the layout's slots."""
    configure_logging(audience(sys.stderr))
    table = [Place(*row) for row in places]  # type: ignore[arg-type]  # rows of another package's layout
    fleet = Fleet(
        args.nodes or len(table) or DEFAULT_NODES,
        args.seed,
        places=table,
        faults=args.faults,
        start_ms=round(time.time() * 1000),
    )
    if args.direct:
        return asyncio.run(_measure(fleet, args.period, args.duration or 10.0))
    options = Options(args.server, args.token, args.period, args.speed, args.fleet)
    simulation = Simulation(fleet, options)
    _allow_files(simulation.lines + SPARE_FILES)
    return asyncio.run(_run(simulation, args.duration))


async def _run(simulation: Simulation, duration_s: float | None) -> int:
    stop = asyncio.Event()
    _stop_on_signals(stop)
    if duration_s:
        asyncio.get_running_loop().call_later(duration_s, stop.set)
    fleet, server = simulation.fleet, simulation.options.server
    log.info("Simulating %d Pis (seed %d) for %s", len(fleet), fleet.seed, server)
    progress = asyncio.create_task(show_progress(simulation.counts, simulation.lines, sys.stderr, audience(sys.stderr)))
    started = time.monotonic()
    try:
        await simulation.run(stop)
    finally:
        await _cancel(progress)
    counts = simulation.counts
    log.info("Simulation over: %s", summary(counts, time.monotonic() - started))
    if not counts.births:
        log.error("No Pi got through. %s", counts.last_error or f"There was no time to try {server}.")
        return 1
    return 0


def _stop_on_signals(stop: asyncio.Event) -> None:
    """The first signal ends in good order; a second one finds Python's own handler and ends at once."""
    loop = asyncio.get_running_loop()

    def first(number: int) -> None:
        loop.remove_signal_handler(number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, RuntimeError, ValueError):  # not the main thread: the caller's to handle
            loop.add_signal_handler(number, first, number)


async def _measure(fleet: Fleet, period_s: float, duration_s: float) -> int:
    """`--direct`: how many reports a second the fleet alone can give."""
    started = time.monotonic()
    reports = 0
    async for batch in direct(fleet, period_s, speed=0):
        reports += len(batch)
        if time.monotonic() - started >= duration_s:
            break
    took = time.monotonic() - started
    log.info("%d nodes: %d reports in %.1f s, %.0f reports/s", len(fleet), reports, took, reports / took)
    return 0


def _allow_files(wanted: int) -> None:
    """A shell's usual 1024 descriptors are too few for 1050 sockets; the hard limit is usually far higher."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        highest = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
        if highest < wanted:
            log.warning("This shell allows %d open files; %d are needed. See ulimit -n.", hard, wanted)
