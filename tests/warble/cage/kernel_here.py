"""Owns what the tests know of this machine's kernel, asked once; and how a test says that a defence is not there."""

from __future__ import annotations

import ctypes
import inspect
import os
import resource
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from tests.warble.cage.child import Ended, in_child
from warble.cage.defences import Defences
from warble.cage.descend import descend
from warble.cage.kernel import Kernel, survey
from warble.cage.lock import prepare_lock
from warble.cage.rlimits import Rlimits

NONE = Defences.none()
Attack = Callable[..., object]
#: Of glibc's mallopt(): how many free bytes at its end make a heap shrink.
_M_TRIM_THRESHOLD = -1


@cache
def kernel() -> Kernel:
    return survey()


def need(there: object, what: str) -> None:
    """Skips where something is not there; fails where WARBLE_ALL_DEFENCES=1 says that everything is."""
    if not there and os.environ.get("WARBLE_ALL_DEFENCES"):
        pytest.fail(f"not there, though WARBLE_ALL_DEFENCES says so: {what}")
    if not there:
        pytest.skip(f"NOT TESTED, this kernel or user lacks it: {what}")


def need_root() -> None:
    need(os.geteuid() == 0, "root, to give something up")


def only(**on: bool) -> Defences:
    """Nothing but the named defences."""
    return replace(NONE, **on)


def nobody() -> None:
    """Root is exempt from some limits; those tests' children become nobody before both halves."""
    descend(drop_user=True, namespaces=())


def address_space() -> int:
    """Bytes that this process has mapped; a limit for its children has to be above that."""
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[0]) * resource.getpagesize()


def attempt(attack: Attack, tell: int) -> object:
    """An attack may take the descriptor it can tell through, or nothing."""
    try:
        wants = len(inspect.signature(attack).parameters) == 1
    except ValueError:  # a function in C that does not say; those here take nothing
        wants = False
    return attack(tell) if wants else attack()


def locked(defences: Defences, attack: Attack, *, limits: Rlimits | None = None, before: Attack = int) -> Ended:
    """What came of an attack in a child that was locked by these defences alone; before() runs just before that."""

    def act(tell: int) -> object:
        # A worker's zygote has one thread and so one heap. A test runner has more; glibc opens a file to shrink those.
        ctypes.CDLL(None).mallopt(_M_TRIM_THRESHOLD, sys.maxsize >> 32)
        before()
        lock = prepare_lock(defences, kernel(), limits or Rlimits(), writes=(tell,))
        lock.first()
        lock.second()
        return attempt(attack, tell)

    return in_child(act)
