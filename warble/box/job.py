"""Owns what a worker is told: one run's source and values, as one message. The only way in, and it comes from the host.

The host is trusted by its workers, so marshal will do: it keeps integers of any length, every double and odd text, and
costs microseconds. Nothing that comes out of a worker is ever read with it (ending.py, board.py).
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from decimal import Decimal
from typing import Final

from warble.limits import Limits

#: Bytes of a job: 280 code points and two full shelves of saved values take 45 KB. One message has to hold it.
MOST: Final = 131_072


@dataclass(frozen=True, slots=True)
class Job:
    """One run. saved: what this user saved; data: what is kept on this Pi."""

    source: str
    user: str
    saved: Mapping[str, object]
    data: Mapping[str, object]
    limits: Limits

    def encode(self) -> bytes:
        """The message; ValueError when the source and the saved values together are too big for one."""
        parts = (self.source, self.user, _plain(self.saved), _plain(self.data), astuple(self.limits))
        raw = marshal.dumps(parts)
        if len(raw) > MOST:
            text = "A program and its saved values may take {:,} bytes together; these take {:,}. Keep fewer values."
            raise ValueError(text.format(MOST, len(raw)))
        return raw


def decode(raw: bytes) -> Job:
    source, user, saved, data, limits = marshal.loads(raw)  # from the host, which a worker has to trust anyway
    return Job(source, user, saved, data, Limits(*limits))


def _plain(shelf: Mapping[str, object]) -> dict[str, object]:
    return {str(name): _value(value) for name, value in shelf.items()}


def _value(value: object) -> int | float | str | None:
    """A saved value in a form that marshal takes; None for what a program would not take for a number anyway."""
    if type(value) is int:
        return value
    if isinstance(value, float):
        return float(value)
    return str(value) if isinstance(value, str | Decimal) else None
