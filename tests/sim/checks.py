"""The promises, each a function that raises Broken. The world calls them at every frame, tick, quiet point and end."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from telemetry.report import parse, to_record
from telemetry.store.base import Entry
from telemetry.store.parse import rows_of
from telemetry.store.rows import identity
from tests.sim.old_viewer import OldViewer
from tests.sim.picture import AGE_END_MS, AGE_STEP_MS, METRICS, NEVER, Picture
from tests.sim.server import SimServer
from tests.sim.viewer import Broken, Viewer
from tests.sim.wire import Line
from twin.core.columns import NEVER_MS, ONLINE, STATUSES
from twin.core.outbox import Limits


def viewer_shows(viewer: Viewer, truth: Picture) -> None:
    """The viewer has exactly the server's state at its frame, as far as its interest goes, and nothing false."""
    viewer_values(viewer, truth)
    seats = {node.row: (node.id, node.mac, node.ip, node.slot) for node in truth.nodes}
    if viewer.seats != seats:
        wrong = {row: (viewer.seats.get(row), seat) for row, seat in seats.items() if viewer.seats.get(row) != seat}
        raise Broken(f"{viewer.name}: roster differs at frame {truth.epoch}/{truth.seq}: {wrong}")


def viewer_values(viewer: Viewer, truth: Picture) -> None:
    """The values alone, without who is where."""
    fields, ids = viewer.interest
    count = truth.status.shape[0]
    if viewer.status.shape[0] > count:
        raise Broken(f"{viewer.name}: knows row {viewer.status.shape[0] - 1}, the server has {count} rows")
    viewer._reserve(count)
    never_fresh(viewer, truth)
    rows = None if ids is None else sorted(truth.rows_of(ids))
    must = np.ones(count, bool) if rows is None else np.isin(np.arange(count), rows)
    for name in METRICS:
        _match(viewer, name, viewer.metrics[name], truth.metrics[name], must & (fields is None or name in fields), -1)
    _match(viewer, "status", viewer.status, truth.status, must, 0)
    _match_light(viewer, truth, must & (fields is None or "light" in fields))
    _match_age(viewer, truth, must)


def never_fresh(viewer: Viewer, truth: Picture) -> None:
    """Nobody is shown online who is not; no age is smaller than the truth."""
    lies = np.flatnonzero((viewer.status == ONLINE) & (truth.status != ONLINE))
    if lies.size:
        said = [STATUSES[truth.status[row]] for row in lies]
        raise Broken(f"{viewer.name}: rows {lies} shown online at {truth.epoch}/{truth.seq}; they are {said}")
    known = viewer.heard_ms != NEVER
    young = np.flatnonzero(known & (viewer.heard_ms >= truth.received_ms + AGE_STEP_MS))
    if young.size:
        raise Broken(f"{viewer.name}: rows {young} look younger than they are at {truth.epoch}/{truth.seq}")


def _match(viewer: Viewer, name: str, has: Any, truth: Any, must: Any, blank: int) -> None:
    wrong = np.flatnonzero((has != truth) & (must | (has != blank)))
    if wrong.size:
        row = wrong[0]
        raise Broken(f"{viewer.name}: {name} of row {row} is {has[row]}, not {truth[row]} at frame {viewer.seq}")


def _match_light(viewer: Viewer, truth: Picture, must: Any) -> None:
    differs = (viewer.light != truth.light).any(axis=1)
    wrong = np.flatnonzero(differs & (must | viewer.light.any(axis=1)))
    if wrong.size:
        raise Broken(f"{viewer.name}: lights of rows {wrong} differ at frame {viewer.seq}")


def _match_age(viewer: Viewer, truth: Picture, must: Any) -> None:
    known = viewer.heard_ms != NEVER
    exact = (viewer.heard_ms - truth.received_ms >= 0) & (viewer.heard_ms - truth.received_ms < AGE_STEP_MS)
    # "Never" is also how the wire says "longer ago than it can count".
    old = (truth.received_ms == NEVER_MS) | (truth.time_ms - truth.received_ms >= AGE_END_MS)
    wrong = np.flatnonzero((known & ~exact) | (must & ~known & ~old))
    if wrong.size:
        row = wrong[0]
        raise Broken(f"{viewer.name}: row {row} heard at {viewer.heard_ms[row]}, not {truth.received_ms[row]}")


def details(viewer: Viewer, server: SimServer) -> None:
    """A viewer at rest has the last full report of every watched node."""
    for public_id in viewer.watched:
        node = server.live.node(public_id)
        if node is None:
            continue
        detail = viewer.details.get(public_id)
        if detail is None or detail["row"] != node.row or detail["id"] != node.id:
            raise Broken(f"{viewer.name}: watches {public_id}, which is row {node.row}; it has {detail}")
        report = server.live.reports[node.row]
        if detail["report"] != (None if report is None else json.loads(json.dumps(to_record(report)))):
            raise Broken(f"{viewer.name}: the report of {public_id} is not the last one")
        if detail["status"] != STATUSES[server.live.columns.status[node.row]]:
            raise Broken(f"{viewer.name}: the status of {public_id} is out of date")


