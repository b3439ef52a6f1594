"""The Store contract: what every engine of history promises. Memory, SQLite and Oracle keep it; one test holds them to
it.

A report reaches a store in two steps. It is acknowledged once the journal (base.py, one local file) has it; a shipper
then lands it here. Landing is exactly once by (source, seq); a report that comes twice, in one batch or in two, counts
once: a row is known by its node and its node_ms, or its seen_ms where the node has no clock (rows.py, `identity`).

Errors are those of base.py, and:

    StoreError
     ├── StoreUnavailable   retry=True   try the same batch again, later
     ├── StorePoisoned      retry=False  this batch can never land: set it aside (`bury`) and go on
     └── StoreRefused       retry=False  wrong password, no rights, no tables: nothing will land until a person acts
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from telemetry.store.base import StoreError
from telemetry.store.rows import Aggregate, Batch, Event, Fleet, Rows, Series


class StorePoisoned(StoreError):
    code = "store_poisoned"


class StoreRefused(StoreError):
    code = "store_refused"


class StoreConflict(StoreError):
    """A value was changed by somebody else since it was read."""

    code = "store_conflict"


@dataclass(frozen=True, slots=True)
class Landed:
    """new: rows that were not there before. again: the whole batch had landed already."""

    new: int
    again: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of history in the order in which viewers saw it. until_ms: everything before it is in this page."""

    rows: Rows  # by shown_ms; rows that were never shown are not here
    events: tuple[Event, ...]
    until_ms: int


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the audit: who did what to whom, and how it went. Kept by key: a second write changes the outcome."""

    key: str
    at_ms: int
    user: str
    action: str
    target: str
    args: str  # JSON
    outcome: str  # pending, done, failed, refused, cancelled


@dataclass(frozen=True, slots=True)
class Warble:
    """A program and what it did. Kept by key, as commands are."""

    key: str
    at_ms: int
    user: str
    source: str
    node: str  # where it ran, "" not yet
    outcome: str  # JSON


@dataclass(frozen=True, slots=True)
class Value:
    """A value a user saved. rev counts its writes from 1."""

    value: str
    rev: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A batch that could not land, with the reason, kept for a person to look at."""

    source: str
    seq: int
    at_ms: int
    reason: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Keep:
    """Retention in milliseconds: all rows at full detail, their rest (processes), and the whole history."""

    raw_ms: int
    rest_ms: int
    all_ms: int


@dataclass(frozen=True, slots=True)
class Extent:
    """What is there: first and last seen_ms (-1: nothing), rows, nodes, and bytes where the engine knows."""

    first_ms: int
    last_ms: int
    rows: int
    nodes: int
    size_bytes: int


class Store(Protocol):
    """Every call is bounded in time, StoreUnavailable when it takes longer. All times are in ms, ends are excluded."""

    async def open(self) -> None:
        """Connect, check the schema. Raises StoreTooNew, StoreCorrupt, StoreRefused, StoreUnavailable."""

    async def close(self) -> None:
        """Let go of everything. Idempotent."""

    async def land(self, batch: Batch) -> Landed:
        """Keep a batch: all of it, durably, when this returns, or nothing of it."""

    async def landed(self, source: str) -> int:
        """The highest seq of this source that has landed or was buried; 0: none."""

    async def bury(self, letter: DeadLetter) -> None:
        """Keep a batch that cannot land in the dead-letter table; its seq counts as landed."""

    async def buried(self, limit: int = 100) -> Sequence[DeadLetter]:
        """The newest dead letters, newest first."""

    async def latest(self) -> Rows:
        """The newest row of every node, by seen_ms; oldest first."""

    async def fleet(self, at_ms: int) -> Fleet:
        """Every node as viewers had it at `at_ms`: shown_ms <= at_ms, the newest seen_ms wins, late rows never did."""

    async def node(self, key: str, start_ms: int, end_ms: int, points: int = 500) -> Series:
        """One node by seen_ms, late rows included, in at most `points` buckets that keep the extremes."""

    async def rest(self, key: str, at_ms: int) -> tuple[int, bytes] | None:
        """(seen_ms, JSON) of what else the node said in its newest report at or before `at_ms`; None: not kept."""

    async def aggregate(
        self, groups: Mapping[str, Sequence[str]], start_ms: int, end_ms: int, step_ms: int
    ) -> Aggregate:
        """Groups of node keys by steps of whole minutes, by seen_ms. Raises ValueError for a step below a minute."""

    async def replay(self, start_ms: int, end_ms: int, limit: int = 50_000) -> Page:
        """Rows and events shown in [start, end), at most about `limit` rows; go on from until_ms."""

    async def extent(self) -> Extent:
        """What is there."""

    async def retain(self, now_ms: int, keep: Keep) -> None:
        """Drop what is older, in bounded transactions; one that is interrupted goes on the next time."""

    async def write_command(self, command: Command) -> None:
        """Add to the audit, or change the outcome of a command that is there."""

    async def commands(self, before_ms: int, limit: int = 100) -> Sequence[Command]:
        """The audit, newest first."""

    async def write_warble(self, warble: Warble) -> None:
        """Keep a Warble or its result."""

    async def warbles(self, before_ms: int, limit: int = 100) -> Sequence[Warble]:
        """Warbles, newest first."""

    async def value(self, user: str, name: str) -> Value | None:
        """What a user saved."""

    async def values(self, user: str) -> Mapping[str, Value]:
        """All that a user saved."""

    async def write_value(self, user: str, name: str, value: str, rev: int | None = None) -> Value:
        """Save; with `rev`, only over that revision (0: only when there is none), else StoreConflict."""
