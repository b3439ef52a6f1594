"""Owns the reading of the kernel's header files, where this machine has them; the numbers of our tables must be theirs.

For the other machines: the Debian packages linux-libc-dev-arm64-cross and linux-libc-dev-armhf-cross. WARBLE_HEADERS
may name another root, where such packages were unpacked.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

_PLACES = {
    "x86_64": ("usr/include/x86_64-linux-gnu/asm/unistd_64.h", "usr/include/asm/unistd_64.h"),
    "aarch64": (
        "usr/aarch64-linux-gnu/include/asm-generic/unistd.h",
        "usr/aarch64-linux-gnu/include/asm/unistd_64.h",
        "usr/include/aarch64-linux-gnu/asm/unistd_64.h",
        "usr/include/asm-generic/unistd.h",  # newer machines share one table, and this is one
    ),
    "arm": (
        "usr/arm-linux-gnueabihf/include/asm/unistd-eabi.h",
        "usr/include/arm-linux-gnueabihf/asm/unistd-eabi.h",
    ),
}
_DEFINED = re.compile(r"^#define __NR(?:3264)?_(\w+)\s+\(?(?:__NR_SYSCALL_BASE \+ )?(\d+)\)?\s*$", re.MULTILINE)


def numbers(architecture: str) -> dict[str, int] | None:
    """The calls a header names, or None where there is no header."""
    for root in (Path(os.environ.get("WARBLE_HEADERS", "/")), Path("/")):
        for place in _PLACES[architecture]:
            if (root / place).is_file():
                return {name: int(number) for name, number in _DEFINED.findall((root / place).read_text())}
    return None
