"""Turns the bytes of one report into a JSON value, or says what is wrong with them and at which field. Owns
encoding, size, depth and duplicate keys; knows nothing of what a report means (report.py). Called by twin's
HTTP edge, which may try a faster reader first and come here for the name of the field.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import NoReturn

from telemetry.errors import ReportError
from telemetry.freeform import shown

MAX_BODY = 262_144  # bytes; a real report has about 900
MAX_NESTING = 32  # a report needs 4; json itself gives up with RecursionError near 1000
_BOM = b"\xef\xbb\xbf"
_HUGE = re.compile(r"\d[eE]\+?\d{3}|\d{300}")  # what may overflow to infinity while json says nothing


class _NotFiniteError(Exception):
    """NaN or Infinity was seen; where, the second reading finds out."""


def decode(body: bytes) -> object:
    """JSON object from UTF-8 bytes (a byte order mark is tolerated). Raises ReportError."""
    if len(body) > MAX_BODY:
        raise ReportError("too_large", "", f"The body has {len(body)} bytes; a report may have {MAX_BODY}.")
    text = _text(body)
    suspect = _HUGE.search(text) is not None
    try:
        value = _read(text, parse_constant=_no_constant, object_pairs_hook=_no_twins)
    except _NotFiniteError:
        value, suspect = _read(text), True
    if text.count("[") + text.count("{") > MAX_NESTING and _depth(value) > MAX_NESTING:
        _too_deep()
    if suspect:
        _find_not_finite(value, "")
    if not isinstance(value, dict):
        raise ReportError("not_object", "", f"The body is a {type(value).__name__}, not one JSON object.")
    return value


def _read(text: str, **hooks: Callable[..., object]) -> object:
    try:
        value: object = json.loads(text, parse_int=_int if len(text) > 4000 else None, **hooks)  # type: ignore[arg-type]
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise ReportError("bad_json", "", f"The body is not JSON: {error.msg} at {where}.") from None
    except RecursionError:
        _too_deep()
    return value


def _int(digits: str) -> int | float:
    """Python refuses to read a number of more than 4300 digits, with an error that names no place."""
    return int(digits) if len(digits) < 400 else math.inf


def _text(body: bytes) -> str:
    if json.detect_encoding(body)[:6] in ("utf-16", "utf-32"):
        raise ReportError("bad_encoding", "", "The body is UTF-16 or UTF-32: send UTF-8.")
    bare = body.removeprefix(_BOM)
    try:
        return bare.decode()
    except UnicodeDecodeError as error:
        where = f"byte 0x{bare[error.start]:02x} at offset {error.start}"
        message = f"The body is not UTF-8: {where}. Send UTF-8."
        raise ReportError("bad_encoding", "", message) from None


def _no_constant(_name: str) -> NoReturn:
    raise _NotFiniteError


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    keys = [key for key, _ in pairs]
    twin = next(key for index, key in enumerate(keys) if key in keys[:index])
    name = shown(twin)[:120]
    raise ReportError("duplicate_key", name, f"{name} is there twice: which one counts is not ours to guess.")


def _too_deep() -> NoReturn:
    raise ReportError("too_deep", "", f"The body is nested deeper than {MAX_NESTING} levels.")


def _depth(value: object) -> int:
    level, deepest = [value], 0
    while level := [inner for each in level for inner in _inside(each)]:
        deepest += 1
    return deepest


def _inside(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _find_not_finite(value: object, path: str) -> None:
    """Raises for the first number that is none, with its path. The depth is bounded by now."""
    if isinstance(value, float) and not math.isfinite(value):
        name = path.removeprefix(".")[-120:]
        what = "is NaN, infinite or too large for a number: leave out what is unknown."
        message = f"{name or 'The body'} {what}"
        raise ReportError("out_of_range", name, message)
    if isinstance(value, dict):
        for key, inner in value.items():
            _find_not_finite(inner, f"{path}.{shown(key)}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _find_not_finite(inner, f"{path}[{index}]")
