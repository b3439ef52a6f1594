"""Checks the free-form part of a report (`data` and unknown keys) against bounds that all of it shares, so
that it can be kept, stored and sent on as it came. Owns those bounds. Pure; called by report.py, when there
is something.
"""

from __future__ import annotations

import math

from telemetry.errors import ReportError
from telemetry.fields import MAX_INT, check_unicode, fail

MAX_DEPTH = 16  # levels of lists and objects
MAX_VALUES = 1024  # values of any kind, all levels together
MAX_CHARS = 65_536  # characters of text and keys together
_PATH = 120  # characters of a path named in an error; its end is the part that helps


class Budget:
    """What is left of the bounds for one report. Make one, then `check` each free-form value."""

    __slots__ = ("_chars", "_values")

    def __init__(self) -> None:
        self._values = MAX_VALUES
        self._chars = MAX_CHARS

    def check(self, value: object, field: str, depth: int = 0) -> None:
        """Raises ReportError naming the path of the value that breaks a bound or is not JSON."""
        self._values -= 1
        if self._values < 0:
            raise ReportError("too_many", field, f"{field} is one too many: {MAX_VALUES} free-form values.")
        if type(value) is str:
            self.check_text(value, field)
        elif type(value) is float:
            if not math.isfinite(value):
                fail("out_of_range", field, value, "it must be a finite number.")
        elif type(value) is int:
            if not -MAX_INT <= value <= MAX_INT:
                fail("out_of_range", field, value, "a whole number must fit 64 bits.")
        elif isinstance(value, dict | list):
            self._check_inside(value, field, depth)
        elif value is not None and type(value) is not bool:
            fail("wrong_type", field, value, "it must be JSON.")

    def _check_inside(self, value: dict[object, object] | list[object], field: str, depth: int) -> None:
        if depth >= MAX_DEPTH:
            raise ReportError("too_deep", field, f"{field} is nested deeper than {MAX_DEPTH} levels.")
        if isinstance(value, list):
            for index, inner in enumerate(value):
                self.check(inner, f"{field}[{index}]"[-_PATH:], depth + 1)
            return
        for key, inner in value.items():
            if not isinstance(key, str):
                fail("wrong_type", field, key, "a key must be text.")
            self.check_text(key, field)
            self.check(inner, f"{field}.{shown(key)}"[-_PATH:], depth + 1)

    def check_text(self, value: str, field: str) -> None:
        self._chars -= len(value)
        if self._chars < 0:
            raise ReportError("too_long", field, f"{field} is too long: {MAX_CHARS} characters in all.")
        if not value.isascii():
            check_unicode(value, field)


def shown(key: str) -> str:
    """A key as part of a path that goes into logs and answers: what cannot be printed is escaped."""
    return key if key.isprintable() else ascii(key)[1:-1]
