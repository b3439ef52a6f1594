"""The Spool contract: the local file that makes a report durable before it is acknowledged, and the errors of every
store.

Engines are synchronous; journal.py's writer thread calls `append`. They know nothing of asyncio. What is spooled goes
on from here: into the same file's history (embedded.py), or shipped to a database (ship.py reads `pending`).

    StoreError                code, message, retry
     ├── StoreUnavailable     retry=True   disk full, database away: nothing of the batch was kept
     ├── StoreCorrupt         retry=False  the file is damaged, or somebody else's; the message names it
     │    └── BatchDamaged                 one batch of it: seq, body
     └── StoreTooNew          retry=False  a newer version of the twin wrote this file
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # rows.py needs numpy; whoever only spools does not
    from telemetry.store.rows import Batch, Event


class StoreError(Exception):
    """Base of what an engine raises. `retry`: the same append may succeed later."""

    code = "store_error"
    retry = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class StoreUnavailable(StoreError):
    code = "store_unavailable"
    retry = True


class StoreCorrupt(StoreError):
    code = "store_corrupt"


class BatchDamaged(StoreCorrupt):
    """One batch of a spool cannot be read; the others can. body: what is there of it."""

    def __init__(self, message: str, seq: int, body: bytes) -> None:
        super().__init__(message)
        self.seq = seq
        self.body = body


class StoreTooNew(StoreError):
    code = "store_too_new"


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted report.

    key: the node (mac, or its place while the mac is unknown; no white space)   body: the report's JSON
    received_ms: when the server took it   seen_ms: when its values were true, by the server's clock (<= received_ms)
    """

    key: str
    received_ms: int
    seen_ms: int
    body: bytes

    def supersedes(self, kept: Entry) -> bool:
        """Whether this entry, which came after `kept`, is its node's last word."""
        return supersedes(self.seen_ms, self.received_ms, kept.seen_ms)


def supersedes(seen_ms: int, received_ms: int, kept_ms: int) -> bool:
    """Whether a report, true at `seen_ms` and received now, is a newer word than one that was true at `kept_ms`.

    Greater or equal wins. What is from later than now can only mean that the server's clock was set back since: it
    gives way, or it would hide everything that is true until the clock gets there. Disk and live state go by this rule.
    """
    return seen_ms >= kept_ms or received_ms < kept_ms


class Spool(Protocol):
    """Keeps entries. Appending the same entries twice must be harmless to `latest`."""

    @property
    def source(self) -> str:
        """A random name, made with the file and kept in it: of batches that go on from here."""

    def append(self, entries: Sequence[Entry]) -> int:
        """Keep a batch: on the disk, all of it, when this returns. Its seq, one more than the last (0: nothing yet).

        Raises StoreUnavailable and keeps nothing.
        """

    def pending(self, after_seq: int, limit: int) -> Sequence[Batch]:
        """Up to `limit` batches with a seq above `after_seq`, oldest first. Several appends may have become one batch
        by then: it has the seq of the last, and no row of `after_seq` or before. Ends before one that cannot be read;
        raises BatchDamaged where that is the first."""

    def record(self, shown: Sequence[tuple[int, int]], events: Sequence[Event]) -> None:
        """What viewers saw: (seq, time of the first live frame that had that batch), and what no report made."""

    def shipped(self, seq: int) -> None:
        """Batches up to here are safe elsewhere: retention may drop them."""

    def latest(self) -> Iterable[Entry]:
        """The last word (Entry.supersedes) of every node that was ever kept and not forgotten; oldest seen_ms first."""

    def forget(self) -> None:
        """`latest` begins anew, empty. What was landed stays landed."""

    def save(self, name: str, body: bytes) -> None:
        """Keep a small named document (registrations, the epoch), durable on return."""

    def load(self, name: str) -> bytes | None:
        """The document saved last under this name."""

    def close(self) -> None:
        """Release the file. Idempotent."""
