"""The simulation can bite: each bug here is put into the code, and within a few seeds the simulation must find it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from telemetry.nodeclock import NodeClock
from tests.sim import checks
from tests.sim.plan import Plan
from tests.sim.server import SimServer
from tests.sim.viewer import Broken
from tests.sim.world import World
from tests.telemetry.store.memory import MemorySpool
from twin.core import live as live_module
from twin.core.changes import Changes
from twin.core.columns import NEVER_MS, ONLINE
from twin.core.live import Live
from twin.core.nodes import Roster
from twin.core.outbox import Outbox, Verdict
from twin.wire import encoder as encoder_module
from twin.wire import frame
from twin.wire.encoder import Encoder
from twin.wire.frame import Column, Kind
from twin.wire.twin_fan import TwinFan
from twin.wire.visor_fan import VisorFan

MOST_SEEDS = 12
# Every second seed runs this plan, the others the one that they draw.
ROUGH = Plan(
    pis=20,
    viewers=5,
    old_viewers=1,
    storms=2,
    storm_ms=10_000,
    change=5,
    trouble=1,
    restarts=0.3,
    forgets=0.1,
    lossy=False,
    clock=False,
)
Patch = Callable[[pytest.MonkeyPatch], None]
BUGS: dict[str, tuple[Patch, str]] = {}


def bug(name: str, found_as: str = "") -> Callable[[Patch], Patch]:
    """Register a bug. `found_as`: what the failure must speak of, where only that would prove the point."""

    def register(patch: Patch) -> Patch:
        BUGS[name] = (patch, found_as)
        return patch

    return register


@pytest.mark.parametrize("name", BUGS)
def test_the_simulation_finds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch, found_as = BUGS[name]
    patch(monkeypatch)
    found = []
    for seed in range(1, MOST_SEEDS + 1):
        try:
            World(seed, ROUGH if seed % 2 else None).run()
        except Broken as error:
            found.append(f"seed {seed}: {error}")
            if found_as in str(error):
                return
    pytest.fail(f"not found in {MOST_SEEDS} seeds as {found_as!r}; found: {found}")


def wrap(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, instead: Callable[..., Any]) -> None:
    """Replace a function by `instead(original, *its arguments)`."""
    original = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *args, **named: instead(original, *args, **named))


@bug("a merged delta that forgets the last row")
def _(patch: pytest.MonkeyPatch) -> None:
    wrap(patch, Changes, "since", lambda since, self, base, count: since(self, base, count)[: -1 if base > 0 else None])


@bug("a resume that sends only what changed in the newest frame")
def _(patch: pytest.MonkeyPatch) -> None:
    def since(original: Any, self: Changes, base: int, count: int) -> Any:
        newest = int(self.any[:count].max(initial=0))
        return original(self, max(base, newest - 1) if base > 0 else base, count)

    wrap(patch, Changes, "since", since)


@bug("a delta from one frame too late")
def _(patch: pytest.MonkeyPatch) -> None:
    wrap(patch, Changes, "since", lambda since, self, base, count: since(self, base + (base > 0), count))


@bug("a delta that names a base one too high", "a gap")
def _(patch: pytest.MonkeyPatch) -> None:
    def encode(original: Any, kind: Kind, epoch: int, seq: int, base: int, *rest: Any) -> bytes:
        return bytes(original(kind, epoch, seq, base + (kind is Kind.DELTA), *rest))

    wrap(patch, encoder_module, "encode", encode)


@bug("conflation that drops a status", "status")
def _(patch: pytest.MonkeyPatch) -> None:
    wrap(patch, encoder_module, "columns_since", lambda columns_since, *given: columns_since(*given) & ~Column.STATUS)


@bug("a light that is not marked as changed", "light")
def _(patch: pytest.MonkeyPatch) -> None:
    def mark(original: Any, self: Changes, group: Any, rows: Any, seq: int) -> None:
        if group is not self.light:
            original(self, group, rows, seq)

    wrap(patch, Changes, "mark", mark)


@bug("an age that is reckoned from the wrong moment", "look younger")
def _(patch: pytest.MonkeyPatch) -> None:
    wrap(patch, frame, "quantise_age", lambda quantise_age, age_ms: quantise_age(age_ms - 300))


@bug("a frame of the last tick sent again")
def _(patch: pytest.MonkeyPatch) -> None:
    def begin(original: Any, self: Encoder, now_ms: int) -> None:
        frames = dict(self._frames)
        original(self, now_ms)
        self._frames.update(frames)

    wrap(patch, Encoder, "begin", begin)


@bug("a resume that believes any frame number")
def _(patch: pytest.MonkeyPatch) -> None:
    def resume(original: Any, self: Outbox, have_seq: int, seq: int) -> Verdict:
        self.sent_seq = seq
        return Verdict.DELTA

    wrap(patch, Outbox, "resume", resume)


@bug("a resume across epochs")
def _(patch: pytest.MonkeyPatch) -> None:
    def resume(original: Any, self: TwinFan, viewer: Any, epoch: int, seq: int, roster: int) -> Verdict:
        return Verdict(original(self, viewer, self._live.epoch, seq, roster))

    wrap(patch, TwinFan, "resume", resume)


@bug("a new epoch that nobody hears of")
def _(patch: pytest.MonkeyPatch) -> None:
    def reset(original: Any, self: Live, epoch: int) -> None:
        original(self, getattr(self, "epoch", epoch))

    wrap(patch, Live, "reset", reset)


@bug("an epoch used twice")
def _(patch: pytest.MonkeyPatch) -> None:
    def save(original: Any, self: MemorySpool, name: str, body: bytes) -> None:
        original(self, name, body if self.load(name) is None else self.load(name))

    wrap(patch, MemorySpool, "save", save)


@bug("a roster that forgets who was displaced")
def _(patch: pytest.MonkeyPatch) -> None:
    def unplace(original: Any, self: Roster, row: int) -> None:
        version, stamp = self.version, self.row_version[row]
        original(self, row)
        self.version, self.row_version[row] = version, stamp

    wrap(patch, Roster, "_unplace", unplace)


@bug("a move that closes no frame", "closed")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Live, "_mark_touched", lambda self: None)


@bug("an interest in an id that moves to another row")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TwinFan, "_anew", lambda self, viewer: False)


@bug("an interest that is answered with a delta", "interest")
def _(patch: pytest.MonkeyPatch) -> None:
    def interest(original: Any, self: TwinFan, viewer: Any, wish: Any) -> None:
        sent_seq = viewer.outbox.sent_seq
        original(self, viewer, wish)
        viewer.outbox.sent_seq = sent_seq

    wrap(patch, TwinFan, "interest", interest)


@bug("a watched node whose news is not sent", "watches")
def _(patch: pytest.MonkeyPatch) -> None:
    def introduce(original: Any, self: TwinFan, viewer: Any) -> None:
        original(self, viewer)
        viewer.watched = dict.fromkeys(viewer.watched, self._live.seq)

    wrap(patch, TwinFan, "_introduce", introduce)


@bug("a restored node that counts as online", "online")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(live_module, "UNKNOWN", ONLINE)


@bug("nodes that never age", "online, last true")
def _(patch: pytest.MonkeyPatch) -> None:
    nobody = np.zeros(0, np.int64), np.zeros(0, np.uint8)
    patch.setattr(live_module, "status_by_age", lambda *_: nobody)


@bug("a late delivery that disturbs newer values", "the disk has")
def _(patch: pytest.MonkeyPatch) -> None:
    def take(original: Any, self: Live, report: Any, seen_ms: int, received_ms: int) -> Any:
        row = self.roster.find(report.mac, report.switch_ip, report.port)
        if row is not None and self.columns.received_ms[row] > seen_ms:
            self.columns.received_ms[row] = NEVER_MS
        return original(self, report, seen_ms, received_ms)

    wrap(patch, Live, "_take", take)


@bug("ok before it is on the disk", "acknowledged")
def _(patch: pytest.MonkeyPatch) -> None:
    def put(original: Any, self: SimServer, report: Any, held_ms: int, done: Any) -> None:
        original(self, report, held_ms, lambda entry, kept: None)
        done(self._waiting[-1].entry, True)

    wrap(patch, SimServer, "put", put)


@bug("a store that remembers what came last instead of what is newest", "acknowledged")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemorySpool, "latest", lambda self: list({entry.key: entry for entry in self.kept}.values()))


@bug("a slow viewer that is fed all the same", "waited")
def _(patch: pytest.MonkeyPatch) -> None:
    def decide(original: Any, self: Outbox, now_ms: int, seq: int, backlog: int, busy: bool) -> Verdict:
        return Verdict(original(self, now_ms, seq, 0, busy))

    wrap(patch, Outbox, "decide", decide)


@bug("patience without end", "still here")
def _(patch: pytest.MonkeyPatch) -> None:
    def decide(original: Any, self: Outbox, *given: Any) -> Verdict:
        verdict = Verdict(original(self, *given))
        return Verdict.WAIT if verdict is Verdict.CLOSE else verdict

    wrap(patch, Outbox, "decide", decide)


@bug("full reports that pay no heed to the backlog", "waited")
def _(patch: pytest.MonkeyPatch) -> None:
    def after(original: Any, self: TwinFan, viewer: Any) -> None:
        pipe = viewer.pipe
        viewer.pipe = type("Deaf", (), {"backlog": lambda _: 0, "send": lambda _, message: pipe.send(message)})()
        original(self, viewer)
        viewer.pipe = pipe

    wrap(patch, TwinFan, "_after", after)


@bug("today's viewers that get what was written long ago", "old viewer")
def _(patch: pytest.MonkeyPatch) -> None:
    def member(original: Any, self: VisorFan, row: int) -> bytes | None:
        known = self._written.get(row)
        return known[1] if known is not None else original(self, row)

    wrap(patch, VisorFan, "_member", member)


@bug("today's viewers that never hear of an id that is gone", "old viewer")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(VisorFan, "_rename", lambda self: None)


@bug("an agent that says a time twice when its clock is set back", "one of them is lost")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(NodeClock, "read", lambda self, wall_ms: wall_ms)


@bug("an agent that does not say how long it held a report, and rows that are known by their age", "counts twice")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(checks, "identity", lambda seen_ms, node_ms: 2 * node_ms + 7 * seen_ms)
    wrap(patch, SimServer, "put", lambda put, self, report, held_ms, done: put(self, report, 0, done))
