"""Writes frames.json, poses.json and markers.json: what Python and the page must understand in the same way.

Run by `make gen`. The tests never write it: a change of these bytes is a change of the protocol.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from models.layout import load
from models.markers.files import build
from twin.core.columns import Columns
from twin.core.presence import Shown
from twin.wire import frame, presence
from twin.wire.frame import ALL, METRICS, Column, Kind

FILE = Path(__file__).with_name("frames.json")
POSES = Path(__file__).with_name("poses.json")
MARKERS = Path(__file__).with_name("markers.json")
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


def shown(*people: tuple[int, int, tuple[int, ...]]) -> Shown:
    """People as (id, age_ms, parts they have); everybody somewhere else and turned."""
    parts = np.full((len(people), 3, 7), np.nan, np.float32)
    for row, (public_id, _, has) in enumerate(people):
        for part in has:
            parts[row, part] = [public_id / 1000 - 30, 1.6 + part, -31.999, 0, -(0.5**0.5), 0, 0.5**0.5]
    ids, ages = ([each[n] for each in people] for n in (0, 1))
    return Shown(np.array(ids, np.uint16), parts, np.array(ages, np.uint16))


def pose_cases() -> dict[str, bytes]:
    """Everybody's hands, and nobody at all."""
    return {
        "nobody": presence.encode(shown()),
        "a head": presence.encode(shown((7, 0, (0,)))),
        "hands of some": presence.encode(
            shown((0, 12, (0, 1, 2)), (300, 0, (0,)), (301, 50, (0, 2)), (65_535, 5_000, (0, 1)))
        ),
    }


def posed(data: bytes) -> dict[str, object]:
    """A message as JSON: metres and rotations as a reader should have them, null for a hand that is not there."""
    read = presence.decode(data)
    people = [
        {"id": int(public_id), "age_ms": int(age)}
        | {name: None if np.isnan(parts[row]).any() else parts[row].tolist() for name, row in presence.PARTS.items()}
        for public_id, age, parts in zip(read.ids, read.age_ms, read.parts, strict=True)
    ]
    return {"hex": data.hex(), "people": people}


def write(file: Path, told: dict[str, dict[str, object]]) -> None:
    lines = [f" {json.dumps(name)}: {json.dumps(case)}" for name, case in told.items()]
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main() -> None:
    write(FILE, {name: described(data) for name, data in cases().items()})
    write(POSES, {name: posed(data) for name, data in pose_cases().items()})
    MARKERS.write_bytes(build(load("desk"), "https://twin.example")["markers.json"])


if __name__ == "__main__":
    main()
