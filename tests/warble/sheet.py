"""Owns the convention of tests/warble/programs/*.warble: what is expected stands in lines above the program.

Warble has no comments, so the lines are no part of the program. It starts at the first line that is none of them, and
the newline at the end of the file belongs to the file.

    -- note: why this program is here               -- user: alice
    -- saved: alice pi 1       before the run       -- keeps: alice pi 2       after it, in the host's mapping
    -- data: n 0.5             this Pi's, before    -- keeps-data: n 1         this Pi's, after
    -- limit: fuel 100         instead of the default
    -- prints: a line          one each; none: nothing is printed
    -- prints-bytes: 16384     instead, where the text is of no interest
    -- effect: ["lights", 0, 255, 0, 0]             all of them, in order; none: there is none
    -- effects: 300            instead, only how many
    -- error: syntax 9 10      kind and span; none: no error
    -- says: part of the message
    -- fuel: 10                only where it matters
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from warble import Limits, Outcome, run

PROGRAMS = Path(__file__).with_name("programs")
_LINE = re.compile(r"-- ([a-z-]+):(?: (.*))?\n")


@dataclass
class Sheet:
    """One program and what it must do."""

    source: str
    lines: dict[str, list[str]] = field(default_factory=dict)

    def all(self, key: str) -> list[str]:
        return self.lines.get(key, [])

    def one(self, key: str) -> str | None:
        found = self.all(key)
        assert len(found) < 2, f"{key} stands twice"
        return found[0] if found else None

    def limits(self) -> Limits:
        limits = Limits()
        for line in self.all("limit"):
            name, value = line.split()
            limits = replace(limits, **{name: json.loads(value)})
        return limits

    def store(self, key: str) -> dict[str, dict[str, object]]:
        users: dict[str, dict[str, object]] = {}
        for line in self.all(key):
            user, name, value = line.split()
            users.setdefault(user, {})[name] = json.loads(value)
        return users

    def data(self, key: str) -> dict[str, object]:
        return {name: json.loads(value) for name, value in (line.split() for line in self.all(key))}


KEYS = {
    "note", "user", "saved", "keeps", "data", "keeps-data", "limit", "prints", "prints-bytes", "effect", "effects",
    "error", "says", "fuel",
}  # fmt: skip


def read(path: Path) -> Sheet:
    text = path.read_bytes().decode()  # a program may hold \r, which must not be changed
    at, lines = 0, dict[str, list[str]]()
    while match := _LINE.match(text, at):
        assert match[1] in KEYS, f"{path.name}: no such line as {match[1]}"
        lines.setdefault(match[1], []).append(match[2] or "")
        at = match.end()
    return Sheet(text[at:].removesuffix("\n"), lines)


def judge(sheet: Sheet) -> Outcome:
    """Run the program and hold it against its lines; the outcome, for more."""
    store, data = sheet.store("saved"), sheet.data("data")
    outcome = run(sheet.source, user=sheet.one("user") or "", store=store, data=data, limits=sheet.limits())
    assert _error(outcome) == (sheet.one("error") or "none"), outcome.error
    if (bytes_ := sheet.one("prints-bytes")) is None:
        assert outcome.stdout == "".join(f"{line}\n" for line in sheet.all("prints"))
    else:
        assert len(outcome.stdout.encode()) == int(bytes_)
    if (count := sheet.one("effects")) is None:
        wanted = [json.loads(line) for line in sheet.all("effect")]
        assert [list(effect) for effect in outcome.effects] == wanted
        assert repr([list(effect) for effect in outcome.effects]) == repr(wanted)  # -0.0 is not 0.0, nor is 1
    else:
        assert len(outcome.effects) == int(count)
    for phrase in sheet.all("says"):
        assert outcome.error is not None
        assert phrase in outcome.error.message
    if (fuel := sheet.one("fuel")) is not None:
        assert outcome.fuel == int(fuel)
    if sheet.all("keeps"):
        assert store == sheet.store("keeps")
    if sheet.all("keeps-data"):
        assert data == sheet.data("keeps-data")
    return outcome


def _error(outcome: Outcome) -> str:
    error = outcome.error
    return "none" if error is None else f"{error.kind} {error.start} {error.end}"
