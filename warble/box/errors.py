"""Owns what can go wrong with a run that a program is not to blame for.

Exception
└── SandboxError     the run did not take place; a program's own errors are in its Outcome
    ├── Busy         the queue is full: try again later
    └── Broken       there is no zygote: it cannot be started, keeps dying, or the sandbox was closed
"""

from __future__ import annotations


class SandboxError(Exception):
    """A run that did not take place. The message says why."""

    retry = True


class Busy(SandboxError):
    """As many runs wait as may."""


class Broken(SandboxError):
    """No workers, and none to come soon."""
