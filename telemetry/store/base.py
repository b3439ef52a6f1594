"""The Store contract: what every engine promises, and the errors it may raise.

Engines are synchronous and are called from one thread (journal.py's writer); they know nothing of asyncio. The next
engine (Oracle Autonomous Database) and history queries build on this file.

    StoreError                code, message, retry
     ├── StoreUnavailable     retry=True   disk full, database away: nothing of the batch was kept
     ├── StoreCorrupt         retry=False  the file is damaged, or somebody else's; the message names it
     └── StoreTooNew          retry=False  a newer version of the twin wrote this file
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


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
        """Whether this entry, which came after `kept`, is its node's last word.

        Greater or equal seen_ms wins. An entry from later than now can only mean that the clock was set back since: it
        gives way, or it would hide everything that is true until the clock gets there.
        """
        return self.seen_ms >= kept.seen_ms or self.received_ms < kept.seen_ms


class Store(Protocol):
    """Keeps entries. Appending the same entries twice must be harmless to `latest`."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Keep a batch: on the disk, all of it, when this returns. Raises StoreUnavailable and keeps nothing."""

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
