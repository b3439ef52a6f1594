"""The Store contract in memory, with lists and dictionaries: simple enough to be right by looking at it. Other engines
are compared with it, and `twin serve --store memory` uses it where nothing shall be kept."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TypeVar

import numpy as np

from telemetry.store.contract import (
    Command,
    DeadLetter,
    Extent,
    Keep,
    Landed,
    Page,
    StoreConflict,
    Value,
    Warble,
)
from telemetry.store.horizons import Horizons
from telemetry.store.minutes import MINUTE_MS
from telemetry.store.poison import check
from telemetry.store.rows import F32, I64, LASTING, METRICS, UNKNOWN_MS, Aggregate, Batch, Event, Fleet, Rows, Series

_Line = TypeVar("_Line", Command, Warble)


@dataclass(frozen=True, slots=True)
class Row:
    """One report. `order` says which of two of a node is newer."""

    key: str
    seen_ms: int
    received_ms: int
    node_ms: int
    shown_ms: int
    metrics: tuple[float, ...]
    rest: bytes

    @property
    def name(self) -> int:
        if self.node_ms < 0:
            return 2 * self.seen_ms + 1
        hours = (self.seen_ms - self.node_ms + 1_800_000) // 3_600_000 % 8192
        return 2 * self.node_ms + hours * 2**49

    @property
    def order(self) -> tuple[int, int, int]:
        return self.seen_ms, self.received_ms, self.name


@dataclass(slots=True)
class Cell:
    """Reports added up: how many, and of each metric its known values' least, sum, most and number."""

    count: int = 0
    least: tuple[float, ...] = (math.inf,) * len(METRICS)
    total: tuple[float, ...] = (0.0,) * len(METRICS)
    most: tuple[float, ...] = (-math.inf,) * len(METRICS)
    valid: tuple[int, ...] = (0,) * len(METRICS)

    def add(self, other: Cell) -> None:
        self.count += other.count
        self.least = tuple(map(min, self.least, other.least))
        self.most = tuple(map(max, self.most, other.most))
        self.total = tuple(a + b for a, b in zip(self.total, other.total, strict=True))
        self.valid = tuple(a + b for a, b in zip(self.valid, other.valid, strict=True))


def cell_of(row: Row) -> Cell:
    known = [not math.isnan(value) for value in row.metrics]
    return Cell(
        1,
        tuple(value if there else math.inf for value, there in zip(row.metrics, known, strict=True)),
        tuple(value if there else 0.0 for value, there in zip(row.metrics, known, strict=True)),
        tuple(value if there else -math.inf for value, there in zip(row.metrics, known, strict=True)),
        tuple(map(int, known)),
    )


