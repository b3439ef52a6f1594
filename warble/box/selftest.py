"""Owns the answer to: does the sandbox work on this very system? `warble sandbox` prints it; nothing else calls it.

It asks the kernel for each defence, then runs three programs: one that does its work, one that goes on for ever, one
that is wrong. The tests show more; this is what a person runs on a new machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from warble.cage.kernel import Kernel
from warble.limits import Limits
from warble.sandbox import Sandbox

#: What a program may take here: little, so that the answer comes soon.
LIMITS: Final = replace(Limits(), fuel=10**9, cpu=0.2, wall=2.0)
_PROGRAMS: Final = (
    ("a program gives what it should", '{SETPRECISION(40)SAVE("x",1/3)LIGHTS(1,2,3,4)PRINT(2^70,LOAD("x"))}', ""),
    ("a program without end is stopped by the clock", "{WHILE(1){}}", "limit:time"),
    ("a program that is wrong is told so", "{PRINT(1/0)}", "zerodiv"),
)  # fmt: skip
_PRINTED: Final = "1180591620717411303424 0.3333333333333333333333333333333333333333\n"


def defences(kernel: Kernel) -> Iterator[tuple[str, str]]:
    """Each defence and what this kernel has of it; "" is nothing."""
    yield "system calls", f"seccomp filters for {kernel.architecture}" if kernel.seccomp else ""
    yield "no new rights", "no_new_privs" if kernel.no_new_privs else ""
    yield "memory, time, files, processes", "rlimits" if kernel.system == "linux" else ""
    yield "files and sockets", f"landlock, ABI {kernel.landlock}" if kernel.landlock else ""
    yield "a user without rights", "a user that is not root" if kernel.drop_user else ""
    for name in ("user", "net", "ipc", "uts", "pid"):
        yield f"{name} namespace", "of its own" if name in kernel.namespaces else ""
    yield "killing without mistake", "pidfd" if kernel.pidfd else ""


async def attempts() -> list[tuple[str, str]]:
    """Each program's sentence and what went wrong with it; "" when nothing did. Raises Broken."""
    found = []
    async with Sandbox(workers=1, spares=0, limits=LIMITS) as box:
        for sentence, source, kind in _PROGRAMS:
            outcome = await box.run(source, store={})
            got = outcome.error.kind if outcome.error else ""
            wrong = "" if got == kind else f"expected {kind or 'no error'}, got {outcome.error}"
            if not kind and outcome.stdout != _PRINTED:
                wrong = f"printed {outcome.stdout!r}"
            found.append((sentence, wrong))
    return found
