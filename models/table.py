"""Reads one table of a cluster file: typed values, bounds, and an error that names file and key.

Owns no meaning of its own; plan.py calls it. `done` must be called last: a key that nobody asked for is most
likely a typing error.
"""

from __future__ import annotations

from difflib import get_close_matches
from ipaddress import ip_address
from typing import NoReturn

from models.errors import LayoutError

MAX_LENGTH_MM = 1e6  # a kilometre: far above any cluster, and still exact to a micrometre


def quoted(names: list[str]) -> str:
    """Names for a sentence: `"a", "b"`."""
    return ", ".join(f'"{name}"' for name in names)


class Table:
    """One TOML table and the path that leads to it."""

    def __init__(self, file: str, path: str, values: dict[str, object]) -> None:
        self.file = file
        self.path = path
        self._values = values
        self._asked: list[str] = []

    def fail(self, code: str, key: str, what: str) -> NoReturn:
        raise LayoutError(code, self.file, self.key(key), what)

    def key(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path and name else self.path or name

    def text(self, name: str, choices: tuple[str, ...] = ()) -> str:
        value = self._take(name)
        if not isinstance(value, str) or not value.strip():
            self.fail("wrong_type", name, f'is {value!r}: write a text in quotes, as {name} = "example".')
        if choices and value not in choices:
            near = get_close_matches(value, choices, 1, 0.5)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            self.fail("out_of_range", name, f'is "{value}": it must be one of {quoted(list(choices))}.{hint}')
        return value

    def address(self, name: str) -> str:
        value = self.text(name)
        try:
            ip_address(value)
        except ValueError:
            self.fail("wrong_type", name, f'is "{value}": write an address such as "172.20.80.211".')
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        return self._whole(name, self._take(name), low, high)

    def wholes(self, name: str, low: int, high: int) -> tuple[int, ...]:
        values = self._list(name)
        return tuple(self._whole(f"{name}[{i}]", value, low, high) for i, value in enumerate(values))

    def metres(self, name: str) -> float:
        """A length in millimetres, above 0 (names end in _mm), as metres."""
        value = self._millimetres(name, self._take(name))
        if value <= 0:
            self.fail("out_of_range", name, f"is {value:g}: it must be more than 0 mm.")
        return _metres(value)

    def distance(self, name: str) -> float:
        """A length in millimetres that may be 0, as metres."""
        value = self._millimetres(name, self._take(name))
        if value < 0:
            self.fail("out_of_range", name, f"is {value:g}: it must not be below 0 mm.")
        return _metres(value)

    def point(self, name: str) -> tuple[float, float, float]:
        """A point [x, y, z] in millimetres, as metres."""
        return self._point(name, self._list(name))

    def points(self, name: str) -> tuple[tuple[float, float, float], ...]:
        """A list of points in millimetres, as metres."""
        found = []
        for i, values in enumerate(self._list(name)):
            if not isinstance(values, list):
                self.fail("wrong_type", f"{name}[{i}]", f"is {values!r}: write [x, y, z] in millimetres.")
            found.append(self._point(f"{name}[{i}]", values))
        return tuple(found)

    def _point(self, name: str, values: list[object]) -> tuple[float, float, float]:
        if len(values) != 3:
            self.fail("wrong_type", name, f"has {len(values)} values: write three, [x, y, z] in millimetres.")
        x, y, z = (_metres(self._millimetres(f"{name}[{i}]", value)) for i, value in enumerate(values))
        return (x, y, z)

    def table(self, name: str) -> Table:
        value = self._take(name)
        if not isinstance(value, dict):
            self.fail("wrong_type", name, f"is {value!r}: it must be a table, [{self.key(name)}].")
        return Table(self.file, self.key(name), value)

    def tables(self, name: str) -> list[Table]:
        """An array of one table or more."""
        values = self._list(name)
        if not values:
            self.fail("missing_key", name, "is empty: at least one is needed.")
        found = []
        for i, value in enumerate(values):
            if not isinstance(value, dict):
                self.fail("wrong_type", f"{name}[{i}]", f"is {value!r}: it must be a table.")
            found.append(Table(self.file, f"{self.key(name)}[{i}]", value))
        return found

    def optional(self, name: str) -> Table | None:
        """A table that may be left out."""
        self._asked.append(name)
        return self.table(name) if name in self._values else None

    def optional_tables(self, name: str) -> list[Table]:
        """An array of tables that may be left out."""
        self._asked.append(name)
        return self.tables(name) if name in self._values else []

    def done(self) -> None:
        """Refuses keys that nothing asked for."""
        for name in self._values:
            if name not in self._asked:
                near = get_close_matches(name, self._asked, 1, 0.6)
                hint = f'did you mean "{near[0]}"?' if near else f"known keys here are {quoted(self._asked)}."
                self.fail("unknown_key", name, f"is not a key of a cluster file: {hint} Rename or remove it.")

    def _take(self, name: str) -> object:
        self._asked.append(name)
        if name not in self._values:
            self._missing(name)
        return self._values[name]

    def _missing(self, name: str) -> NoReturn:
        near = get_close_matches(name, self._values, 1, 0.75)
        hint = f' There is a "{near[0]}": is that a typing error?' if near else ""
        self.fail("missing_key", name, f"is missing: add it (docs/layout.md says what it means).{hint}")

    def _list(self, name: str) -> list[object]:
        value = self._take(name)
        if not isinstance(value, list):
            self.fail("wrong_type", name, f"is {value!r}: it must be a list in [ ].")
        return value

    def _whole(self, name: str, value: object, low: int, high: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            self.fail("wrong_type", name, f"is {value!r}: it must be a whole number.")
        if not low <= value <= high:
            self.fail("out_of_range", name, f"is {value}: it must be from {low} to {high}.")
        return value

    def _millimetres(self, name: str, value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            self.fail("wrong_type", name, f"is {value!r}: it must be a number of millimetres.")
        if not abs(value) <= MAX_LENGTH_MM:  # "not <=": nan is legal in TOML, and above nothing
            self.fail("out_of_range", name, f"is too large: it must be at most {MAX_LENGTH_MM:.0f} mm.")
        return float(value)


def _metres(millimetres: float) -> float:
    """To a nanometre, so that 482.6 mm is 0.4826 m and not 0.48260000000000003."""
    return round(millimetres / 1000, 9)
