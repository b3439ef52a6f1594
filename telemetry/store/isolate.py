"""Lands all that can land of a batch that cannot, and finds what is to blame: halves of halves, until a piece lands or
is one row. Called by ship.py and by `twin store dead land` (dead_command.py).

A piece has a name of its own, made from what is in it. So a second try, after an answer that was lost or in another
life, finds what landed before; and should the pieces be others by then, a store counts each row once in any case.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from telemetry.store import poison
from telemetry.store.contract import Landed, Store, StorePoisoned
from telemetry.store.rows import Batch, Event, Rows, no_rows

#: Pieces that are tried of one batch, by rounds of halving. One bad row of 20,000 takes 30 of them; when more is bad
#: than that finds, whole pieces are set aside: the store has others to serve.
MOST_TRIES: Final = 400


@dataclass(frozen=True, slots=True)
class Isolated:
    """landed: of the pieces that did. What did not: its rows and events, and the reasons, each once."""

    landed: tuple[Landed, ...]
    rows: Rows
    events: tuple[Event, ...]
    reasons: tuple[str, ...]

    @property
    def bad(self) -> int:
        return len(self.rows) + len(self.events)


async def isolate(store: Store, batch: Batch) -> Isolated | None:
    """Land the batch in pieces, none of them under its own name. None: its columns do not even agree in length.

    Raises whatever the store does but StorePoisoned; then call it again with the same batch.
    """
    if not whole(batch.rows):
        return None
    size = len(batch.rows)
    todo = deque(_halves(0, size + len(batch.events)))  # rows, then events
    landed: list[Landed] = []
    bad: list[int] = []
    reasons: dict[str, None] = {}
    tries = 0
    while todo:
        start, end = todo.popleft()
        piece = _piece(batch, start, end)
        tries += 1
        try:
            landed.append(await store.land(piece))
        except StorePoisoned as error:
            if end - start > 1 and tries + len(todo) < MOST_TRIES:
                todo.extend(_halves(start, end))
                continue
            bad.extend(range(start, end))
            reasons[error.message.removeprefix(poison.title(piece))] = None
    places = np.array(sorted(bad), np.intp)
    events = tuple(batch.events[place - size] for place in places.tolist() if place >= size)
    return Isolated(tuple(landed), narrow(batch.rows.take(places[places < size])), events, tuple(reasons))


async def note(store: Store, batch: Batch) -> None:
    """The batch counts as landed: all of it did, in pieces."""
    await store.land(Batch(batch.source, batch.seq, no_rows()))


def whole(rows: Rows) -> bool:
    """Whether there is a row to speak of at each place of each column."""
    columns = (rows.seen_ms, rows.received_ms, rows.node_ms, rows.shown_ms, rows.metrics.T)
    return all(len(column) == len(rows) for column in columns) and len(rows.rest) in (0, len(rows))


def narrow(rows: Rows) -> Rows:
    """Without the keys that no row uses: one that is no word would poison all of them. A row of a node that is not
    named stays one."""
    used, node = np.unique(rows.node, return_inverse=True)
    named = (used >= 0) & (used < len(rows.keys))
    new = np.where(named, np.cumsum(named) - 1, -1)
    keys = tuple(rows.keys[at] for at in used[named].tolist())
    columns = (rows.seen_ms, rows.received_ms, rows.node_ms, rows.shown_ms, rows.metrics, rows.rest)
    return Rows(keys, new[node].astype(np.int32), *columns)


def name_of(prefix: str, *parts: bytes) -> str:
    """A source's name that says what it is of; of at most 64 characters, which is what a ledger's column takes."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return f"{prefix}-{digest.hexdigest()[:32]}"


def _halves(start: int, end: int) -> list[tuple[int, int]]:
    middle = (start + end) // 2
    return [half for half in ((start, middle), (middle, end)) if half[0] < half[1]]


def _piece(batch: Batch, start: int, end: int) -> Batch:
    size = len(batch.rows)
    rows = narrow(batch.rows.take(np.arange(min(start, size), min(end, size))))
    events = batch.events[max(0, start - size) : max(0, end - size)]
    return Batch(name_of("piece", batch.source.encode(), *_content(rows, events)), 1, rows, events)


def _content(rows: Rows, events: Sequence[Event]) -> list[bytes]:
    columns = (rows.node, rows.seen_ms, rows.received_ms, rows.node_ms, rows.metrics)
    said = [repr((event.at_ms, event.key, event.kind, event.value)).encode() for event in events]
    return ["\n".join(rows.keys).encode(), *(column.tobytes() for column in columns), *rows.rest, *said]
