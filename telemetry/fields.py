"""Reads one value of a report: a number, a percentage, an address, a text. Owns the bounds of every kind of
value and the sentence a person reads when one is wrong; free-form data is in freeform.py. Pure; called by
report.py, and so often that each function takes the usual form first and keeps everything else off the hot
path.
"""

from __future__ import annotations

import math
import re
import socket
from typing import NoReturn

from telemetry.errors import ReportError

MAX_TEXT = 256  # characters of a name; the longest known (a user name) has 32
MAX_NUMBER_TEXT = 64  # characters of a number sent as text; the longest shortest-form double has 24
MAX_AMOUNT = 1e9  # MB or GB: a petabyte of memory, far above anything real and far below what overflows
MAX_PROCESS_CPU = 102_400.0  # percent of one core: 1024 busy cores
MAX_PORT = 65_535
MAX_PID = 2**32
MIN_TEMP_C, MAX_TEMP_C = -273.15, 1000.0
MAX_MS = 253_402_300_799_999  # the last millisecond of the year 9999
MAX_INT = 2**63 - 1  # what SQLite, Oracle and every JSON reader in use can hold

NAN = math.nan
_PAIR = "([0-9a-f]{2})"
_MAC = re.compile(f"{_PAIR}[:-]?{_PAIR}[:-]?{_PAIR}[:-]?{_PAIR}[:-]?{_PAIR}[:-]?{_PAIR}")
_SWITCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_NO_MAC = ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff")  # what broken interfaces say; two of them are not one Pi


def fail(code: str, field: str, value: object, what: str) -> NoReturn:
    """The one place that words a refused value; never prints a long one."""
    if isinstance(value, str):
        shown = repr(value[:40])
    elif value is None or isinstance(value, bool | float):
        shown = repr(value)
    elif isinstance(value, int):
        shown = str(value) if -MAX_INT <= value <= MAX_INT else "a number of more than 64 bits"
    else:
        shown = f"a {type(value).__name__}"
    raise ReportError(code, field, f"{field} is {shown}: {what}")


def number(value: object, field: str, high: float = MAX_AMOUNT) -> float:
    """A number from 0 to `high`, also as text; None and empty text are unknown (NaN)."""
    if type(value) is float:
        result = value
    elif type(value) is str:
        if not value or value.isspace():
            return NAN
        result = _from_text(value, field)
    elif value is None:
        return NAN
    elif type(value) is int:
        result = float(value) if 0 <= value <= high else math.inf  # float() itself fails above 1e308
    else:
        fail("wrong_type", field, value, "it must be a number, or a number as text.")
    if 0.0 <= result <= high:
        return result + 0.0  # -0.0 becomes 0.0
    fail("out_of_range", field, value, f"it must be from 0 to {high:.15g}.")


def _from_text(text: str, field: str) -> float:
    if len(text) <= MAX_NUMBER_TEXT and "_" not in text:  # float() takes 1_000; nobody else does
        try:
            return float(text)
        except ValueError:
            pass
        try:
            return float(text.strip().removesuffix("%"))
        except ValueError:
            pass
    fail("not_a_number", field, text, 'it must be a number, alone or as text such as "9.7".')


def percent(value: object, field: str) -> float:
    """0..100, `%` allowed. Whoever divides two clocks gets 100.2 now and then: up to 100.5 counts as 100."""
    result = number(value, field, 100.5)
    return 100.0 if result > 100.0 else result


def temperature(value: object, field: str) -> float:
    """Degrees Celsius from "32.7'C", "temp=48.3'C", "48.3°C" or a number. Text without a number is unknown,
    not wrong: it comes from a Pi that has no sensor tool and sends the error message."""
    if type(value) is str:
        result = _degrees(value, field)
        if result is None:
            return NAN
    elif value is None:
        return NAN
    elif type(value) is float:
        result = value
    elif type(value) is int:
        result = float(value) if -1000 < value < 10_000 else math.inf
    else:
        fail("wrong_type", field, value, 'it must be text such as "32.7\'C".')
    if MIN_TEMP_C <= result <= MAX_TEMP_C:
        return result + 0.0
    fail("out_of_range", field, value, f"it must be from {MIN_TEMP_C} to {MAX_TEMP_C:.0f} degrees Celsius.")


