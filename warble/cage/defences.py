"""Owns the list of defences. Each can be turned off, which only tests do: to see that it is the one that holds."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Defences:
    """What to put up, where the kernel has it. timers are the worker's own, the rest is the cage's."""

    namespaces: bool = True  # user, net, ipc, uts and pid namespaces of its own
    drop_user: bool = True  # root becomes nobody
    no_new_privs: bool = True  # no program it starts can gain rights; seccomp and landlock turn it on as well
    landlock: bool = True  # no path of the file system, no TCP, no signal to others
    rlimits: bool = True  # memory, processor, files, processes
    seccomp: bool = True  # only the system calls that computing needs
    timers: bool = True  # soft and hard processor time

    @classmethod
    def none(cls) -> Defences:
        """All off: where a test starts from."""
        return cls(**{field.name: False for field in fields(cls)})
