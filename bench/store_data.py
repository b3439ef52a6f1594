"""What the store's bench keeps: a day of 1050 nodes as columns, and the same rows as plain ones in SQLite.

The values are made, not measured: load, memory and temperature that wander around each node's own level, in the steps
of the field's agents (tenths, the sensor's half degrees), a report every 5 s at each node's own moment.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench import reports
from bench.plan import NODES, PERIOD_S
from telemetry.store.rows import METRICS, Batch, Rows

T0_MS = 1_700_000_400_000  # a whole window of ten minutes
PERIOD_MS = int(PERIOD_S * 1000)
ROUNDS = 40  # of all nodes in a batch: 42,000 rows
SHELF = 21
TENTHS = 2000  # more than any value has
KEYS = tuple(reports.mac(node) for node in range(NODES))
SHELVES = {f"shelf {at // SHELF}": KEYS[at : at + SHELF] for at in range(0, NODES, SHELF)}

PLAIN = """CREATE TABLE plain (node INTEGER, ts INTEGER, cpu REAL, mem REAL, disk REAL, temp REAL,
  PRIMARY KEY (node, ts)) WITHOUT ROWID"""
INSERT = "INSERT INTO plain VALUES (?, ?, ?, ?, ?, ?)"
FLEET = """SELECT p.* FROM
  (WITH RECURSIVE n (id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM n WHERE id < ?) SELECT id FROM n)
  JOIN plain p ON p.node = id AND p.ts = (SELECT max(ts) FROM plain WHERE node = id AND ts <= ?)"""
HOUR = "SELECT * FROM plain WHERE node = ? AND ts >= ? AND ts < ?"
BY_SHELF = f"""SELECT node / {SHELF}, ts / 60000, count(*), min(cpu), avg(cpu), max(cpu), min(mem), avg(mem), max(mem),
  min(disk), avg(disk), max(disk), min(temp), avg(temp), max(temp) FROM plain GROUP BY 1, 2"""


def batches(hours: float, seed: int = 1) -> Iterator[Batch]:
    """The cluster's reports, oldest first; what viewers saw comes at the next fifth of a second."""
    dice = np.random.default_rng(seed)
    moment = dice.integers(0, PERIOD_MS, NODES)
    level = np.array([dice.uniform(low, high, NODES) for low, high in ((5, 60), (20, 60), (10, 80), (30, 60))])
    rest = (b"{}",) * (NODES * ROUNDS)
    node = np.tile(np.arange(NODES, dtype=np.int32), ROUNDS)
    unknown = np.full(len(node), -1, np.int64)
    for seq in range(1, max(1, round(hours * 3600 / PERIOD_S / ROUNDS)) + 1):
        turn = (seq - 1) * ROUNDS + np.repeat(np.arange(ROUNDS), NODES)
        seen = T0_MS + turn * PERIOD_MS + moment[node]
        spread = np.array([[2.0], [0.2], [0.0], [0.3]])
        values = np.clip(level[:, node] + spread * dice.standard_normal((4, len(node))), 0, 100)
        values[3] = np.round(values[3] / 0.5) * 0.5
        metrics = np.round(values, 1).astype(np.float32)
        shown = (seen // 200 + 1) * 200
        yield Batch("bench", seq, Rows(KEYS, node, seen, seen, unknown, shown, metrics, rest))


def plain_file(path: Path) -> sqlite3.Connection:
    """As durable as the twin's."""
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("page_size = 16384", "journal_mode = WAL", "synchronous = FULL"):
        db.execute(f"PRAGMA {pragma}")
    db.execute(PLAIN)
    return db


def plain_rows(rows: Rows) -> list[tuple[object, ...]]:
    columns = [rows.node.tolist(), rows.seen_ms.tolist(), *rows.metrics.astype(float).tolist()]
    return list(zip(*columns, strict=True))


def entropy_bytes(parts: list[Rows]) -> float:
    """What the values of all rows weigh, if each were drawn anew from its node's distribution: no coder can do better
    on average, whatever it does. Of a metric that does not change: nothing. Times are foretold and weigh nothing."""
    node = np.concatenate([part.node for part in parts]).astype(np.int64)
    bits = 0.0
    for metric in range(len(METRICS)):
        tenths = np.round(np.concatenate([part.metrics[metric] for part in parts]) * 10).astype(np.int64)
        pairs, times = np.unique(node * TENTHS + tenths, return_counts=True)
        of_node = np.bincount(pairs // TENTHS, times)[pairs // TENTHS]
        bits -= float((times * np.log2(times / of_node)).sum())
    return bits / 8
