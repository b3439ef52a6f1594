"""A cluster's life without sockets: a Live that is recorded, and a store that has all of it."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from telemetry.report import parse, to_record
from telemetry.store.base import Entry
from telemetry.store.memory import MemoryStore
from telemetry.store.parse import rows_of
from telemetry.store.rows import UNKNOWN_MS, Batch
from tests.build import report_of
from twin.core.live import Live, Rules
from twin.core.recorder import Recorder

RULES = Rules(period_ms=400, late_after=2, lost_after=4)
SWITCH = "172.20.80.201"
NODES = 12


def slot_of(switch_ip: str, port: int) -> int:
    return port - 1 if switch_ip == SWITCH and 0 < port <= 42 else -1


def picture(live: Live, now_ms: int) -> dict[str, Any]:
    """All that viewers can have of a state, as plain values."""
    count, columns = live.columns.count, live.columns
    return {
        "nodes": list(live.roster.nodes),
        "cpu": [None if np.isnan(each) else float(each) for each in columns.cpu_pct[:count]],
        "temp": [None if np.isnan(each) else float(each) for each in columns.temp_c[:count]],
        "status": columns.status[:count].tolist(),
        "light": columns.light_rgb[:count].tolist(),
        "age": [live.age_ms(row, now_ms) for row in range(count)],
    }


@dataclass(frozen=True)
class Moment:
    at_ms: int
    picture: dict[str, Any]


class Life:
    """`step` lets something happen, commits it, closes a frame; `moments` has what each frame showed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.store = MemoryStore()
        self.recorder = Recorder()
        self.now_ms = 1_000_000
        self.live = Live(1, slot_of, RULES)
        self.moments: list[Moment] = []
        self._seq = 0
        self._heard: dict[str, Entry] = {}
        self._times: set[int] = set()  # no two reports have the same time: they would be one

    async def run(self, steps: int) -> None:
        for _ in range(steps):
            await self.step()

    async def step(self) -> None:
        self.now_ms += self.rng.choice((1, 100, 200))
        entries = [self._report() for _ in range(self.rng.randrange(4))]
        for _ in range(self.rng.randrange(3)):
            self._event()
        self._seq += 1
        late = self._apply(entries)
        if entries:
            self.recorder.committed(self._seq)
        closed = self.live.tick(self.now_ms, heartbeat=self.rng.random() < 0.2)
        if closed or self.recorder.behind(self.live):
            self.recorder.frame(self.live, self.now_ms)
            self.moments.append(Moment(self.now_ms, picture(self.live, self.now_ms)))
        await self._record(entries, late)

    def restart(self) -> None:
        """A new process: what the disk has is known, nothing is online. The recorder, too, begins anew."""
        self.now_ms += 500
        self.live = Live(self.live.epoch + 1, slot_of, RULES)
        self.recorder = Recorder()
        for entry in sorted(self._heard.values(), key=lambda each: each.seen_ms):
            report = self._read(entry)
            row = self.live.restore(report, entry.seen_ms)
            shown = self.live.reports[row] is report
            self.recorder.applied(self.live, row, entry.key, entry.seen_ms, shown=shown)

    def forget(self) -> None:
        self.live.reset(self.live.epoch + 1)
        self._heard.clear()

    def _report(self) -> Entry:
        rng = self.rng
        n = rng.randrange(NODES)
        self.now_ms += 1
        place = {"switch_ip": SWITCH, "port": rng.randrange(NODES) + 1} if rng.random() < 0.3 else {}
        temp = float("nan") if rng.random() < 0.1 else 40.0
        report = report_of(n, cpu_pct=float(rng.randrange(100)), temp_c=temp, **place)
        if place and rng.random() < 0.2:
            report = replace(report, mac="")
        key = report.mac or f"{report.switch_ip}-{report.port}"
        known = self._heard.get(key)
        held_ms = rng.randrange(2000) if known is not None and rng.random() < 0.2 else 0
        seen_ms = self.now_ms - held_ms
        while seen_ms in self._times:
            seen_ms -= 1
        self._times.add(seen_ms)
        return Entry(key, self.now_ms, seen_ms, json.dumps(to_record(report)).encode())

    def _event(self) -> None:
        n = self.rng.randrange(NODES)
        node, mac = n, report_of(n).mac
        what = self.rng.randrange(4)
        if what == 0:
            self.live.birth(mac, f"10.9.0.{n}", SWITCH, self.rng.randrange(NODES) + 1, 400)
        elif what == 1:
            self.live.goodbye(mac, reboot=self.rng.random() < 0.5)
        elif what == 2:
            self.live.will(mac)
        elif node < len(self.live.roster):
            self.live.paint(node, (self.rng.randrange(256), 1, 2))

    def _apply(self, entries: list[Entry]) -> list[bool]:
        late = []
        for entry in entries:
            known = self._heard.get(entry.key)
            late.append(known is not None and not entry.supersedes(known))
            if not late[-1]:
                self._heard[entry.key] = entry
            report = self._read(entry)
            row = self.live.report(report, entry.seen_ms)
            shown = self.live.reports[row] is report
            self.recorder.applied(self.live, row, entry.key, entry.seen_ms, shown=shown)
        return late

    async def _record(self, entries: list[Entry], late: list[bool]) -> None:
        shown, told = self.recorder.take()
        self.recorder.kept()
        rows = rows_of(entries)
        at_ms = dict(shown).get(self._seq, UNKNOWN_MS)
        rows = replace(rows, shown_ms=np.where(np.array(late, bool), UNKNOWN_MS, np.int64(at_ms)))
        await self.store.land(Batch("life", self._seq, rows, tuple(told)))

    def _read(self, entry: Entry) -> Any:
        return parse(json.loads(entry.body))
