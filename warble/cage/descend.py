"""Owns the way down: from whoever started this process to nobody, in namespaces of its own, with no capability left.

isolate.py goes it for good; kernel.py goes it in a child that then tells how far it came. Whatever the kernel refuses
is left out and not reported as got.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warble.cage import libc

NOBODY: Final = 65_534  # user and group; owns nothing, by custom

#: The flags CLONE_NEW*. "pid" holds for the children, the first of which is its number 1.
NAMESPACES: Final = {
    "user": 0x1000_0000,
    "net": 0x4000_0000,
    "ipc": 0x0800_0000,
    "uts": 0x0400_0000,
    "pid": 0x2000_0000,
}


@dataclass(frozen=True, slots=True)
class Reached:
    dropped: bool  # no longer root, or never was
    namespaces: frozenset[str]


def descend(*, drop_user: bool, namespaces: Iterable[str]) -> Reached:
    """Go as far down as the kernel lets us, for good. Raises OSError only where capabilities cannot be given up."""
    wanted = set(namespaces)
    got: set[str] = set()
    # As root first: some systems give namespaces to root and not to others.
    if os.geteuid() == 0:
        got |= _enter(wanted - {"user"})
    dropped = os.geteuid() != 0 or (drop_user and _drop_user())
    if "user" in wanted and _own_user_namespace():
        got.add("user")
    got |= _enter(wanted - got - {"user"})
    # Who made a user namespace is almighty within it, which opens doors into the kernel that nobody had before. A root
    # who was told to stay root keeps what it has.
    if dropped or "user" in got:
        libc.drop_capabilities()
    return Reached(dropped, frozenset(got))


def _enter(names: Iterable[str]) -> set[str]:
    got = set()
    for name in names:
        try:
            libc.unshare(NAMESPACES[name])
        except OSError:
            continue
        got.add(name)
    return got


def _drop_user() -> bool:
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:
        return False
    return True


def _own_user_namespace() -> bool:
    """Enter one in which only this user exists, under its own number."""
    user, group = os.geteuid(), os.getegid()
    try:
        # Changing the user took /proc/self away from us; without this the maps could not be written.
        libc.prctl(libc.PR_SET_DUMPABLE, 1)
        libc.unshare(NAMESPACES["user"])
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path("/proc/self", name).write_text(text)
    except OSError:
        return False
    return True
