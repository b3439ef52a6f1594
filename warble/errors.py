"""Owns what can go wrong in a Warble program: the kinds, the value a host sees, and what is raised inside.

    Exception
    ├── Fault          a mistake of the program or a limit it met; run.py turns it into a WarbleError
    └── TooBig         not an error: the fast code met a big integer, run.py starts over with the careful code

Every stage raises Fault; only run.py and parse-time callers catch it. Nothing here prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Every kind an error can have. SPEC.md has a line for each, and a test compares the two.
KINDS: Final = (
    "length", "lex", "syntax", "name", "arity", "type",
    "domain", "range", "zerodiv", "overflow", "missing",
    "limit:fuel", "limit:time", "limit:memory", "limit:bits", "limit:output",
    "limit:precision", "limit:sleep", "limit:depth", "limit:effects", "sandbox",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WarbleError:
    """What went wrong: the span [start, end) counts code points of the source."""

    kind: str
    message: str
    start: int
    end: int

    @property
    def retry(self) -> bool:
        """Whether the same program may do better another time: only the clock's limit depends on the day."""
        return self.kind == "limit:time"


class Fault(Exception):
    """A mistake on its way to the host. start -1: run.py finds the place; arg: the argument that is to blame."""

    def __init__(self, kind: str, message: str, start: int = -1, end: int = -1, *, arg: int = -1) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.start = start
        self.end = end
        self.arg = arg


class TooBig(Exception):
    """The fast code met an integer that needs the careful code."""
