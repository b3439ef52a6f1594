"""What goes wrong, drawn from the seed: to the cluster, to viewers' lines, to the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sim.fleet import NOWHERE, Pi
from tests.sim.old_viewer import OldViewer
from tests.sim.plan import FIELDS, PLACES, STEP_MS
from tests.sim.viewer import Viewer
from tests.sim.wire import Line

if TYPE_CHECKING:
    from tests.sim.world import World

MOST_PIS = 60
DAY_MS = 86_400_000


class Chaos:
    """Acts on a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def strike(self) -> None:
        """Whatever the dice say for one step."""
        world = self._world
        rng, plan = world.rng, world.plan
        share = STEP_MS / 1000
        if rng.random() < plan.change * share:
            self._change()
        if rng.random() < plan.trouble * share:
            self._trouble(rng.choice(world.everyone))
        if rng.random() < plan.trouble * share:
            self._wish(rng.choice(world.viewers))
        if world.server is not None and rng.random() < plan.restarts * share:
            rng.choice((world.kill, world.kill, world.stop))()
        if world.server is not None and rng.random() < plan.forgets * share:
            world.forget()
        if rng.random() < 0.02 * plan.change * share:
            world.disk.away = not world.disk.away

    def _change(self) -> None:
        """Something happens to the cluster."""
        rng, server = self._world.rng, self._world.server
        pi = rng.choice(self._world.fleet.pis)
        what = rng.choice(
            ("add", "die", "will", "bye", "back", "back", "move", "swap", "take", "bind", "paint", "ip", "clock")
        )
        self._world.count(what)
        if what == "add" and len(self._world.fleet.pis) < MOST_PIS:
            self._world.fleet.add(self._world.now_ms)
        elif what in ("die", "will", "bye"):
            pi.next_ms = None
            if server is not None and what == "will":
                server.live.will(pi.mac)
            elif server is not None and what == "bye":
                server.live.goodbye(pi.mac, reboot=rng.random() < 0.5)
        elif what == "back":
            pi = rng.choice([each for each in self._world.fleet.pis if each.next_ms is None] or [pi])
            pi.next_ms, pi.born = self._world.now_ms, None
        elif what == "clock":
            pi.wrong_ms = rng.choice((0, 0, -2_000, -4_000, -DAY_MS, 365 * DAY_MS, 60_000))
        elif what == "ip":
            pi.ip = f"10.1.{rng.randrange(256)}.{rng.randrange(256)}"
        elif what == "paint" and server is not None and server.live.columns.count:
            rgb = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
            server.live.paint(rng.randrange(server.live.columns.count), rgb)
        elif what == "bind" and server is not None and server.live.columns.count:
            row = rng.randrange(server.live.columns.count)
            server.live.bind(row, *rng.choice([*PLACES, NOWHERE]))
        elif not pi.nameless:
            self._move(pi, what)

    def _move(self, pi: Pi, what: str) -> None:
        other = self._world.rng.choice(self._world.fleet.pis)
        if what == "move" and self._world.fleet.has_room:
            pi.place = self._world.fleet.take_place()
        elif what == "swap" and not other.nameless:
            pi.place, other.place = other.place, pi.place
        elif what == "take" and other is not pi and not other.nameless:
            # A new Pi in the place of one that is broken.
            other.next_ms = None
            pi.place = other.place

    def _trouble(self, viewer: Viewer | OldViewer) -> None:
        """Something happens to a viewer's line."""
        rng, line = self._world.rng, viewer.line
        if line is None or not line.alive:
            return
        what = rng.choice(("cut", "hang", "stop", "stop", "go", "go", "slow"))
        self._world.count(what)
        if what in ("cut", "hang"):
            if isinstance(viewer, Viewer) and viewer.sees_all:
                self._keep_late(viewer, line)
            line.cut(noticed=what == "cut")
            viewer.reconnect_at_ms = self._world.now_ms + rng.choice((0, 100, 1000, 5000))
        elif what == "slow":
            line.quality.bandwidth = 4
        else:
            line.stopped = what == "stop"

    def _keep_late(self, viewer: Viewer, line: Line) -> None:
        """Some frames that the old connection had in flight turn up later, out of order."""
        for packet in viewer.in_flight(line):
            if packet.name == "frame" and self._world.rng.random() < 0.5:
                self._world.late.append((viewer, self._world.now_ms + self._world.rng.randrange(4000), packet.payload))

    def _wish(self, viewer: Viewer) -> None:
        """A viewer wants to see something else."""
        rng, server = self._world.rng, self._world.server
        ids = [pi.mac for pi in self._world.fleet.pis if pi.mac] + [f"{switch}-{port}" for switch, port in PLACES[::3]]
        if server is not None:
            ids += [node.id for node in server.live.roster.nodes if node.id]
        if rng.random() < 0.5:
            viewer.watch(sorted(set(rng.choices(ids, k=rng.choice((1, 3, 20))))))
            return
        if viewer.line is None:
            return
        wish: dict[str, object] = {}
        if rng.random() < 0.5:
            wish["fields"] = rng.sample(FIELDS, rng.randrange(len(FIELDS)))
        if rng.random() < 0.5:
            wish["ids"] = sorted(set(rng.choices(ids, k=rng.choice((1, 5, 30)))))
        if rng.random() < 0.3:
            wish["max_hz"] = rng.choice((0.5, 1, 3, 5))
        viewer.want(wish)

    def mend(self) -> None:
        """Whatever hurts is over, for as long as this is called."""
        self._world.disk.away = False
        for line in self._world.lines:
            line.stopped = False
            line.quality.bandwidth = max(200, line.quality.bandwidth)
            line.quality.window = max(16_384, line.quality.window)
            line.quality.read_rate = max(200, line.quality.read_rate)
            line.quality.latency_ms = min(100, line.quality.latency_ms)
