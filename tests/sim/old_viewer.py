"""The reference of today's viewers: a dictionary of reports, replaced by `cluster.all`, updated by `cluster.event`."""

from __future__ import annotations

from typing import Any

from tests.sim.viewer import Broken
from tests.sim.wire import Line, Parser


class OldViewer:
    """One viewer of the default namespace. It never asks for anything."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.line: Line | None = None
        self.reconnect_at_ms = 0
        self.reports: dict[str, dict[str, Any]] = {}
        self.events = 0
        self._parser = Parser()

    def connect(self, line: Line) -> None:
        self.line = line
        self._parser = Parser()

    def tick(self, now_ms: int) -> None:
        """Nothing is ever asked."""

    def take(self, piece: bytes) -> None:
        for packet in self._parser.feed(piece):
            self.events += 1
            if packet.name == "cluster.all":
                self.reports = dict(packet.payload)
            elif packet.name == "cluster.event":
                self.reports.update(packet.payload)
            elif packet.name == "cluster.delete":
                self.reports.clear()
            else:
                raise Broken(f"{self.name}: today's viewers know no {packet.name!r}")
