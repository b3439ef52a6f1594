"""TNS packets over a socket, and a reader of the messages in them. Knows lengths and markers, no meaning.

0        4      5       6            8
| length | type | flags | (checksum) | body; of a DATA packet two bytes of flags, then the message
"""

from __future__ import annotations

import contextlib
import socket
import struct
from enum import IntEnum
from typing import Final

from tests.oracle.scalars import LONG, NULL

HEADER: Final = 8
END_OF_SESSION: Final = 0x40


class Kind(IntEnum):
    CONNECT = 1
    ACCEPT = 2
    REFUSE = 4
    DATA = 6
    MARKER = 12


class Mark(IntEnum):
    BREAK = 1
    RESET = 2
    INTERRUPT = 3


class Gone(Exception):
    """The other side went away, or this one cut the line on purpose."""


class Marked(Exception):
    """A marker came where a message was expected: the client gave up waiting."""

    def __init__(self, mark: Mark) -> None:
        super().__init__(mark.name)
        self.mark = mark


class Line:
    """Packets in and out of one socket. `wide`: lengths of four bytes, after ACCEPT."""

    def __init__(self, sock: socket.socket, sdu: int) -> None:
        self._socket = sock
        self._sdu = sdu
        self._buffer = bytearray()
        self.wide = False

    def packet(self) -> tuple[int, bytes]:
        """(kind, body) of the next one. Raises Gone."""
        head = self._take(HEADER)
        (size,) = struct.unpack(">I", head[:4]) if self.wide else struct.unpack(">H", head[:2])
        return head[4], self._take(size - HEADER)

    def data(self) -> bytes:
        """The body of the next DATA packet. Raises Gone, Marked."""
        while True:
            kind, body = self.packet()
            if kind == Kind.MARKER:
                raise Marked(Mark(body[2]))
            if kind == Kind.DATA:
                if struct.unpack(">H", body[:2])[0] & END_OF_SESSION:
                    raise Gone("the client said goodbye")
                return body[2:]

    def send(self, kind: Kind, body: bytes) -> None:
        size = HEADER + len(body)
        head = struct.pack(">IBBH", size, kind, 0, 0) if self.wide else struct.pack(">HHBBH", size, 0, kind, 0, 0)
        try:
            self._socket.sendall(head + body)
        except OSError as error:
            raise Gone(str(error)) from None

    def mark(self, mark: Mark) -> None:
        self.send(Kind.MARKER, bytes((1, 0, mark)))

    def answer(self, message: bytes) -> None:
        """A message in as many DATA packets as it takes."""
        room = self._sdu - HEADER - 2
        for start in range(0, len(message), room):
            self.send(Kind.DATA, b"\0\0" + message[start : start + room])

    def cut(self) -> None:
        """End it without a word."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            try:
                more = self._socket.recv(max(65536, size - len(self._buffer)))
            except OSError as error:
                raise Gone(str(error)) from None
            if not more:
                raise Gone("the client closed the connection")
            self._buffer += more
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken


class Reader:
    """Reads a message that may span packets; takes the next packet when it runs dry, so it never reads ahead."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.data = b""
        self.at = 0

    def forget(self) -> None:
        """What is left of a broken-off message."""
        self.data, self.at = b"", 0

    def raw(self, size: int) -> bytes:
        end = self.at + size
        while end > len(self.data):
            self.data = self.data[self.at :] + self._line.data()
            self.at, end = 0, size
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def byte(self) -> int:
        return self.raw(1)[0]

    def ub(self) -> int:
        size = self.byte()
        value = int.from_bytes(self.raw(size & 0x7F), "big")
        return -value if size & 0x80 else value

    def skip(self, kinds: str) -> None:
        """b: a byte, u: a number of variable length."""
        for kind in kinds:
            if kind == "b":
                self.byte()
            else:
                self.ub()

    def blob(self) -> bytes | None:
        size = self.byte()
        if size in (0, NULL):
            return None
        if size != LONG:
            return self.raw(size)
        parts = []
        while piece := self.ub():
            parts.append(self.raw(piece))
        return b"".join(parts)

    def sized(self) -> bytes:
        return (self.blob() or b"") if self.ub() else b""
