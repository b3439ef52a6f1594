"""The events session.py takes and the instructions it gives. Data only; agent.py and link.py make the one
and carry out the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """A server's address was broadcast."""

    url: str


@dataclass(frozen=True, slots=True)
class Connected:
    """The namespace is open."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The server is there and does not let us in: the token."""

    message: str


@dataclass(frozen=True, slots=True)
class Failed:
    """No connection came to be."""

    message: str


@dataclass(frozen=True, slots=True)
class Died:
    """The connection is gone."""

    message: str


@dataclass(frozen=True, slots=True)
class Acked:
    """The birth or the report on its way was taken."""


@dataclass(frozen=True, slots=True)
class Nacked:
    """The birth or the report on its way was not taken; `retry`: the same may be taken later."""

    code: str
    message: str
    retry: bool


@dataclass(frozen=True, slots=True)
class Sampled:
    """A new report, as it goes over the wire."""

    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Tick:
    """Time went by."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The agent is to end; `reason` is "shutdown" or "reboot"."""

    reason: str


Event = Found | Connected | Refused | Failed | Died | Acked | Nacked | Sampled | Tick | Stop


@dataclass(frozen=True, slots=True)
class Connect:
    url: str


@dataclass(frozen=True, slots=True)
class Birth:
    """Say who we are."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Read the sensors; the answer is Sampled."""


@dataclass(frozen=True, slots=True)
class Send:
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Bye:
    reason: str


@dataclass(frozen=True, slots=True)
class Close:
    """Drop the connection, whatever its state; nothing more is heard of it."""


@dataclass(frozen=True, slots=True)
class Say:
    level: str  # of logging, lower case
    text: str


@dataclass(frozen=True, slots=True)
class Exit:
    code: int


Instruction = Connect | Birth | Sample | Send | Bye | Close | Say | Exit
