"""The live twin: the only object that changes live state, and the only file that writes columns.

Owns epoch, sequence, roster, columns, changes and each node's last full report. It is driven by `twin.service` (one
writer); edges only read it. Time is an argument: server milliseconds since 1970 that never step back.

    report / birth / will / goodbye / bind / paint  -> marks rows for the frame that is being gathered (seq + 1)
    tick                                            -> liveness, then closes the frame: seq += 1
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from telemetry.report import Report
from telemetry.store.base import supersedes
from twin.core.changes import Changes, Rows
from twin.core.clocks import FRESH_MS, Clocks
from twin.core.columns import LOST, NEVER_MS, ONLINE, REBOOTING, UNKNOWN, Columns
from twin.core.errors import Unavailable
from twin.core.liveness import status_by_age
from twin.core.nodes import Node, Roster, SlotOf

NEVER_SET_BACK_MS = 2**62  # as the time of receiving: what is kept on the disk is compared by when it was true


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers that live state goes by. Liveness limits are in report periods; `period_ms` is the default."""

    period_ms: int = 5000
    late_after: float = 2.0
    lost_after: float = 6.0
    max_nodes: int = 65_000  # rows fit u16, and a flood of invented macs ends here


class Live:
    """State of one epoch. `seq` is the last closed frame; `roster.version` moves with identities and places."""

    def __init__(self, epoch: int, slot_of: SlotOf, rules: Rules) -> None:
        self.rules = rules
        self._slot_of = slot_of
        self.reset(epoch)

    def reset(self, epoch: int) -> None:
        """Forget everything and begin an epoch. Viewers must be told: rows mean nothing across epochs."""
        self.epoch = epoch
        self.seq = 1
        self.roster = Roster(self._slot_of, self.rules.max_nodes)
        self.columns = Columns()
        self.changes = Changes()
        self.clocks = Clocks()
        self.reports: list[Report | None] = []
        self._dirty = False

    def report(self, report: Report, seen_ms: int, received_ms: int | None = None) -> int:
        """A node's report, true at `seen_ms` and received at `received_ms` (None: just then). Returns its row.

        A report older than what is already shown keeps its place in the store but does not disturb live state.
        Raises Unavailable("too_many_nodes") when the roster is full.
        """
        row, newest = self._take(report, seen_ms, NEVER_SET_BACK_MS if received_ms is None else received_ms)
        if newest and self.columns.status[row] != ONLINE:
            self._set_status(row, ONLINE)
        held_ms = 0 if received_ms is None else received_ms - seen_ms
        if newest and report.sampled_ms >= 0 and held_ms <= FRESH_MS:
            self.clocks.note(self.columns, row, report.sampled_ms - seen_ms)
        return row

    def restore(self, report: Report, seen_ms: int) -> int:
        """The last known report of a node from disk: its values with their true age, its status unknown."""
        row, newest = self._take(report, seen_ms, NEVER_SET_BACK_MS)
        if newest:
            self._set_status(row, UNKNOWN)
        return row

    def birth(self, mac: str, ip: str, switch_ip: str, port: int, period_ms: int) -> int:
        """An agent introduced itself. It is not online before its first report: a greeting carries no values."""
        row = self._see(mac, ip, switch_ip, port)
        self.columns.period_ms[row] = period_ms
        return row

    def will(self, mac: str) -> None:
        """The agent's socket died: lost now, unless it said why it goes."""
        self._leave(mac, LOST, unless=REBOOTING)

    def goodbye(self, mac: str, *, reboot: bool) -> None:
        """The agent says that it stops, for good or to come back."""
        self._leave(mac, REBOOTING if reboot else LOST)

    def bind(self, row: int, switch_ip: str, port: int) -> None:
        """Put a row at a place (an operator or the old manager said so)."""
        self.roster.place(row, switch_ip, port)
        self._mark_touched()

    def paint(self, row: int, rgb: tuple[int, int, int]) -> None:
        """Colour a node's light; (0, 0, 0) is off."""
        self.columns.light_rgb[row] = rgb
        self._mark(self.changes.light, row)

    def tick(self, now_ms: int, *, heartbeat: bool = False) -> bool:
        """Age the nodes and close the frame. True when there is a new frame (always with `heartbeat`)."""
        rules = self.rules
        self._doubt_the_future(now_ms)
        rows, statuses = status_by_age(self.columns, now_ms, rules.late_after, rules.lost_after)
        if rows.size:
            self.columns.status[rows] = statuses
            self._mark(self.changes.status, rows)
        if not self._dirty and not heartbeat:
            return False
        self._dirty = False
        self.seq += 1
        return True

    def age_ms(self, row: int, now_ms: int) -> int | None:
        """How old a row's values are, or None for a node that never reported."""
        seen = int(self.columns.received_ms[row])
        return None if seen == NEVER_MS else max(0, now_ms - seen)

    def placed_report(self, row: int) -> Report | None:
        """The last report of a row with the place that the roster knows, which may be more than the Pi does."""
        report, node = self.reports[row], self.roster.nodes[row]
        if report is None or (report.switch_ip, report.port) == (node.switch_ip, node.port):
            return report
        return replace(report, switch_ip=node.switch_ip, port=node.port)

    def node(self, public_id: str) -> Node | None:
        return self.roster.by_id(public_id)

    def skew_ms(self, row: int) -> int | None:
        """How far a node's clock is ahead of the server's, or None for a node that did not say its time."""
        skew = float(self.columns.skew_ms[row])
        return None if skew != skew else int(skew)

    def _take(self, report: Report, seen_ms: int, received_ms: int) -> tuple[int, bool]:
        """The row of a report, and whether it is the newest of its node, whose values it then became."""
        roster, shown_ms = self.roster, self.columns.received_ms
        row = roster.find(report.mac, report.switch_ip, report.port)
        if row is not None and not supersedes(seen_ms, received_ms, int(shown_ms[row])):
            return row, False
        place = (report.switch_ip, report.port)
        holder = roster.at(*place)
        if holder is not None and holder != row and not supersedes(seen_ms, received_ms, int(shown_ms[holder])):
            # Delivered late: somebody else has been seen there since.
            place = ("", -1)
        row = self._see(report.mac, report.ip, *place)
        self._store(row, report, seen_ms)
        return row, True

    def _see(self, mac: str, ip: str, switch_ip: str, port: int) -> int:
        row = self.roster.see(mac, ip, switch_ip, port)
        if row is None:
            raise Unavailable(
                f"the twin already holds {self.rules.max_nodes} nodes; raise TWIN_MAX_NODES or forget old ones",
                code="too_many_nodes",
            )
        if row >= self.columns.count:
            self.columns.grow_to(row + 1)
            self.changes.grow_to(row + 1)
            self.columns.period_ms[row] = self.rules.period_ms
            self.reports.append(None)
        self._mark_touched()
        return row

    def _mark_touched(self) -> None:
        """A node that is new, moved or renamed is a change as well, even one without values."""
        if self.roster.touched:
            self._mark(self.changes.status, np.array(self.roster.touched, np.int64))
            self.roster.touched.clear()

    def _doubt_the_future(self, now_ms: int) -> None:
        """Kept reports from later than now: the clock was set back, so nobody knows their age. The next one counts."""
        columns, count = self.columns, self.columns.count
        rows = np.flatnonzero((columns.status[:count] == UNKNOWN) & (columns.received_ms[:count] > now_ms))
        if rows.size:
            columns.received_ms[rows] = NEVER_MS
            self._mark(self.changes.values, rows)

    def _store(self, row: int, report: Report, seen_ms: int) -> None:
        columns = self.columns
        columns.cpu_pct[row] = report.cpu_pct
        columns.mem_pct[row] = report.mem_pct
        columns.disk_pct[row] = report.disk_pct
        columns.temp_c[row] = report.temp_c
        columns.received_ms[row] = seen_ms
        self.reports[row] = report
        self._mark(self.changes.values, row)

    def _leave(self, mac: str, status: int, unless: int | None = None) -> None:
        row = self.roster.find(mac)
        if row is not None and status == REBOOTING and self.columns.received_ms[row] == NEVER_MS:
            return  # it never spoke: that it reboots says nothing of when it will
        if row is not None and self.columns.status[row] not in (status, unless):
            self._set_status(row, status)

    def _set_status(self, row: int, status: int) -> None:
        self.columns.status[row] = status
        self._mark(self.changes.status, row)

    def _mark(self, group: Rows, rows: Rows | int) -> None:
        self.changes.mark(group, rows, self.seq + 1)
        self._dirty = True
