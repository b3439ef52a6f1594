"""Questions about the past and their answers as JSON: /api/history (routes: edge/history_api.py). Pure.

Owns the reading of times, spans and limits, and the shape of every answer: columns, times in ms since 1970, null for
what is unknown. Values are rounded to the tenth where the store has them exactly: nobody's sensor knows more.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from models.layout import Layout
from telemetry import report as reports
from telemetry.report import Report
from telemetry.store.contract import Command, Extent, Keep, Page, Warble
from telemetry.store.rows import F32, METRICS, Aggregate, Fleet, Series
from twin.core.columns import NEVER_MS, STATUSES
from twin.core.errors import BadInput
from twin.core.live import Rules
from twin.core.nodes import SlotOf
from twin.core.replay import Past

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
MOST_MS = 2**52
MOST_POINTS = 2000
MOST_ROWS = 50_000
MOST_CELLS = 200_000  # groups x steps of one aggregate: 24 h of every shelf by the minute is 72,000
NAMES = ("cpu", "memory", "disk", "temperature")  # in the order of the store's METRICS
KEYS = ("CPU", "MemoryPercentage", "DiskPercentage", "CPUTemperature")  # of the same in a report
GROUPINGS = ("all", "rack", "bank", "shelf")
assert len(NAMES) == len(METRICS)


@dataclass(frozen=True, slots=True)
class Query:
    """A request's parameters. Every method raises BadInput naming its parameter."""

    given: Mapping[str, str]
    now_ms: int

    def time(self, name: str, default: int) -> int:
        """ms since 1970, or ISO 8601; without a zone it is UTC."""
        text = self.given.get(name, "")
        if not text:
            return default
        if text.isascii() and text.isdigit():
            at_ms = int(text[:20])
        else:
            try:
                said = datetime.fromisoformat(text)
            except ValueError:
                what = (
                    f"`{name}` is {text[:40]!r}; write milliseconds since 1970, or a time such as 2026-11-22T23:00:00Z"
                )
                raise BadInput(what, field=name) from None
            at_ms = round((said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp() * 1000)
        if not 0 <= at_ms <= MOST_MS:
            raise BadInput(f"`{name}` is {text[:40]}, which is no time", field=name)
        return at_ms

    def span(self, default_ms: int) -> tuple[int, int]:
        """from and to."""
        end_ms = self.time("to", self.now_ms)
        start_ms = self.time("from", max(0, end_ms - default_ms))
        if start_ms >= end_ms:
            raise BadInput("`from` must be before `to`", field="from")
        return start_ms, end_ms

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        text = self.given.get(name, "")
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 18 and least <= int(text) <= most):
            raise BadInput(f"`{name}` must be a whole number from {least} to {most}", field=name)
        return int(text)

    def before(self) -> tuple[int, int]:
        """before and limit, of pages that go back in time."""
        return self.time("before", MOST_MS), self.whole("limit", 100, 1, 1000)

    def choices(self, name: str, default: Sequence[str], known: Sequence[str]) -> list[str]:
        """Some of `known`, separated by commas."""
        chosen = [each.strip() for each in self.given.get(name, "").split(",") if each.strip()] or list(default)
        for each in chosen:
            if each not in known:
                raise BadInput(f"`{name}` is {each[:40]!r}; there are {', '.join(known)}", field=name)
        return list(dict.fromkeys(chosen))


@dataclass(frozen=True, slots=True)
class Aggregation:
    """by, from, to, step, metric of one question."""

    by: str
    start_ms: int
    end_ms: int
    step_ms: int
    metrics: tuple[str, ...]

    @classmethod
    def read(cls, query: Query) -> Aggregation:
        chosen = query.choices("by", ("all",), GROUPINGS)
        if len(chosen) != 1:
            raise BadInput(f"`by` must be one of {', '.join(GROUPINGS)}", field="by")
        start_ms, end_ms = query.span(DAY_MS)
        start_ms, end_ms = start_ms // MINUTE_MS * MINUTE_MS, -(-end_ms // MINUTE_MS) * MINUTE_MS
        usual = max(1, math.ceil((end_ms - start_ms) / MINUTE_MS / 500)) * MINUTE_MS
        step_ms = query.whole("step", usual, MINUTE_MS, 366 * DAY_MS)
        if step_ms % MINUTE_MS:
            raise BadInput(f"`step` is {step_ms} ms; it must be whole minutes of {MINUTE_MS} ms", field="step")
        return cls(chosen[0], start_ms, end_ms, step_ms, tuple(query.choices("metric", NAMES, NAMES)))


