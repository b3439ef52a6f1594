"""The whole simulation: one seed, one virtual clock, everything that can go wrong, and the checks after every step.

    World(seed).run()     raises Broken with the seed in its text; the same seed fails in the same way

A run is a few storms, each ended by a quiet point: the chaos stops, every viewer reads, and all must have converged.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from models import layout as layouts
from telemetry.store.base import Entry
from tests.sim import checks, picture
from tests.sim.chaos import Chaos
from tests.sim.fleet import Fleet, Pi
from tests.sim.old_viewer import OldViewer
from tests.sim.picture import Picture
from tests.sim.plan import LIMITS, PLACES, RULES, SETTLE_MS, START_MS, STEP_MS, Plan
from tests.sim.server import TICK_MS, SimServer
from tests.sim.viewer import Broken, Viewer
from tests.sim.wire import Line, Quality
from tests.telemetry.store.memory import MemorySpool
from twin.wire import frame
from twin.wire.packets import Message


class World:
    """See the module. `plan` replaces the one that the seed would draw."""

    def __init__(self, seed: int, plan: Plan | None = None) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.plan = plan or Plan.draw(self.rng)
        self.now_ms = 0
        self.offset_ms = START_MS
        self.disk = MemorySpool()
        self.layout = layouts.load("cluster")
        self.fleet = Fleet(self.rng, list(PLACES))
        self.acked: dict[str, Entry] = {}
        self.names = checks.Names()
        self.pictures: dict[tuple[int, int], Picture] = {}
        self.lines: list[Line] = []
        self.late: list[tuple[Viewer, int, bytes]] = []  # frames of old connections that arrive after all
        self.server: SimServer | None = None
        self.server_up_at_ms = 0
        self.closed: list[tuple[str, str]] = []
        self.counts: dict[str, int] = {}
        self.viewers: list[Viewer] = []
        self.old_viewers: list[OldViewer] = []
        self.chaos = Chaos(self)
        self._sids = 0
        self._start_server()
        for _ in range(self.plan.pis):
            self.fleet.add(0)
        for n in range(self.plan.viewers):
            asks, tells = self.rng.random() < 0.8, self.rng.random() < 0.7
            self.viewers.append(Viewer(f"viewer {n}", asks_resume=asks, tells_roster=tells))
        self.old_viewers = [OldViewer(f"old viewer {n}") for n in range(self.plan.old_viewers)]

    @property
    def everyone(self) -> list[Viewer | OldViewer]:
        return [*self.viewers, *self.old_viewers]

    def clock(self) -> int:
        return self.now_ms

    def run(self) -> World:
        """The whole run. Broken names the seed and the time."""
        try:
            for _ in range(self.plan.storms):
                self.storm(self.plan.storm_ms)
                self.quiet()
        except AssertionError as error:
            where = f"seed {self.seed} at {self.now_ms} ms ({self.plan}): {error}"
            raise Broken(f"{where}\n  replay: pytest tests/sim --seed {self.seed}") from error
        return self

    def storm(self, for_ms: int) -> None:
        self._spread(for_ms, chaos=True)

    def quiet(self) -> None:
        """Mend everything; within `SETTLE_MS` there is a moment when everybody has the server's present picture."""
        for pi in self.fleet.pis:
            pi.next_ms = None
        end = self.now_ms + SETTLE_MS
        while True:
            self._spread(TICK_MS, chaos=False)
            try:
                self._all_agree()
                break
            except Broken:
                if self.now_ms >= end:
                    raise
        for pi in self.fleet.pis:
            if self.rng.random() < 0.9:
                pi.next_ms = self.now_ms + self.rng.randrange(1000)

    def _all_agree(self) -> None:
        server = self.server
        if server is None:
            raise Broken("the server is down")
        truth = picture.take(server.live, server.now_ms)
        for viewer in self.viewers:
            has = self.pictures.get((viewer.epoch, viewer.seq))
            if has is None or viewer.epoch != truth.epoch or not truth.same_state(has):
                raise Broken(f"{viewer.name} is at {viewer.epoch}/{viewer.seq}, the server {truth.epoch}/{truth.seq}")
            checks.viewer_shows(viewer, has)
            checks.details(viewer, server)
        for old in self.old_viewers:
            checks.old_viewer_shows(old, server)

    # One step.

    def _spread(self, for_ms: int, *, chaos: bool) -> None:
        end = self.now_ms + for_ms
        while self.now_ms < end:
            self.step(chaos=chaos)

    def step(self, *, chaos: bool) -> None:
        self.now_ms += STEP_MS
        if chaos:
            self.chaos.strike()
        else:
            self.chaos.mend()
        if self.server is None and self.now_ms >= self.server_up_at_ms:
            self._start_server()
        server = self.server
        if server is not None:
            server.now_ms = self.now_ms + self.offset_ms
        self.fleet.step(server, self.now_ms, self._report_done)
        if server is not None:
            self._serve(server)
        for line in self.lines:
            line.pump(STEP_MS)
        for viewer in self.everyone:
            self._view(viewer)
        self._deliver_late()

    def _serve(self, server: SimServer) -> None:
        server.work()
        for line in self.lines:
            if line.known_dead:
                server.leave(line.sid)
            else:
                server.serve(line)
        if self.now_ms % TICK_MS == 0:
            self._tick(server)
        self.lines = [line for line in self.lines if not line.known_dead]
        for line in self.lines:
            checks.pipe_bounded(line, LIMITS)

    def _tick(self, server: SimServer) -> None:
        closed = server.tick()
        truth = picture.take(server.live, server.now_ms)
        known = self.pictures.setdefault((truth.epoch, truth.seq), truth)
        if not closed and not truth.same_state(known):
            raise Broken(f"frame {truth.epoch}/{truth.seq} was closed, and the state changed without a new one")
        checks.online_is_recent(server, self.acked)
        checks.newest_is_shown(server)
        server.fan_out()
        checks.never_behind_too_long(server)
        self.closed += server.closed
        server.closed.clear()

    def _view(self, viewer: Viewer | OldViewer) -> None:
        line = viewer.line
        if line is None or not line.alive:
            viewer.line = None
            if self.now_ms >= viewer.reconnect_at_ms:
                self._connect(viewer)
            return
        piece = line.read(STEP_MS)
        if isinstance(viewer, OldViewer):
            viewer.take(piece)
            return
        viewer.tick(self.now_ms)
        for packet in viewer.packets(piece):
            gaps = viewer.gaps
            if viewer.packet(packet) is not None:
                self._check(viewer)
            if viewer.gaps > gaps and not self.plan.lossy:
                raise Broken(f"{viewer.name}: a gap after frame {viewer.seq}, on a line that loses nothing")

    def _check(self, viewer: Viewer) -> None:
        truth = self.pictures.get((viewer.epoch, viewer.seq))
        if truth is None:
            raise Broken(f"{viewer.name}: got frame {viewer.epoch}/{viewer.seq}, which was never closed")
        checks.viewer_shows(viewer, truth)

    def _deliver_late(self) -> None:
        """Frames of a connection that is over. They may say nothing new, or something true, and never do harm."""
        due = [each for each in self.late if each[1] <= self.now_ms]
        self.late = [each for each in self.late if each[1] > self.now_ms]
        for viewer, _, data in due:
            got = frame.decode(data)
            if got.epoch == viewer.epoch and viewer.sees_all and viewer.seq and viewer.frame(got) is not None:
                # Its roster may still be on the way, so only the values are held against the truth.
                checks.viewer_values(viewer, self.pictures[viewer.epoch, viewer.seq])

    # Connections.

    def _connect(self, viewer: Viewer | OldViewer) -> None:
        rng = self.rng
        if self.server is None:
            viewer.reconnect_at_ms = self.now_ms + rng.randrange(200, 1000)
            return
        self._sids += 1
        line = Line(f"{viewer.name} #{self._sids}", self.clock, self._quality(viewer))
        if self.plan.lossy:
            line.drop = self._dropper(viewer)
        self.lines.append(line)
        if isinstance(viewer, Viewer):
            self.server.twin.join(line.sid, line.sid, line, "viewer")
        else:
            self.server.visor.join(line.sid, line.sid, line)
        viewer.connect(line)

    def _quality(self, viewer: Viewer | OldViewer) -> Quality:
        rng = self.rng
        # Today's dialect is fat: a thin line would never do.
        bandwidth = rng.choice((200, 2000)) if isinstance(viewer, OldViewer) else rng.choice((4, 20, 200, 2000))
        return Quality(
            latency_ms=rng.choice((0, 20, 80, 400, 1500)),
            bandwidth=bandwidth,
            window=rng.choice((2_048, 16_384, 131_072)),
            read_rate=rng.choice((20, 10_000)) if bandwidth > 4 else 10_000,
            polling_ms=rng.choice((0, 0, 300, 1500)),
        )

    def _dropper(self, viewer: Viewer | OldViewer) -> Callable[[Message], bool]:
        """Drops deltas, and answers to resume, now and then, as a pipe does whose queue is full."""

        def drop(message: Message) -> bool:
            delta = message.attachment is not None and message.attachment[3] & 0x7F == 1
            answer = message.text.startswith("3/") and '"mode"' in message.text
            return isinstance(viewer, Viewer) and (delta or answer) and self.rng.random() < 0.05

        return drop

    # The server's life.

    def _start_server(self) -> None:
        rng = self.rng
        self.disk.away = False
        if self.plan.clock and self.server_up_at_ms and rng.random() < 0.5:
            self.offset_ms += rng.choice((-3_600_000, -30_000, 3_600_000))
        now_ms = self.now_ms + self.offset_ms
        self.server = SimServer(self.disk, now_ms, RULES, LIMITS, self.layout, rng)
        checks.nothing_lost(self.server, self.acked)
        self.pictures[self.server.live.epoch, self.server.live.seq] = picture.take(self.server.live, now_ms)
        self.count("starts")

    def kill(self) -> None:
        assert self.server is not None
        self.server.kill()
        self._down()

    def stop(self) -> None:
        assert self.server is not None
        self.disk.away = False
        self.server.stop()
        self.closed += self.server.closed
        # The process ends when the farewells are out; what a slow viewer has not read by then is cut.
        for line in self.lines:
            line.pump(STEP_MS)
        self._down()

    def _down(self) -> None:
        self.server = None
        self.server_up_at_ms = self.now_ms + self.rng.randrange(100, 3000)
        for line in self.lines:
            line.cut(noticed=True)
        self.lines.clear()
        for pi in self.fleet.pis:
            pi.born = None

    def forget(self) -> None:
        assert self.server is not None
        if self.server.forget():
            self.acked.clear()
            truth = picture.take(self.server.live, self.server.now_ms)
            self.pictures[truth.epoch, truth.seq] = truth
            self.count("forgets")

    def _report_done(self, pi: Pi, entry: Entry, kept: bool) -> None:
        if kept:
            self.names.note(entry, self.offset_ms)
            known = self.acked.get(entry.key)
            if known is None or entry.supersedes(known):
                self.acked[entry.key] = entry

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
