"""Encodes what viewers are sent, once a tick whoever asks.

Owns the memo: the same (interest, base) gives the same bytes until the tick is over, so a thousand viewers in step
cost one encode, and a crowd that resumes from the same frame one more. Called by wire/twin_fan.py only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telemetry.report import to_record
from twin.core.changes import Rows
from twin.core.columns import STATUSES
from twin.core.live import Live
from twin.wire import events
from twin.wire.frame import ALL, Column, Kind, columns_since, encode
from twin.wire.packets import Message, binary_event, event

NAMESPACE = "/twin"


@dataclass(frozen=True, slots=True)
class Wish:
    """A viewer's interest, parsed: columns, the ids (None = all), the shortest gap between frames."""

    columns: Column = ALL
    ids: frozenset[str] | None = None
    min_gap_ms: int = 0


EVERYTHING = Wish()


class Encoder:
    """Frames, rosters and node details of the present moment as ready messages."""

    def __init__(self, live: Live, *, replay: bool = False) -> None:
        self._live = live
        self._kinds = (Kind.REPLAY, Kind.REPLAY) if replay else (Kind.SNAPSHOT, Kind.DELTA)
        self._time_ms = 0
        self._frames: dict[tuple[Wish, int], Message] = {}
        self._rosters: dict[int, Message] = {}
        self._nodes: dict[int, Message] = {}
        self._wished_rows: dict[frozenset[str], Rows] = {}
        self._roster_stamp = (-1, -1)  # epoch and version that the memo of rosters belongs to

    def begin(self, now_ms: int) -> None:
        """A new tick: what was encoded before is out of date."""
        self._time_ms = now_ms
        self._frames.clear()
        self._nodes.clear()
        if self._roster_stamp != (self._live.epoch, self._live.roster.version):
            self._rosters.clear()
            self._wished_rows.clear()
        if len(self._wished_rows) > 1024:
            self._wished_rows.clear()

    def frame(self, wish: Wish, base: int) -> Message:
        """The delta from frame `base`, or the snapshot when base is 0."""
        message = self._frames.get((wish, base))
        if message is None:
            message = self._frames[(wish, base)] = binary_event(NAMESPACE, "frame", self.frame_bytes(wish, base))
        return message

    def frame_bytes(self, wish: Wish, base: int) -> bytes:
        """The attachment of `frame`."""
        live = self._live
        count = live.columns.count
        if base == 0:
            rows, wanted = np.arange(count, dtype=np.int64), wish.columns
        else:
            rows = live.changes.since(base, count)
        if wish.ids is not None:
            rows = np.intersect1d(rows, self.wished_rows(wish.ids), assume_unique=True)
        if base != 0:
            wanted = columns_since(live.changes, rows, base, wish.columns)
        kind = self._kinds[base != 0]
        return encode(kind, live.epoch, live.seq, base, self._time_ms, rows, live.columns, wanted)

    def roster(self, base: int) -> Message:
        """Who is where, as changes since roster version `base` (0 = everyone)."""
        message = self._rosters.get(base)
        if message is None:
            message = self._rosters[base] = event(NAMESPACE, "roster", self.roster_payload(base))
            self._roster_stamp = (self._live.epoch, self._live.roster.version)
        return message

    def roster_payload(self, base: int) -> events.Roster:
        live = self._live
        nodes = live.roster.since(base)
        return {
            "epoch": live.epoch,
            "version": live.roster.version,
            "base": base,
            "row": [node.row for node in nodes],
            "id": [node.id for node in nodes],
            "mac": [node.mac for node in nodes],
            "ip": [node.ip for node in nodes],
            "slot": [node.slot for node in nodes],
        }

    def node(self, row: int) -> Message:
        """The full last report of a node, with its age now."""
        message = self._nodes.get(row)
        if message is None:
            message = self._nodes[row] = event(NAMESPACE, "node", self.node_payload(row))
        return message

    def node_payload(self, row: int) -> events.NodeDetail:
        live = self._live
        node, report = live.roster.nodes[row], live.reports[row]
        age_ms = live.age_ms(row, self._time_ms)
        return {
            "id": node.id,
            "row": row,
            "mac": node.mac,
            "ip": node.ip,
            "slot": node.slot,
            "status": STATUSES[live.columns.status[row]],
            "age_ms": age_ms,
            "received_ms": None if age_ms is None else int(live.columns.received_ms[row]),
            "skew_ms": live.skew_ms(row),
            "report": None if report is None else to_record(report),
        }

    def wished_rows(self, ids: frozenset[str]) -> Rows:
        """Rows of the wished ids; worked out again when the roster moves (an id may appear later)."""
        rows = self._wished_rows.get(ids)
        if rows is None:
            found = [node.row for node in map(self._live.roster.by_id, ids) if node is not None]
            rows = self._wished_rows[ids] = np.unique(np.array(found, dtype=np.int64))
        return rows
