"""Owns the convention of the attacks: lines above the attack say what it is and how it has to end.

-- note: what it tries          (# instead of -- in Python)
-- ends: limit:fuel limit:time  the kinds of error it may end with; fine: it does no harm and ends without one
-- prints: a line               -- prints-bytes: 16384
-- effect: ["log", "x"]         -- effects: 4096
-- user: alice                  -- saved: alice pi "1"      who sends it, and what is saved before
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
_LINE = re.compile(r"(?:--|#) ([a-z-]+):(?: (.*))?\n")


@dataclass(frozen=True)
class Attack:
    """source is a Warble program, or Python where the file says so."""

    name: str
    python: bool
    source: str
    lines: dict[str, list[str]]

    def all(self, key: str) -> list[str]:
        return self.lines.get(key, [])

    @property
    def user(self) -> str:
        return "".join(self.all("user"))

    @property
    def ends(self) -> set[str]:
        return set(self.lines["ends"][0].split())

    def store(self) -> dict[str, dict[str, object]]:
        users: dict[str, dict[str, object]] = {}
        for line in self.all("saved"):
            user, name, value = line.split(maxsplit=2)
            users.setdefault(user, {})[name] = json.loads(value)
        return users


def read(path: Path) -> Attack:
    text = path.read_text(encoding="utf-8")
    lines: dict[str, list[str]] = {}
    while found := _LINE.match(text):
        lines.setdefault(found[1], []).append(found[2] or "")
        text = text[found.end() :]
    python = path.suffix == ".py"
    return Attack(f"{path.parent.name}/{path.stem}", python, text if python else text.removesuffix("\n"), lines)


def all_attacks() -> list[Attack]:
    paths = [*HERE.glob("programs/*/*.warble"), *HERE.glob("payloads/*/*.py")]
    return [read(path) for path in sorted(paths)]
