"""One connection from its login to its goodbye. Owns cursors, LOBs and the order of messages; what a statement means is
the backend's business, and what goes wrong is the faults'."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from tests.oracle import calls, replies
from tests.oracle.calls import Bind, Execute, Fn, Lob, LobCall, LobOp, Type
from tests.oracle.faults import Faults, OracleError, obey
from tests.oracle.packets import Kind, Line, Mark, Marked, Reader
from tests.oracle.replies import Column, RowError

CANCELLED: Final = 1013
_LOCATOR: Final = 40


@dataclass
class Result:
    """What a statement did: `columns` of a query with its `rows`, or `count` rows changed and those that failed."""

    columns: Sequence[Column] = ()
    rows: Sequence[Sequence[Any]] = ()
    count: int = 0
    failed: Sequence[RowError] = ()


class Work(Protocol):
    """What one session does in the backend. Raises OracleError."""

    dirty: bool  # a transaction is open

    def name(self, sql: str) -> str:
        """How the project calls this statement; "?" is nobody's."""

    def execute(self, sql: str, rows: Sequence[tuple[Any, ...]], batch_errors: bool) -> Result: ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...


@dataclass
class _Cursor:
    sql: str
    binds: tuple[Bind, ...] = ()
    columns: Sequence[Column] = ()
    waiting: list[Sequence[Any]] = field(default_factory=list)
    defines: tuple[Bind, ...] | None = None
    sent: int = 0

    @property
    def has_lobs(self) -> bool:
        return any(column.type in (Type.CLOB, Type.BLOB) for column in self.columns)


