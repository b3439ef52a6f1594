"""Owns every limit of a run, with its default. Hosts build one Limits and pass it down; nothing changes it.

wall and memory can only be kept by a process of the program's own: sandbox.py does. In process, fuel and cpu are what
stops a program; SPEC.md says what that leaves open.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

#: CPython allows 20 blocks within one another, and a loop is one of them.
_MOST_LOOPS = 18


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use. Every number is a count of the unit its comment names."""

    length: int = 280  # code points of source
    depth: int = 64  # brackets within brackets, or signs and powers within one another
    loops: int = 16  # loops within loops
    fuel: int = 5_000_000  # loop rounds, shared by all loops; big numbers cost extra
    bits: int = 131_072  # bits of an integer
    output: int = 16_384  # bytes of UTF-8
    effects: int = 4_096  # effects of a run
    texts: int = 262_144  # bytes of UTF-8 in all effects together: log lines, addresses, saved names and values
    sleep: float = 300.0  # seconds, all SLEEPs together
    precision: int = 100_000  # decimal digits of SETPRECISION
    saved_names: int = 16  # names a user, and names a Pi
    saved_digits: int = 1_234  # digits of one saved number
    lights: int = 24  # lights on the box
    cpu: float = 2.0  # seconds of processor time
    wall: float = 3.0  # seconds, by the clock on the wall; only in a sandbox
    memory: int = 268_435_456  # bytes of address space; only in a sandbox

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 0:
                raise ValueError(f"limits.{field.name} is below 0; give 0 or more")
        if self.loops > _MOST_LOOPS:
            raise ValueError(f"limits.loops is {self.loops}; CPython cannot nest more than {_MOST_LOOPS}")
