"""Owns the assembler for the small programs that the kernel runs at each system call. seccomp.py writes them.

A program is a list of steps and labels; a jump names its labels, and "" is the step that follows. Each step becomes

    +---------------+----------+-----------+----------------+
    | code  16 bits | then  8  | other  8  | k      32 bits |     in the machine's own byte order
    +---------------+----------+-----------+----------------+

where then and other count the steps to jump over.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

LOAD: Final = 0x20  # the word at byte k of the call's description
AND: Final = 0x54  # keep the bits of k
EQUAL: Final = 0x15  # jump: is it k?
RETURN: Final = 0x06  # the answer is k

#: struct seccomp_data: number, architecture, then the address, then six arguments of 64 bits each.
NUMBER: Final = 0
AUDIT: Final = 4
_ARGUMENTS: Final = 16

_FARTHEST: Final = 255
_MOST_STEPS: Final = 4096  # BPF_MAXINSNS


class Step(NamedTuple):
    code: int
    k: int
    then: str = ""
    other: str = ""


def low_word(argument: int) -> int:
    """Where the lower 32 bits of an argument are. All machines we know are little-endian."""
    if sys.byteorder != "little":
        raise ValueError("the filters are for little-endian machines; this one is not")
    return _ARGUMENTS + 8 * argument


def assemble(lines: Sequence[Step | str]) -> bytes:
    """The bytes of a program. Raises ValueError for a label that is unknown, behind, or too far."""
    places: dict[str, int] = {}
    steps: list[Step] = []
    for line in lines:
        if isinstance(line, str):
            if line in places:
                raise ValueError(f"label {line!r} stands twice; give each place a name of its own")
            places[line] = len(steps)
        else:
            steps.append(line)
    if not 0 < len(steps) <= _MOST_STEPS:
        raise ValueError(f"a filter has 1 to {_MOST_STEPS} steps; this one has {len(steps)}")
    return b"".join(_encode(step, here, places) for here, step in enumerate(steps))


def _encode(step: Step, here: int, places: dict[str, int]) -> bytes:
    then, other = (_distance(label, here, places) for label in (step.then, step.other))
    return struct.pack("=HBBI", step.code, then, other, step.k)


def _distance(label: str, here: int, places: dict[str, int]) -> int:
    if not label:
        return 0
    if label not in places:
        raise ValueError(f"step {here} jumps to {label!r}, which is nowhere")
    distance = places[label] - here - 1
    if not 0 <= distance <= _FARTHEST:
        raise ValueError(f"step {here} cannot jump {distance} steps to {label!r}; 0 to {_FARTHEST} are possible")
    return distance
