"""sql/read.sql, in memory."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from telemetry.store.rows import LASTING
from tests.oracle.model import Session, blob, does, doubles, number, picked, singles, text
from tests.oracle.model_land import CPU, IDENT, NODE, NODE_MS, RECEIVED, SEEN, SHOWN
from tests.oracle.session import Result
from tests.oracle.tables import Row

_METRICS = ("cpu_pct", "mem_pct", "disk_pct", "temp_c")
_ROW = [*number("node_id", "seen_ms", "received_ms", "node_ms", "shown_ms"), *singles(*_METRICS)]
Binds = Sequence[Row]


def _told(rows: Iterable[Any]) -> Result:
    """Rows of twin_telemetry as every query of them selects them."""
    order = (NODE, SEEN, RECEIVED, NODE_MS, SHOWN, CPU, CPU + 1, CPU + 2, CPU + 3)
    return Result(_ROW, [[row[i] for i in order] for row in rows])


def _telemetry(session: Session, where: Callable[[Any], bool]) -> list[Any]:
    return [row for row in session.committed("twin_telemetry") if where(row)]


def _newest(row: Any) -> tuple[int, int, int]:
    return row[SEEN], row[RECEIVED], row[IDENT]


@does("latest")
def latest(session: Session, rows: Binds, batch_errors: bool) -> Result:
    first = rows[0]["from_ms"]
    return picked(_ROW, [row for row in session.committed("twin_node") if row["seen_ms"] >= first])


@does("rows_between")
def rows_between(session: Session, rows: Binds, batch_errors: bool) -> Result:
    b = rows[0]
    low, high, start, end = b["low_id"], b["high_id"], b["start_ms"], b["end_ms"]
    return _told(_telemetry(session, lambda row: start <= row[SEEN] < end and low <= row[NODE] <= high))


@does("rows_shown")
def rows_shown(session: Session, rows: Binds, batch_errors: bool) -> Result:
    b = rows[0]
    start, end, first = b["start_ms"], b["end_ms"], b["from_ms"]
    found = _telemetry(session, lambda row: start <= row[SHOWN] < end and row[SEEN] >= first)
    return _told(sorted(found, key=lambda row: row[SHOWN])[: b["most"]])


@does("newest_shown")
def newest_shown(session: Session, rows: Binds, batch_errors: bool) -> Result:
    b = rows[0]
    start, end, at = b["start_ms"], b["end_ms"], b["at_ms"]
    best: dict[int, Any] = {}
    for row in _telemetry(session, lambda row: start <= row[SEEN] < end and 0 <= row[SHOWN] <= at):
        if row[NODE] not in best or _newest(best[row[NODE]]) < _newest(row):
            best[row[NODE]] = row
    return _told(best.values())


@does("newest_of")
def newest_of(session: Session, rows: Binds, batch_errors: bool) -> Result:
    b = rows[0]
    node, first, at = b["node_id"], b["from_ms"], b["at_ms"]
    found = _telemetry(session, lambda row: row[NODE] == node and first <= row[SEEN] <= at)
    return _told(sorted(found, key=_newest, reverse=True)[:1])


@does("groups_by_step")
def groups_by_step(session: Session, rows: Binds, batch_errors: bool) -> Result:
    b = rows[0]
    start, end, step = b["start_ms"], b["end_ms"], b["step_ms"]
    member = defaultdict(list)
    for group, node in json.loads(b["members"]):
        member[node].append(group)
    cells: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for row in _telemetry(session, lambda row: start <= row[SEEN] < end):
        for group in member[row[NODE]]:
            cells[group, (row[SEEN] - start) // step].append(row)
    told = []
    for (group, at), inside in cells.items():
        line: list[Any] = [group, at, len(inside)]
        for metric in range(CPU, CPU + 4):
            known = [row[metric] for row in inside if row[metric] is not None]
            line += [len(known), min(known), sum(known), max(known)] if known else [0, None, None, None]
        told.append(line)
    columns = number("grp", "step", "n")
    for name in ("cpu", "mem", "disk", "temp"):
        columns += [*number(f"{name}_n"), *singles(f"{name}_least"), *doubles(f"{name}_sum"), *singles(f"{name}_most")]
    return Result(columns, told)


_CHUNK = [*number("hour_ms", "bank"), *blob("body")]


def _of_hours(session: Session, table: str, b: Row) -> list[Row]:
    return [
        row
        for row in session.committed(table)
        if b["start_ms"] <= row["hour_ms"] < b["end_ms"] and b["low_bank"] <= row["bank"] <= b["high_bank"]
    ]


@does("chunks")
def chunks(session: Session, rows: Binds, batch_errors: bool) -> Result:
    return picked(_CHUNK, _of_hours(session, "twin_chunk", rows[0]))


@does("minutes")
def minutes(session: Session, rows: Binds, batch_errors: bool) -> Result:
    return picked(_CHUNK, _of_hours(session, "twin_minute", rows[0]))


@does("chunks_shown")
def chunks_shown(session: Session, rows: Binds, batch_errors: bool) -> Result:
    b = rows[0]
    found = [
        row
        for row in session.committed("twin_chunk")
        if row["shown_last"] >= b["start_ms"] and row["shown_first"] < b["end_ms"] and row["last_ms"] >= b["from_ms"]
    ]
    return picked(_CHUNK, found)


@does("chunk_hours")
def chunk_hours(session: Session, rows: Binds, batch_errors: bool) -> Result:
    b = rows[0]
    hours = {row["hour_ms"] for row in session.committed("twin_chunk") if b["start_ms"] <= row["hour_ms"] < b["end_ms"]}
    return Result(number("hour_ms"), [[hour] for hour in sorted(hours, reverse=True)])


@does("events_between")
def events_between(session: Session, rows: Binds, batch_errors: bool) -> Result:
    b = rows[0]
    found = [row for row in session.committed("twin_event") if b["start_ms"] <= row["at_ms"] < b["end_ms"]]
    found.sort(key=lambda row: (row["at_ms"], row["ord"]))
    return picked([*number("at_ms"), *text("node_key", "kind", "told")], found)


@does("events_last")
def events_last(session: Session, rows: Binds, batch_errors: bool) -> Result:
    last: dict[tuple[str, str], Row] = {}
    for row in sorted(session.committed("twin_event"), key=lambda row: (row["at_ms"], row["ord"])):
        if row["at_ms"] <= rows[0]["at_ms"] and row["kind"] in LASTING:
            last[row["node_key"], row["kind"]] = row
    return picked(text("node_key", "kind", "told"), list(last.values()))


@does("rest_near")
def rest_near(session: Session, rows: Binds, batch_errors: bool) -> Result:
    seen = rows[0]["seen_ms"]
    found = [row for row in session.committed("twin_rest") if row["first_ms"] <= seen <= row["last_ms"]]
    return picked(blob("rows_body", "rest_body"), found)


@does("extent_rows")
def extent_rows(session: Session, rows: Binds, batch_errors: bool) -> Result:
    first = rows[0]["from_ms"]
    seen = [row[SEEN] for row in session.committed("twin_telemetry") if row[SEEN] >= first]
    return Result(number("first_ms", "last_ms", "n"), [[min(seen, default=None), max(seen, default=None), len(seen)]])


@does("extent_chunks")
def extent_chunks(session: Session, rows: Binds, batch_errors: bool) -> Result:
    whole = [row for row in session.committed("twin_chunk") if row["first_ms"] >= rows[0]["from_ms"]]
    first = min((row["first_ms"] for row in whole), default=None)
    last = max((row["last_ms"] for row in whole), default=None)
    return Result(number("first_ms", "last_ms", "n"), [[first, last, sum(row["n_rows"] for row in whole) or None]])


@does("chunks_cut")
def chunks_cut(session: Session, rows: Binds, batch_errors: bool) -> Result:
    at = rows[0]["from_ms"]
    return picked(_CHUNK, [row for row in session.committed("twin_chunk") if row["first_ms"] < at <= row["last_ms"]])


@does("extent_nodes")
def extent_nodes(session: Session, rows: Binds, batch_errors: bool) -> Result:
    first = rows[0]["from_ms"]
    return Result(number("n"), [[sum(row["seen_ms"] >= first for row in session.committed("twin_node"))]])


@does("extent_bytes")
def extent_bytes(session: Session, rows: Binds, batch_errors: bool) -> Result:
    packed = sum(len(row["body"]) for row in session.committed("twin_chunk"))
    return Result(number("n"), [[packed + 100 * len(session.committed("twin_telemetry"))]])
