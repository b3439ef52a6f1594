"""Rows for tests, in words short enough to read beside an assertion; and rows made to be compared."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np

from telemetry.store.rows import Batch, Event, Rows

T0 = 1_700_000_040_000  # a whole minute
MINUTE = 60_000
NAN = math.nan
#: key, seen_ms, received_ms, node_ms, shown_ms, metrics, rest; times after T0, None unknown.
Line = tuple[str, int, int, int, int, tuple[float, float, float, float], bytes]


def line(
    key: str = "a",
    seen: int = 0,
    *,
    received: int | None = None,
    node: int | None = None,
    shown: int | None = None,
    values: tuple[float, float, float, float] = (1, 2, 3, 4),
    rest: bytes = b"{}",
) -> Line:
    return (
        key,
        T0 + seen,
        T0 + (seen if received is None else received),
        -1 if node is None else T0 + node,
        -1 if shown is None else T0 + shown,
        values,
        rest,
    )


def rows_of(lines: Sequence[Line]) -> Rows:
    keys = tuple(dict.fromkeys(each[0] for each in lines))
    columns = [np.array([each[at] for each in lines], np.int64) for at in range(1, 5)]
    return Rows(
        keys,
        np.array([keys.index(each[0]) for each in lines], np.int32),
        *columns,
        np.array([each[5] for each in lines], np.float32).reshape(-1, 4).T,
        tuple(each[6] for each in lines),
    )


def batch(seq: int, *lines: Line, events: Sequence[Event] = (), source: str = "here") -> Batch:
    return Batch(source, seq, rows_of(lines), tuple(events))


def told(rows: Rows) -> list[tuple[object, ...]]:
    """Every row as values that can be compared (NaN as text), without rest, in their order."""
    return [
        (
            rows.keys[rows.node[at]],
            int(rows.seen_ms[at]),
            int(rows.received_ms[at]),
            int(rows.node_ms[at]),
            int(rows.shown_ms[at]),
            *(repr(float(value)) for value in rows.metrics[:, at]),
        )
        for at in range(len(rows))
    ]


def expected(*lines: Line) -> list[tuple[object, ...]]:
    return told(rows_of(lines))


class Dice:
    """Random batches of a small world: few nodes and moments, so that all that can collide does."""

    def __init__(self, seed: int, nodes: int = 30, minutes: int = 40) -> None:
        self.rng = random.Random(seed)
        self.keys = [f"n{number}" for number in range(nodes)]
        self.minutes = minutes
        self._seq = 0

    def at(self) -> int:
        return T0 + self.rng.randrange(-MINUTE, (self.minutes + 5) * MINUTE)

    def key(self) -> str:
        return self.rng.choice([*self.keys, "nobody"])

    def batch(self, source: str = "here") -> Batch:
        self._seq += 1
        lines = [self._line() for _ in range(self.rng.randrange(30))]
        events = [self._event() for _ in range(self.rng.randrange(3))]
        return batch(self._seq, *lines, events=events, source=source)

    def _line(self) -> Line:
        rng = self.rng
        seen = rng.randrange(self.minutes) * MINUTE + rng.randrange(3) * 1000
        clock = rng.choice([0, 5, -1000, 10**9, -(10**12)])
        return line(
            rng.choice(self.keys),
            seen,
            received=seen + rng.choice([0, 0, 50_000]),
            node=seen + clock if rng.random() < 0.7 else None,
            shown=seen + rng.randrange(3) * 100 if rng.random() < 0.8 else None,
            values=(self._value(), self._value(), self._value(), self._value()),
            rest=b'{"n":%d}' % rng.randrange(1000),
        )

    def _value(self) -> float:
        return self.rng.choice([NAN, 9.7, 1e-7, 50.0, 0.0, self.rng.random() * 100])

    def _event(self) -> Event:
        rng = self.rng
        kind, value = rng.choice(
            [("status", '"online"'), ("status", '"lost"'), ("light", "[1,2,3]"), ("light", "[0,0,0]"), ("epoch", "3")]
        )
        return Event(T0 + rng.randrange(self.minutes * 6) * 10_000, rng.choice(self.keys), kind, value)
