"""What goes wrong, and when: a fault waits at a point of the conversation and happens there once, or as often as said.

connect   a connection came in            login      the password was checked
execute   before a statement runs         executed   it ran, its answer is not sent yet
commit    before a commit                 committed  after it, before its answer
fetch, ping, rollback
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.oracle.packets import Gone

POINTS: Final = frozenset(
    {"connect", "login", "execute", "executed", "commit", "committed", "fetch", "ping", "rollback"}
)
PATIENCE_S: Final = 30.0  # a gate that nobody opens ends its connection


class OracleError(Exception):
    """An ORA- error: the client gets its number and text."""

    def __init__(self, number: int, text: str = "as the test wished") -> None:
        super().__init__(f"ORA-{number:05d}: {text}")
        self.number = number


@dataclass(frozen=True)
class Cut:
    """The connection ends without a word. What was not committed is lost."""


@dataclass(frozen=True)
class Raise:
    """An ORA- number: for a statement its error, for `connect` the listener's refusal."""

    number: int


@dataclass(frozen=True)
class Wait:
    """The answer waits until the gate is opened."""

    gate: threading.Event


Act = Cut | Raise | Wait
#: Asked at every point with (point, statement's name); for chaos.
Chance = Callable[[str, str], Act | None]


@dataclass
class _Planned:
    point: str
    act: Act
    name: str
    skip: int
    times: int


class Faults:
    """Planned faults. Thread-safe: connections ask from threads of their own."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()
        self.chance: Chance | None = None
        self.happened = 0

    def plan(self, point: str, act: Act, *, name: str = "", skip: int = 0, times: int = 1) -> None:
        """`act` at `point` (of statement `name`, or of any), after `skip` such, `times` times."""
        assert point in POINTS, point
        with self._lock:
            self._planned.append(_Planned(point, act, name, skip, times))

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()
            self.chance = None

    def at(self, point: str, name: str = "") -> Act | None:
        """The act that is due here, if any."""
        with self._lock:
            for planned in self._planned:
                if planned.point != point or planned.name not in ("", name):
                    continue
                if planned.skip:
                    planned.skip -= 1
                    continue
                planned.times -= 1
                if planned.times == 0:
                    self._planned.remove(planned)
                self.happened += 1
                return planned.act
            act = self.chance(point, name) if self.chance else None
            self.happened += act is not None
            return act


def obey(act: Act | None) -> None:
    """Do it: raises Gone or OracleError, or waits."""
    if isinstance(act, Cut):
        raise Gone("a test cut the line")
    if isinstance(act, Raise):
        raise OracleError(act.number)
    if isinstance(act, Wait) and not act.gate.wait(PATIENCE_S):
        raise Gone("nobody opened the gate")
