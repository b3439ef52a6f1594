"""/healthz, /readyz, /metrics and the protocol's own descriptions: for operators and for who writes a client.

Owns the metric names (docs/operations.md lists them). Reads counters where they live, at scrape time; keeps none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from telemetry.report import Report
from telemetry.store.journal import Journal
from twin import __version__
from twin.core.clocks import wrong
from twin.core.columns import STATUSES
from twin.core.live import Live
from twin.edge.agents import AgentNamespace
from twin.edge.http import json_answer
from twin.edge.ingest import Ingest
from twin.edge.landing import Landing
from twin.edge.player import Player
from twin.edge.presence import Room
from twin.edge.store_metrics import of_journal, of_landing
from twin.wire.fan import Fan

TICK_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the metrics are read from."""

    live: Live
    journal: Journal[Report]
    landing: Landing
    ingest: Ingest
    agents: AgentNamespace
    fans: Mapping[str, Fan]
    closed: Mapping[str, int]
    player: Player
    room: Room
    ready: Callable[[], str | None]


class Ops(Collector):
    """Routes and the collector behind /metrics. `ready()` says why the service is not ready, or None."""

    def __init__(self, parts: Parts, openapi: bytes, asyncapi: bytes) -> None:
        self._parts = parts
        self._documents = {"openapi": openapi, "asyncapi": asyncapi}
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        self.tick_seconds = Histogram(
            "twin_tick_seconds",
            "Time to close a frame and send it to everyone",
            registry=self._registry,
            buckets=TICK_BUCKETS,
        )

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/healthz", self._healthz),
            web.get("/readyz", self._readyz),
            web.get("/metrics", self._metrics),
            web.get("/api/openapi.json", self._document),
            web.get("/api/asyncapi.json", self._document),
        ]

    async def _healthz(self, request: web.Request) -> web.Response:
        """Alive: the loop answers."""
        return json_answer({"status": "ok", "version": __version__})

    async def _readyz(self, request: web.Request) -> web.Response:
        """Ready: state is restored and the store takes reports. 503 says why not."""
        why = self._parts.ready()
        live = self._parts.live
        body = {"status": "ok" if why is None else "not ready", "epoch": live.epoch, "nodes": len(live.roster)}
        return json_answer(body if why is None else {**body, "reason": why}, status=200 if why is None else 503)

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _document(self, request: web.Request) -> web.Response:
        name = "openapi" if request.path.endswith("openapi.json") else "asyncapi"
        return web.Response(body=self._documents[name], content_type="application/json")

    def collect(self) -> Iterator[Metric]:
        parts, live = self._parts, self._parts.live
        nodes = GaugeMetricFamily("twin_nodes", "Nodes by status", labels=["status"])
        counts = np.bincount(live.columns.status[: live.columns.count], minlength=len(STATUSES))
        for name, count in zip(STATUSES, counts.tolist(), strict=True):
            nodes.add_metric([name], count)
        yield nodes
        viewers = GaugeMetricFamily("twin_viewers", "Connected viewers", labels=["namespace"])
        frames = CounterMetricFamily("twin_frames_sent", "Frames handed to viewers", labels=["namespace"])
        sent = CounterMetricFamily("twin_sent_bytes", "Bytes handed to viewers", labels=["namespace"])
        skipped = CounterMetricFamily(
            "twin_frames_conflated", "Frames a viewer was not ready for", labels=["namespace"]
        )
        for namespace, fan in parts.fans.items():
            viewers.add_metric([namespace], len(fan.viewers))
            frames.add_metric([namespace], fan.sent_frames)
            sent.add_metric([namespace], fan.sent_bytes)
            skipped.add_metric([namespace], fan.skipped)
        yield from (viewers, frames, sent, skipped)
        yield GaugeMetricFamily("twin_replays", "Playheads in the past", parts.player.playheads)
        yield GaugeMetricFamily("twin_replay_viewers", "Viewers of the past", parts.player.viewers)
        closed = CounterMetricFamily("twin_viewers_closed", "Viewers shown out", labels=["code"])
        for code, count in parts.closed.items():
            closed.add_metric([code], count)
        yield closed
        yield GaugeMetricFamily("twin_agents", "Connected agents (sockets)", len(parts.agents.agents))
        yield CounterMetricFamily(
            "twin_reports_late", "Of the accepted, those held for over a minute", parts.ingest.late
        )
        about = "Held reports that were asked to come later, as the loop or the disk was behind"
        yield CounterMetricFamily("twin_reports_put_off", about, parts.ingest.put_off)
        lag_s = parts.ingest.lag.seconds(asyncio.get_running_loop().time())
        yield GaugeMetricFamily("twin_loop_lag_seconds", "How late the loop has been lately", lag_s)
        about = "Nodes whose clock differs from the server's by more than a minute"
        yield GaugeMetricFamily("twin_wrong_clocks", about, wrong(live.columns))
        yield GaugeMetricFamily("twin_epoch", "Epoch of the live state", live.epoch)
        yield GaugeMetricFamily("twin_seq", "Number of the last frame", live.seq)
        yield CounterMetricFamily("twin_reports_accepted", "Reports on disk and acknowledged", parts.ingest.accepted)
        yield CounterMetricFamily("twin_reports_refused", "Reports that could not be understood", parts.ingest.refused)
        yield from of_room(parts.room)
        yield from of_journal(parts.journal)
        yield from of_landing(parts.landing)


def of_room(room: Room) -> Iterator[Metric]:
    """Who sees whom."""
    people = GaugeMetricFamily("twin_present", "People who see each other, by whether they are shown", labels=["shown"])
    people.add_metric(["yes"], room.presence.seen)
    people.add_metric(["no"], len(room.presence) - room.presence.seen)
    yield people
    poses = CounterMetricFamily("twin_poses", "Poses that people sent, by what became of them", labels=["what"])
    poses.add_metric(["taken"], room.presence.posed)
    poses.add_metric(["dropped"], room.presence.dropped)
    yield poses
    yield CounterMetricFamily("twin_poses_sent", "Messages with everybody's poses", room.sent)
    yield CounterMetricFamily("twin_poses_conflated", "Such messages that a viewer was not ready for", room.skipped)
    yield CounterMetricFamily("twin_present_faded", "People no longer shown, as no pose came", room.presence.faded)
