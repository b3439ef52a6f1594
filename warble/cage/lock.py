"""Owns the order in which a worker locks itself in: prepared once before the workers are forked, then two short calls.

The first comes before the worker reads its job, the second between reading and running. warble/box/ is the caller. What
survey() found missing is left out; what it found and does not work now raises CageError, and then no job may run.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Sequence

from warble.cage import landlock, libc, rlimits, seccomp
from warble.cage.defences import Defences
from warble.cage.errors import CageError
from warble.cage.kernel import Kernel
from warble.cage.rlimits import Rlimits
from warble.cage.seccomp import Filter
from warble.cage.syscalls import ARCHITECTURES

Part = tuple[str, Callable[[], None]]


class Lock:
    """The steps of both stages in order, each with the name an error gives it."""

    def __init__(self, first: Sequence[Part], second: Sequence[Part]) -> None:
        self._first = tuple(first)
        self._second = tuple(second)

    def first(self) -> None:
        """In a fresh worker, before anything of a stranger is read. Raises CageError."""
        _run(self._first)

    def second(self) -> None:
        """When the job was read and the timers run, before the program. Raises CageError."""
        _run(self._second)


def prepare_lock(
    defences: Defences, kernel: Kernel, limits: Rlimits, *, reads: Sequence[int] = (), writes: Sequence[int] = ()
) -> Lock:
    """What can be done beforehand is done here. reads and writes: the only file descriptors a worker may use."""
    _warm_up()
    first: list[Part] = [("the signal at the parent's death", _die_with_parent)]
    second: list[Part] = []
    filtered = defences.seccomp and kernel.seccomp
    ruled = defences.landlock and kernel.landlock > 0
    if kernel.no_new_privs and (defences.no_new_privs or filtered or ruled):
        first.append(("no_new_privs", _no_new_privs))
    if ruled:
        first.append(("landlock", landlock.Ruleset(kernel.landlock).restrict))
    if defences.rlimits:
        # Behind landlock, which needs a file descriptor for a moment.
        planned = rlimits.plan(limits)
        first.append(("rlimits", lambda: rlimits.apply(planned)))
    if filtered:
        machine = ARCHITECTURES[kernel.architecture]
        stages = seccomp.first_rules(reads, writes), seccomp.second_rules(writes)
        outer, inner = (Filter(machine.name, seccomp.assemble(machine, rules)) for rules in stages)
        first.append(("seccomp", outer.install))
        second.append(("seccomp", inner.install))
    return Lock(first, second)


def _warm_up() -> None:
    """Make the calls' first time happen here: finding them in the C library costs each worker more than the calls."""
    with contextlib.suppress(OSError):  # a kernel that has no such thing, as survey() will have said
        libc.prctl(libc.PR_GET_NO_NEW_PRIVS)
    landlock.version()


def _die_with_parent() -> None:
    libc.prctl(libc.PR_SET_PDEATHSIG, signal.SIGKILL)


def _no_new_privs() -> None:
    libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1)


def _run(parts: Sequence[Part]) -> None:
    for name, act in parts:
        try:
            act()
        except (OSError, ValueError) as error:
            raise CageError(f"{name} could not be put up, though it was there before: {error}") from error
