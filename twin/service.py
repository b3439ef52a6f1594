"""The service: the single writer of live state, and the life of everything around it.

    start: store -> epoch -> last known state -> listen        stop: bye -> stop listening -> commit what waits -> close
    every tick: age the nodes, close the frame, give every viewer what it can take

Owns the Live object and is the only one that calls its mutating methods; edges ask through edge/writer.py. Reports
arrive after their commit (`_apply`), so what viewers see is already on the disk.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web

from models.layout import Layout
from telemetry.report import Report
from telemetry.store.base import Entry
from telemetry.store.journal import Bounds, Journal
from telemetry.store.sqlite import SQLiteSpool
from twin.core.access import Tokens
from twin.core.errors import BadInput, TwinError
from twin.core.live import Live
from twin.core.recorder import Recorder
from twin.edge import beacon, server
from twin.edge.agents import AgentNamespace
from twin.edge.archive import archive_of
from twin.edge.broadcaster_api import BroadcasterApi, VisorNamespace
from twin.edge.clock import Clock
from twin.edge.door import Door, Fallback
from twin.edge.gate import Gate
from twin.edge.history_api import HistoryApi
from twin.edge.ingest import Ingest
from twin.edge.landing import Landing
from twin.edge.manager_api import ManagerApi
from twin.edge.marker_file import MarkerFile
from twin.edge.markers_api import MarkersApi
from twin.edge.metronome import beat
from twin.edge.models_api import ModelsApi
from twin.edge.models_api_shelf import Shelf
from twin.edge.ops_api import Ops, Parts
from twin.edge.ords_api import OrdsApi
from twin.edge.page import Page
from twin.edge.player import Player, Stage
from twin.edge.presence import Room
from twin.edge.recording import Recording
from twin.edge.restore import forget, next_epoch, restore
from twin.edge.survey_api import SurveyApi
from twin.edge.tasks import Tasks
from twin.edge.viewers import ViewerNamespace
from twin.settings import Settings
from twin.wire import events
from twin.wire.asyncapi import asyncapi
from twin.wire.fan import Fan, Viewer
from twin.wire.hello import Greeter
from twin.wire.openapi import openapi
from twin.wire.twin_fan import TwinFan
from twin.wire.visor_fan import VisorFan

if TYPE_CHECKING:
    from twin.edge.tls import Tls
    from twin.edge.tls_door import TlsDoor

log = logging.getLogger(__name__)

HEARTBEAT_MS = 1000  # a viewer that hears nothing for longer knows that the line, not the cluster, is silent
STOP_S = 30.0  # for what waits to be committed
STORE_FILE = "telemetry.sqlite3"


class Service(Tasks):
    """One running twin. Use `async with Service(...).running()`, then `port` says where it listens."""

    def __init__(self, settings: Settings, layout: Layout, tokens: Tokens, clock: Clock | None = None) -> None:
        super().__init__()
        self.settings = settings
        self.layout = layout
        self.clock = clock or Clock()
        self.port = 0
        self.tls_port = 0  # of HTTPS, when there is one
        self.closed_viewers: dict[str, int] = {}
        self._last_frame_ms = 0
        self._not_ready: str | None = "the last known state is being read"
        path = settings.data_dir / STORE_FILE
        ships = settings.store != "sqlite"
        self.store = SQLiteSpool(path, keep_ms=int(settings.keep_hours * 3_600_000), ships=ships)
        self.archive = archive_of(settings, self.store, self.clock)
        self.landing = Landing(self.store, self.archive, self.clock, settings.spool_max_mb)
        bounds = Bounds(settings.commit_linger_ms / 1000, max_waiting=settings.journal_max)
        self.journal: Journal[Report] = Journal(self.store, self._apply, bounds, self.landing.full)
        self.live = Live(next_epoch(self.store, self.clock.now_ms()), self._slot_of, settings.rules())
        self.recorder = Recorder()
        self.recording = Recording(self.recorder, self.store, self.journal)
        self.gate = Gate(tokens, settings.legacy_open)
        self.ingest = Ingest(self.live, self.journal, self.clock, settings.max_body_kb * 1024)
        self.greeter = Greeter(self.live, layout, settings.tick_ms, int(settings.period_s * 1000), settings.lights)
        limits = settings.viewer_limits()
        self.twin_fan = TwinFan(
            self.live, lambda role: self.greeter.hello(role, self.clock.now_ms()), limits, self._closed
        )
        self.player = Player(
            self.archive,
            self.twin_fan,
            Stage(self.twin_fan.hello_for, self._slot_of, settings.rules(), limits, self._closed),
            self.clock,
            self.spawn,
            lambda: self.replayable_ms,
            settings.max_replays,
        )
        self.models = ModelsApi(Shelf(settings.data_dir, settings.cluster), self.spawn)
        self.marker_file = MarkerFile(layout, settings.data_dir)
        self.survey = SurveyApi(self.marker_file, self, self.gate, self.clock)
        self.room = Room(settings.max_present, self.clock, limits.soft_bytes)
        self.visor_fan = VisorFan(self.live, limits, self._closed)
        self.fans: dict[str, Fan] = {"/twin": self.twin_fan, "/": self.visor_fan}
        self.agents = AgentNamespace(self.ingest, self, self.gate, self.clock)
        self.manager = ManagerApi(self.live, self, self.gate, self.clock, settings.ping_s, settings.ping_port)
        parts = Parts(
            self.live,
            self.journal,
            self.landing,
            self.ingest,
            self.agents,
            self.fans,
            self.closed_viewers,
            self.player,
            self.room,
            lambda: self._not_ready,
        )
        self.tls: Tls | None = None
        self.tls_door: TlsDoor | None = None
        if settings.https:
            from twin.edge.tls import tls_of  # a twin without HTTPS does without cryptography
            from twin.edge.tls_door import TlsDoor

            self.tls = tls_of(settings, self.clock.now_ms)
            assert self.tls is not None
            self.tls_door = TlsDoor(self.tls, lambda: self.tls_port, only=settings.tls_only)
        self.ops = Ops(parts, json.dumps(openapi()).encode(), json.dumps(asyncapi()).encode())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Service]:
        """Start, yield while serving, stop in good order. Raises OSError or TwinError when a port is taken."""
        self._restore()
        try:
            host, port = self.settings.host, self.settings.port
            # The door knows reports only, and would take them where nothing but the way to HTTPS is meant to be.
            plain = None if self.settings.tls_only else self._door
            runner, self.port = await server.listen(self._application(), host, port, plain)
            if self.tls is not None:
                self.tls_port = await self._listen_with_tls(runner, self.tls)
        except (OSError, TwinError):
            self.store.close()
            raise
        writer = self.start(self.journal.run())
        background = [self.start(work) for work in self._background()]
        self._not_ready = None
        try:
            yield self
        finally:
            self._not_ready = "the service is stopping"
            await self._say_bye()
            await server.hang_up(self._sio)
            await runner.cleanup()
            for task in background:
                task.cancel()
            self.journal.stop()
            await asyncio.wait([writer, *background], timeout=STOP_S)
            self.recording.now()
            await self.landing.close()
            self.store.close()

    @property
    def recorded_ms(self) -> int:
        """The spool knows what viewers saw up to here."""
        return self.recording.recorded_ms

    @property
    def replayable_ms(self) -> int:
        """The history's store knows it up to here; with a database that is later."""
        return self.landing.replayable_ms(self.recorded_ms)

    # The events that edges send (edge/writer.py).

    def birth(self, mac: str, ip: str, switch_ip: str, port: int, period_ms: int) -> None:
        self.live.birth(mac, ip, switch_ip, port, period_ms)

    def will(self, mac: str) -> None:
        self.live.will(mac)

    def goodbye(self, mac: str, *, reboot: bool) -> None:
        self.live.goodbye(mac, reboot=reboot)

    def bind(self, ip: str, switch_ip: str, port: int) -> None:
        node = self.live.roster.by_ip(ip)
        if node is not None:
            self.live.bind(node.row, switch_ip, port)

    def paint(self, switch_ip: str, port: int, rgb: tuple[int, int, int]) -> bool:
        row = self.live.roster.find("", switch_ip, port)
        if row is None:
            return False
        self.live.paint(row, rgb)
        return True

    async def forget(self) -> None:
        """A new epoch with nobody in it; the store keeps what was landed."""
        epoch = self.live.epoch + 1
        await self.journal.call(lambda: forget(self.store, epoch))
        self.live.reset(epoch)
        log.warning("everything is forgotten", extra={"epoch": epoch})

    async def save_document(self, name: str, body: bytes) -> None:
        await self.journal.call(lambda: self.store.save(name, body))

    # One writer.

    def _apply(self, pairs: Sequence[tuple[Entry, Report]]) -> None:
        """Reports that have just reached the disk become the live state."""
        for entry, report in pairs:
            try:
                row = self.live.report(report, entry.seen_ms, entry.received_ms)
                self._note(entry, report, row)
            except TwinError as error:
                log.warning("a landed report is not shown: %s", error.message, extra={"node": entry.key})
        self.recorder.committed(self.journal.seq)
        self.ingest.name_wrong_clocks()

    def _note(self, entry: Entry, report: Report, row: int) -> None:
        shown = self.live.reports[row] is report
        self.recorder.applied(self.live, row, entry.key, entry.seen_ms, shown=shown)

    def tick(self, now_ms: int) -> None:
        """One tick of the cluster's clock."""
        heartbeat = now_ms - self._last_frame_ms >= HEARTBEAT_MS
        closed = self.live.tick(now_ms, heartbeat=heartbeat)
        if closed:
            self._last_frame_ms = now_ms
        if closed or self.recorder.behind(self.live):
            self.recorder.frame(self.live, now_ms)
        for fan in self.fans.values():
            fan.tick(now_ms)
        self.player.tick(now_ms)

    def _tick_now(self) -> None:
        self.tick(self.clock.now_ms())

    def _recorded(self) -> None:
        self.twin_fan.store_state = self.landing.tell()

    # Start and stop.

    async def _listen_with_tls(self, runner: web.AppRunner, tls: Tls) -> int:
        host, port = self.settings.host, self.settings.tls_port
        try:
            return await server.listen_also(runner, host, port, self._door, tls.context)
        except OSError as error:
            what = f"cannot listen on {host}:{port} for HTTPS: {error.strerror or error}. Choose another TWIN_TLS_PORT"
            raise BadInput(what, field="TWIN_TLS_PORT") from error

    def _door(self, fallback: Fallback) -> Door:
        return Door(fallback, self.ingest, self.gate)

    def _application(self) -> web.Application:
        settings = self.settings
        namespaces = [
            ViewerNamespace(self.twin_fan, self.player, self.gate, settings.max_viewers, self.spawn, self.room),
            VisorNamespace(self.visor_fan, self.ingest, self, self.gate, settings.max_viewers, self.spawn),
            self.agents,
        ]
        self._sio = server.socket_server(namespaces, sndbuf_bytes=settings.viewer_sndbuf_kb * 1024)
        page = Page(self.greeter.layout, self.greeter.layout_hash)
        routes: list[web.AbstractRouteDef] = [
            *self.ops.routes(),
            *BroadcasterApi(self.ingest, self, self.gate).routes(),
            *OrdsApi(self.live, self.layout, self.ingest, self, self.gate).routes(),
            *page.routes(),
            *self.models.routes(),
            *MarkersApi(self.live, self.layout, self.marker_file, self.survey).routes(),
            *self.survey.routes(),
            *HistoryApi(self.archive, self.live, self.layout, self._slot_of, self.clock).routes(),
            *self.manager.routes(),
        ]
        if self.tls_door is None:
            return server.application(self._sio, routes)
        return server.application(self._sio, [*routes, *self.tls_door.routes()], [self.tls_door.middleware()])

    def _background(self) -> list[Coroutine[Any, Any, None]]:
        settings = self.settings
        work: list[Coroutine[Any, Any, None]] = [
            beat(self._tick_now, settings.tick_ms / 1000, self.ingest.lag.note, self.ops.tick_seconds.observe),
            self.recording.run(self._recorded),
            *self.landing.work(),
            self.manager.ping_forever(),
            self.room.run(),
            *([self.models.fill()] if settings.models == "start" else []),
        ]
        if self.tls is not None:
            work.append(self.tls.keep())
        if settings.beacon and not settings.tls_only:  # who finds us that way speaks plain HTTP
            work.append(beacon.run(settings.host, self.port, settings.beacon_port, settings.beacon_s))
        return work

    def _restore(self) -> None:
        restore(self.store, self.live, self.recorder, self._note)
        self.manager.restore(self.store.load("registry"))
        self.survey.restore(self.store.load)
        now_ms = self.clock.now_ms()
        self.live.tick(now_ms)
        self.recorder.frame(self.live, now_ms)
        self.recording.now()

    def _slot_of(self, switch_ip: str, port: int) -> int:
        slot = self.layout.slot_at(switch_ip, port)
        return -1 if slot is None else slot.index

    def _closed(self, viewer: Viewer, bye: events.Bye) -> None:
        self.closed_viewers[bye["code"]] = self.closed_viewers.get(bye["code"], 0) + 1
        if bye["code"] != "server_stopping":
            log.warning("viewer closed: %s", bye["reason"], extra={"viewer": viewer.name, "code": bye["code"]})

    async def _say_bye(self) -> None:
        bye: events.Bye = {
            "code": "server_stopping",
            "reason": "the server is stopping",
            "reconnect": True,
            "after_ms": 1000,
        }
        for fan in self.fans.values():
            fan.close_all(bye)
        self.player.close_all(bye)
        await self.settle()