class Session:
    """`serve` returns when the client has said goodbye."""

    def __init__(self, line: Line, reader: Reader, faults: Faults) -> None:
        self._line = line
        self._reader = reader
        self._faults = faults
        self._cursors: dict[int, _Cursor] = {}
        self._lobs: dict[bytes, bytearray] = {}
        self._made = 0

    def serve(self, work: Work) -> None:
        """Answer until the client leaves. Raises Gone."""
        while True:
            try:
                fn = self._next()
                if fn == Fn.LOGOFF:
                    self._line.answer(replies.status(False))
                    return
                self._line.answer(self._answer(work, fn))
            except OracleError as error:
                self._line.answer(replies.outcome(work.dirty, number_=error.number, text=str(error)))
            except Marked as marked:
                self._reset(marked.mark)
                text = f"ORA-{CANCELLED:05d}: user requested cancel of current operation"
                self._line.answer(replies.outcome(work.dirty, number_=CANCELLED, text=text))

    def _next(self) -> int:
        """The function of the next call, after those that want no answer."""
        while True:
            kind, fn, _ = self._reader.raw(3)
            if kind == calls.CALL:
                return fn
            assert kind == calls.PIGGYBACK, f"a message of kind {kind} that this server does not know"
            cursors, locators = calls.read_piggyback(self._reader, fn)
            for cursor in cursors:
                self._cursors.pop(cursor, None)
            for start in range(0, len(locators), _LOCATOR):
                self._lobs.pop(locators[start : start + _LOCATOR], None)

    def _answer(self, work: Work, fn: int) -> bytes:
        reader = self._reader
        if fn == Fn.EXECUTE:
            return self._execute(work, calls.read_execute(reader))
        if fn in (Fn.REEXECUTE, Fn.REEXECUTE_FETCH):
            return self._execute(work, self._again(fn))
        if fn == Fn.FETCH:
            cursor, count = reader.ub(), reader.ub()
            obey(self._faults.at("fetch", work.name(self._cursors[cursor].sql)))
            return self._rows(work, cursor, count)
        if fn == Fn.LOB:
            return self._lob(calls.read_lob(reader)) + replies.status(work.dirty)
        if fn == Fn.COMMIT:
            self._commit(work)
        elif fn == Fn.ROLLBACK:
            obey(self._faults.at("rollback"))
            work.rollback()
        elif fn == Fn.PING:
            obey(self._faults.at("ping"))
        else:
            raise AssertionError(f"a function {fn} that this server does not know")
        return replies.status(work.dirty)

    def _again(self, fn: int) -> Execute:
        """A call that runs a cursor's statement once more, with new values."""
        reader = self._reader
        cursor, count = reader.ub(), reader.ub()
        reader.ub()
        commits = reader.ub()
        known = self._cursors[cursor]
        times = 1 if fn == Fn.REEXECUTE_FETCH else count
        rows = calls.read_rows(reader, known.binds, times) if known.binds else [()] * times
        options = 0x20 | (calls.COMMIT if commits & 1 else 0) | (calls.FETCH if fn == Fn.REEXECUTE_FETCH else 0)
        return Execute(cursor, None, options, count, None, rows, None)

    def _execute(self, work: Work, call: Execute) -> bytes:
        cid = call.cursor
        if not cid:
            self._made = cid = self._made + 1
            self._cursors[cid] = _Cursor(call.sql or "")
        cursor = self._cursors[cid]
        if call.defines is not None:
            cursor.defines = call.defines
            return self._rows(work, cid, call.fetch)
        if call.sql:
            cursor.sql = call.sql
        if call.binds is not None:
            cursor.binds = call.binds
        name = work.name(cursor.sql)
        obey(self._faults.at("execute", name))
        rows = [tuple(self._open(value) for value in row) for row in call.rows] if self._lobs else call.rows
        result = work.execute(cursor.sql, rows, bool(call.options & calls.BATCH_ERRORS))
        if result.columns:
            cursor.columns, cursor.waiting, cursor.sent = result.columns, list(result.rows), 0
            obey(self._faults.at("executed", name))
            head = replies.described(cursor.columns) if call.sql else b""
            if cursor.has_lobs or not call.options & calls.FETCH:
                return head + replies.outcome(work.dirty, cursor=cid)
            return head + self._rows(work, cid, call.fetch)
        if call.options & calls.COMMIT:
            self._commit(work)
        obey(self._faults.at("executed", name))
        number = replies.BATCH_FAILED if result.failed else 0
        text = "ORA-24381: error(s) in array DML" if number else ""
        return replies.outcome(
            work.dirty, number_=number, text=text, rows=result.count, cursor=cid, failed=result.failed
        )

    def _commit(self, work: Work) -> None:
        obey(self._faults.at("commit"))
        work.commit()
        obey(self._faults.at("committed"))

    def _rows(self, work: Work, cid: int, count: int) -> bytes:
        cursor = self._cursors[cid]
        now, cursor.waiting = cursor.waiting[:count], cursor.waiting[count:]
        cursor.sent += len(now)
        if cursor.has_lobs:
            now = [self._close(cursor, row) for row in now]
        body = replies.fetched(cursor.columns, cursor.defines, now)
        more = bool(cursor.waiting)
        number, text = (0, "") if more else (replies.NO_DATA_FOUND, "ORA-01403: no data found")
        return body + replies.outcome(work.dirty, number_=number, text=text, rows=cursor.sent, cursor=cid)

    def _close(self, cursor: _Cursor, row: Sequence[Any]) -> list[Any]:
        """LOBs as locators, where the client did not ask for their bytes."""
        made = list(row)
        for i, column in enumerate(cursor.columns):
            asked = cursor.defines[i].type if cursor.defines else column.type
            if asked in (Type.CLOB, Type.BLOB) and made[i] is not None:
                data = made[i].encode() if isinstance(made[i], str) else made[i]
                made[i] = (self._locate(bytearray(data), column.type, temporary=False), len(made[i]))
        return made

    def _open(self, value: Any) -> Any:
        """What a bound LOB holds: text where it is a CLOB."""
        if not isinstance(value, Lob):
            return value
        data = bytes(self._lobs[value.locator])
        return data.decode() if value.locator[8] == Type.CLOB else data

    def _locate(self, data: bytearray, kind: int, *, temporary: bool) -> bytes:
        self._made += 1
        flags = bytes((0, 38, 0, 4, 0x40 if temporary else 0, 8, 0, 1 if temporary else 0, kind))
        locator = flags + bytes(_LOCATOR - len(flags) - 8) + struct.pack(">Q", self._made)
        self._lobs[locator] = data
        return locator

    def _lob(self, call: LobCall) -> bytes:
        if call.op == LobOp.CREATE:
            return replies.lob(self._locate(bytearray(), call.type, temporary=True), created=True)
        data = self._lobs[call.locator]
        text = call.locator[8] == Type.CLOB
        if call.op == LobOp.WRITE:
            assert not text or call.offset == 1, "a CLOB is written whole here"
            data[call.offset - 1 : call.offset - 1 + len(call.data)] = call.data
            return replies.lob(call.locator)
        if call.op == LobOp.READ:
            whole = bytes(data).decode() if text else bytes(data)
            part = whole[call.offset - 1 : call.offset - 1 + call.amount]
            return replies.lob(call.locator, data=part.encode() if isinstance(part, str) else part, amount=len(part))
        if call.op == LobOp.LENGTH:
            return replies.lob(call.locator, amount=len(bytes(data).decode()) if text else len(data))
        if call.op == LobOp.CHUNK:
            return replies.lob(call.locator, amount=replies.LOB_CHUNK)
        raise AssertionError(f"a LOB operation {call.op:#x} that this server does not know")

    def _reset(self, mark: Mark) -> None:
        """The client broke off: agree on where the next message begins."""
        self._reader.forget()
        while mark != Mark.RESET:
            kind, body = self._line.packet()
            if kind == Kind.MARKER:
                mark = Mark(body[2])
        self._line.mark(Mark.RESET)
