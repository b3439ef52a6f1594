"""On which line of a .toml file a value stands: tomllib tells only what a file says, and errors must name the line.

Owns a scan of files that tomllib has already taken, so it may trust that they are TOML. Called by layout.py when a
file is refused.
"""

from __future__ import annotations

import re

# Strings come first: what stands in quotes is no bracket and no comment.
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|\n|[\[\]{},=]|[^\s\[\]{},=#"\']+',
    re.DOTALL,
)


def line_of(text: str, key: str) -> int:
    """The line, from 1, of a key such as "rack[2].bank[0].top_unit", or of what is nearest above it; 0: nowhere."""
    found = places(text)
    while key and key not in found:
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return found.get(key, 0)


def places(text: str) -> dict[str, int]:
    """Every key of a file -> its line."""
    return _Scan(text).places


class _Scan:
    def __init__(self, text: str) -> None:
        self.places: dict[str, int] = {}
        self._tokens = _TOKEN.findall(text)
        self._at = 0
        self._line = 1
        self._counts: dict[str, int] = {}
        self._head = ""
        while (token := self._next(skip_lines=True)) is not None:
            if token == "[":
                self._table()
            else:
                self._pair(self._head, token)

    def _next(self, skip_lines: bool = False) -> str | None:
        while self._at < len(self._tokens):
            token: str = self._tokens[self._at]
            self._at += 1
            self._line += token.count("\n")
            if not token.startswith("#") and (token != "\n" or not skip_lines):
                return token
        return None

    def _table(self) -> None:
        """[name] or [[name]]; a name may lead through the last table of a list."""
        token, brackets = self._next(), 1
        if token == "[":
            token, brackets = self._next(), 2
        name = ""
        while token not in ("]", None):
            name += token or ""
            token = self._next()
        if brackets == 2:
            self._next()
        path = ""
        parts = [part.strip("\"'") for part in name.split(".")]
        for i, part in enumerate(parts):
            path = f"{path}.{part}" if path else part
            if i == len(parts) - 1 and brackets == 2:
                self._counts[path] = self._counts.get(path, -1) + 1
                self.places.setdefault(path, self._line)
            if path in self._counts:
                path = f"{path}[{self._counts[path]}]"
        self._head = path
        self.places.setdefault(path, self._line)

    def _pair(self, head: str, token: str) -> None:
        name = token.strip("\"'")
        path = f"{head}.{name}" if head else name
        self.places.setdefault(path, self._line)
        while token not in ("=", "\n", None):
            token = self._next() or "\n"
        if token == "=":
            self._value(path)

    def _value(self, path: str) -> None:
        token = self._next(skip_lines=True)
        if token == "[":
            self._items(path)
        elif token == "{":
            self._pairs(path)

    def _items(self, path: str) -> None:
        count = 0
        while (token := self._next(skip_lines=True)) not in ("]", None):
            if token == ",":
                count += 1
                continue
            self.places.setdefault(f"{path}[{count}]", self._line)
            if token == "[":
                self._items(f"{path}[{count}]")
            elif token == "{":
                self._pairs(f"{path}[{count}]")

    def _pairs(self, path: str) -> None:
        while (token := self._next(skip_lines=True)) not in ("}", None):
            if token not in (",", None):
                self._pair(path, str(token))
