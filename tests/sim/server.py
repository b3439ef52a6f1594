"""The server under simulation: the real Live, TwinFan and VisorFan, and a store with the journal's promises.

What twin/service.py does with asyncio is done here by steps of the virtual clock: gather, commit together, apply, then
acknowledge. `kill` is kill -9: what was being committed is on the disk or not, and nobody was told.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass

from models.layout import Layout
from telemetry import report as reports
from telemetry.report import Report, to_record
from telemetry.store.base import Entry, StoreError
from tests.sim.wire import Line
from tests.telemetry.store.memory import MemorySpool
from twin.core.errors import TwinError
from twin.core.live import Live, Rules
from twin.core.outbox import Limits, Verdict
from twin.wire import requests
from twin.wire.events import Bye
from twin.wire.fan import Viewer
from twin.wire.hello import Greeter
from twin.wire.twin_fan import TwinFan
from twin.wire.visor_fan import VisorFan

HEARTBEAT_MS = 1000
TICK_MS = 200
STOPPING: Bye = {"code": "server_stopping", "reason": "stop", "reconnect": True, "after_ms": 500}


@dataclass
class Waiting:
    """A report on its way to the disk. `done(entry, kept)` is called once."""

    entry: Entry
    report: Report
    done: Callable[[Entry, bool], None]


class SimServer:
    """One life of the server, from restore to kill or stop."""

    def __init__(
        self, disk: MemorySpool, now_ms: int, rules: Rules, limits: Limits, layout: Layout, rng: random.Random
    ) -> None:
        self.disk = disk
        self.now_ms = now_ms
        self.limits = limits
        self._rng = rng
        self._waiting: list[Waiting] = []
        self._committing: list[Waiting] = []
        self._commit_ends_ms = 0
        self._last_frame_ms = 0
        self.closed: list[tuple[str, str]] = []
        self.live = Live(self._next_epoch(), self._slot_of, rules)
        self._layout = layout
        greeter = Greeter(self.live, layout, TICK_MS, rules.period_ms, 24)
        self.twin = TwinFan(self.live, lambda role: greeter.hello(role, self.now_ms), limits, self._closed)
        self.visor = VisorFan(self.live, limits, self._closed)
        for entry in disk.latest():
            self.live.restore(reports.parse(json.loads(entry.body)), entry.seen_ms)
        self.live.tick(now_ms)

    # Reports.

    def put(self, report: Report, held_ms: int, done: Callable[[Entry, bool], None]) -> None:
        key = report.mac or f"{report.switch_ip}-{report.port}"
        body = json.dumps(to_record(report)).encode()
        self._waiting.append(Waiting(Entry(key, self.now_ms, self.now_ms - held_ms, body), report, done))

    def work(self) -> None:
        """One step of the journal's writer."""
        if self._committing and self.now_ms >= self._commit_ends_ms:
            batch, self._committing = self._committing, []
            try:
                self.disk.append([each.entry for each in batch])
            except StoreError:
                for each in batch:
                    each.done(each.entry, False)
            else:
                for each in batch:
                    self.live.report(each.report, each.entry.seen_ms, each.entry.received_ms)
                for each in batch:
                    each.done(each.entry, True)
        if not self._committing and self._waiting:
            self._committing, self._waiting = self._waiting, []
            self._commit_ends_ms = self.now_ms + self._rng.choice((0, 0, 50, 150, 400))

    def forget(self) -> bool:
        try:
            self.disk.forget()
            self.disk.save("epoch", str(self.live.epoch + 1).encode())
        except StoreError:
            return False
        self.live.reset(self.live.epoch + 1)
        return True

    # Viewers.

    def tick(self) -> bool:
        """One tick of the cluster's clock; True when it closed a frame."""
        heartbeat = self.now_ms - self._last_frame_ms >= HEARTBEAT_MS
        closed = self.live.tick(self.now_ms, heartbeat=heartbeat)
        if closed:
            self._last_frame_ms = self.now_ms
        return closed

    def fan_out(self) -> None:
        self.twin.tick(self.now_ms)
        self.visor.tick(self.now_ms)

    def serve(self, line: Line) -> None:
        """Carry out what a viewer asked, as edge/viewers.py does."""
        for request in line.requests():
            viewer = self.twin.viewer(line.sid)
            if viewer is None:
                return
            answer: dict[str, object] = {"ok": True}
            try:
                if request.name == "resume":
                    has = requests.resumption(request.body)
                    verdict = self.twin.resume(viewer, has.epoch, has.seq, has.roster)
                    answer["mode"] = "delta" if verdict is Verdict.DELTA else "snapshot"
                elif request.name == "watch":
                    self.twin.watch(viewer, requests.watch_list(request.body))
                else:
                    self.twin.interest(viewer, requests.wish(request.body))
            except TwinError as error:
                answer = {"ok": False, "error": error.message}
            line.answer(request, answer)

    def leave(self, sid: str) -> None:
        self.twin.leave(sid)
        self.visor.leave(sid)

    # Ends.

    def kill(self) -> None:
        """kill -9. A commit in progress happened, or it did not."""
        if self._committing and self._rng.random() < 0.5 and not self.disk.away:
            self.disk.append([each.entry for each in self._committing])

    def stop(self) -> None:
        """A clean stop: bye to everyone, then commit what waits."""
        for fan in (self.twin, self.visor):
            fan.close_all(STOPPING)
        self._commit_ends_ms = 0
        while self._committing or self._waiting:
            self.work()
            self._commit_ends_ms = 0

    def _next_epoch(self) -> int:
        kept = self.disk.load("epoch")
        epoch = int(kept) + 1 if kept else 1
        self.disk.save("epoch", str(epoch).encode())
        return epoch

    def _slot_of(self, switch_ip: str, port: int) -> int:
        slot = self._layout.slot_at(switch_ip, port)
        return -1 if slot is None else slot.index

    def _closed(self, viewer: Viewer, bye: Bye) -> None:
        self.closed.append((viewer.name, bye["code"]))
