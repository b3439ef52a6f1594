"""Owns the answer to: which defences do this kernel and this user have? The sandbox asks once and tells what lacks.

Most questions can only be answered by trying, and trying is for good. So a child tries, and tells what it got.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from warble.cage import bpf, landlock, libc, seccomp
from warble.cage.descend import NAMESPACES, descend
from warble.cage.errors import CageError
from warble.cage.syscalls import ARCHITECTURES, PIDFD_OPEN, architecture

_PATIENCE: Final = 10_000  # milliseconds; the child needs about ten
_LONGEST_ANSWER: Final = 4_096  # bytes

_SECCOMP: Final = "seccomp filters cannot be set here: a worker that was broken into has every system call there is."
_NAMESPACE: Final = {
    "user": "a worker keeps its user's place among all users",
    "net": "only seccomp and landlock keep a worker from the network",
    "ipc": "a worker shares message queues and shared memory with its user's other processes",
    "uts": "a worker sees the machine's name",
    "pid": "a worker may name the processes outside by their numbers",
}


@dataclass(frozen=True, slots=True)
class Kernel:
    """What is there. The defaults are a system that has nothing, as one that is not Linux."""

    system: str = sys.platform
    architecture: str = ""  # "x86_64", "aarch64", "arm"; "" is one whose system calls we have no table of
    root: bool = False
    drop_user: bool = False  # root can become nobody, or this is not root
    no_new_privs: bool = False
    seccomp: bool = False
    landlock: int = 0  # its ABI
    namespaces: frozenset[str] = frozenset()
    pidfd: bool = False

    @property
    def essential(self) -> bool:
        """Enough to run a stranger's program: resource limits are everywhere, these two are not."""
        return self.seccomp and self.no_new_privs

    def missing(self) -> tuple[str, ...]:
        """A sentence for each defence that is lacking: what, and what that leaves open."""
        if self.system != "linux":
            return (f"The sandbox needs Linux, and this is {self.system}: no defence at all.",)
        return tuple(self._sentences())

    def _sentences(self) -> list[str]:
        said = []
        if not self.architecture:
            said.append(f"no table of system calls for this machine ({os.uname().machine}), so no seccomp filter.")
        elif not self.seccomp:
            said.append(_SECCOMP)
        if not self.no_new_privs:
            said.append("no_new_privs cannot be set here: a set-user-id program could give a worker more rights.")
        if not self.landlock:
            said.append("landlock is not in this kernel or is forbidden: only seccomp keeps a worker from files.")
        elif self.landlock < landlock.TCP_SINCE:
            said.append(f"landlock of ABI {self.landlock} cannot refuse TCP yet: seccomp and the namespaces do.")
        elif self.landlock < landlock.SCOPES_SINCE:
            said.append(f"landlock of ABI {self.landlock} cannot refuse signals yet: seccomp and the namespaces do.")
        said += [
            f"no {name} namespace for this user (containers often forbid it): {leaves}."
            for name, leaves in _NAMESPACE.items()
            if name not in self.namespaces
        ]
        if not self.drop_user:
            said.append("this is root and may not become another user: workers stay root. Start it as somebody else.")
        if not self.pidfd:
            said.append("pidfd is not in this kernel or is forbidden: a worker can only be killed by its number.")
        return said


def survey() -> Kernel:
    """Ask the kernel, in a child; call it with a single thread. Raises CageError when the asking itself went wrong."""
    if sys.platform != "linux":
        return Kernel()
    # Whoever is killed for asking, or gets no answer, has nothing.
    answer = _ask_child(_try_all)
    if "wrong" in answer:
        raise CageError(f"this kernel could not be asked for its defences: {answer['wrong']}")
    namespaces = frozenset(answer.pop("namespaces", ()))
    return Kernel(architecture=architecture(), root=os.geteuid() == 0, namespaces=namespaces, **answer)


def _try_all() -> dict[str, Any]:
    """Runs in the child, whose life ends with it. The order is that of real use: seccomp is last."""
    pidfd = _works(lambda: os.close(libc.syscall(PIDFD_OPEN, os.getpid(), 0)))
    reached = descend(drop_user=True, namespaces=NAMESPACES)
    no_new_privs = _works(lambda: libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1))
    abi = landlock.version()
    if abi and not _works(landlock.Ruleset(abi).restrict):
        abi = 0
    return {
        "pidfd": pidfd,
        "drop_user": reached.dropped,
        "namespaces": sorted(reached.namespaces),
        "no_new_privs": no_new_privs,
        "landlock": abi,
        "seccomp": _works(_filter_that_allows_all),
    }


def _filter_that_allows_all() -> None:
    machine = ARCHITECTURES.get(architecture())
    if machine is None:
        raise OSError("no table of system calls")
    seccomp.Filter(machine.name, bpf.assemble([bpf.Step(bpf.RETURN, seccomp.ALLOW)])).install()


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _answer(question: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return question()
    except Exception as error:  # noqa: BLE001  # the top of a process: the parent tells
        return {"wrong": f"{type(error).__name__}: {error}"}


def _ask_child(question: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, json.dumps(_answer(question)).encode())
        finally:
            # Whatever happened: a child that went on would be a second copy of the host.
            os._exit(0)
    os.close(write)
    try:
        answered = select.poll()
        answered.register(read, select.POLLIN)
        answer = os.read(read, _LONGEST_ANSWER) if answered.poll(_PATIENCE) else b""
    finally:
        os.close(read)
        # A filter of this machine's owner may have killed it already, or it hangs: either way it goes.
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    found: dict[str, Any] = json.loads(answer) if answer else {}
    return found
