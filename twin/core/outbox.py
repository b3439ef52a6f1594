"""What one viewer gets at a tick: a delta, a snapshot, nothing, or the door.

Pure. The table below is the whole policy towards slow viewers; wire/fan.py asks, and carries the verdict out.

    backlog (bytes not yet taken by the network)        verdict
    over `hard_bytes` and more than we ever sent at once CLOSE   memory is bounded whatever happens
    busy or over `soft_bytes`, for up to `patience_ms`   WAIT    nothing is queued: changes conflate in core/changes.py
    busy or over `soft_bytes`, for longer                CLOSE   it does not read; others pay for it
    room, not seen since more than `horizon` frames      SNAPSHOT
    room, after more than half of its patience           SNAPSHOT  by then every node has reported: it is no larger
    room, something new                                  DELTA   from the frame it has to the present one
    room, nothing new                                    WAIT
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Verdict(Enum):
    WAIT = auto()
    DELTA = auto()
    SNAPSHOT = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a viewer may fall behind. Bytes are those in our process, not the kernel's."""

    soft_bytes: int = 32_768
    hard_bytes: int = 1_048_576
    patience_ms: int = 10_000
    horizon: int = 150  # frames; 30 s of ticks, as long as a lift ride with a phone


class Outbox:
    """One viewer's place in the sequence of frames. `sent_seq` 0: it has nothing yet."""

    __slots__ = ("behind_since_ms", "burst", "limits", "sent_seq")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.sent_seq = 0
        self.behind_since_ms: int | None = None
        self.burst = 0  # bytes that waited right after our own last message: a snapshot may be more than `hard_bytes`

    def decide(self, now_ms: int, seq: int, backlog: int, busy: bool) -> Verdict:
        """The verdict at a tick whose newest frame is `seq`. `busy`: something else still waits to be sent."""
        limits = self.limits
        if backlog > max(limits.hard_bytes, self.burst):
            return Verdict.CLOSE
        if busy or backlog > limits.soft_bytes:
            if self.behind_since_ms is None:
                self.behind_since_ms = now_ms
            return Verdict.CLOSE if now_ms - self.behind_since_ms > limits.patience_ms else Verdict.WAIT
        long_behind = self.behind_since_ms is not None and now_ms - self.behind_since_ms > limits.patience_ms // 2
        self.behind_since_ms = None
        if self.sent_seq == seq:
            return Verdict.WAIT
        if self.sent_seq == 0 or seq - self.sent_seq > limits.horizon or long_behind:
            return Verdict.SNAPSHOT
        return Verdict.DELTA

    def resume(self, have_seq: int, seq: int) -> Verdict:
        """A viewer came back with frame `have_seq` of this epoch: what it will get at the next tick."""
        within = 0 < have_seq <= seq and seq - have_seq <= self.limits.horizon
        self.sent_seq = have_seq if within else 0
        return Verdict.DELTA if within else Verdict.SNAPSHOT
