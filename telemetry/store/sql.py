"""The SQL of the Oracle store, which is in files: one statement under each `-- name:` line of sql/*.sql, and the
statements of each version in oracle_schema/*.sql and ords/*.sql, each ended by a line with only "/".

Binds are named, so that a statement says what it wants; `binds` tells their names. Owns reading the files, no meaning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_COMMENT = re.compile(r"^\s*--.*\n?", re.MULTILINE)
_QUOTED = re.compile(r"'[^']*'")
_BIND = re.compile(r":([a-z]\w*)")


@dataclass(frozen=True, slots=True)
class Version:
    """One step of the schema: its number, the file's name, its statements."""

    number: int
    name: str
    statements: tuple[str, ...]


@cache
def statements() -> dict[str, str]:
    """Every named statement. Raises ValueError when a name is there twice."""
    found: dict[str, str] = {}
    for path in sorted((_HERE / "sql").glob("*.sql")):
        parts = _NAME.split(path.read_text("utf-8"))
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            if name in found:
                raise ValueError(f"{path.name}: there are two statements {name}")
            found[name] = _COMMENT.sub("", text).strip()
    return found


def statement(name: str) -> str:
    """The statement of that name; KeyError when there is none."""
    return statements()[name]


def binds(text: str) -> tuple[str, ...]:
    """The names of a statement's binds, each as often as it is there: as the driver sends them."""
    return tuple(_BIND.findall(_QUOTED.sub("''", text)))


@cache
def versions() -> tuple[Version, ...]:
    """The schema's versions, oldest first: files 0001_..., 0002_..."""
    found = []
    for path in sorted((_HERE / "oracle_schema").glob("*.sql")):
        number = int(path.name.split("_")[0])
        found.append(Version(number, path.stem, script(path)))
    return tuple(found)


@cache
def modules() -> tuple[Version, ...]:
    """The ORDS modules, in the order in which they are installed."""
    paths = sorted((_HERE / "ords").glob("*.sql"))
    return tuple(Version(number, path.stem, script(path)) for number, path in enumerate(paths, 1))


def script(path: Path) -> tuple[str, ...]:
    """The statements of a script. A comment before a statement is not part of it; one inside PL/SQL stays."""
    parts = re.split(r"^/\s*$", path.read_text("utf-8"), flags=re.MULTILINE)
    return tuple(text for part in parts if (text := re.sub(r"\A(\s*--.*\n|\s+)+", "", part).strip()))
