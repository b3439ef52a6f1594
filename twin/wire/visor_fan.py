"""The fan of the default namespace: today's viewers and their JSON (dialect in visor.py).

Pure, see fan.py. `cluster.all` on connect, `cluster.event` with what changed, `cluster.delete` when all is forgotten.
Each node's report is written to JSON once a change, whoever watches; a viewer that lags gets one event with the latest
of everything it missed.
"""

from __future__ import annotations

import msgspec

from twin.core.columns import STATUSES
from twin.core.live import Live
from twin.core.outbox import Limits
from twin.wire import visor
from twin.wire.fan import Fan, OnClosed, Pipe, Viewer
from twin.wire.packets import Message, bare_event, raw_event


class VisorFan(Fan):
    """All viewers of the default namespace."""

    says_bye = False  # today's viewers know no such event

    def __init__(self, live: Live, limits: Limits, on_closed: OnClosed) -> None:
        super().__init__(live, limits, on_closed)
        self._written: dict[int, tuple[int, bytes]] = {}  # row -> (frame it changed in, `"id":{report}`)
        self._epoch = live.epoch
        self._events: dict[int, Message | None] = {}

    def join(self, sid: str, name: str, pipe: Pipe) -> Viewer:
        viewer = self.viewers[sid] = Viewer(name, pipe, self._limits)
        return viewer

    def _begin(self, now_ms: int) -> None:
        self._events.clear()
        if self._epoch != self._live.epoch:
            self._epoch = self._live.epoch
            self._written.clear()

    def _frame(self, viewer: Viewer, base: int, now_ms: int) -> None:
        if viewer.epoch not in (-1, self._live.epoch):
            self._send(viewer, bare_event("/", "cluster.delete"))
        message = self._event(base)
        if message is not None:
            self._send(viewer, message)

    def _event(self, base: int) -> Message | None:
        """The event for all changes after `base`; None when there is nothing to tell."""
        if base not in self._events:
            live = self._live
            rows = live.changes.since(base if base else -1, live.columns.count).tolist()
            members = [member for member in map(self._member, rows) if member is not None]
            told = raw_event("/", "cluster.event" if base else "cluster.all", b"{" + b",".join(members) + b"}")
            self._events[base] = told if members or not base else None
        return self._events[base]

    def _member(self, row: int) -> bytes | None:
        live = self._live
        changed = int(live.changes.any[row])
        known = self._written.get(row)
        if known is not None and known[0] == changed:
            return known[1]
        report = live.placed_report(row)
        if report is None:
            return None
        status = STATUSES[live.columns.status[row]]
        form = visor.report_form(report, int(live.columns.received_ms[row]), status)
        member = msgspec.json.encode(live.roster.nodes[row].id) + b":" + msgspec.json.encode(form)
        self._written[row] = (changed, member)
        return member
