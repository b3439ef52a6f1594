"""The live state as it was: a Live that history fills instead of reports, so that whatever reads a Live shows the past.

Pure. `show` puts a whole moment (store's Fleet) in place, `advance` goes on from there with what was shown next.
Liveness has no say here: a node was online, late or lost because viewers were told so. Rows are those of the live state
then; where the record has holes, rows close up, since readers count them from 0.

An epoch here is a number of its own (wire/replay_fan.py gives it out): it changes where the recorded one does, and
where a row that readers know is not there any more. Called by wire/replay_fan.py and edge/history_api.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from telemetry.report import Report
from telemetry.store.rows import Event, Fleet, Rows
from twin.core.columns import I64, NEVER_MS, STATUSES
from twin.core.lastvalues import LastValues
from twin.core.live import Live, Rules
from twin.core.nodes import Node, SlotOf
from twin.core.recorder import Identity

_STATUS = {name: number for number, name in enumerate(STATUSES)}
_COLUMNS = ("cpu_pct", "mem_pct", "disk_pct", "temp_c")  # in the order of the store's METRICS
_NOBODY = -1
NextEpoch = Callable[[], int]


class Past(Live):
    """One moment at a time. `at_ms` -1: none yet. `keys`: of each row, as the history has it."""

    def __init__(self, next_epoch: NextEpoch, slot_of: SlotOf, rules: Rules) -> None:
        self._next_epoch = next_epoch
        self.at_ms = -1
        super().__init__(next_epoch(), slot_of, rules)

    def reset(self, epoch: int) -> None:
        super().reset(epoch)
        self.keys: list[str] = []
        self._row_of: dict[str, int] = {}
        self._recorded = -1  # the epoch of the live state then
        self._shown_key: dict[int, str] = {}  # of each row whose values it shows
        self._detailed: dict[int, int] = {}  # of which seen_ms a row's full report is
        self._who: dict[int, Identity] = {}  # as it was told last, of each row
        self._renamed: dict[int, int] = {}  # recorded row -> row, between an old key and the new one
        self._last = LastValues()
        self._value: I64 = np.full(64, _NOBODY, np.int64)  # of each row the place in _last

    def show(self, fleet: Fleet) -> None:
        """This moment, whatever was shown before. Who had that needs a snapshot."""
        recorded, there = _there(fleet.identity)
        keys = [key for key, _ in there]
        if recorded != self._recorded or keys[: len(self.keys)] != self.keys:
            self.reset(self._next_epoch())
            self._recorded = recorded
        self._last = LastValues()
        self._last.take(fleet.rows)
        for key, who in there:
            self._identify(key, who)
        count = len(keys)
        self.columns.status[:count] = [_STATUS.get(fleet.status.get(key, ""), 0) for key in keys]
        lights = [fleet.light.get(key, (0, 0, 0)) for key in keys]
        self.columns.light_rgb[:count] = np.array(lights, np.int64).reshape(-1, 3)
        self._fill(np.arange(count))
        self.at_ms = fleet.at_ms
        self.close(heartbeat=True)

    def advance(self, rows: Rows, events: Sequence[Event], at_ms: int) -> None:
        """Go on to `at_ms` with all that was shown after the last moment and by this one, in the order of time."""
        changed = self._last.take(rows)
        moved: set[int] = set()
        for event in events:
            row = self._hear(event)
            if row is not None:
                moved.add(row)
        count = self.columns.count
        fed = np.isin(self._value[:count], changed)
        fed[[row for row in moved if row < count]] = True
        if fed.any():
            self._fill(np.flatnonzero(fed))
        self.at_ms = at_ms

    def close(self, *, heartbeat: bool) -> bool:
        """Close the frame. True when there is a new one (always with `heartbeat`)."""
        if not self._dirty and not heartbeat:
            return False
        self._dirty = False
        self.seq += 1
        return True

    def lacking(self, ids: Iterable[str]) -> dict[str, int]:
        """Of which keys, seen when, the full reports are wanted and not there, for nodes of these ids."""
        found = {}
        for public_id in ids:
            node = self.roster.by_id(public_id)
            if node is not None and self._shown_key[node.row]:
                seen_ms = int(self.columns.received_ms[node.row])
                if self._detailed.get(node.row) != seen_ms:
                    found[self._shown_key[node.row]] = seen_ms
        return found

    def values_of(self, key: str) -> list[float]:
        """What `key` reported last, in the order of the store's METRICS."""
        values: list[float] = self._last.metrics[:, self._last.place(key)].tolist()
        return values

    def detail(self, key: str, seen_ms: int, report: Report | None) -> None:
        """The full report of `key` that was seen then, or that none is kept."""
        for row, shown in self._shown_key.items():
            if shown == key and self.columns.received_ms[row] == seen_ms:
                self._detailed[row] = seen_ms
                self.reports[row] = report
                self._mark(self.changes.values, row)

    def _hear(self, event: Event) -> int | None:
        """One event; the row whose values may be others now."""
        if event.kind == "identity":
            return self._hear_of(event.key, _parse(event.value))
        row = self._row_of.get(event.key)
        if row is not None and event.kind == "status":
            self.columns.status[row] = _STATUS.get(json.loads(event.value), 0)
            self._mark(self.changes.status, row)
        elif row is not None and event.kind == "light":
            self.columns.light_rgb[row] = json.loads(event.value)
            self._mark(self.changes.light, row)
        return None

    def _hear_of(self, key: str, who: Identity | None) -> int | None:
        if who is None:
            return None
        if not key:
            self._epoch_began(who.epoch)
        elif who.epoch == self._recorded and not who.gone:
            return self._identify(key, who)
        elif who.epoch == self._recorded and key in self._row_of:
            self._renamed[who.row] = self._row_of.pop(key)  # it goes by another key now, told next
        return None

    def _epoch_began(self, recorded: int) -> None:
        """Nobody is there until told so; what nodes reported stays known, for those that are restored."""
        if recorded == self._recorded:
            return  # the recorder told all again
        last = self._last
        self.reset(self._next_epoch())
        self._recorded, self._last = recorded, last
        self._dirty = True

    def _identify(self, key: str, who: Identity) -> int:
        row = self._row_of.get(key)
        if row is None:
            row = self._renamed.pop(who.row, len(self.keys))
            self.keys[row:] = [key, *self.keys[row + 1 :]]
            self._row_of[key] = row
        if self._who.get(row) != who:
            self._who[row] = who
            slot = self._slot_of(who.switch_ip, who.port) if who.switch_ip and who.port >= 0 else -1
            self.roster.put(Node(row, who.mac, who.ip, who.switch_ip, who.port, slot))
        if row >= self.columns.count:
            self.columns.grow_to(row + 1)
            self.changes.grow_to(row + 1)
            self.reports.append(None)
        if row >= len(self._value):
            self._value = np.concatenate([self._value, np.full(len(self._value), _NOBODY, np.int64)])
        if who.still:
            seen_ms, *metrics = who.still
            self._last.put(f"~{row}", int(seen_ms or 0), metrics)
        shown = f"~{row}" if who.still else who.values
        self._value[row] = self._last.place(shown) if shown else _NOBODY
        self._shown_key[row] = who.values
        self._mark_touched()
        return row

    def _fill(self, rows: I64) -> None:
        """Columns of `rows` from the last values of their keys."""
        known = self._value[rows] != _NOBODY
        place = np.where(known, self._value[rows], 0)
        for metric, name in zip(self._last.metrics, _COLUMNS, strict=True):
            getattr(self.columns, name)[rows] = np.where(known, metric[place], np.nan)
        self.columns.received_ms[rows] = np.where(known, self._last.seen_ms[place], NEVER_MS)
        if self._detailed:
            for row in rows.tolist():
                if self._detailed.get(row, NEVER_MS) != self.columns.received_ms[row]:
                    self.reports[row] = None
        self._mark(self.changes.values, rows)


def _there(identity: Mapping[str, str]) -> tuple[int, list[tuple[str, Identity]]]:
    """The recorded epoch (-1: nothing was recorded yet), and who was there, by row."""
    read = {key: who for key, text in identity.items() if (who := _parse(text)) is not None}
    epoch = read[""].epoch if "" in read else -1
    there = [(key, who) for key, who in read.items() if key and who.epoch == epoch and not who.gone]
    return epoch, sorted(there, key=lambda each: (each[1].row, each[0]))


@lru_cache(maxsize=8192)  # a seek meets the same ones again, and JSON would be most of its work
def _parse(text: str) -> Identity | None:
    """None for what cannot be read: one damaged line must not hide the others."""
    try:
        return Identity.read(text)
    except (ValueError, TypeError):
        return None