def _degrees(value: str, field: str) -> float | None:
    try:
        return float(value.removesuffix("'C"))
    except ValueError:
        if len(value) > MAX_TEXT:
            fail("too_long", field, value, f"it must have at most {MAX_TEXT} characters.")
    bare = value.strip().removeprefix("temp=").rstrip("Cc°º'’ \t")
    try:
        return float(bare)
    except ValueError:
        return None


def whole(value: object, field: str, high: int) -> int:
    """A whole number from 0 to `high`, also as text or as 4.0; None, "" and -1 are unknown (-1)."""
    if type(value) is int:
        result = value
    elif value is None:
        return -1
    elif type(value) is str:
        bare = value.strip()
        if not bare:
            return -1
        if len(bare) > 20 or not bare.isascii() or not bare.removeprefix("-").isdecimal():
            fail("not_a_number", field, value, "it must be a whole number.")
        result = int(bare)
    elif type(value) is float and value.is_integer():
        result = int(value)
    else:
        fail("wrong_type", field, value, "it must be a whole number.")
    if -1 <= result <= high:
        return result
    fail("out_of_range", field, value, f"it must be from 0 to {high}, or -1 when unknown.")


def text(value: object, field: str, bound: int = MAX_TEXT) -> str:
    """Text of at most `bound` characters; None is unknown ("")."""
    if type(value) is str:
        if len(value) > bound:
            fail("too_long", field, value, f"it must have at most {bound} characters.")
        if not value.isascii():
            check_unicode(value, field)
        return value
    if value is None:
        return ""
    fail("wrong_type", field, value, "it must be text.")


def check_unicode(value: str, field: str) -> None:
    """Half a surrogate pair is legal JSON but cannot be written: better refused here than at a viewer's
    socket."""
    try:
        value.encode()
    except UnicodeEncodeError:
        message = f"{field} holds half of a surrogate pair, which is not text."
        raise ReportError("bad_text", field, message) from None


def mac(value: object) -> str:
    """aa:bb:cc:dd:ee:ff from any usual spelling; "" when unknown."""
    if type(value) is not str:
        return "" if value is None else fail("wrong_type", "mac", value, "it must be text.")
    bare = value.strip().lower()
    found = _MAC.fullmatch(bare)
    if found:
        result = bare if bare[2::3] == ":::::" else ":".join(found.groups())
        return result if result not in _NO_MAC else ""
    if not bare:
        return ""
    fail("bad_address", "mac", value, "it must be six pairs of hex digits such as b8:27:eb:70:e3:c4.")


def ip(value: object) -> str:
    """An IPv4 or IPv6 address; "" when unknown."""
    if type(value) is not str:
        return "" if value is None else fail("wrong_type", "ip", value, "it must be text.")
    try:
        socket.inet_pton(socket.AF_INET, value)  # C, and stricter than inet_aton: no "1.2", no "010.1.1.1"
    except (OSError, ValueError):
        return _other_ip(value)
    return value


def _other_ip(value: str) -> str:
    bare = value.strip()
    if not bare:
        return ""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, bare)
        except (OSError, ValueError):
            continue
        return bare
    fail("bad_address", "ip", value, "it must be an address such as 172.20.20.23.")


def switch_ip(value: object) -> str:
    """The switch's address or name; "" when unknown (None, "", -1, "-1")."""
    if type(value) is str:
        bare = value.strip()
        if not bare or bare == "-1":
            return ""
        if _SWITCH.fullmatch(bare):
            return bare
        fail("bad_address", "switch_ip", value, "it must be like 172.20.80.211, or -1 when unknown.")
    if value is None or (type(value) in (int, float) and value == -1):
        return ""
    fail("wrong_type", "switch_ip", value, "it must be text, or the number -1 when unknown.")
