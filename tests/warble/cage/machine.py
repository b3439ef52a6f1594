"""Owns the kernel's part of a filter: runs an assembled one on a system call that never happens, step by step."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_STEP = struct.Struct("=HBBI")


@dataclass(frozen=True)
class Call:
    audit: int
    number: int
    arguments: tuple[int, ...] = ()

    def described(self) -> bytes:
        words = [*self.arguments, 0, 0, 0, 0, 0, 0][:6]
        return struct.pack("<IIQ6Q", self.number, self.audit, 0xDEAD_BEEF, *words)


def answer(program: bytes, call: Call) -> int:
    """What the filter returns. Fails on a step no kernel would take, as a jump beyond the end."""
    steps = list(_STEP.iter_unpack(program))
    data, accumulator, here = call.described(), 0, 0
    while True:
        code, then, other, k = steps[here]
        here += 1
        match code:
            case 0x20:
                assert k % 4 == 0
                (accumulator,) = struct.unpack_from("<I", data, k)
            case 0x54:
                accumulator &= k
            case 0x15:
                here += then if accumulator == k else other
            case 0x06:
                return int(k)
            case _:
                raise AssertionError(f"step {here - 1} has the code {code:#x}, which this machine does not know")
