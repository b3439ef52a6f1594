"""The fan of namespace /twin: hello, roster, binary frames, details of watched nodes.

Pure, see fan.py. Called by twin.service once a tick, and by edge/viewers.py when a viewer speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from twin.core.changes import Rows
from twin.core.live import Live
from twin.core.outbox import Limits, Verdict
from twin.wire.encoder import EVERYTHING, NAMESPACE, Encoder, Wish
from twin.wire.events import Hello, StoreState
from twin.wire.fan import Fan, OnClosed, Pipe, Viewer
from twin.wire.packets import event

HelloFor = Callable[[str], Hello]  # role -> hello


class TwinViewer(Viewer):
    """A viewer with a role, an interest and a watch list."""

    __slots__ = ("role", "roster_version", "told_store", "watched", "wish", "wished", "wished_seq")

    def __init__(self, name: str, pipe: Pipe, role: str, limits: Limits) -> None:
        super().__init__(name, pipe, limits)
        self.role = role
        self.roster_version = -1
        self.wish: Wish = EVERYTHING
        self.wished: Rows | None = None  # the rows its interest meant when a frame was last sent
        self.wished_seq = 0  # the frame at which its interest changed: older ones showed something else
        self.watched: dict[str, int] = {}  # id -> the frame its detail was last sent at, 0 = not yet
        self.told_store: StoreState | None = None

    def begin_anew(self) -> None:
        """Another fan takes over: nothing that was sent counts."""
        self.epoch = self.basis = self.roster_version = -1
        self.wished = None
        self.wished_seq = self.outbox.sent_seq = self.next_due_ms = 0
        self.watched = dict.fromkeys(self.watched, 0)


class TwinFan(Fan):
    """All viewers of /twin."""

    namespace = NAMESPACE

    def __init__(self, live: Live, hello_for: HelloFor, limits: Limits, on_closed: OnClosed) -> None:
        super().__init__(live, limits, on_closed)
        self.hello_for = hello_for
        self.encoder = Encoder(live)
        self.store_state: StoreState | None = None  # what viewers are told of the history's database

    def join(self, sid: str, name: str, pipe: Pipe, role: str) -> TwinViewer:
        """A viewer connected: hello, roster and snapshot follow at the next tick, or deltas after `resume`."""
        viewer = TwinViewer(name, pipe, role, self._limits)
        self.viewers[sid] = viewer
        return viewer

    def adopt(self, sid: str, viewer: TwinViewer) -> None:
        """A viewer of another fan: it begins anew here."""
        viewer.begin_anew()
        self.viewers[sid] = viewer

    def viewer(self, sid: str) -> TwinViewer | None:
        viewer = self.viewers.get(sid)
        return viewer if isinstance(viewer, TwinViewer) else None

    def resume(self, viewer: TwinViewer, epoch: int, seq: int, roster: int) -> Verdict:
        """The viewer says what it has; the next tick sends the rest."""
        if epoch != self._live.epoch:
            # Whatever was said to it did not arrive, or not yet: introduce it again.
            self._start_over(viewer)
            viewer.epoch = -1
            return Verdict.SNAPSHOT
        if seq <= viewer.wished_seq:
            viewer.outbox.sent_seq = 0
            return Verdict.SNAPSHOT
        if viewer.basis != epoch:
            self._start_over(viewer)
        if 0 <= roster <= self._live.roster.version:
            viewer.roster_version = roster
        return viewer.outbox.resume(seq, self._live.seq)

    def interest(self, viewer: TwinViewer, wish: Wish) -> None:
        """New interest: begins with a snapshot of what is wanted now."""
        viewer.wish = wish
        viewer.wished_seq = self._live.seq
        viewer.outbox.sent_seq = 0
        viewer.next_due_ms = 0

    def watch(self, viewer: TwinViewer, ids: Sequence[str]) -> None:
        """Replace the watched set; the next tick sends the details."""
        viewer.watched = dict.fromkeys(ids, 0)

    def _begin(self, now_ms: int) -> None:
        self.encoder.begin(now_ms)

    def _frame(self, viewer: Viewer, base: int, now_ms: int) -> None:
        assert isinstance(viewer, TwinViewer)
        self._introduce(viewer)
        wish = viewer.wish
        self._send(viewer, self.encoder.frame(wish, base))
        viewer.wished = None if wish.ids is None else self.encoder.wished_rows(wish.ids)
        if gap_ms := wish.min_gap_ms:
            # Counted from when it was due: a tick that comes a moment early or late must not halve the rate.
            late = now_ms - viewer.next_due_ms < gap_ms
            viewer.next_due_ms = (viewer.next_due_ms if late else now_ms) + gap_ms

    def _introduce(self, viewer: TwinViewer) -> None:
        """Hello in a new epoch, and the part of the roster that the viewer lacks."""
        live = self._live
        if viewer.epoch != live.epoch:
            self._send(viewer, event(NAMESPACE, "hello", self._greeting(viewer)))
            viewer.watched = dict.fromkeys(viewer.watched, 0)
        if viewer.roster_version != live.roster.version:
            self._send(viewer, self.encoder.roster(max(0, viewer.roster_version)))
            viewer.roster_version = live.roster.version

    def _greeting(self, viewer: TwinViewer) -> Hello:
        return self.hello_for(viewer.role)

    def _start_over(self, viewer: Viewer) -> None:
        assert isinstance(viewer, TwinViewer)
        viewer.roster_version = -1
        if viewer.basis != -1:
            viewer.wished_seq = 0
        super()._start_over(viewer)

    def _anew(self, viewer: Viewer) -> bool:
        """An id it wishes for names another row now: what it has of both rows is a muddle, so everything again."""
        assert isinstance(viewer, TwinViewer)
        if viewer.wish.ids is None:
            return False
        rows = self.encoder.wished_rows(viewer.wish.ids)
        return viewer.wished is None or not np.array_equal(viewer.wished, rows)

    def _after(self, viewer: Viewer) -> None:
        assert isinstance(viewer, TwinViewer)
        live = self._live
        if viewer.told_store != self.store_state and self.store_state is not None and viewer.epoch != -1:
            viewer.told_store = self.store_state
            self._send(viewer, event(NAMESPACE, "store", self.store_state))
        # Who has waited longest comes first, so that on a thin line the last ids get their turn too.
        for public_id, sent_at in sorted(viewer.watched.items(), key=_sent_at):
            if viewer.pipe.backlog() > self._limits.soft_bytes:
                return  # the rest when there is room: 32 large reports at once would pass the hard limit
            node = live.node(public_id)
            if node is not None and (sent_at == 0 or live.changes.any[node.row] > sent_at):
                self._send(viewer, self.encoder.node(node.row))
                viewer.watched[public_id] = live.seq


def _sent_at(watched: tuple[str, int]) -> int:
    return watched[1]
