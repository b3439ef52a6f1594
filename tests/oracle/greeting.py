"""The beginning of a connection: CONNECT and ACCEPT, what both sides can, the login. This server says it is a 19c."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

from tests.oracle import calls, replies
from tests.oracle.calls import Fn
from tests.oracle.faults import Faults, Raise, obey
from tests.oracle.login import Login
from tests.oracle.packets import HEADER, Kind, Line, Reader

PROTOCOL: Final = 317  # of packets: wide lengths, no early login
FIELDS: Final = 12  # of messages: as Oracle 19c
VERSION: Final = (19 << 24) | (24 << 16)


class Greeting:
    """`done` is the whole of it."""

    def __init__(self, line: Line, reader: Reader, sdu: int, users: Mapping[str, str], faults: Faults) -> None:
        self._line = line
        self._reader = reader
        self._sdu = sdu
        self._users = users
        self._faults = faults

    def done(self) -> bool:
        """Greet and log in; False: refused."""
        _, body = self._line.packet()
        size, start = struct.unpack(">HH", body[16:20])
        if len(body) < start - HEADER + size:  # a long address comes in a packet of its own
            self._line.packet()
        act = self._faults.at("connect")
        if isinstance(act, Raise):
            self._refuse(act.number)
            return False
        obey(act)
        accepted = struct.pack(">HH", PROTOCOL, 1) + bytes(20) + struct.pack(">I", self._sdu)
        self._line.send(Kind.ACCEPT, accepted)
        self._line.wide = True
        self._negotiate()
        return self._log_in()

    def _refuse(self, number: int) -> None:
        text = f"(DESCRIPTION=(ERR={number})(ERROR_STACK=(ERROR=(CODE={number})(EMFI=4))))".encode()
        self._line.send(Kind.REFUSE, b"\x22\0" + struct.pack(">H", len(text)) + text)

    def _negotiate(self) -> None:
        reader = self._reader
        assert reader.byte() == 1, "the protocol comes first"
        reader.raw(2)
        while reader.byte():
            pass
        self._line.answer(replies.protocol(FIELDS))
        assert reader.byte() == 2, "then the data types"
        reader.raw(5)
        reader.blob()
        reader.blob()
        while reader.raw(2) != b"\0\0":
            reader.raw(6)
        self._line.answer(replies.data_types())

    def _log_in(self) -> bool:
        assert self._call() == Fn.USER
        user, _ = self._pairs()
        login = Login(self._users.get(user.upper()))
        self._line.answer(replies.pairs(login.challenge()) + replies.status(False))
        assert self._call() == Fn.PASSWORD
        _, sent = self._pairs()
        proof = login.verify(sent)
        act = self._faults.at("login")
        if isinstance(act, Raise) or proof is None:
            number = act.number if isinstance(act, Raise) else 1017
            text = f"ORA-{number:05d}: logon denied"
            self._line.answer(replies.outcome(False, number_=number, text=text))
            return False
        obey(act)
        about = [("AUTH_VERSION_NO", str(VERSION), 0), ("AUTH_SESSION_ID", "1", 0), ("AUTH_SERIAL_NUM", "1", 0)]
        about += [("AUTH_SC_SERVICE_NAME", "tests", 0), ("AUTH_SC_DBUNIQUE_NAME", "TESTS", 0)]
        about += [("AUTH_INSTANCENAME", "tests", 0), ("AUTH_MAX_OPEN_CURSORS", "300", 0)]
        self._line.answer(replies.pairs([*about, *proof]) + replies.status(False))
        return True

    def _pairs(self) -> tuple[str, dict[str, str]]:
        reader = self._reader
        named = reader.byte()
        reader.skip("uub")
        count = reader.ub()
        reader.raw(2)
        user = (reader.blob() or b"").decode() if named else ""
        found = {}
        for _ in range(count):
            key, value = reader.sized().decode(), reader.sized().decode()
            reader.ub()
            found[key] = value
        return user, found

    def _call(self) -> int:
        kind, fn, _ = self._reader.raw(3)
        assert kind == calls.CALL, f"a message of kind {kind} before the login"
        return fn
