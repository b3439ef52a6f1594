"""The QR symbols of the markers: an address in, a matrix of modules out, all of the same version and level.

Owns what fits and how an address is written so that it does; where a marker hangs is place.py's. Version 2 has 25
modules a side: few enough that a module of an 80 mm symbol is 3.2 mm, which a camera still resolves at two metres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import segno

from models.errors import MarkerError

VERSION = 2
MODULES = 25  # a side, of version 2
QUIET = 4  # modules of white around a symbol, as the standard wants; our own solver is content with 2
LEVELS = "HQML"  # from the most to the least redundant: the first in which every address fits is taken
MOST_CAPITALS = 47  # characters of version 2 at level L, in capitals, digits and $%*+-./:
MOST_OTHERS = 32
_CAPITALS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


@dataclass(frozen=True, slots=True)
class Symbol:
    """`rows` are 25 texts of 25 characters from the top, "1" = dark; `level` is the error correction's letter."""

    text: str
    level: str
    rows: tuple[str, ...]


def address(origin: str, path: str) -> str:
    """The text of a marker. Capitals where all of it allows them: scheme and host mean the same in any case, the twin
    takes its own paths in both, and a capital needs 5.5 bits where a small letter needs 8.
    """
    whole = origin + path
    capitals = whole.upper()
    return capitals if _CAPITALS.issuperset(capitals) else whole


def origin_of(url: str) -> str:
    """scheme://host[:port] of an address that somebody typed. Raises MarkerError (bad_url)."""
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise MarkerError("bad_url", f"--url {url!r} is not an address: {error}.") from None
    if parts.scheme not in ("http", "https") or not host or not parts.netloc.isascii() or "@" in parts.netloc:
        raise MarkerError("bad_url", f"--url is {url!r}: write it as https://twin.example or http://192.168.1.5:8080.")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        what = f"--url is {url!r}: a marker has room for scheme, host and port only, the twin's paths come after them."
        raise MarkerError("bad_url", what)
    return f"{parts.scheme}://{parts.netloc}"


def encode(texts: Sequence[str]) -> tuple[Symbol, ...]:
    """One symbol a text, all of the highest level in which each of them fits. Raises MarkerError (too_long)."""
    for level in LEVELS:
        try:
            return tuple(_symbol(text, level) for text in texts)
        except segno.DataOverflowError:
            continue
    longest = max(texts, key=len)
    most = MOST_CAPITALS if _CAPITALS.issuperset(longest) else MOST_OTHERS
    raise MarkerError(
        "too_long",
        f"{longest} has {len(longest)} characters; a marker of {MODULES} modules holds {most}. Use a shorter host name "
        "or an address of version 4.",
    )


def _symbol(text: str, level: str) -> Symbol:
    made = segno.make(text, version=VERSION, error=level, boost_error=False, micro=False)
    return Symbol(text, level, tuple("".join("1" if dark else "0" for dark in row) for row in made.matrix))
