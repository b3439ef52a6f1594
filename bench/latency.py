"""From report sent to viewer received: which report each viewer got when, worked out after the run.

The feeder notes when it wrote each report (node, number) and the crowd when the last byte of each message was read, on
the same clock. Afterwards each different message is read once, to see which reports it shows: of a twin's frame the
rows (the roster names them) and their CPU, which is the number in half steps; of `cluster.event` the ids and "CPU".
For each viewer and each report sent in the window, the first message that shows it counts. A report that never shows
up (overtaken by the node's next one, or not delivered before the end) is not in the percentiles but lowers
`delivered`. Not in it: the network and the browser.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench import reports
from bench.crowd import ATTACHMENT, EVENT, KIND_SHIFT, OTHER, WIRE_MASK, Log
from bench.machine import Window
from twin.wire.frame import Column, decode

Numbers = NDArray[np.int64]
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Received:
    """What a crowd got in a window. Latencies in ms; bytes with the websocket's headers, without TCP's."""

    p50_ms: float
    p99_ms: float
    delivered_pct: float
    messages: int
    bytes_a_viewer_s: float


def received(log: Log, sent_ns: Numbers, window: Window, viewers: int, first: int = 0) -> Received:
    """Figures for viewers `first` .. `viewers` - 1 over the reports sent in `window`."""
    chosen = (log.records["viewer"] >= first) & (log.records["viewer"] < viewers)
    records = log.records[chosen]
    kinds, wire = records["wire"] >> KIND_SHIFT, records["wire"] & WIRE_MASK
    inside = (records["time_ns"] >= window.start_ns) & (records["time_ns"] < window.end_ns)
    late_ms, delivered_pct = _latencies(records[kinds != OTHER], shown(log), sent_ns, window, viewers, first)
    p50, p99 = np.percentile(late_ms, (50, 99)) if late_ms.size else (np.nan, np.nan)
    rate = float(wire[inside].sum()) / max(1, viewers - first) / window.seconds
    return Received(float(p50), float(p99), delivered_pct, int((inside & (kinds != OTHER)).sum()), rate)


def _latencies(
    records: NDArray[np.void], contents: dict[int, Numbers], sent_ns: Numbers, window: Window, viewers: int, first: int
) -> tuple[NDArray[np.float64], float]:
    """Latencies in ms of all (viewer, report) that were delivered, and how many of those due that is in %."""
    sent = sent_ns.ravel()
    due = np.flatnonzero((sent >= window.start_ns) & (sent < window.end_ns))
    place = np.full(sent.size, -1)
    place[due] = np.arange(due.size)
    arrived = np.full((viewers - first, due.size), NEVER)
    for record in records[records["time_ns"] >= window.start_ns]:
        showing = contents.get(int(record["hash"]))
        if showing is not None:
            at = place[showing]
            row = arrived[int(record["viewer"]) - first]
            at = at[at >= 0]
            row[at] = np.minimum(row[at], int(record["time_ns"]))
    made_it = arrived != NEVER
    late_ms = (arrived - sent[due])[made_it] / 1e6
    return late_ms, 100 * float(made_it.mean()) if made_it.size else 0.0


def shown(log: Log) -> dict[int, Numbers]:
    """The reports that each message shows, by its hash: node * ROUNDS + number."""
    ids = reports.public_ids()
    rows = _rows(log, ids)
    found: dict[int, Numbers] = {}
    for key, (kind, payload) in log.payloads.items():
        if kind == ATTACHMENT:
            found[key] = _in_frame(payload, rows)
        elif kind == EVENT and payload.startswith(b'42["cluster.event",'):
            found[key] = _in_event(payload, ids)
    return found


def _rows(log: Log, ids: dict[str, int]) -> Numbers:
    """The node of each row, from the rosters that went by."""
    rows = np.full(65536, -1)
    prefix = b'42/twin,["roster",'
    for kind, payload in log.payloads.values():
        if kind == EVENT and payload.startswith(prefix):
            roster = json.loads(payload[payload.index(b"[") :])[1]
            rows[roster["row"]] = [ids.get(each, -1) for each in roster["id"]]
    return rows


def _in_frame(payload: bytes, rows: Numbers) -> Numbers:
    frame = decode(payload)
    cpu = frame.metrics.get(Column.CPU)
    if cpu is None:
        return np.empty(0, np.int64)
    nodes = rows[frame.rows]
    known = (nodes >= 0) & ~np.isnan(cpu)
    return nodes[known] * reports.ROUNDS + np.rint(cpu[known] * 2).astype(np.int64)


def _in_event(payload: bytes, ids: dict[str, int]) -> Numbers:
    changed = json.loads(payload[2:])[1]
    return np.array([ids[each] * reports.ROUNDS + round(float(report["CPU"]) * 2) for each, report in changed.items()])
