"""Owns the one message that a worker sends when its program has come to an end, and how little of it is believed.

    0 8 fuel u64    8 4 start u32    12 4 end u32    16 1 kind u8 (place in KINDS, 255: none)    17 .. message, UTF-8

Little-endian, at most MOST bytes. worker.py writes it, verdict.py reads it and takes it for a stranger's word.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Final

from warble.errors import KINDS, WarbleError

#: Bytes. A message may repeat most of a program of 280 code points, which is 1.1 KB; longer ones are cut.
MOST: Final = 4096
_HEAD: Final = struct.Struct("<QIIB")
_NO_ERROR: Final = 255
#: What no text of a program can hold (SPEC.md, "Words"): control characters and half characters.
UNSEEN: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
#: Only the host says this of a run.
_OURS: Final = "sandbox"


class Invalid(Exception):
    """What a worker left behind breaks the rules; the message says which one."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended, by its own account."""

    error: WarbleError | None
    fuel: int

    def encode(self) -> bytes:
        error = self.error
        if error is None:
            return _HEAD.pack(self.fuel, 0, 0, _NO_ERROR)
        head = _HEAD.pack(self.fuel, error.start, error.end, KINDS.index(error.kind))
        message = error.message.encode(errors="replace")[: MOST - len(head)].decode(errors="ignore")
        return head + message.encode()


def decode(raw: bytes, source: str, most_fuel: int) -> Ending:
    """The message of a worker that ran this source; Invalid when it cannot be true."""
    if not _HEAD.size <= len(raw) <= MOST:
        raise Invalid(f"a result of {len(raw):,} bytes")
    fuel, start, end, kind = _HEAD.unpack_from(raw)
    if fuel > most_fuel:
        raise Invalid(f"{fuel:,} units of fuel used of {most_fuel:,}")
    if kind == _NO_ERROR:
        if raw[8:] != _HEAD.pack(0, 0, 0, _NO_ERROR)[8:]:
            raise Invalid("a place without an error")
        return Ending(None, fuel)
    if kind >= len(KINDS) or KINDS[kind] == _OURS:
        raise Invalid(f"an error of kind {kind}")
    if not start <= end <= len(source) + 1:  # a program that ends too early has its error right after the end
        raise Invalid(f"an error at {start}..{end} of {len(source)}")
    return Ending(WarbleError(KINDS[kind], _message(raw[_HEAD.size :]), start, end), fuel)


def _message(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Invalid("a message that is not UTF-8") from None
    if not text or UNSEEN.search(text) or "\n" in text:
        raise Invalid("a message of signs that no message has")
    return text
