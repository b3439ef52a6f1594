"""Owns landlock: a process takes the file system, TCP and signals to others away from itself. lock.py calls it.

A ruleset names what it handles; what it handles and no rule allows is refused. Ours has no rules at all.

    struct landlock_ruleset_attr     handled_access_fs  64 | handled_access_net  64 | scoped  64
    known to ABI                     1                       4                        6
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Final

from warble.cage import libc
from warble.cage.syscalls import LANDLOCK_CREATE_RULESET, LANDLOCK_RESTRICT_SELF

TCP_SINCE: Final = 4
SCOPES_SINCE: Final = 6

_ASK_VERSION: Final = 1
_TCP: Final = 0b11  # bind, connect
_SCOPES: Final = 0b11  # abstract unix sockets, signals
#: How many rights on files each ABI has: 13 at first, then moving between folders, truncating, device ioctls.
_FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 4: 15}
_FILE_RIGHTS_NOW: Final = 16  # ABI 5 and later


def version() -> int:
    """The kernel's landlock ABI, 0 where it has none or forbids it."""
    try:
        return libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, _ASK_VERSION)
    except OSError:
        return 0


def attributes(abi: int) -> bytes:
    """Everything this ABI can handle."""
    words = [(1 << _FILE_RIGHTS.get(abi, _FILE_RIGHTS_NOW)) - 1]
    if abi >= TCP_SINCE:
        words.append(_TCP)
    if abi >= SCOPES_SINCE:
        words.append(_SCOPES)
    return struct.pack(f"={len(words)}Q", *words)


class Ruleset:
    """All that an ABI can refuse. Made before workers are forked: each then spends only what the kernel takes."""

    def __init__(self, abi: int) -> None:
        wanted = attributes(abi)
        self._buffer = ctypes.create_string_buffer(wanted, len(wanted))
        self._pointer = ctypes.byref(self._buffer)
        self._size = len(wanted)

    def restrict(self) -> None:
        """Give all of it up, for good. Needs no_new_privs and one free file descriptor. Raises OSError."""
        ruleset = libc.syscall(LANDLOCK_CREATE_RULESET, self._pointer, self._size, 0)
        try:
            libc.syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0)
        finally:
            os.close(ruleset)
