"""What a client asks for: the calls of Oracle's two-task protocol as frozen types, read from a Reader.

A call may have others before it that want no answer (piggybacks): cursors and temporary LOBs to close.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any, Final

from tests.oracle.packets import Reader
from tests.oracle.scalars import LONG, NULL, read_double, read_number, read_single, read_timestamp

CALL: Final = 3
PIGGYBACK: Final = 17
ROW: Final = 7
LOB_DATA: Final = 14


class Fn(IntEnum):
    REEXECUTE = 4
    FETCH = 5
    LOGOFF = 9
    COMMIT = 14
    ROLLBACK = 15
    REEXECUTE_FETCH = 78
    EXECUTE = 94
    LOB = 96
    CLOSE_CURSORS = 105
    PASSWORD = 115
    USER = 118
    SESSION_ATTRIBUTES = 135
    PING = 147
    SCHEMA = 152


class Type(IntEnum):
    VARCHAR = 1
    NUMBER = 2
    INTEGER = 3
    LONG = 8
    DATE = 12
    RAW = 23
    LONG_RAW = 24
    CHAR = 96
    BINARY_FLOAT = 100
    BINARY_DOUBLE = 101
    CLOB = 112
    BLOB = 113
    JSON = 119
    TIMESTAMP = 180
    TIMESTAMP_TZ = 181
    TIMESTAMP_LTZ = 231


class LobOp(IntEnum):
    LENGTH = 0x1
    READ = 0x2
    TRIM = 0x20
    WRITE = 0x40
    CREATE = 0x110
    CHUNK = 0x4000


#: Bits of Execute.options.
FETCH: Final = 0x40
COMMIT: Final = 0x100
BATCH_ERRORS: Final = 0x80000
_BIND: Final = 0x08
_EXECUTE: Final = 0x20
_SQL_MAX: Final = 32767  # values of longer columns come after all others of their row


@dataclass(frozen=True)
class Bind:
    type: int
    size: int


@dataclass(frozen=True)
class Lob:
    """A locator; its bytes are in the session."""

    locator: bytes


@dataclass(frozen=True)
class Execute:
    """sql None: the cursor's own. `rows`: one tuple an execution, None: none were sent. `defines`: only describe how to
    send what was selected."""

    cursor: int
    sql: str | None
    options: int
    fetch: int
    binds: tuple[Bind, ...] | None
    rows: list[tuple[Any, ...]]
    defines: tuple[Bind, ...] | None

    @property
    def runs(self) -> bool:
        return bool(self.options & _EXECUTE)


@dataclass(frozen=True)
class LobCall:
    op: int
    locator: bytes
    offset: int
    type: int
    data: bytes
    amount: int


@lru_cache(65_536)
def _single(raw: bytes) -> float:
    return read_single(raw)


def _text(raw: bytes) -> str:
    return raw.decode()


_DECODE: Final[dict[int, Callable[[bytes], Any]]] = {
    Type.VARCHAR: _text,
    Type.CHAR: _text,
    Type.LONG: _text,
    Type.NUMBER: read_number,
    Type.INTEGER: read_number,
    Type.DATE: read_timestamp,
    Type.TIMESTAMP: read_timestamp,
    Type.TIMESTAMP_TZ: read_timestamp,
    Type.TIMESTAMP_LTZ: read_timestamp,
    Type.BINARY_FLOAT: _single,
    Type.BINARY_DOUBLE: read_double,
    Type.RAW: bytes,
    Type.LONG_RAW: bytes,
}
_LOBS: Final = (Type.CLOB, Type.BLOB)


def read_binds(reader: Reader, count: int) -> tuple[Bind, ...]:
    found = []
    for _ in range(count):
        kind = reader.byte()
        reader.raw(3)  # flag, precision, scale
        size = reader.ub()
        reader.skip("uu")  # elements, continuation
        if reader.ub():  # an object's type
            reader.blob()
        reader.skip("uubuu")  # version, character set and its form, LOB prefetch, column
        found.append(Bind(kind, size))
    return tuple(found)


def read_rows(reader: Reader, binds: Sequence[Bind], count: int) -> list[tuple[Any, ...]]:
    """`count` rows of bound values. Made for speed where values are short, since a test may send millions."""
    late = [i for i, bind in enumerate(binds) if bind.size > _SQL_MAX and bind.type not in (*_LOBS, Type.JSON)]
    order = [i for i in range(len(binds)) if i not in late] + late
    plan = [(i, _DECODE.get(binds[i].type)) for i in order]
    room = 1 + len(binds) * (NULL + 1)
    plain = all(decode is not None for _, decode in plan)
    rows: list[tuple[Any, ...]] = []
    while len(rows) < count:
        if plain and len(reader.data) - reader.at > room:
            _short_rows(reader, plan, rows, count, room)
        if len(rows) < count:
            rows.append(_long_row(reader, plan, binds))
    return rows


def _short_rows(reader: Reader, plan: Sequence[tuple[int, Any]], rows: list[Any], count: int, room: int) -> None:
    """Rows that are in the buffer already, up to the first that has a long value."""
    data, at, last = reader.data, reader.at, len(reader.data) - room
    values: list[Any] = [None] * len(plan)
    while at < last and len(rows) < count:
        start = at
        assert data[at] == ROW, f"a row of binds begins with {data[at]}"
        at += 1
        for i, decode in plan:
            size = data[at]
            at += 1
            if size == LONG:
                reader.at = start
                return
            if size == 0 or size == NULL:
                values[i] = None
            else:
                values[i] = decode(data[at : at + size])
                at += size
        rows.append(tuple(values))
    reader.at = at


def _long_row(reader: Reader, plan: Sequence[tuple[int, Any]], binds: Sequence[Bind]) -> tuple[Any, ...]:
    first = reader.byte()
    assert first == ROW, f"a row of binds begins with {first}"
    values: list[Any] = [None] * len(plan)
    for i, decode in plan:
        if binds[i].type in _LOBS:
            values[i] = Lob(located) if (located := reader.sized()) else None
        elif binds[i].type == Type.JSON:  # OSON behind a locator that holds nothing
            values[i] = (reader.raw(40), reader.blob())[1] if (reader.ub(), reader.byte())[0] else None
        else:
            raw = reader.blob()
            assert decode is not None, f"bind {i + 1} has type {binds[i].type}, which this server does not know"
            values[i] = None if raw is None else decode(raw)
    return tuple(values)


def read_execute(reader: Reader, version_12_2: bool = True) -> Execute:
    options, cursor = reader.ub(), reader.ub()
    parses = reader.byte()
    reader.skip("ububbu")  # length of the statement, two vectors, prefetch in bytes
    fetch = reader.ub()
    reader.skip("ub")  # longest LONG
    bound = reader.ub()
    reader.skip("bbbbbb")
    defined = reader.ub()
    reader.ub()  # registration
    reader.skip("bb")
    reader.skip("bubu")  # block of values, name
    reader.ub()  # registration
    reader.skip("bub")  # counts of rows a DML
    if version_12_2:
        reader.skip("bububbu")  # signature, id, its length, chunks
    sql = (reader.blob() or b"").decode() if parses else None
    options_4 = [reader.ub() for _ in range(13)]
    if defined:
        return Execute(cursor, sql, options, fetch, None, [], read_binds(reader, defined))
    count = 1 if options_4[7] else options_4[1]
    if bound and options & _BIND:
        binds = read_binds(reader, bound)
        return Execute(cursor, sql, options, fetch, binds, read_rows(reader, binds, count), None)
    return Execute(cursor, sql, options, fetch, (), [()] * max(count, 1), None)


def read_lob(reader: Reader) -> LobCall:
    reader.byte()
    size = reader.ub()
    reader.skip("buuubbb")
    op = reader.ub()
    reader.skip("bb")
    offset, kind = reader.ub(), reader.ub()
    has_amount = reader.byte()
    reader.raw(6)
    locator = reader.raw(size)
    if op == LobOp.CREATE:
        reader.ub()
    data = b""
    if op == LobOp.WRITE:
        assert reader.byte() == LOB_DATA
        data = reader.blob() or b""
    return LobCall(op, locator, offset, kind, data, reader.ub() if has_amount else 0)


def read_piggyback(reader: Reader, fn: int) -> tuple[list[int], bytes]:
    """(cursors to close, locators to free, 40 bytes each) of a call that wants no answer."""
    if fn == Fn.CLOSE_CURSORS:
        reader.byte()
        return [reader.ub() for _ in range(reader.ub())], b""
    if fn == Fn.LOB:
        reader.byte()
        size = reader.ub()
        reader.skip("buuubbbubuuubbububu")
        return [], reader.raw(size)
    if fn == Fn.SCHEMA:
        reader.byte()
        reader.sized()
    elif fn == Fn.SESSION_ATTRIBUTES:
        _skip_attributes(reader)
    else:
        raise AssertionError(f"a piggyback {fn} that this server does not know")
    return [], b""


def _skip_attributes(reader: Reader) -> None:
    """Module, action and the like, which name a session for its DBA."""
    reader.skip("bbu")
    present = []
    for kinds in ("bu", "bu", "bu", "-bubu", "bu", "-bubu", "bu"):
        if kinds[0] == "-":
            reader.skip(kinds[1:])
        else:
            present.append(bool(reader.byte()) & bool(reader.ub()))
    for there in present:
        if there:
            reader.blob()
