"""The body of a dead letter: rows and events as lines of JSON that a person can read, and `twin store dead land` can
land again. Owns that form; ship.py writes it. Pure.

    {"node", "seen_ms", "received_ms", "node_ms", "shown_ms", "cpu_pct", "mem_pct", "disk_pct", "temp_c", "rest"}
    {"event", "at_ms", "node", "value"}

A number that is unknown is null, one that JSON has no word for is text ("inf"). `rest` and `value` are text, as they
came: they may be what is wrong.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from telemetry.store.rows import METRICS, Event, Rows

_TIMES: Final = ("seen_ms", "received_ms", "node_ms", "shown_ms")
_AS_IT_CAME: Final = "surrogateescape"  # bytes that are no UTF-8 come back as they were


def write(rows: Rows, events: tuple[Event, ...]) -> bytes:
    """Rows whose columns agree in length, and events, as lines."""
    lines: list[Mapping[str, object]] = []
    for at in range(len(rows)):
        node = int(rows.node[at])
        line: dict[str, object] = {"node": rows.keys[node] if 0 <= node < len(rows.keys) else node}
        line |= {name: int(getattr(rows, name)[at]) for name in _TIMES}
        line |= {name: _said(float(rows.metrics[place, at])) for place, name in enumerate(METRICS)}
        lines.append(line | ({"rest": rows.rest[at].decode(errors=_AS_IT_CAME)} if rows.rest else {}))
    lines += [{"event": event.kind, "at_ms": event.at_ms, "node": event.key, "value": event.value} for event in events]
    return b"\n".join(json.dumps(line).encode() for line in lines)


def read(body: bytes) -> tuple[Rows, tuple[Event, ...]]:
    """What was written. Raises ValueError, saying which line: of a damaged batch the bytes are kept as they are."""
    found = [_line(number, line) for number, line in enumerate(body.split(b"\n"), 1)]
    try:
        return _rows([line for line in found if "event" not in line]), tuple(
            Event(int(line["at_ms"]), str(line["node"]), str(line["event"]), str(line["value"]))  # type: ignore[call-overload]  # a wrong one raises, and is told
            for line in found
            if "event" in line
        )
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"a line lacks or misspells {error}") from error


def _line(number: int, line: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ValueError(f"line {number} is no JSON object")  # noqa: TRY004  # its bytes are wrong, not our types
    return found


def _rows(lines: list[Mapping[str, object]]) -> Rows:
    keys = tuple(dict.fromkeys(str(line["node"]) for line in lines))
    place = {key: at for at, key in enumerate(keys)}
    seen, received, node, shown = (np.array([line[name] for line in lines], np.int64) for name in _TIMES)
    metrics = [[math.nan if line[name] is None else float(str(line[name])) for line in lines] for name in METRICS]
    rest = any("rest" in line for line in lines)
    return Rows(
        keys,
        np.array([place[str(line["node"])] for line in lines], np.int32),
        seen,
        received,
        node,
        shown,
        np.array(metrics, np.float32).reshape(len(METRICS), len(lines)),
        tuple(str(line["rest"]).encode(errors=_AS_IT_CAME) for line in lines) if rest else (),
    )


def _said(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else str(value)
