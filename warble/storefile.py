"""Owns the command's store file: saved values of users and of this Pi as one JSON file. Only the command uses it.

    {"users": {"alice": {"pi": 2}}, "data": {"n": 0.5}}

A number is an integer, a double, or the text of a decimal. The file is replaced whole, so a crash leaves the old one.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warble.effects import Saved


class StoreFileError(Exception):
    """The file cannot be used; the message says why and what to do."""


@dataclass(slots=True)
class StoreFile:
    users: dict[str, dict[str, Saved]] = field(default_factory=dict)
    data: dict[str, Saved] = field(default_factory=dict)


def load(path: Path) -> StoreFile:
    """What is saved; an absent file is an empty store."""
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return StoreFile()
    except (OSError, ValueError) as error:
        raise StoreFileError(f"{path} cannot be read as a store: {error}. Delete it to start anew.") from error
    users, data = (found.get("users", {}), found.get("data", {})) if isinstance(found, dict) else (None, None)
    if isinstance(users, dict) and isinstance(data, dict) and all(map(_is_shelf, [*users.values(), data])):
        return StoreFile(users, data)
    looks = '{"users": {"name": {"x": 1}}, "data": {}}'
    raise StoreFileError(f"{path} is no store: it has to look like {looks}. Delete it to start anew.")


def save(path: Path, store: StoreFile) -> None:
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        beside.write_text(json.dumps({"users": store.users, "data": store.data}, indent=1) + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise StoreFileError(f"{path} cannot be written: {error}.") from error


def _is_shelf(shelf: object) -> bool:
    """A name's value may be any number, but JSON's true and false are none."""
    return isinstance(shelf, dict) and all(
        isinstance(value, int | float | str) and not isinstance(value, bool) for value in shelf.values()
    )
