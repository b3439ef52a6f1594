"""Reports that could not be sent, kept until the server has them. Owns the bound, what goes when it is reached, and how
long a report was held. session.py asks it, agent.py and the simulator make it; keep_file.py is the one on a disk.

At the bound the oldest half loses every second report: an hour ago every 5 s becomes every 10 s, then every 20 s, so a
long outage keeps its shape and its beginning while the newest stays complete.
"""

from __future__ import annotations

import json
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

MEMORY_BYTES = 1_000_000  # without a disk: about two hours in full at one report in 5 s, days when thinned
_ITEM_BYTES = 200  # of Python beside a body
#: What most reports consist of: packed against this, one takes 300 bytes instead of 1000.
_DICTIONARY = (
    b'{"sampledAt":,"status":"","data":{},"processes":[["pid":,"name":"python3","username":"root","memory_percent":0.'
    b',"cpu_percent":0.0},{"pid":,"name":"systemd","switch_ip":"172.20.","port":,"mac":"b8:27:eb:","ip":"172.20.",'
    b'"CPU":"","MemoryFree":,"MemoryTotal":9,"MemoryPercentage":"","DiskFree":,"DiskTotal":,"DiskPercentage":"",'
    b'"CPUTemperature":"\'C"}]]}'
)
MOST_UNPACKED = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """One report that waits. `at`: when it was sampled, by the monotonic clock that everybody is asked with."""

    at: float
    body: Mapping[str, object]


class Keep(Protocol):
    """What was kept, oldest first. Nothing raises: a keep that fails keeps less, and says so."""

    thinned: int  # reports that went because the bound was reached

    def __len__(self) -> int: ...

    def add(self, kept: Kept) -> None:
        """Keep it; the newest so far."""

    def oldest(self, now: float) -> Kept | None:
        """The one to send next. It stays until `done`."""

    def done(self) -> None:
        """The oldest was taken by the server, or will never be: it leaves."""

    def close(self) -> None:
        """The agent ends; what is on a disk stays there."""


class MemoryKeep:
    """A Keep in memory, packed."""

    def __init__(self, bound: int = MEMORY_BYTES) -> None:
        self.thinned = 0
        self._bound = bound
        self._items: deque[tuple[float, bytes]] = deque()
        self._size = 0

    def __len__(self) -> int:
        return len(self._items)

    @property
    def size(self) -> int:
        """Bytes that it takes, near enough."""
        return self._size

    def add(self, kept: Kept) -> None:
        packed = pack(kept.body)
        self._items.append((kept.at, packed))
        self._size += len(packed) + _ITEM_BYTES
        if self._size > self._bound:
            self._thin()

    def oldest(self, now: float) -> Kept | None:
        while self._items:
            at, packed = self._items[0]
            body = unpack(packed)
            if body is not None:
                return Kept(at, body)
            self.done()
        return None

    def done(self) -> None:
        if self._items:
            self._size -= len(self._items.popleft()[1]) + _ITEM_BYTES

    def close(self) -> None:
        return

    def _thin(self) -> None:
        stays = survivors(len(self._items))
        self.thinned += len(self._items)
        self._items = deque(item for index, item in enumerate(self._items) if stays(index))
        self.thinned -= len(self._items)
        self._size = sum(len(packed) + _ITEM_BYTES for _, packed in self._items)


def survivors(count: int) -> Callable[[int], bool]:
    """Which of `count` reports stay when there is no room, by index from the oldest. The oldest itself always does: it
    may be on its way to the server, and it says when the outage began."""
    half = count // 2
    return lambda index: index >= half or index % 2 == 0


def pack(body: Mapping[str, object]) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15, zdict=_DICTIONARY)
    return packer.compress(json.dumps(body, separators=(",", ":")).encode()) + packer.flush()


def unpack(packed: bytes) -> dict[str, object] | None:
    """None for what is no packed report."""
    try:
        text = zlib.decompressobj(-15, zdict=_DICTIONARY).decompress(packed, MOST_UNPACKED)
        body = json.loads(text)
    except (zlib.error, ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
