"""What the server says: each function gives the bytes of one message. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.oracle.calls import Bind, Type
from tests.oracle.login import Pairs
from tests.oracle.scalars import blob, double, number, single, sized, timestamp, ub

UTF8: Final = 873
IN_TRANSACTION: Final = 2
NO_DATA_FOUND: Final = 1403
BATCH_FAILED: Final = 24381
LOB_CHUNK: Final = 8132
#: NUMBER without precision: scale -127.
_FREE_SCALE: Final = 0x81


@dataclass(frozen=True)
class Column:
    """`size`: the most bytes a value takes."""

    name: str
    type: Type
    size: int = 4000


@dataclass(frozen=True)
class RowError:
    """One row of an array DML that failed."""

    offset: int
    number: int
    text: str


def status(in_transaction: bool) -> bytes:
    return b"\x09" + ub(IN_TRANSACTION if in_transaction else 0) + ub(0)


def outcome(
    in_transaction: bool,
    *,
    number_: int = 0,
    text: str = "",
    rows: int = 0,
    cursor: int = 0,
    failed: Sequence[RowError] = (),
) -> bytes:
    """How a statement went: ends its answer. number_ 0: well."""
    parts = [b"\x04", ub(IN_TRANSACTION if in_transaction else 0), ub(0) * 5, ub(cursor), ub(0), bytes(6)]
    parts += [ub(0) * 2, b"\0", ub(0) * 2]  # a row's address
    parts += [ub(0), b"\0\0", ub(0), ub(0), ub(0)]
    parts.append(ub(len(failed)))
    if failed:
        parts += [b"\x01", *(ub(each.number) for each in failed)]
    parts.append(ub(len(failed)))
    if failed:
        parts += [b"\x01", *(ub(each.offset) for each in failed)]
    parts.append(ub(len(failed)))
    if failed:
        parts.append(b"\x01")
        for each in failed:
            said = each.text.encode()
            parts += [ub(len(said)), blob(said), b"\0\0"]
    parts += [ub(number_), ub(rows)]
    return b"".join(parts) + (blob(text.encode()) if number_ else b"")


def pairs(values: Pairs) -> bytes:
    """Named values of the login."""
    body = b"".join(sized(key.encode()) + sized(value.encode()) + ub(flag) for key, value, flag in values)
    return b"\x08" + ub(len(values)) + body


def protocol(field_version: int) -> bytes:
    """Who this is: the version of the fields of messages, and strings of up to 32767 bytes."""
    compiled, running = bytearray(55), bytearray(13)
    compiled[7], running[6] = field_version, 0x04
    national = bytes(9) + (2000).to_bytes(2, "big")
    head = b"\x01\x06\0tests.oracle\0" + UTF8.to_bytes(2, "little") + b"\x01" + bytes(2)
    return head + len(national).to_bytes(2, "big") + national + blob(bytes(compiled)) + blob(bytes(running))


def data_types() -> bytes:
    """All the client's types are fine."""
    return b"\x02\0\0"


def described(columns: Sequence[Column]) -> bytes:
    parts = [b"\x10\0", ub(0), ub(len(columns)), b"\0" if columns else b""]
    for place, column in enumerate(columns, 1):
        scale = _FREE_SCALE if column.type == Type.NUMBER else 0
        form = 1 if column.type in (Type.VARCHAR, Type.CHAR, Type.LONG, Type.CLOB) else 0
        parts += [bytes((column.type, 0, 0, scale)), ub(column.size), ub(0) * 4, ub(UTF8), bytes((form,))]
        parts += [ub(column.size), ub(0), b"\x01\0", sized(column.name.encode()), ub(0) * 2, ub(place), ub(0)]
    return b"".join((*parts, ub(0) * 6))


def fetched(columns: Sequence[Column], defines: Sequence[Bind] | None, rows: Sequence[Sequence[Any]]) -> bytes:
    """Rows, with a header. A LOB's value is (locator, length), or its bytes where the client asked for LONG."""
    if not rows:
        return b""
    parts = [b"\x06\0", ub(len(columns)), ub(0), ub(len(rows)), ub(0) * 3]
    for row in rows:
        parts.append(b"\x07")
        for i, (column, value) in enumerate(zip(columns, row, strict=True)):
            parts.append(_value(column, defines[i].type if defines else column.type, value))
    return b"".join(parts)


def _value(column: Column, asked: int, value: Any) -> bytes:
    if asked in (Type.LONG, Type.LONG_RAW):
        return blob(_raw(value)) + ub(0) * 2  # indicator, return code
    if column.type in (Type.CLOB, Type.BLOB):
        if value is None:
            return ub(0)
        locator, length = value
        return ub(len(locator)) + ub(length) + ub(LOB_CHUNK) + blob(locator)
    if value is None:
        return b"\0"
    if column.type == Type.NUMBER:
        return blob(number(value))
    if column.type == Type.BINARY_FLOAT:
        return blob(single(value))
    if column.type == Type.BINARY_DOUBLE:
        return blob(double(value))
    if column.type == Type.TIMESTAMP:
        return blob(timestamp(value))
    return blob(_raw(value))


def _raw(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def lob(locator: bytes, *, data: bytes | None = None, amount: int | None = None, created: bool = False) -> bytes:
    """The answer to a call about a LOB: what was read, the locator, and how much it was."""
    head = b"" if data is None else b"\x0e" + blob(data)
    tail = ub(UTF8) + b"\0" if created else b"" if amount is None else ub(amount)
    return head + b"\x08" + locator + tail
