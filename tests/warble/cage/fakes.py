"""Owns kernels that lack something: a filter, set in a child, by which some calls do not exist or are forbidden."""

from __future__ import annotations

import errno

from warble.cage import bpf, libc, seccomp
from warble.cage.bpf import Step
from warble.cage.syscalls import ARCHITECTURES, LANDLOCK_CREATE_RULESET, PIDFD_OPEN, architecture

_ERRNO = 0x0005_0000
#: The calls that only these tests name, for x86_64, aarch64 and arm.
_NUMBERS = {
    "unshare": {"x86_64": 272, "aarch64": 97, "arm": 337},
    "setresuid": {"x86_64": 117, "aarch64": 147, "arm": 208},
    "capset": {"x86_64": 126, "aarch64": 91, "arm": 185},
}


def number(call: str) -> int:
    anywhere = {"landlock_create_ruleset": LANDLOCK_CREATE_RULESET, "pidfd_open": PIDFD_OPEN}
    if call in anywhere:
        return anywhere[call]
    mine = ARCHITECTURES[architecture()]
    return mine.numbers[call] if call in mine.numbers else _NUMBERS[call][mine.name]


def pretend(lacking: dict[str, int]) -> None:
    """From here on each of these calls fails with its errno, in this process and its children."""
    steps: list[Step | str] = [Step(bpf.LOAD, bpf.NUMBER)]
    steps += [Step(bpf.EQUAL, number(call), then=errno.errorcode[code]) for call, code in lacking.items()]
    steps.append(Step(bpf.RETURN, seccomp.ALLOW))
    for code in dict.fromkeys(lacking.values()):
        steps += [errno.errorcode[code], Step(bpf.RETURN, _ERRNO | code)]
    libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1)
    seccomp.Filter(architecture(), bpf.assemble(steps)).install()
