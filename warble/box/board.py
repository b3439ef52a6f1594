"""Owns the memory that a worker shares with the host: what was printed and done, up to date when the worker dies.

    0 4 stage u32     4 4 bytes printed u32     8 4 bytes of effects u32     12 4 zero
    16 .. printed, UTF-8: `output` bytes of room            16 + output .. effects (records.py): EFFECTS bytes of room

A worker writes the text first and its length last, so whatever kills it leaves whole texts and whole effects. The host
reads a copy, never the memory itself, and never further than the room. The memory cannot grow or shrink (sealed), so it
bounds what a stranger can make the host hold. worker.py writes, verdict.py reads, zygote.py creates.
"""

from __future__ import annotations

import fcntl
import os
import struct
from dataclasses import dataclass
from mmap import mmap
from typing import Final

from warble.box import records
from warble.effects import Effect, Saved
from warble.errors import Fault

#: How far a worker got: it waits, it has read its job, the program runs.
WAITS, READ, RUNS = range(3)
#: Bytes of room for all effects of a run; 4,096 of the usual ones take 100 KB.
EFFECTS: Final = 1_048_576
_HEAD: Final = struct.Struct("<IIII")
_COUNT: Final = struct.Struct("<I")
_STAGE_AT, _PRINTED_AT, _EFFECTS_AT = 0, 4, 8


def size(output: int) -> int:
    return _HEAD.size + output + EFFECTS


def create(output: int) -> int:
    """A descriptor of fresh memory, filled with zeros. Pages take no room before they are written to."""
    made = os.memfd_create("warble-board", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(made, size(output))
    fcntl.fcntl(made, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    return made


class Board:
    """The worker's side; an effects.Sink."""

    def __init__(self, memory: mmap, output: int) -> None:
        self.map = memory
        self.output = output
        self.at = 0
        self.effects_at = 0

    def stage(self, stage: int) -> None:
        _COUNT.pack_into(self.map, _STAGE_AT, stage)

    def start(self) -> None:
        self.at = self.effects_at = 0
        _COUNT.pack_into(self.map, _EFFECTS_AT, 0)
        _COUNT.pack_into(self.map, _PRINTED_AT, 0)

    def printed(self, text: str) -> None:
        raw = text.encode()
        end = self.at + len(raw)
        if end > self.output:
            raise Fault("limit:output", f"A program may print {self.output:,} bytes; the rest was cut off.")
        self.map[_HEAD.size + self.at : _HEAD.size + end] = raw
        self.at = end
        _COUNT.pack_into(self.map, _PRINTED_AT, end)

    def effect(self, effect: Effect, kept: Saved | None) -> None:
        raw = records.encode(effect, kept)
        end = self.effects_at + len(raw)
        if end > EFFECTS:
            raise Fault("limit:effects", f"The effects of a program may take {EFFECTS:,} bytes in all.")
        begin = _HEAD.size + self.output
        self.map[begin + self.effects_at : begin + end] = raw
        self.effects_at = end
        _COUNT.pack_into(self.map, _EFFECTS_AT, end)


@dataclass(frozen=True, slots=True)
class Left:
    """The host's copy of a board. The bytes are a stranger's: nothing is known of them but how many there are."""

    stage: int
    printed: bytes
    effects: bytes


def read(memory: int, output: int) -> Left:
    """What a worker left on its board; lengths that cannot be are taken for the whole room."""
    stage, printed, effects, _ = _HEAD.unpack(os.pread(memory, _HEAD.size, 0))
    return Left(
        stage,
        os.pread(memory, min(printed, output), _HEAD.size),
        os.pread(memory, min(effects, EFFECTS), _HEAD.size + output),
    )
