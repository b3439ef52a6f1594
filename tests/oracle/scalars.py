"""Oracle's own encodings of numbers, floats, times and lengths. Pure; both directions, since a server needs both."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

LONG: Final = 254  # a length byte: the value follows in chunks
NULL: Final = 255
CHUNK: Final = 32767
SHORT_MAX: Final = 252


def ub(value: int) -> bytes:
    """An unsigned integer of variable length: count of bytes, then the bytes."""
    if value == 0:
        return b"\0"
    size = (value.bit_length() + 7) // 8
    size = size if size <= 2 else 4 if size <= 4 else 8
    return bytes((size,)) + value.to_bytes(size, "big")


def blob(value: bytes | None) -> bytes:
    """Bytes behind their length; chunks where one length byte is not enough. Empty and NULL are the same, as in SQL."""
    if not value:
        return b"\0"
    if len(value) <= SHORT_MAX:
        return bytes((len(value),)) + value
    parts = [bytes((LONG,))]
    for start in range(0, len(value), CHUNK):
        piece = value[start : start + CHUNK]
        parts += [ub(len(piece)), piece]
    return b"".join((*parts, b"\0"))


def sized(value: bytes | None) -> bytes:
    """Bytes behind two lengths: a number, then `blob`."""
    return ub(len(value)) + blob(value) if value else b"\0"


def number(value: int | float | Decimal) -> bytes:
    """NUMBER: an exponent byte and digits of base 100, made so that bytes compare as the numbers do."""
    if value == 0:
        return b"\x80"
    sign, digits, exponent = Decimal(repr(value) if isinstance(value, float) else value).as_tuple()
    assert isinstance(exponent, int), "NUMBER has neither NaN nor infinity"
    text = "".join(map(str, digits)).lstrip("0")
    if exponent % 2:
        text, exponent = text + "0", exponent - 1
    if len(text) % 2:
        text = "0" + text
    pairs = [int(text[i : i + 2]) for i in range(0, len(text), 2)]
    power = len(pairs) + exponent // 2
    while pairs[-1] == 0:
        pairs.pop()
    if sign:
        return bytes((63 - power, *(101 - pair for pair in pairs))) + (b"f" if len(pairs) < 20 else b"")
    return bytes((192 + power, *(pair + 1 for pair in pairs)))


#: A digit of base 100 as two decimal ones, of positive and of negative numbers.
_PAIRS: Final = bytes((byte - 1) // 10 * 16 + (byte - 1) % 10 if 1 <= byte <= 100 else 0 for byte in range(256))
_NEGATIVE: Final = bytes((101 - byte) // 10 * 16 + (101 - byte) % 10 if 2 <= byte <= 101 else 0 for byte in range(256))


def read_number(raw: bytes) -> int | float:
    """A NUMBER: int where it is whole, else float."""
    first = raw[0]
    if raw == b"\x80":
        return 0
    if first & 0x80:
        power, count = first - 192, len(raw) - 1
        total = int(raw[1:].translate(_PAIRS).hex())
    else:
        body = raw[1:-1] if raw[-1] == 102 else raw[1:]
        power, count = 63 - first, len(body)
        total = -int(body.translate(_NEGATIVE).hex())
    if power >= count:
        return total * 100 ** (power - count)
    return float(Decimal(total).scaleb(2 * (power - count)))


def _flip(raw: bytes) -> bytes:
    return bytes(255 - byte for byte in raw)


def double(value: float) -> bytes:
    """BINARY_DOUBLE: IEEE with the sign turned, so that bytes compare as the numbers do."""
    raw = struct.pack(">d", value)
    return _flip(raw) if raw[0] & 0x80 else bytes((raw[0] | 0x80,)) + raw[1:]


def single(value: float) -> bytes:
    """BINARY_FLOAT, the same way."""
    raw = struct.pack(">f", value)
    return _flip(raw) if raw[0] & 0x80 else bytes((raw[0] | 0x80,)) + raw[1:]


_UNPACK_SINGLE = struct.Struct(">I").unpack
_AS_SINGLE = struct.Struct(">f").unpack
_PACK_SINGLE = struct.Struct(">I").pack


def read_single(raw: bytes) -> float:
    (bits,) = _UNPACK_SINGLE(raw)
    bits = bits ^ 0x80000000 if bits & 0x80000000 else bits ^ 0xFFFFFFFF
    return float(_AS_SINGLE(_PACK_SINGLE(bits))[0])


def read_double(raw: bytes) -> float:
    plain = bytes((raw[0] & 0x7F,)) + raw[1:] if raw[0] & 0x80 else _flip(raw)
    return float(struct.unpack(">d", plain)[0])


def timestamp(value: datetime) -> bytes:
    """TIMESTAMP: century, year, month, day, hour, minute, second, each with its offset, then nanoseconds."""
    head = (value.year // 100 + 100, value.year % 100 + 100, value.month, value.day)
    return bytes((*head, value.hour + 1, value.minute + 1, value.second + 1)) + struct.pack(
        ">I", value.microsecond * 1000
    )


def read_timestamp(raw: bytes) -> datetime:
    """DATE and the three TIMESTAMPs; one with a zone comes in UTC, as the driver sends it."""
    year = (raw[0] - 100) * 100 + raw[1] - 100
    micros = struct.unpack(">I", raw[7:11])[0] // 1000 if len(raw) >= 11 else 0
    moment = datetime(year, raw[2], raw[3], raw[4] - 1, raw[5] - 1, raw[6] - 1, micros)
    return moment.replace(tzinfo=UTC) if len(raw) >= 13 else moment
