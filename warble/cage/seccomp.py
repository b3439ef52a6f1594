"""Owns which system calls a worker may make, in two stages, and the filters for it. lock.py installs them.

Both stages are lists of what is allowed. A call that is not on them, or with arguments that are not, kills the process
with SIGSYS, so that the host sees that somebody tried. Nothing is let pass for curiosity's sake: what CPython and its C
library need to compute, to take memory, to hear a timer and to write a result.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from warble.cage import bpf, libc
from warble.cage.bpf import Step
from warble.cage.syscalls import ARCHITECTURES, Architecture

ALLOW: Final = 0x7FFF_0000
KILL: Final = 0x8000_0000  # the whole process; kernels before 4.14 kill the thread, and a worker has one
_SET_MODE_FILTER: Final = 1


@dataclass(frozen=True, slots=True)
class Check:
    """(argument & mask) must be one of values. The lower 32 bits are enough: the kernel heeds no higher one here."""

    argument: int
    mask: int
    values: tuple[int, ...]


_EVERY_BIT: Final = 0xFFFF_FFFF
_NOT_EXECUTABLE: Final = Check(2, _EVERY_BIT & ~3, (0,))  # nothing but PROT_READ | PROT_WRITE
#: MAP_PRIVATE | MAP_ANONYMOUS; MAP_FIXED, MAP_NORESERVE and MAP_STACK as one likes. So no file, and no huge pages.
_OWN_MEMORY: Final = Check(3, _EVERY_BIT & ~(0x10 | 0x4000 | 0x2_0000), (0x22,))
#: WAIT, WAKE and both with a bitset, whatever the clock. The rest is for threads, and was the kernel's weak spot.
_PLAIN_FUTEX: Final = Check(1, 0x7F, (0, 1, 9, 10))

Rules = dict[str, tuple[Check, ...]]

#: What a program that computes needs until its last breath; "write" joins it with its file descriptors.
_RUNNING: Final[Rules] = {
    "mmap": (_NOT_EXECUTABLE, _OWN_MEMORY),
    "mmap2": (_NOT_EXECUTABLE, _OWN_MEMORY),
    "mprotect": (_NOT_EXECUTABLE,),
    "munmap": (),
    "mremap": (),
    "brk": (),
    # DONTNEED FREE HUGEPAGE NOHUGEPAGE. Never MERGEABLE: shared pages tell by their speed what others hold.
    "madvise": (Check(2, _EVERY_BIT, (4, 8, 14, 15)),),
    "futex": (_PLAIN_FUTEX,),
    "futex_time64": (_PLAIN_FUTEX,),
    "sched_yield": (),
    "clock_gettime": (),
    "clock_gettime64": (),
    "gettimeofday": (),
    "getrandom": (),
    "getpid": (),
    "gettid": (),
    "sigreturn": (),
    "rt_sigreturn": (),
    "restart_syscall": (),
    "exit": (),
    "exit_group": (),
}

#: What comes on top until the program runs; "read" joins it. Who sets handlers and timers can silence the clock.
_PREPARING: Final[Rules] = {
    "close": (),
    "rt_sigaction": (),
    "rt_sigprocmask": (),
    "sigaltstack": (),
    "setitimer": (),
    "getitimer": (),
    "seccomp": (Check(0, _EVERY_BIT, (_SET_MODE_FILTER,)), Check(1, _EVERY_BIT, (0,))),
}


def first_rules(reads: Sequence[int], writes: Sequence[int]) -> Rules:
    """What is allowed while a worker waits for its job; reads and writes are the file descriptors it may use."""
    return second_rules(writes) | _PREPARING | _on("read", reads)


def second_rules(writes: Sequence[int]) -> Rules:
    """What is allowed while the program runs."""
    return _RUNNING | _on("write", writes)


def _on(call: str, descriptors: Sequence[int]) -> Rules:
    return {call: (Check(0, _EVERY_BIT, tuple(descriptors)),)} if descriptors else {}


def assemble(machine: Architecture, rules: Rules) -> bytes:
    """The filter of these rules. A call that this machine does not have is left out.

    x86_64's other call tables need no step of their own: the old 32-bit one has another audit word, and the x32 one
    sets a high bit in the number, which then is none of ours.
    """
    known = [(machine.numbers[call], call, checks) for call, checks in rules.items() if call in machine.numbers]
    lines: list[Step | str] = [
        Step(bpf.LOAD, bpf.AUDIT),
        Step(bpf.EQUAL, machine.audit, other="kill"),
        Step(bpf.LOAD, bpf.NUMBER),
        *(Step(bpf.EQUAL, number, then=call if checks else "allow") for number, call, checks in known),
        "kill",
        Step(bpf.RETURN, KILL),
        "allow",
        Step(bpf.RETURN, ALLOW),
    ]
    for _, call, checks in known:
        if checks:
            lines += [call, *_check(call, checks), Step(bpf.RETURN, ALLOW)]
    return bpf.assemble(lines)


def _check(call: str, checks: Sequence[Check]) -> Iterator[Step | str]:
    """Falls through when all checks hold. Each has a kill of its own, since jumps only go forward."""
    for index, check in enumerate(checks):
        good = f"{call} {index} holds"
        yield Step(bpf.LOAD, bpf.low_word(check.argument))
        if check.mask != _EVERY_BIT:
            yield Step(bpf.AND, check.mask)
        for value in check.values:
            yield Step(bpf.EQUAL, value & _EVERY_BIT, then=good)
        yield Step(bpf.RETURN, KILL)
        yield good


class Filter:
    """An assembled filter as the kernel wants it: struct sock_fprog, which points at the steps. Made before forking."""

    def __init__(self, machine: str, steps: bytes) -> None:
        self._number = ARCHITECTURES[machine].numbers["seccomp"]
        self._steps = ctypes.create_string_buffer(steps, len(steps))
        self._program = ctypes.create_string_buffer(
            struct.pack("@HP", len(steps) // struct.calcsize("=HBBI"), ctypes.addressof(self._steps))
        )
        self._pointer = ctypes.byref(self._program)

    def install(self) -> None:
        """From here on, for good. Needs no_new_privs. Raises OSError."""
        libc.syscall(self._number, _SET_MODE_FILTER, 0, self._pointer)
