"""Owns the calls that Python has no function for, through the C library. The cage's other files call it.

The library is looked up at the first call and not at import, since importing must work where there is no such kernel.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import Any, Final

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_NO_NEW_PRIVS: Final = 38
PR_GET_NO_NEW_PRIVS: Final = 39

#: _LINUX_CAPABILITY_VERSION_3: two words for each of effective, permitted, inheritable.
_CAPABILITIES: Final = 0x20080522


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *arguments: Any) -> int:
    """One system call. Integers are words of the machine; pointers come as ctypes objects. Raises OSError."""
    words = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    return _checked(_library().syscall(ctypes.c_long(number), *words))


def prctl(option: int, value: int = 0) -> int:
    # The kernel wants the unused arguments of some options to be 0, as whole words.
    return _checked(_library().prctl(option, ctypes.c_ulong(value), *[ctypes.c_ulong(0)] * 3))


def unshare(flags: int) -> None:
    _checked(_library().unshare(flags))


def drop_capabilities() -> None:
    """Give up every capability of this process; none can come back."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _checked(_library().capset(ctypes.byref(header), ctypes.byref(nothing)))


def _checked(answer: int) -> int:
    if answer == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer
