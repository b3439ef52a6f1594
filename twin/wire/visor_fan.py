"""The fan of the default namespace: today's viewers and their JSON (dialect in visor.py).

Pure, see fan.py. `cluster.all` on connect, `cluster.event` with what changed, `cluster.delete` when all is forgotten.
Each node's report is written to JSON once a change, whoever watches; a viewer that lags gets one event with the latest
of everything it missed. An id that nobody has any more (its node moved) is told once more, as offline: the dialect has
no word for one that is gone.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from telemetry.report import Report
from twin.core.columns import LOST, STATUSES
from twin.core.live import Live
from twin.core.nodes import Node
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
        self._roster_version = 0
        self._named: list[Node] = []  # the nodes as they were when this fan last looked
        self._gone: dict[str, tuple[int, bytes]] = {}  # id that nobody has -> (frame it went in, its last word)

    def join(self, sid: str, name: str, pipe: Pipe) -> Viewer:
        viewer = self.viewers[sid] = Viewer(name, pipe, self._limits)
        return viewer

    def _begin(self, now_ms: int) -> None:
        self._events.clear()
        if self._epoch != self._live.epoch:
            self._epoch = self._live.epoch
            self._written.clear()
            self._named.clear()
            self._gone.clear()
            self._roster_version = 0
        if self._roster_version != self._live.roster.version:
            self._rename()

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
            if base:
                members += [last for each, (seq, last) in self._gone.items() if seq > base and not self._told(each)]
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
        public_id = live.roster.nodes[row].id
        if report is None or not public_id:
            return None
        status = STATUSES[live.columns.status[row]]
        member = _member_of(public_id, report, int(live.columns.received_ms[row]), status)
        self._written[row] = (changed, member)
        return member

    def _rename(self) -> None:
        """Find the ids that nobody has any more. They are kept as long as a delta can reach back: the horizon."""
        live, named = self._live, self._named
        oldest = live.seq - self._limits.horizon
        self._gone = {each: at for each, at in self._gone.items() if at[0] >= oldest}
        for node in live.roster.since(self._roster_version):
            if node.row >= len(named):
                named.append(node)
                continue
            former, named[node.row] = named[node.row], node
            report = live.reports[node.row]
            if former.id and report is not None and not self._told(former.id):
                last = replace(report, switch_ip=former.switch_ip, port=former.port)
                seen_ms = int(live.columns.received_ms[node.row])
                self._gone[former.id] = (live.seq, _member_of(former.id, last, seen_ms, STATUSES[LOST]))
        self._roster_version = live.roster.version

    def _told(self, public_id: str) -> bool:
        """Whether somebody with a report goes by this id. A mac finds a placed node too, but is not its id."""
        node = self._live.node(public_id)
        return node is not None and node.id == public_id and self._live.reports[node.row] is not None


def _member_of(public_id: str, report: Report, seen_ms: int, status: str) -> bytes:
    """`"id":{report}` as JSON."""
    form = visor.report_form(report, max(0, seen_ms), status)
    return msgspec.json.encode(public_id) + b":" + msgspec.json.encode(form)