def groups_of(by: str, nodes: Sequence[tuple[str, int]], layout: Layout) -> dict[str, list[str]]:
    """The keys of each group. `nodes`: key and slot of every node; who has no slot counts in `all` only."""
    if by == "all":
        return {"all": [key for key, _ in nodes]}
    groups: dict[str, list[str]] = {str(getattr(slot, by)): [] for slot in layout.slots}
    for key, slot in nodes:
        if slot >= 0:
            groups[str(getattr(layout.slots[slot], by))].append(key)
    return groups


def extent(found: Extent, keep: Keep, engine: str, now_ms: int) -> dict[str, object]:
    return {"engine": engine, **asdict(found), "now_ms": now_ms, **asdict(keep)}


def fleet(found: Fleet, slot_of: SlotOf, rules: Rules) -> dict[str, object]:
    """Every node that viewers had at that time, as they had it."""
    past = Past(lambda: 0, slot_of, rules)
    past.show(found)
    count, columns, nodes = past.columns.count, past.columns, past.roster.nodes
    seen = columns.received_ms[:count].tolist()
    metrics = (columns.cpu_pct, columns.mem_pct, columns.disk_pct, columns.temp_c)
    return {
        "at_ms": found.at_ms,
        "id": [node.id for node in nodes],
        "key": past.keys,
        "mac": [node.mac for node in nodes],
        "ip": [node.ip for node in nodes],
        "slot": [node.slot for node in nodes],
        "status": [STATUSES[each] for each in columns.status[:count].tolist()],
        **{name: known(values[:count]) for name, values in zip(NAMES, metrics, strict=True)},
        "light": columns.light_rgb[:count].tolist(),
        "age_ms": [None if each == NEVER_MS else max(0, found.at_ms - each) for each in seen],
    }


def node(public_id: str, key: str, start_ms: int, end_ms: int, points: int, found: Series) -> dict[str, object]:
    return {
        "id": public_id,
        "key": key,
        "from_ms": start_ms,
        "to_ms": end_ms,
        "step_ms": max(1, -(-(end_ms - start_ms) // points)),
        "t_ms": found.t_ms.tolist(),
        "count": found.count.tolist(),
        **_bands(NAMES, found.least, found.mean, found.most),
    }


def report(public_id: str, key: str, seen_ms: int, rest: bytes) -> dict[str, object]:
    return {"id": public_id, "key": key, "seen_ms": seen_ms, "report": json.loads(rest)}


def aggregate(asked: Aggregation, found: Aggregate) -> dict[str, object]:
    return {
        "by": asked.by,
        "from_ms": asked.start_ms,
        "to_ms": asked.end_ms,
        "step_ms": asked.step_ms,
        "groups": list(found.groups),
        "t_ms": found.t_ms.tolist(),
        "count": found.count.tolist(),
        **_bands(asked.metrics, found.least, found.mean, found.most),
    }


def check_size(asked: Aggregation, groups: int) -> None:
    """Raises BadInput("range_too_large")."""
    steps = -(-(asked.end_ms - asked.start_ms) // asked.step_ms)
    if steps * groups > MOST_CELLS:
        raise BadInput(
            f"{groups} groups of {steps} steps are more than {MOST_CELLS}; ask for a longer `step` or less time",
            field="step",
            code="range_too_large",
        )


def page(found: Page) -> dict[str, object]:
    rows = found.rows
    return {
        "keys": list(rows.keys),
        "node": rows.node.tolist(),
        "seen_ms": rows.seen_ms.tolist(),
        "shown_ms": rows.shown_ms.tolist(),
        **{name: known(values) for name, values in zip(NAMES, rows.metrics, strict=True)},
        "events": [{**asdict(each), "value": json.loads(each.value)} for each in found.events],
        "until_ms": found.until_ms,
    }


def lines(found: Sequence[Command | Warble], limit: int) -> dict[str, object]:
    """A page of the audit, newest first, and where the next one begins."""
    full = len(found) == limit
    return {"items": [asdict(each) for each in found], "next_ms": found[-1].at_ms if full else None}


def report_of(key: str, values: Sequence[float], rest: bytes) -> Report | None:
    """A whole report again: what the store keeps as columns, and the rest. None when it cannot be read."""
    body = dict(zip(KEYS, (None if math.isnan(each) else round(each, 1) for each in values), strict=True))
    body = {name: each for name, each in body.items() if each is not None}
    try:
        return reports.parse({"mac": key if ":" in key else "", **body, **json.loads(rest)})
    except (reports.ReportError, ValueError):
        return None


def known(values: F32) -> list[Any]:
    """Rounded to a tenth; NaN where unknown, which is null in JSON."""
    found: list[Any] = np.round(values.astype(np.float64), 1).tolist()
    return found


def _bands(names: Sequence[str], least: F32, mean: F32, most: F32) -> dict[str, object]:
    at = [NAMES.index(name) for name in names]
    return {
        name: {"min": known(least[i]), "mean": known(mean[i]), "max": known(most[i])}
        for name, i in zip(names, at, strict=True)
    }
