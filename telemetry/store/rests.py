"""What else the rows of one compaction said, from the reading of their batches to the making of their chunks: as pieces
of one batch and one group of nodes, compressed, because as objects ten minutes of 1050 nodes take 300 MB. compact.py
fills it and takes from it; nothing of it is kept on the disk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from telemetry.store.directory import GROUP
from telemetry.store.press import compress, decompress
from telemetry.store.rows import I32, I64

_FAST = 1  # zstd's level


class Rests:
    """JSON of rows, which are known by their place among all that were added."""

    def __init__(self) -> None:
        self._pieces: dict[int, list[tuple[I64, I64, bytes]]] = {}  # group: places, lengths, text
        self._count = 0

    def add(self, node: I32, rest: Sequence[bytes]) -> None:
        """The next rows; `node` (n,) their numbers, which say the group."""
        order = np.argsort(node // GROUP, kind="stable")
        groups = node[order] // GROUP
        for part in np.split(order, np.flatnonzero(np.diff(groups)) + 1) if len(order) else []:
            texts = [rest[at] for at in part.tolist()]
            lengths = np.fromiter(map(len, texts), np.int64, len(texts))
            packed = compress(b"".join(texts), _FAST)
            # A copy: what the library returns keeps the memory that the text might have needed had it not shrunk.
            piece = (self._count + part.astype(np.int64), lengths, memoryview(packed).tobytes())
            self._pieces.setdefault(int(node[part[0]]) // GROUP, []).append(piece)
        self._count += len(node)

    def of(self, grp: int, places: I64) -> tuple[bytes, ...]:
        """Of rows of one group, in the order of `places`."""
        found: dict[int, bytes] = {}
        wanted = set(places.tolist())
        for own, lengths, packed in self._pieces.get(grp, ()):
            if wanted.isdisjoint(own.tolist()):
                continue
            text = decompress(packed)
            ends = np.cumsum(lengths)
            for place, begin, end in zip(own.tolist(), (ends - lengths).tolist(), ends.tolist(), strict=True):
                if place in wanted:
                    found[place] = text[begin:end]
        return tuple(found[place] for place in places.tolist())
