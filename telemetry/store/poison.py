"""What makes a batch one that can never land, in any engine. Pure; engines check before they begin."""

from __future__ import annotations

import json

import numpy as np

from telemetry.store.contract import StorePoisoned
from telemetry.store.rows import EVENT_KINDS, METRICS, Batch, Rows
from telemetry.store.schema import EVENT_BITS

MOST_MS = 253_402_300_799_999  # the last millisecond of the year 9999


def check(batch: Batch) -> None:
    """Raises StorePoisoned, saying which batch and why."""
    why = _wrong(batch.rows) or _wrong_events(batch)
    if batch.seq < 1 or not batch.source:
        why = "a batch has a source and a seq from 1 on"
    if why:
        raise StorePoisoned(title(batch) + why)


def title(batch: Batch) -> str:
    """How a sentence on a batch that cannot land begins."""
    return f"batch {batch.seq} of {batch.source!r} can never land: "


def _wrong(rows: Rows) -> str:
    n = len(rows)
    times = (rows.seen_ms, rows.received_ms, rows.node_ms, rows.shown_ms)
    if any(len(column) != n for column in times) or rows.metrics.shape != (len(METRICS), n):
        return "its columns differ in length"
    if rows.rest and len(rows.rest) != n:
        return f"it has {len(rows.rest)} rests for {n} rows"
    if len(set(rows.keys)) != len(rows.keys) or any(not key or key.split() != [key] for key in rows.keys):
        return "a node's key is there twice, or is no word"
    if n and not (rows.node.min() >= 0 and rows.node.max() < len(rows.keys)):
        return "a row is of a node that it does not name"
    if n and any(column.min() < -1 or column.max() > MOST_MS for column in times):
        return "a time is out of range"
    if n and (rows.seen_ms.min() < 0 or rows.received_ms.min() < 0):
        return "a row does not say when it was seen or received"
    if n and np.isinf(rows.metrics).any():
        return "a number is infinite"
    return ""


def _wrong_events(batch: Batch) -> str:
    if len(batch.events) >= 1 << EVENT_BITS:
        return f"it has {len(batch.events)} events"
    for event in batch.events:
        if event.kind not in EVENT_KINDS or not 0 <= event.at_ms <= MOST_MS:
            return f"it has an event {event.kind!r} at {event.at_ms}"
        try:
            value = json.loads(event.value)
        except ValueError:
            return f"the value of a {event.kind} event is no JSON"
        if event.kind == "status" and not isinstance(value, str):
            return "a status is no text"
        light = isinstance(value, list) and len(value) == 3 and all(type(part) is int for part in value)
        if event.kind == "light" and not light:
            return "a light is not [r, g, b]"
    return ""
