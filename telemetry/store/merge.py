"""Joins batches that follow one another, so that a database keeps one line of its ledger, and one blob, for a second of
a cluster and not for every commit of the spool. Pure.

The joined batch has the seq of its last; whoever lands it again must join it the same way (ship.py holds on to it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from telemetry.store.repack import together
from telemetry.store.rows import Batch, Rows

MOST_ROWS: Final = 2_000  # of a joined batch: to read one report's rest, all of its batch is unpacked
MOST_EVENTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Load:
    """batch: what lands. parts: what it was made of, should it not land as one."""

    batch: Batch
    parts: tuple[Batch, ...]


def merge(batches: Sequence[Batch]) -> list[Load]:
    """In their order; none with more than MOST_ROWS, but for one that has more by itself."""
    loads: list[Load] = []
    parts: list[Batch] = []
    rows = events = 0
    for batch in batches:
        rows, events = rows + len(batch.rows), events + len(batch.events)
        if parts and (rows > MOST_ROWS or events > MOST_EVENTS):
            loads.append(_load(parts))
            parts, rows, events = [], len(batch.rows), len(batch.events)
        parts.append(batch)
    return [*loads, _load(parts)] if parts else loads


def _load(parts: Sequence[Batch]) -> Load:
    if len(parts) == 1:
        return Load(parts[0], tuple(parts))
    last = parts[-1]
    events = tuple(event for part in parts for event in part.events)
    return Load(Batch(last.source, last.seq, _joined([part.rows for part in parts]), events), tuple(parts))


def _joined(several: Sequence[Rows]) -> Rows:
    some = [rows for rows in several if len(rows)]
    if len(some) < 2:
        return some[0] if some else several[0]
    if not any(rows.rest for rows in some):
        return together(list(some))
    rest = tuple(text for rows in some for text in (rows.rest or (b"",) * len(rows)))
    return replace(together(list(some)), rest=rest)
