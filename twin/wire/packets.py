"""socket.io v5 packets as bytes on a websocket, built once for every viewer.

Pure. A `Message` carries both forms: the engine.io packets for a viewer that polls, and `framed`, the very bytes of
the websocket frames, which edge/pipe.py writes to a transport unchanged. Server frames are unmasked (RFC 6455, 5.1),
so one copy serves everyone.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import msgspec

_TEXT, _BINARY = 0x81, 0x82  # FIN + opcode
_dumps = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Message:
    """One socket.io event: `text` is the packet without engine.io's leading "4"; `attachment` its binary part."""

    text: str
    attachment: bytes | None
    framed: bytes


def event(namespace: str, name: str, payload: object) -> Message:
    """An event with one JSON argument."""
    return raw_event(namespace, name, _dumps(payload))


def raw_event(namespace: str, name: str, payload: bytes) -> Message:
    """An event whose argument is JSON already."""
    head = "2" if namespace == "/" else f"2{namespace},"
    text = f'{head}["{name}",{payload.decode()}]'
    return Message(text, None, ws_frame(_TEXT, b"4" + text.encode()))


def bare_event(namespace: str, name: str) -> Message:
    """An event without arguments."""
    head = "2" if namespace == "/" else f"2{namespace},"
    text = f'{head}["{name}"]'
    return Message(text, None, ws_frame(_TEXT, b"4" + text.encode()))


def binary_event(namespace: str, name: str, attachment: bytes) -> Message:
    """An event with one binary argument: a text placeholder, then the attachment."""
    text = f'51-{namespace},["{name}",{{"_placeholder":true,"num":0}}]'
    framed = ws_frame(_TEXT, b"4" + text.encode()) + ws_frame(_BINARY, attachment)
    return Message(text, attachment, framed)


def ws_frame(opcode: int, payload: bytes) -> bytes:
    """One unfragmented, unmasked websocket frame.

    0  FIN + opcode    1  length < 126, or 126 and u16 big-endian, or 127 and u64    then the payload
    """
    length = len(payload)
    if length < 126:
        return bytes((opcode, length)) + payload
    if length < 65536:
        return struct.pack("!BBH", opcode, 126, length) + payload
    return struct.pack("!BBQ", opcode, 127, length) + payload
