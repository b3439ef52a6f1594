"""Writes frames.json: bytes that both readers, Python's and the page's, must understand the same way.

Run by `make gen`. The tests never write it: a change of these bytes is a change of the protocol.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from twin.core.columns import Columns
from twin.wire import frame
from twin.wire.frame import ALL, METRICS, Column, Kind

FILE = Path(__file__).with_name("frames.json")
NAN = math.nan


def columns() -> Columns:
    """Four nodes: ordinary, unknown values, both ends of the scale, never reported."""
    made = Columns(4)
    made.grow_to(4)
    made.cpu_pct[:] = [9.7, NAN, 100.0, NAN]
    made.mem_pct[:] = [25.3, 0.24, 127.5, NAN]
    made.disk_pct[:] = [60.6, 60.25, 0.0, NAN]
    made.temp_c[:] = [32.7, NAN, -5.0, NAN]
    made.status[:] = [1, 2, 3, 0]
    made.light_rgb[:] = [[0, 0, 0], [255, 0, 0], [1, 2, 3], [0, 0, 0]]
    made.received_ms[:3] = [1_700_000_000_000, 1_699_999_989_950, 1_699_900_000_000]
    return made


def cases() -> dict[str, bytes]:
    """Every kind, column group and row width once."""
    made = columns()
    four, two = np.arange(4), np.array([1, 3])
    now = 1_700_000_000_250
    wide = Columns(70_001)
    wide.grow_to(70_001)
    wide.cpu_pct[70_000] = 50
    return {
        "snapshot of four nodes": frame.encode(Kind.SNAPSHOT, 7, 42, 0, now, four, made, ALL),
        "delta of two nodes": frame.encode(Kind.DELTA, 7, 43, 42, now, two, made, METRICS | Column.AGE),
        "delta of statuses only": frame.encode(Kind.DELTA, 7, 44, 40, now, four, made, Column.STATUS),
        "delta of lights only": frame.encode(Kind.DELTA, 7, 45, 44, now, two, made, Column.LIGHT),
        "heartbeat": frame.encode(Kind.DELTA, 7, 46, 45, now, np.array([], np.int64), made, Column(0)),
        "empty snapshot": frame.encode(Kind.SNAPSHOT, 4_294_967_295, 1, 0, now, np.array([], np.int64), made, ALL),
        "replay": frame.encode(Kind.REPLAY, 7, 9, 0, now, two, made, ALL),
        "wide rows": frame.encode(Kind.DELTA, 7, 47, 46, now, np.array([5, 70_000]), wide, Column.CPU),
    }


def described(data: bytes) -> dict[str, object]:
    """A frame as JSON: numbers as a reader should have them, null for unknown."""
    read = frame.decode(data)
    return {
        "hex": data.hex(),
        "kind": read.kind.name.lower(),
        "epoch": read.epoch,
        "seq": read.seq,
        "base": read.base,
        "time_ms": read.time_ms,
        "rows": read.rows.tolist(),
        "metrics": {
            str(column.name).lower(): [None if math.isnan(v) else v for v in values.tolist()]
            for column, values in read.metrics.items()
        },
        "status": None if read.status is None else read.status.tolist(),
        "light": None if read.light_rgb is None else read.light_rgb.tolist(),
        "age_ms": None if read.age_ms is None else read.age_ms.tolist(),
    }


def main() -> None:
    lines = [f" {json.dumps(name)}: {json.dumps(described(data))}" for name, data in cases().items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
