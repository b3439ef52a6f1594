"""A Pipe that keeps what it is given, with a backlog that a test sets."""

from __future__ import annotations

from typing import Any

import msgspec

from twin.wire import frame
from twin.wire.frame import Frame
from twin.wire.packets import Message


class FakePipe:
    """See twin/wire/fan.py. `jam`: bytes that it says are waiting."""

    def __init__(self) -> None:
        self.jam = 0
        self.jammed_by_sends = False
        self.is_busy = False
        self.sent: list[Message] = []
        self.farewell: Message | None = None
        self.closed = False

    def backlog(self) -> int:
        return self.jam

    def busy(self) -> bool:
        return self.is_busy

    def send(self, message: Message) -> None:
        self.sent.append(message)
        if self.jammed_by_sends:
            self.jam += len(message.framed)

    def close(self, farewell: Message | None) -> None:
        self.farewell, self.closed = farewell, True

    # What a test asks.

    def take(self) -> list[tuple[str, Any]]:
        """The events that were sent since the last call: (name, payload); a frame decoded, a bare event None."""
        sent, self.sent = self.sent, []
        return [told(message) for message in sent]

    def names(self) -> list[str]:
        return [name for name, _ in self.take()]

    def frames(self) -> list[Frame]:
        return [payload for name, payload in self.take() if name == "frame"]


def told(message: Message) -> tuple[str, Any]:
    """What a message says."""
    name, *rest = msgspec.json.decode(message.text[message.text.index("[") :])
    if message.attachment is not None:
        return name, frame.decode(message.attachment)
    return name, rest[0] if rest else None