class MemoryStore:
    """See contract.Store."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, int], Row] = {}
        self._minutes: dict[tuple[str, int], Cell] = {}  # of rows that retention took
        self._events: list[Event] = []
        self._landed: set[tuple[str, int]] = set()
        self._letters: dict[tuple[str, int], DeadLetter] = {}
        self._commands: dict[str, Command] = {}
        self._warbles: dict[str, Warble] = {}
        self._values: dict[tuple[str, str], Value] = {}
        self._horizons = Horizons()

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def land(self, batch: Batch) -> Landed:
        check(batch)
        if (batch.source, batch.seq) in self._landed:
            return Landed(0, True)
        self._landed.add((batch.source, batch.seq))
        before = len(self._rows)
        for row in _each(batch.rows):
            if row.seen_ms >= self._horizons.raw_ms:
                self._rows.setdefault((row.key, row.name), row)
        self._events += batch.events
        return Landed(len(self._rows) - before, False)

    async def landed(self, source: str) -> int:
        return max((seq for name, seq in self._landed if name == source), default=0)

    async def bury(self, letter: DeadLetter) -> None:
        self._letters[letter.source, letter.seq] = letter
        self._landed.add((letter.source, letter.seq))

    async def buried(self, limit: int = 100) -> Sequence[DeadLetter]:
        return sorted(self._letters.values(), key=attrgetter("at_ms", "source", "seq"), reverse=True)[:limit]

    async def latest(self) -> Rows:
        return _rows(sorted(_newest(self._rows.values()).values(), key=attrgetter("order")))

    async def fleet(self, at_ms: int) -> Fleet:
        newest = _newest(row for row in self._rows.values() if 0 <= row.shown_ms <= at_ms)
        told: dict[str, dict[str, str]] = {"status": {}, "light": {}, "identity": {}}
        for event in sorted(self._events, key=attrgetter("at_ms")):  # stable: of the same time the later
            if event.kind in told and event.at_ms <= at_ms:
                told[event.kind][event.key] = event.value
        status = {key: json.loads(value) for key, value in told["status"].items()}
        light = {key: tuple(json.loads(value)) for key, value in told["light"].items()}
        return Fleet(at_ms, _rows([newest[key] for key in sorted(newest)]), status, light, told["identity"])

    async def node(self, key: str, start_ms: int, end_ms: int, points: int = 500) -> Series:
        width = max(1, -(-(end_ms - start_ms) // max(1, points)))
        cells: dict[int, Cell] = {}
        for at_ms, cell in self._cells(key):
            if start_ms <= at_ms < end_ms:
                cells.setdefault((at_ms - start_ms) // width, Cell()).add(cell)
        found = sorted(cells)
        count, least, mean, most = _arrays([cells[number] for number in found])
        return Series(np.array([start_ms + number * width for number in found], np.int64), count, least, mean, most)

    async def rest(self, key: str, at_ms: int) -> tuple[int, bytes] | None:
        row = _newest(row for row in self._rows.values() if row.key == key and row.seen_ms <= at_ms).get(key)
        if row is None or row.seen_ms < self._horizons.rest_ms or not row.rest:
            return None
        return row.seen_ms, row.rest

    async def aggregate(
        self, groups: Mapping[str, Sequence[str]], start_ms: int, end_ms: int, step_ms: int
    ) -> Aggregate:
        if step_ms < MINUTE_MS or step_ms % MINUTE_MS:
            raise ValueError(f"the step is {step_ms} ms; it must be a whole number of minutes")
        start_ms, end_ms = start_ms // MINUTE_MS * MINUTE_MS, -(-end_ms // MINUTE_MS) * MINUTE_MS
        times = list(range(start_ms, end_ms, step_ms))
        cells = [[Cell() for _ in times] for _ in groups]
        for row, keys in zip(cells, groups.values(), strict=True):
            for key in set(keys):
                for at_ms, cell in self._cells(key):
                    if max(start_ms, self._horizons.all_ms) <= at_ms < end_ms:
                        row[(at_ms - start_ms) // step_ms].add(cell)
        count, least, mean, most = _arrays([cell for row in cells for cell in row])
        shape = (len(groups), len(times))
        four = (len(METRICS), *shape)
        return Aggregate(
            tuple(groups),
            np.array(times, np.int64),
            count.reshape(shape),
            least.reshape(four),
            mean.reshape(four),
            most.reshape(four),
        )

    async def replay(self, start_ms: int, end_ms: int, limit: int = 50_000) -> Page:
        shown = [row for row in self._rows.values() if max(0, start_ms) <= row.shown_ms < end_ms]
        shown.sort(key=attrgetter("shown_ms", "seen_ms", "received_ms", "key"))
        until_ms = end_ms
        if len(shown) > max(1, limit):
            later = [row.shown_ms for row in shown if row.shown_ms > shown[0].shown_ms]
            until_ms = max(shown[max(1, limit)].shown_ms, min(later, default=end_ms))
        rows = _rows([row for row in shown if row.shown_ms < until_ms])
        first_ms = max(start_ms, self._horizons.all_ms)
        events = sorted((each for each in self._events if first_ms <= each.at_ms < until_ms), key=attrgetter("at_ms"))
        return Page(rows, tuple(events), until_ms)

    async def extent(self) -> Extent:
        seen = [row.seen_ms for row in self._rows.values()]
        first, last = min(seen, default=UNKNOWN_MS), max(seen, default=UNKNOWN_MS)
        return Extent(first, last, len(seen), len({key for key, _ in self._rows}), 0)

    async def retain(self, now_ms: int, keep: Keep) -> None:
        self._horizons = horizons = self._horizons.moved(now_ms, keep)
        for name, row in list(self._rows.items()):
            if row.seen_ms < horizons.raw_ms:
                minute = row.seen_ms // MINUTE_MS * MINUTE_MS
                self._minutes.setdefault((row.key, minute), Cell()).add(cell_of(row))
                del self._rows[name]
        self._minutes = {name: cell for name, cell in self._minutes.items() if name[1] >= horizons.all_ms}
        self._commands = {key: each for key, each in self._commands.items() if each.at_ms >= horizons.all_ms}
        self._warbles = {key: each for key, each in self._warbles.items() if each.at_ms >= horizons.all_ms}
        self._drop_events(horizons.all_ms)

    async def write_command(self, command: Command) -> None:
        kept = self._commands.get(command.key, command)
        self._commands[command.key] = replace(kept, outcome=command.outcome)

    async def commands(self, before_ms: int, limit: int = 100) -> Sequence[Command]:
        return _before(self._commands.values(), before_ms, limit)

    async def write_warble(self, warble: Warble) -> None:
        kept = self._warbles.get(warble.key, warble)
        self._warbles[warble.key] = replace(kept, node=warble.node, outcome=warble.outcome)

    async def warbles(self, before_ms: int, limit: int = 100) -> Sequence[Warble]:
        return _before(self._warbles.values(), before_ms, limit)

    async def value(self, user: str, name: str) -> Value | None:
        return self._values.get((user, name))

    async def values(self, user: str) -> Mapping[str, Value]:
        return {name: value for (owner, name), value in sorted(self._values.items()) if owner == user}

    async def write_value(self, user: str, name: str, value: str, rev: int | None = None) -> Value:
        kept = self._values.get((user, name))
        now = kept.rev if kept else 0
        if rev is not None and rev != now:
            raise StoreConflict(f"{name} of {user} is at revision {now}, not {rev}; read it again and decide")
        self._values[user, name] = Value(value, now + 1)
        return self._values[user, name]

    def _cells(self, key: str) -> Iterable[tuple[int, Cell]]:
        """All that is known of a node over time: rows, and minutes of what was rows."""
        yield from ((row.seen_ms, cell_of(row)) for row in self._rows.values() if row.key == key)
        yield from ((minute, cell) for (name, minute), cell in self._minutes.items() if name == key)

    def _drop_events(self, before_ms: int) -> None:
        """All that are older, but the last status and light of each node."""
        last: dict[tuple[str, str], Event] = {}
        for event in sorted(self._events, key=attrgetter("at_ms")):
            if event.at_ms < before_ms and event.kind in LASTING:
                last[event.kind, event.key] = event
        keep = {id(event) for event in last.values()}
        self._events = [event for event in self._events if event.at_ms >= before_ms or id(event) in keep]


def _each(rows: Rows) -> Iterable[Row]:
    for at in range(len(rows)):
        yield Row(
            rows.keys[rows.node[at]],
            int(rows.seen_ms[at]),
            int(rows.received_ms[at]),
            int(rows.node_ms[at]),
            int(rows.shown_ms[at]),
            tuple(map(float, rows.metrics[:, at])),
            rows.rest[at] if rows.rest else b"",
        )


def _rows(found: Sequence[Row]) -> Rows:
    """As columns, in this order, without rest."""
    keys = sorted({row.key for row in found})
    number = {key: at for at, key in enumerate(keys)}

    def column(value: Callable[[Row], int]) -> I64:
        return np.fromiter(map(value, found), np.int64, len(found))

    return Rows(
        tuple(keys),
        np.array([number[row.key] for row in found], np.int32),
        column(attrgetter("seen_ms")),
        column(attrgetter("received_ms")),
        column(attrgetter("node_ms")),
        column(attrgetter("shown_ms")),
        np.array([row.metrics for row in found], np.float32).reshape(-1, len(METRICS)).T,
        (),
    )


def _newest(rows: Iterable[Row]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        if row.key not in found or row.order > found[row.key].order:
            found[row.key] = row
    return found


def _arrays(cells: Sequence[Cell]) -> tuple[I64, F32, F32, F32]:
    """count (n,), least, mean and most (4, n); NaN where no value is known."""
    count = np.array([cell.count for cell in cells], np.int64)
    least, mean, most = (np.full((len(METRICS), len(cells)), np.nan, np.float32) for _ in range(3))
    for at, cell in enumerate(cells):
        for metric, valid in enumerate(cell.valid):
            if valid:
                least[metric, at], most[metric, at] = cell.least[metric], cell.most[metric]
                mean[metric, at] = cell.total[metric] / valid
    return count, least, mean, most


def _before(kept: Iterable[_Line], before_ms: int, limit: int) -> list[_Line]:
    """Newest first."""
    order = attrgetter("at_ms", "key")
    return sorted((each for each in kept if each.at_ms < before_ms), key=order, reverse=True)[:limit]
