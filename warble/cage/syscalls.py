"""Owns the numbers of system calls, for the three kinds of machine we know. A test compares them with kernel headers.

Only calls that a filter names are here: whatever is absent is refused. seccomp.py is the caller.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Architecture:
    """audit is the word by which a filter sees from which of a machine's call tables a call comes."""

    name: str
    audit: int
    numbers: dict[str, int]


X86_64: Final = Architecture(
    "x86_64",
    0xC000_003E,
    {
        "read": 0, "write": 1, "close": 3, "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13,
        "rt_sigprocmask": 14, "rt_sigreturn": 15, "sched_yield": 24, "mremap": 25, "madvise": 28, "getitimer": 36,
        "setitimer": 38, "getpid": 39, "exit": 60, "gettimeofday": 96, "sigaltstack": 131, "gettid": 186, "futex": 202,
        "restart_syscall": 219, "clock_gettime": 228, "exit_group": 231, "seccomp": 317, "getrandom": 318,
    },
)  # fmt: skip

AARCH64: Final = Architecture(
    "aarch64",
    0xC000_00B7,
    {
        "close": 57, "read": 63, "write": 64, "exit": 93, "exit_group": 94, "futex": 98, "getitimer": 102,
        "setitimer": 103, "clock_gettime": 113, "sched_yield": 124, "restart_syscall": 128, "sigaltstack": 132,
        "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "gettimeofday": 169, "getpid": 172,
        "gettid": 178, "brk": 214, "munmap": 215, "mremap": 216, "mmap": 222, "mprotect": 226, "madvise": 233,
        "seccomp": 277, "getrandom": 278,
    },
)  # fmt: skip

# 32-bit ARM, EABI. It has calls the others lack: mmap counts its offset in pages, a handler without SA_SIGINFO (as
# Python's are) comes back through sigreturn, and a C library with 64-bit time tries clock_gettime64 and futex_time64.
ARM: Final = Architecture(
    "arm",
    0x4000_0028,
    {
        "restart_syscall": 0, "exit": 1, "read": 3, "write": 4, "close": 6, "getpid": 20, "brk": 45, "gettimeofday": 78,
        "munmap": 91, "setitimer": 104, "getitimer": 105, "sigreturn": 119, "mprotect": 125, "sched_yield": 158,
        "mremap": 163, "rt_sigreturn": 173, "rt_sigaction": 174, "rt_sigprocmask": 175, "sigaltstack": 186,
        "mmap2": 192, "madvise": 220, "gettid": 224, "futex": 240, "exit_group": 248, "clock_gettime": 263,
        "seccomp": 383, "getrandom": 384, "clock_gettime64": 403, "futex_time64": 422,
    },
)  # fmt: skip

ARCHITECTURES: Final = {known.name: known for known in (X86_64, AARCH64, ARM)}

#: Newer calls have one number on every machine.
PIDFD_OPEN: Final = 434
LANDLOCK_CREATE_RULESET: Final = 444
LANDLOCK_RESTRICT_SELF: Final = 446


def architecture() -> str:
    """The name of the call table this process uses, "" for one we do not know.

    uname names the kernel's machine. A Pi may run 32-bit programs under a 64-bit kernel: the size of a pointer decides.
    """
    machine, wide = os.uname().machine, struct.calcsize("P") == 8
    if machine == "x86_64" and wide:
        return "x86_64"
    if machine == "aarch64" and wide:
        return "aarch64"
    if machine in ("aarch64", "armv6l", "armv7l", "armv8l") and not wide:
        return "arm"
    return ""
