"""What viewers saw besides reports, for the history: which batch came with which frame, and every change of status,
light and identity. Pure; the service tells it of each commit and each frame, and hands what `take` gives to the spool.

    identity   {"epoch", "row", "mac", "ip", "switch_ip", "port", "values", "still", "gone"}   of key "": {"epoch"}
               `values`: the key whose newest report the row shows, "" none; `still`: what it shows instead, when the
               history has something newer of that key by now. A node is there while its epoch is that of ""

An epoch begins with all of it told anew, so whoever reads needs nothing older. What cannot be kept waits, within
bounds; beyond them it is dropped, and the present is told again: a failing disk costs detail of the replay only.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from telemetry.store.rows import Event
from twin.core.columns import NEVER_MS, STATUSES
from twin.core.live import Live

MOST_EVENTS: Final = 400_000  # that wait: of the largest fleet at least one of each kind
MOST_SHOWN: Final = 10_000  # batches, more than a minute of them
_UNTOLD: Final = -1


@dataclass(frozen=True, slots=True)
class Identity:
    """The value of an identity event."""

    epoch: int
    row: int = -1
    mac: str = ""
    ip: str = ""
    switch_ip: str = ""
    port: int = -1
    values: str = ""
    still: tuple[float | None, ...] = ()  # seen_ms, then the metrics
    gone: bool = False

    def written(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> Identity:
        """Raises ValueError or TypeError for what is none; keys that a later version added are left alone."""
        value = json.loads(text)
        if not isinstance(value, dict):
            raise TypeError(f"{text[:80]!r} is not an identity")
        known = {name: value[name] for name in cls.__slots__ if name in value}
        return cls(**{**known, "still": tuple(known.get("still", ()))})


class Recorder:
    """Watches one Live. `watched_ms`: the time of the last frame that was seen."""

    def __init__(self, most_events: int = MOST_EVENTS, most_shown: int = MOST_SHOWN) -> None:
        self._most_events = most_events
        self._most_shown = most_shown
        self.watched_ms = -1
        self.dropped = 0  # events and batches of which the history will not know
        self._events: list[Event] = []
        self._shown: list[tuple[int, int]] = []
        self._taken: tuple[list[tuple[int, int]], list[Event]] = ([], [])
        self._unseen: list[int] = []  # batches committed since the last frame
        self._newest: dict[str, int] = {}  # seen_ms of what the history has of a key
        self._epoch = _UNTOLD
        self._told_epoch = False
        self._begin(_UNTOLD)

    def behind(self, live: Live) -> bool:
        """Whether an epoch began of which nothing is noted yet: viewers hear of it without a frame being closed."""
        return self._epoch != live.epoch or not self._told_epoch

    def committed(self, seq: int) -> None:
        """A batch is in the live state; the next frame shows it."""
        if not self._unseen or self._unseen[-1] != seq:
            self._unseen.append(seq)

    def applied(self, live: Live, row: int, key: str, seen_ms: int, *, shown: bool) -> None:
        """A report of `key` has reached `row`. `shown`: the row shows it now; else it had something newer."""
        if live.epoch != self._epoch:
            self._begin(live.epoch)
        older = seen_ms < self._newest.get(key, seen_ms)
        if not older:
            self._newest[key] = seen_ms
        if not shown:
            if not older:
                self._hold(key)
        elif older:
            self._source[row] = ""  # told since everything was forgotten, and older than what the history has
            self._anew.add(row)
        elif self._source.get(row) != key:
            self._hold(key)
            self._source[row] = key
            self._shows[key] = row
            self._anew.add(row)

    def _hold(self, key: str) -> None:
        """The history will have something newer of `key`, which its row does not show: a place has changed hands."""
        row = self._shows.get(key)
        if row is not None and self._source.get(row) == key:
            self._source[row] = ""
            self._anew.add(row)

    def frame(self, live: Live, now_ms: int) -> None:
        """A frame was closed at `now_ms`: note what it showed first."""
        if live.epoch != self._epoch:
            self._begin(live.epoch)
        if not self._told_epoch:
            self._told_epoch = True
            self._events.append(Event(now_ms, "", "epoch", str(live.epoch)))
            self._events.append(Event(now_ms, "", "identity", Identity(live.epoch).written()))
        self._note_identities(live, now_ms)
        self._note_columns(live, now_ms)
        self._seq = live.seq
        self._shown += [(seq, now_ms) for seq in self._unseen]
        self._unseen.clear()
        self.watched_ms = now_ms
        self._stay_bounded()

    def take(self) -> tuple[list[tuple[int, int]], list[Event]]:
        """What is to be recorded now; say `kept` or `failed` before the next."""
        self._taken = (self._shown, self._events)
        self._shown, self._events = [], []
        return self._taken

    def kept(self) -> None:
        """What was taken is safe."""
        self._taken = ([], [])

    def failed(self) -> None:
        """What was taken is not: it waits for the next time."""
        shown, events = self._taken
        self._taken = ([], [])
        self._shown, self._events = shown + self._shown, events + self._events
        self._stay_bounded()

    def _begin(self, epoch: int) -> None:
        self._epoch = epoch
        self._keys: list[str] = []  # of each row
        self._row_of: dict[str, int] = {}
        self._source: dict[int, str] = {}  # of each row the key whose newest values it shows
        self._shows: dict[str, int] = {}  # and the other way round
        self._tell_again()

    def _tell_again(self) -> None:
        """Nothing counts as told, from the next frame on."""
        self._told_epoch = False
        self._seq = 0
        self._version = 0
        self._anew: set[int] = set()
        self._status = np.full(64, _UNTOLD, np.int16)
        self._light = np.full((64, 3), _UNTOLD, np.int16)

    def _note_identities(self, live: Live, now_ms: int) -> None:
        roster = live.roster
        if roster.version != self._version:
            self._anew.update(node.row for node in roster.since(self._version))
            self._version = roster.version
        for row in sorted(self._anew):
            node = roster.nodes[row]
            self._name(row, node.mac or f"{node.switch_ip}-{node.port}", bool(node.mac), now_ms)
            values = self._source.get(row, "")
            still = () if values else _values(live, row)
            told = Identity(live.epoch, row, node.mac, node.ip, node.switch_ip, node.port, values, still)
            self._events.append(Event(now_ms, self._keys[row], "identity", told.written()))
        self._anew.clear()

    def _name(self, row: int, key: str, has_mac: bool, now_ms: int) -> None:
        """The key of a row: its mac, or until that is known the place where it was first seen."""
        while len(self._keys) <= row:
            self._keys.append("")
        known = self._keys[row]
        if known == key or (known and not has_mac):
            return
        if self._row_of.get(key, row) != row:
            key = f"{key}~{row}"  # somebody else began at this place
        if known:
            del self._row_of[known]
            gone = Identity(self._epoch, row, gone=True)
            self._events.append(Event(now_ms, known, "identity", gone.written()))
            self._status[row] = _UNTOLD
            self._light[row] = _UNTOLD
        self._keys[row] = key
        self._row_of[key] = row

    def _note_columns(self, live: Live, now_ms: int) -> None:
        count = live.columns.count
        self._grow_to(count)
        rows = live.changes.since(self._seq, count)
        status, light = live.columns.status[rows], live.columns.light_rgb[rows]
        for row, value in zip(rows.tolist(), status.tolist(), strict=True):
            if self._status[row] != value:
                self._events.append(Event(now_ms, self._keys[row], "status", f'"{STATUSES[value]}"'))
        changed = (self._light[rows] != light).any(axis=1)
        for row, rgb in zip(rows[changed].tolist(), light[changed].tolist(), strict=True):
            self._events.append(Event(now_ms, self._keys[row], "light", json.dumps(rgb)))
        self._status[rows] = status
        self._light[rows] = light

    def _grow_to(self, count: int) -> None:
        have = len(self._status)
        if count > have:
            more = max(count, 2 * have) - have
            self._status = np.concatenate([self._status, np.full(more, _UNTOLD, np.int16)])
            self._light = np.concatenate([self._light, np.full((more, 3), _UNTOLD, np.int16)])

    def _stay_bounded(self) -> None:
        if len(self._shown) > self._most_shown:
            self.dropped += len(self._shown) - self._most_shown
            del self._shown[: -self._most_shown]
        if len(self._events) > self._most_events:
            self.dropped += len(self._events)
            self._events.clear()
            self._tell_again()


def _values(live: Live, row: int) -> tuple[float | None, ...]:
    """What a row shows, () nothing."""
    columns = live.columns
    if columns.received_ms[row] == NEVER_MS:
        return ()
    metrics = (columns.cpu_pct[row], columns.mem_pct[row], columns.disk_pct[row], columns.temp_c[row])
    return (int(columns.received_ms[row]), *(None if np.isnan(each) else float(each) for each in metrics))