def old_viewer_shows(viewer: OldViewer, server: SimServer) -> None:
    """Today's viewer has every node's last report; an id that nobody has any more is offline."""
    live = server.live
    expected: dict[str, tuple[int, bool]] = {}
    for node in live.roster.nodes:
        if node.id and live.reports[node.row] is not None:
            status = STATUSES[live.columns.status[node.row]]
            expected[node.id] = (int(live.columns.received_ms[node.row]), status in ("online", "late", "busy"))
    for public_id, (received_ms, alive) in expected.items():
        has = viewer.reports.get(public_id)
        if has is None or has["lastUpdated"] != max(0, received_ms) or (has["status"] == "online") != alive:
            raise Broken(f"{viewer.name}: {public_id} should be of {received_ms}, alive {alive}; it is {has}")
    for public_id in viewer.reports.keys() - expected.keys():
        if viewer.reports[public_id]["status"] == "online":
            raise Broken(f"{viewer.name}: {public_id} is nobody's id any more and still online")


def pipe_bounded(line: Line, limits: Limits) -> None:
    """The process never holds more than the hard limit and one message for a viewer."""
    if line.peak_before > limits.hard_bytes:
        raise Broken(f"{line.sid}: {line.peak_before} bytes waited and more was sent")


def never_behind_too_long(server: SimServer) -> None:
    """Who does not read for longer than the patience is not there any more."""
    for fan in (server.twin, server.visor):
        for sid, viewer in fan.viewers.items():
            since = viewer.outbox.behind_since_ms
            if since is not None and server.now_ms - since > server.limits.patience_ms:
                raise Broken(f"{sid}: behind since {server.now_ms - since} ms and still here")


def nothing_lost(server: SimServer, acked: dict[str, Entry]) -> None:
    """After a restart every node stands on what was last acknowledged for it, or on something newer."""
    kept = {entry.key: entry for entry in server.disk.latest()}
    for key, entry in acked.items():
        found = kept.get(key)
        if found is None or (found != entry and not found.supersedes(entry)):
            raise Broken(f"{key}: acknowledged {entry.received_ms}, and the store has {found and found.received_ms}")
        said = parse(json.loads(found.body))
        row = server.live.roster.find(said.mac, said.switch_ip, said.port)
        if row is None or server.live.reports[row] is None:
            raise Broken(f"{key}: acknowledged, and the restarted server does not know the node")
        if int(server.live.columns.received_ms[row]) not in (found.seen_ms, NEVER_MS) and said.mac:
            raise Broken(f"{key}: restored from {server.live.columns.received_ms[row]}, kept was {found.seen_ms}")


class Names:
    """Each report counts, and counts once: by the name that every store knows it by."""

    def __init__(self) -> None:
        self._body: dict[tuple[str, int], bytes] = {}
        self._name: dict[tuple[str, bytes, int], int] = {}

    def note(self, entry: Entry, server_clock: int) -> None:
        """An acknowledged entry. `server_clock`: another one after the server's clock was set."""
        rows = rows_of([entry], rest=False)
        name = int(identity(rows.seen_ms, rows.node_ms)[0])
        if self._body.setdefault((entry.key, name), entry.body) != entry.body:
            raise Broken(f"{entry.key}: two reports have one name, {name}, so one of them is lost")
        if self._name.setdefault((entry.key, entry.body, server_clock), name) != name:
            raise Broken(f"{entry.key}: a report that came twice has two names, so it counts twice")


def newest_is_shown(server: SimServer) -> None:
    """The live state is never older than what is on the disk, in whatever order it came."""
    live = server.live
    for entry in server.disk.latest():
        row = live.roster.find(entry.key)
        if row is None or entry.seen_ms > server.now_ms or "-" in entry.key:
            continue  # of a Pi without a mac, or from before the clock was set back
        received_ms = int(live.columns.received_ms[row])
        if received_ms < entry.seen_ms and received_ms != NEVER_MS:
            raise Broken(f"{entry.key}: shown as of {received_ms}, the disk has {entry.seen_ms}")


def online_is_recent(server: SimServer, acked: dict[str, Entry]) -> None:
    """The server calls nobody online whose last acknowledged report is older than two periods."""
    live = server.live
    # A Pi that does not know its mac speaks for whoever stands at its place.
    nameless = max((entry.seen_ms for key, entry in acked.items() if "-" in key), default=0)
    for node in live.roster.nodes:
        if live.columns.status[node.row] == ONLINE:
            seen_ms = max(nameless, acked[node.mac].seen_ms if node.mac in acked else 0)
            if server.now_ms - seen_ms > live.rules.late_after * live.columns.period_ms[node.row]:
                raise Broken(f"{node.id}: online, last true {server.now_ms - seen_ms} ms ago")
