"""The fan of namespace /twin: hello, roster, binary frames, details of watched nodes.

Pure, see fan.py. Called by twin.service once a tick, and by edge/viewers.py when a viewer speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twin.core.live import Live
from twin.core.outbox import Limits, Verdict
from twin.wire.encoder import EVERYTHING, NAMESPACE, Encoder, Wish
from twin.wire.events import Hello
from twin.wire.fan import Fan, OnClosed, Pipe, Viewer
from twin.wire.packets import event

HelloFor = Callable[[str], Hello]  # role -> hello


class TwinViewer(Viewer):
    """A viewer with a role, an interest and a watch list."""

    __slots__ = ("role", "roster_version", "watched", "wish")

    def __init__(self, name: str, pipe: Pipe, role: str, limits: Limits) -> None:
        super().__init__(name, pipe, limits)
        self.role = role
        self.roster_version = -1
        self.wish: Wish = EVERYTHING
        self.watched: dict[str, int] = {}  # id -> the frame its detail was last sent at, 0 = not yet


class TwinFan(Fan):
    """All viewers of /twin."""

    namespace = NAMESPACE

    def __init__(self, live: Live, hello_for: HelloFor, limits: Limits, on_closed: OnClosed) -> None:
        super().__init__(live, limits, on_closed)
        self._hello_for = hello_for
        self.encoder = Encoder(live)

    def join(self, sid: str, name: str, pipe: Pipe, role: str) -> TwinViewer:
        """A viewer connected: hello, roster and snapshot follow at the next tick, or deltas after `resume`."""
        viewer = TwinViewer(name, pipe, role, self._limits)
        self.viewers[sid] = viewer
        return viewer

    def viewer(self, sid: str) -> TwinViewer | None:
        viewer = self.viewers.get(sid)
        return viewer if isinstance(viewer, TwinViewer) else None

    def resume(self, viewer: TwinViewer, epoch: int, seq: int, roster: int) -> Verdict:
        """The viewer says what it has; the next tick sends the rest."""
        if epoch != self._live.epoch:
            viewer.outbox.sent_seq = 0
            return Verdict.SNAPSHOT
        if 0 <= roster <= self._live.roster.version:
            viewer.roster_version = roster
        return viewer.outbox.resume(seq, self._live.seq)

    def interest(self, viewer: TwinViewer, wish: Wish) -> None:
        """New interest: begins with a snapshot of what is wanted now."""
        viewer.wish = wish
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
        self._send(viewer, self.encoder.frame(viewer.wish, base))
        if viewer.wish.min_gap_ms:
            viewer.next_due_ms = now_ms + viewer.wish.min_gap_ms

    def _introduce(self, viewer: TwinViewer) -> None:
        """Hello in a new epoch, and the part of the roster that the viewer lacks."""
        live = self._live
        if viewer.epoch != live.epoch:
            self._send(viewer, event(NAMESPACE, "hello", self._hello_for(viewer.role)))
            viewer.watched = dict.fromkeys(viewer.watched, 0)
            if viewer.epoch != -1:
                viewer.roster_version = -1
        if viewer.roster_version != live.roster.version:
            self._send(viewer, self.encoder.roster(max(0, viewer.roster_version)))
            viewer.roster_version = live.roster.version

    def _after(self, viewer: Viewer) -> None:
        assert isinstance(viewer, TwinViewer)
        live = self._live
        for public_id, sent_at in viewer.watched.items():
            node = live.node(public_id)
            if node is not None and (sent_at == 0 or live.changes.any[node.row] > sent_at):
                self._send(viewer, self.encoder.node(node.row))
                viewer.watched[public_id] = live.seq
