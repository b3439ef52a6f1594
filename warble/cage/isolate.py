"""Owns what is taken from the process that forks the workers, before it forks the first. warble/box/ is the caller.

    host ─ starts ─> outer ─ forks, where there are pid namespaces ─> inner ─ forks ─> workers
                     only waits, and ends as the inner one does       number 1 of its namespace; isolate() returns here

When the host dies so does the outer process, with it the inner one, and with a number 1 its whole namespace.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterable
from typing import Final

from warble.cage import libc
from warble.cage.defences import Defences
from warble.cage.descend import descend
from warble.cage.errors import CageError
from warble.cage.kernel import Kernel

_OWNERS_ONLY: Final = 0o077
_STANDARD: Final = (0, 1, 2)


def isolate(defences: Defences, kernel: Kernel, keep: Iterable[int] = ()) -> None:
    """Once, with a single thread. keep: file descriptors that stay open; standard ones not among them are /dev/null.

    May return in a child of the process that called it, as drawn above. Raises CageError when survey() promised more.
    """
    keep = frozenset(keep)
    parent = os.getppid()
    os.umask(_OWNERS_ONLY)
    os.chdir("/")
    os.environ.clear()
    _close_all_but(keep)
    _go_down(defences, kernel)
    _die_with_parent()
    # A parent that died before that call is noticed here: we were given another one.
    if os.getppid() != parent:
        os._exit(1)
    if defences.namespaces and "pid" in kernel.namespaces:
        _become_number_one()
    libc.prctl(libc.PR_SET_DUMPABLE, 0)


def _close_all_but(keep: frozenset[int]) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in _STANDARD:
        if standard not in keep:
            os.dup2(nothing, standard)
    borders = sorted({*keep, *_STANDARD})
    ends = [*borders[1:], os.sysconf("SC_OPEN_MAX")]
    for low, high in zip(borders, ends, strict=True):
        os.closerange(low + 1, high)


def _go_down(defences: Defences, kernel: Kernel) -> None:
    if not (defences.drop_user or defences.namespaces):
        return
    wanted = kernel.namespaces if defences.namespaces else frozenset[str]()
    try:
        reached = descend(drop_user=defences.drop_user and kernel.drop_user, namespaces=wanted)
    except OSError as error:
        raise CageError(f"capabilities could not be given up: {error}") from error
    if defences.drop_user and kernel.drop_user and not reached.dropped:
        raise CageError("this process is still root, though the kernel let another one become nobody before")
    if lacking := wanted - reached.namespaces:
        raise CageError(f"no namespace of its own for {', '.join(sorted(lacking))}, though there was one before")


def _die_with_parent() -> None:
    libc.prctl(libc.PR_SET_PDEATHSIG, signal.SIGKILL)


def _become_number_one() -> None:
    """Fork; the child goes on, the parent waits for it and ends as it does."""
    # Number 1 cannot see its parent's number, so a pipe that only the parent holds open tells whether it lives.
    alive, held = os.pipe()
    try:
        child = os.fork()
    except OSError as error:
        raise CageError(f"the first process of a pid namespace could not be forked: {error}") from error
    if child:
        _wait_for(child, held)
    os.close(held)
    _die_with_parent()
    ended = select.poll()
    ended.register(alive, select.POLLIN)
    if ended.poll(0):
        os._exit(1)
    os.close(alive)


def _wait_for(child: int, held: int) -> None:
    """Never returns. A wait without end is right here: the child's life is this process's only purpose."""
    _close_all_but(frozenset({held}))
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _, ended = os.waitpid(child, 0)
        status = os.waitstatus_to_exitcode(ended)
    finally:
        # A signal's number cannot be handed on as it was; shells add 128 to it, so do we.
        os._exit(status if status >= 0 else 128 - status)
