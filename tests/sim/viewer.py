"""The reference viewer: the rules of the wire contract and nothing else, on the bytes that the server really sends.

    a delta is applied when base <= have < seq, ignored when seq <= have, and asked for again when base > have
    a snapshot replaces every value; another epoch's frames are never applied; a new epoch drops every row

It keeps the counters that the checks look at, and raises `Broken` where the server broke a promise that needs no
knowledge of the server's state. The world decides when it connects, reads, asks and is cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.sim.picture import AGE_END_MS, METRICS, NEVER
from tests.sim.wire import Line, Packet, Parser, Request
from twin.wire import frame
from twin.wire.frame import Column, Frame, Kind

COLUMN = {"cpu": Column.CPU, "memory": Column.MEMORY, "disk": Column.DISK, "temperature": Column.TEMPERATURE}
ANSWER_MS = 4000
Interest = tuple[frozenset[str] | None, frozenset[str] | None]  # fields, ids
ALL: Interest = (None, None)
Seat = tuple[str, str, str, int]  # id, mac, ip, slot


class Broken(AssertionError):
    """The server, or the viewer, broke the contract."""


class Viewer:
    """One viewer over all its connections."""

    def __init__(self, name: str, *, asks_resume: bool = True, tells_roster: bool = True) -> None:
        self.name = name
        self.asks_resume = asks_resume
        self.tells_roster = tells_roster
        self.line: Line | None = None
        self.reconnect_at_ms = 0
        self.byes: list[str] = []
        self.gaps = self.applied = self.snapshots = self.ignored = self.restarts = 0
        self.interest: Interest = ALL  # what the frames that come now show
        self.wanted: dict[str, Any] | None = None  # the interest that it wants, to be asked again when reconnected
        self.watched: list[str] = []
        self.details: dict[str, dict[str, Any]] = {}
        self.epoch = -1
        self.seq = 0
        self.version = 0  # of the roster
        self.last_hello: dict[str, Any] = {}
        self._next_id = 1
        self._asked: dict[int, tuple[str, dict[str, Any], int]] = {}
        self._parser = Parser()
        self._snapshot_due = False
        self._clear()

    # Connections.

    def connect(self, line: Line) -> None:
        self.line = line
        self._parser = Parser()
        self._asked.clear()
        self._snapshot_due = False
        self.details.clear()
        if self.asks_resume and self.epoch != -1 and self.seq and self.interest == ALL:
            self._resume()
        else:
            self.seq = 0  # what it has was gathered under another interest: of no use to the new connection
        self.interest = ALL
        if self.wanted is not None:
            self._ask("interest", self.wanted)
        if self.watched:
            self._ask("watch", {"ids": self.watched})

    def tick(self, now_ms: int) -> None:
        """Ask again for frames when that was not answered. Other answers are never lost, only late."""
        for number, (name, _, asked_ms) in list(self._asked.items()):
            if name == "resume" and now_ms - asked_ms > ANSWER_MS:
                del self._asked[number]
                self._resume()

    @property
    def sees_all(self) -> bool:
        """Every frame on its line shows everything: it asked for no less, not even a moment ago."""
        asked = self._snapshot_due or self.interest != ALL
        return not asked and all(name != "interest" for name, _, _ in self._asked.values())

    def want(self, interest: dict[str, Any] | None) -> None:
        self.wanted = interest
        self._ask("interest", interest or {})

    def watch(self, ids: list[str]) -> None:
        self.watched = ids
        self.details = {each: detail for each, detail in self.details.items() if each in ids}
        self._ask("watch", {"ids": ids})

    def _ask(self, name: str, body: dict[str, Any]) -> None:
        if self.line is None:
            return
        number, self._next_id = self._next_id, self._next_id + 1
        self._asked[number] = (name, body, self.line.clock())
        self.line.ask(Request(0, number, name, body))

    def _resume(self) -> None:
        if any(name == "resume" for name, _, _ in self._asked.values()):
            return
        roster = {"roster": self.version} if self.tells_roster else {}
        self._ask("resume", {"epoch": self.epoch, "seq": self.seq, **roster})

    # What the server says.

    def packets(self, piece: bytes) -> Iterator[Packet]:
        return self._parser.feed(piece)

    def in_flight(self, line: Line) -> list[Packet]:
        """What is on its way on a line, read ahead; the line and this viewer are left as they are."""
        ahead = Parser(bytearray(self._parser.buffer), self._parser.waiting)
        return list(ahead.feed(bytes(line.received) + b"".join(piece for _, piece in line.flight)))

    def packet(self, packet: Packet) -> Frame | None:
        """Take in one packet. Returns the frame when it was one and was applied."""
        if packet.ack >= 0:
            self._answered(packet)
        elif packet.name == "hello":
            self._hello(packet.payload)
        elif packet.name == "roster":
            self._seat(packet.payload)
        elif packet.name == "frame":
            return self.frame(frame.decode(packet.payload))
        elif packet.name == "node":
            self._detail(packet.payload)
        elif packet.name == "bye":
            self.byes.append(packet.payload["code"])
            if not packet.payload["reconnect"]:
                raise Broken(f"{self.name}: told not to come back: {packet.payload}")
            assert self.line is not None
            self.reconnect_at_ms = self.line.clock() + packet.payload["after_ms"]
        else:
            raise Broken(f"{self.name}: nobody knows the event {packet.name!r}")
        return None

    def _answered(self, packet: Packet) -> None:
        asked = self._asked.pop(packet.ack, None)
        if asked is None:
            return
        name, body, _ = asked
        if not packet.payload["ok"]:
            raise Broken(f"{self.name}: {name} {body} was refused: {packet.payload}")
        if name == "interest":
            fields, ids = body.get("fields"), body.get("ids")
            self.interest = (
                None if fields is None else frozenset(fields),
                None if ids is None else frozenset(ids),
            )
            self._snapshot_due = True

    def _hello(self, hello: dict[str, Any]) -> None:
        self.last_hello = hello
        if hello["epoch"] != self.epoch:
            if hello["epoch"] < self.epoch:
                raise Broken(f"{self.name}: epoch went back from {self.epoch} to {hello['epoch']}")
            self.epoch = hello["epoch"]
            self._clear()

    def _seat(self, roster: dict[str, Any]) -> None:
        if roster["epoch"] != self.epoch:
            raise Broken(f"{self.name}: a roster of epoch {roster['epoch']} in epoch {self.epoch}")
        if roster["base"] > self.version:
            raise Broken(f"{self.name}: roster since {roster['base']}, it has {self.version}")
        if roster["base"] and roster["version"] <= self.version:
            return
        if not roster["base"]:
            self.seats.clear()
        for row, *seat in zip(roster["row"], roster["id"], roster["mac"], roster["ip"], roster["slot"], strict=True):
            self.seats[row] = (seat[0], seat[1], seat[2], seat[3])
        self.version = roster["version"]

    def _detail(self, detail: dict[str, Any]) -> None:
        if self.epoch == -1:
            raise Broken(f"{self.name}: a node's detail before hello")
        for each in self.watched:
            if each in (detail["id"], detail["mac"]):
                self.details[each] = detail

    def frame(self, got: Frame) -> Frame | None:
        """Apply by the rules. Returns the frame when it was applied."""
        if got.epoch != self.epoch:
            if self._parser.waiting or self.epoch == -1:
                raise Broken(f"{self.name}: a frame before hello")
            self.gaps += 1
            self._resume()
            return None
        if got.kind is Kind.SNAPSHOT:
            if got.seq < self.seq:
                self.ignored += 1
                return None
            if got.base:
                raise Broken(f"{self.name}: a snapshot with base {got.base}")
            self._blank()
            self.snapshots += 1
            self._snapshot_due = False
        else:
            if self._snapshot_due and got.base <= self.seq:
                raise Broken(f"{self.name}: a delta after a change of interest, before any snapshot")
            if got.seq <= self.seq:
                self.ignored += 1
                return None
            if got.base > self.seq:
                self.gaps += 1
                self._resume()
                return None
        self._apply(got)
        self.applied += 1
        return got

    def _apply(self, got: Frame) -> None:
        rows = got.rows
        if rows.size:
            self._reserve(int(rows.max()) + 1)
        for name, column in COLUMN.items():
            if column in got.metrics:
                values = got.metrics[column].astype(np.float64)
                self.metrics[name][rows] = np.where(np.isnan(values), -1, np.nan_to_num(values) * 2).astype(np.int64)
        if got.status is not None:
            self.status[rows] = got.status
        if got.light_rgb is not None:
            self.light[rows] = got.light_rgb
        if got.age_ms is not None:
            self.heard_ms[rows] = np.where(got.age_ms >= AGE_END_MS, NEVER, got.time_ms - got.age_ms)
        self.seq = got.seq

    # State.

    def _clear(self) -> None:
        self.seq = 0
        self.version = 0
        self.seats: dict[int, Seat] = {}
        self.details.clear()
        self._blank()

    def _blank(self) -> None:
        size = 0
        self.metrics: dict[str, NDArray[np.int64]] = {name: np.full(size, -1, np.int64) for name in METRICS}
        self.status = np.zeros(size, np.int64)
        self.light = np.zeros((size, 3), np.int64)
        self.heard_ms = np.full(size, NEVER, np.int64)

    def _reserve(self, size: int) -> None:
        more = size - self.status.shape[0]
        if more > 0:
            for name in METRICS:
                self.metrics[name] = np.append(self.metrics[name], np.full(more, -1, np.int64))
            self.status = np.append(self.status, np.zeros(more, np.int64))
            self.light = np.append(self.light, np.zeros((more, 3), np.int64), axis=0)
            self.heard_ms = np.append(self.heard_ms, np.full(more, NEVER, np.int64))
