"""Sends live state to viewers, each at the pace it can bear.

Pure: time is an argument and a `Pipe` is all it knows of a socket, so tests drive thousands of viewers over a fake
wire. Owns the set of viewers and what each one has. The policy is core/outbox.py, the real pipe edge/pipe.py; what is
said is up to the subclass: twin_fan.py (namespace /twin), visor_fan.py (today's viewers).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from twin.core.live import Live
from twin.core.outbox import Limits, Outbox, Verdict
from twin.wire.events import Bye
from twin.wire.packets import Message, event

log = logging.getLogger(__name__)


class Pipe(Protocol):
    """One viewer's way out. `send` never blocks and never fails: a dead pipe swallows."""

    def backlog(self) -> int:
        """Bytes that wait in this process."""

    def busy(self) -> bool:
        """True while something that was queued earlier has not been handed to the network."""

    def send(self, message: Message) -> None:
        """Hand a message to the network."""

    def close(self, farewell: Message | None) -> None:
        """Say why, then end the connection soon, whatever the peer does."""


class Viewer:
    """What one viewer has. `epoch`: the one it was told of, -1 none yet; `basis`: the one its outbox counts in."""

    __slots__ = ("basis", "epoch", "name", "next_due_ms", "outbox", "pipe")

    def __init__(self, name: str, pipe: Pipe, limits: Limits) -> None:
        self.name = name
        self.pipe = pipe
        self.outbox = Outbox(limits)
        self.epoch = -1
        self.basis = -1
        self.next_due_ms = 0


OnClosed = Callable[[Viewer, Bye], None]


class Fan:
    """The viewers of one namespace. Subclasses say what a frame is: `_begin`, `_frame`, `_after`."""

    namespace = "/"
    says_bye = True

    def __init__(self, live: Live, limits: Limits, on_closed: OnClosed) -> None:
        self._live = live
        self._limits = limits
        self._on_closed = on_closed
        self.viewers: dict[str, Viewer] = {}
        self.sent_frames = 0
        self.sent_bytes = 0
        self.snapshots = 0
        self.skipped = 0

    def leave(self, sid: str) -> None:
        """The viewer's connection is gone."""
        self.viewers.pop(sid, None)

    def tick(self, now_ms: int) -> None:
        """Give every viewer what it can take of the frame that was just closed."""
        self._begin(now_ms)
        for sid, viewer in list(self.viewers.items()):
            try:
                self._serve(sid, viewer, now_ms)
            except Exception:  # one viewer that fails must not starve those after it
                log.exception("a viewer failed and is cut", extra={"viewer": viewer.name})
                self.viewers.pop(sid, None)
                viewer.pipe.close(None)

    def close(self, sid: str, bye: Bye) -> None:
        """Show a viewer out with a named code."""
        viewer = self.viewers.pop(sid, None)
        if viewer is not None:
            viewer.pipe.close(event(self.namespace, "bye", bye) if self.says_bye else None)
            self._on_closed(viewer, bye)

    def close_all(self, bye: Bye) -> None:
        for sid in list(self.viewers):
            self.close(sid, bye)

    def _serve(self, sid: str, viewer: Viewer, now_ms: int) -> None:
        live = self._live
        outbox = viewer.outbox
        if viewer.basis != live.epoch:
            self._start_over(viewer)
        backlog = viewer.pipe.backlog()
        verdict = outbox.decide(now_ms, live.seq, backlog, viewer.pipe.busy())
        if verdict is Verdict.CLOSE:
            self.close(sid, slow_viewer(backlog, self._limits))
            return
        if outbox.behind_since_ms is not None:
            self.skipped += 1
            return
        if verdict is not Verdict.WAIT and now_ms >= viewer.next_due_ms:
            base = outbox.sent_seq if verdict is Verdict.DELTA and not self._anew(viewer) else 0
            self._frame(viewer, base, now_ms)
            outbox.sent_seq = live.seq
            viewer.epoch = live.epoch
            self.sent_frames += 1
            self.snapshots += base == 0
        self._after(viewer)
        outbox.burst = viewer.pipe.backlog()

    def _start_over(self, viewer: Viewer) -> None:
        """It is new, or the epoch changed under it: what it had or asked to resume counts for nothing."""
        viewer.basis = self._live.epoch
        viewer.outbox.sent_seq = 0
        viewer.next_due_ms = 0

    def _anew(self, viewer: Viewer) -> bool:
        """Whether a delta would not do for this viewer, and why not is the subclass's business."""
        return False

    def _send(self, viewer: Viewer, message: Message) -> None:
        self.sent_bytes += len(message.framed)
        viewer.pipe.send(message)

    def _begin(self, now_ms: int) -> None:
        raise NotImplementedError

    def _frame(self, viewer: Viewer, base: int, now_ms: int) -> None:
        """Send what changed after frame `base` (0: everything), and what must precede it."""
        raise NotImplementedError

    def _after(self, viewer: Viewer) -> None:
        """Send what is due besides the frame."""


def slow_viewer(backlog: int, limits: Limits) -> Bye:
    """Why a viewer that does not read is closed."""
    return {
        "code": "slow_viewer",
        "reason": f"{backlog} bytes waited: longer than {limits.patience_ms / 1000:g} s, "
        f"or more than {limits.hard_bytes} bytes at once. This viewer reads too slowly",
        "reconnect": True,
        "after_ms": 2000,
    }
