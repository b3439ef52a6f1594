"""Owns how an error is shown to a person: the message, the line of the source, and carets under the place."""

from __future__ import annotations

from warble.errors import WarbleError

#: Columns of source around the place; a tweet on one line is longer than a terminal.
_WIDTH = 76


def show(source: str, error: WarbleError) -> str:
    """Three lines without a last newline. Characters that have no width or move the cursor are shown as a dot."""
    start = min(error.start, len(source))
    first = source.rfind("\n", 0, start) + 1
    last = source.find("\n", start)
    line = source[first : last if last >= 0 else len(source)]
    column = start - first
    width = max(1, min(error.end - start, len(line) - column))
    cut = max(0, column - _WIDTH // 2) if len(line) > _WIDTH else 0
    shown = "".join(sign if sign.isprintable() else "·" for sign in line[cut : cut + _WIDTH])
    carets = "^" * max(1, min(width, _WIDTH - (column - cut)))
    return f"error[{error.kind}]: {error.message}\n  {shown}\n  {' ' * (column - cut)}{carets}"
