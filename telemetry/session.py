"""What an agent does next: one event in, a list of instructions out. Owns the states of the talk with the
server, the deadlines, and the reports that wait to be sent. Pure: no clock, no socket; agent.py brings
events and carries out.

    DISCOVERING --Found--> WAITING --Tick--> CONNECTING --Connected--> BORN --Acked--> REPORTING
         (no address yet)     ^                  | Refused, Failed       | Nacked, Died     | Died, no answer
                              +------------------+-----------------------+------------------+
    Stop leads from anywhere to STOPPED. Sampling never stops: a report that cannot be sent is kept (keep.py), but for
    the newest, which goes first when there is a server again. What was kept follows, oldest first, `catch_up` of them
    a second, each with `heldMs`. At most one report is on its way at any time.
"""

from __future__ import annotations

import random
import zlib
from enum import Enum

from telemetry.backoff import Backoff
from telemetry.keep import Keep, Kept, MemoryKeep
from telemetry.steps import (
    Acked,
    Birth,
    Bye,
    Close,
    Connect,
    Connected,
    Died,
    Event,
    Exit,
    Failed,
    Found,
    Instruction,
    Nacked,
    Refused,
    Sample,
    Sampled,
    Say,
    Send,
    Stop,
    Tick,
)

CATCH_UP = 1.0  # kept reports a second: an hour at 5 s in twelve minutes
CONNECT_S = 30.0  # for TCP, TLS, websocket and namespace together
ANSWER_S = 15.0  # for an acknowledgement; the server's disk may be slow, a dead server is slower
FOUND_SPREAD_S = 2.0  # 1050 agents hear one broadcast in one millisecond
HELD_S = 0.5  # a report that waited longer says so
ONCE_S = 30.0  # `--once` gives up after this


class State(Enum):
    DISCOVERING = "discovering"
    WAITING = "waiting"
    CONNECTING = "connecting"
    BORN = "born"
    REPORTING = "reporting"
    STOPPED = "stopped"


_S = State
TABLE: dict[tuple[State, type], str] = {
    (_S.DISCOVERING, Found): "_found_first",
    (_S.WAITING, Found): "_found_again",
    (_S.CONNECTING, Found): "_remember",
    (_S.BORN, Found): "_remember",
    (_S.REPORTING, Found): "_remember",
    (_S.CONNECTING, Connected): "_connected",
    (_S.CONNECTING, Refused): "_refused",
    (_S.CONNECTING, Failed): "_failed",
    (_S.CONNECTING, Died): "_failed",
    (_S.BORN, Acked): "_born",
    (_S.BORN, Nacked): "_stillborn",
    (_S.BORN, Died): "_failed",
    (_S.REPORTING, Acked): "_accepted",
    (_S.REPORTING, Nacked): "_rejected",
    (_S.REPORTING, Died): "_failed",
    **{(state, Sampled): "_sampled" for state in State if state is not _S.STOPPED},
    **{(state, Tick): "_tick" for state in State if state is not _S.STOPPED},
    **{(state, Stop): "_stop" for state in State if state is not _S.STOPPED},
}


def phase(mac: str, period_s: float) -> float:
    """Where in the period this Pi reports: spread by mac, the same after every restart."""
    return zlib.crc32(mac.encode()) / 2**32 * period_s


class Session:
    """The talk of one agent with its server. `url` "" means: wait for a broadcast."""

    def __init__(
        self,
        mac: str,
        period_s: float,
        rng: random.Random,
        now: float,
        *,
        url: str = "",
        once: bool = False,
        keep: Keep | None = None,
        catch_up: float = CATCH_UP,
    ) -> None:
        self.state = _S.WAITING if url else _S.DISCOVERING
        self.url = url
        self.keep: Keep = MemoryKeep() if keep is None else keep
        self._heard = url  # the newest address that was broadcast
        self._period_s = period_s
        self._rng = rng
        self._backoff = Backoff(rng)
        self._once = once
        self._gap_s = 1.0 / catch_up
        self._patience = Backoff(rng)  # with kept reports; the connection has its own
        self._fresh: Kept | None = None  # the newest, not sent yet
        self._flight: Kept | None = None
        self._flight_is_late = False  # it is the oldest of `keep`, which has it until it is taken
        self._late_at = now  # REPORTING: when the next kept report may go
        self._seen = False  # this connection has had a fresh one, so that no kept one is shown as the newest
        self._told_thinned = 0
        self._sample_at = now + (min(0.5, period_s) if once else phase(mac, period_s))
        self._retry_at = now  # WAITING: when to connect
        self._answer_by = now  # CONNECTING, BORN, REPORTING with a report on its way: when to give up
        self._hold_until = now  # REPORTING: the server asked for patience
        self._give_up_at = now + ONCE_S
        self._hurried = False  # a broadcast shortens one wait an outage, not every wait
        self._complaint = ""  # said already; said again only when it changes

    def handle(self, event: Event, now: float) -> list[Instruction]:
        """Takes one event. One that does not fit the state changes nothing and is reported."""
        name = TABLE.get((self.state, type(event)))
        if name is None:
            return [Say("debug", f"{type(event).__name__} means nothing while {self.state.value}: ignored.")]
        out: list[Instruction] = getattr(self, name)(event, now)
        return out

    @property
    def deadline(self) -> float:
        """When the next Tick is due at the latest."""
        due = [self._sample_at]
        if self.state is _S.WAITING:
            due.append(self._retry_at)
        if self.state in (_S.CONNECTING, _S.BORN) or self._flight is not None:
            due.append(self._answer_by)
        if self.state is _S.REPORTING and self._flight is None and self._fresh is not None:
            due.append(self._hold_until)
        elif self.state is _S.REPORTING and self._flight is None and self._seen and len(self.keep):
            due.append(max(self._hold_until, self._late_at))
        if self._once:
            due.append(self._give_up_at)
        return min(due)

    # Addresses

    def _found_first(self, event: Found, now: float) -> list[Instruction]:
        self.url = self._heard = event.url
        self.state = _S.WAITING
        self._retry_at = now if self._once else now + self._rng.uniform(0.0, FOUND_SPREAD_S)
        return [Say("info", f"Found the server at {event.url}.")]

    def _found_again(self, event: Found, now: float) -> list[Instruction]:
        self._heard = event.url
        if event.url != self.url:
            self.url = event.url
            self._backoff.reset()
        elif self._hurried:
            return []
        self._hurried = True
        soon = now + self._rng.uniform(0.0, FOUND_SPREAD_S)
        self._retry_at = min(self._retry_at, soon)
        return [Say("info", f"Heard the server at {event.url}: trying it.")]

    def _remember(self, event: Found, now: float) -> list[Instruction]:
        """No reason to leave while all is well: two servers on one network would play ping-pong with the
        fleet."""
        self._heard = event.url
        return []

    # Connection

    def _connected(self, event: Connected, now: float) -> list[Instruction]:
        self.state = _S.BORN
        self._answer_by = now + ANSWER_S
        return [Birth()]

    def _born(self, event: Acked, now: float) -> list[Instruction]:
        self.state = _S.REPORTING
        self._seen = False
        self._late_at = now + self._rng.uniform(0.0, 2 * self._gap_s)  # 1050 of them may have come back at once
        return [self._say("info", f"Connected to {self.url}.{self._owed()}"), *self._send(now)]

    def _owed(self) -> str:
        thinned, self._told_thinned = self.keep.thinned - self._told_thinned, self.keep.thinned
        waiting = f" {len(self.keep)} reports were kept and follow." if len(self.keep) else ""
        return waiting + (f" {thinned} more were thinned out for want of room." if thinned else "")

    def _stillborn(self, event: Nacked, now: float) -> list[Instruction]:
        say = self._say("error", f"{self.url} refused this Pi: {event.message} ({event.code})")
        return [say, Close(), *self._wait(now)]

    def _refused(self, event: Refused, now: float) -> list[Instruction]:
        self._hurried = True  # the server is there; its broadcasts say nothing new
        what = "Give the agents' token of that server with --token-file FILE or TWIN_AGENT_TOKEN."
        say = self._say("error", f"{self.url} does not let this agent in: {event.message} {what}")
        return [say, *self._wait(now)]

    def _failed(self, event: Failed | Died, now: float) -> list[Instruction]:
        return [self._say("warning", event.message), Close(), *self._wait(now)]

    def _wait(self, now: float) -> list[Instruction]:
        """From wherever we are to WAITING, with the report that was on its way back in its place."""
        self.state = _S.WAITING
        self._take_back()
        if self._heard and self._heard != self.url:
            self.url = self._heard
            self._backoff.reset()
        self._retry_at = now + self._backoff.next()
        return self._exit(1) if self._once else []

    # Reports

    def _sampled(self, event: Sampled, now: float) -> list[Instruction]:
        if self._fresh is not None:
            self.keep.add(self._fresh)
        self._fresh = Kept(now, event.body)
        return self._send(now)

    def _send(self, now: float) -> list[Instruction]:
        if self.state is not _S.REPORTING or self._flight is not None or now < self._hold_until:
            return []
        if self._fresh is not None:
            self._flight, self._fresh, self._flight_is_late = self._fresh, None, False
        elif self._seen and now >= self._late_at:
            self._flight, self._flight_is_late = self.keep.oldest(now), True
            self._late_at = now + self._gap_s
        if self._flight is None:
            return []
        self._answer_by = now + ANSWER_S
        held_s = now - self._flight.at
        # A Pi has no battery for its clock: how long a report waited here is worth more to the server than sampledAt.
        late = {"heldMs": int(held_s * 1000)} if held_s >= HELD_S else {}
        return [Send({**self._flight.body, **late})]

    def _accepted(self, event: Acked, now: float) -> list[Instruction]:
        if self._flight_is_late:
            self._patience.reset()
        self._land()
        self._backoff.reset()
        self._hurried = False
        if self._once:
            return [Say("info", "One report sent and kept."), *self._stop(Stop("shutdown"), now)]
        return self._send(now)

    def _rejected(self, event: Nacked, now: float) -> list[Instruction]:
        say = self._say("warning", f"The server did not take a report: {event.message} ({event.code})")
        if self._once:
            return [say, Close(), *self._exit(1)]
        if not event.retry:
            self._land()  # as it is it will never be taken
            return [say, *self._send(now)]
        if self._flight_is_late:
            self._late_at = now + self._patience.next()  # fresh ones may still be welcome
        else:
            self._hold_until = now + self._backoff.next()
        self._take_back()
        return [say, *self._send(now)]

    def _land(self) -> None:
        """The report on its way is off our hands."""
        if self._flight is not None and self._flight_is_late:
            self.keep.done()
        elif self._flight is not None:
            self._seen = True
        self._flight = None

    def _take_back(self) -> None:
        """The report on its way did not arrive, or nobody can tell; should it have arrived, it counts once."""
        if self._flight is not None and not self._flight_is_late:
            if self._fresh is None:
                self._fresh = self._flight
            else:
                self.keep.add(self._flight)
        self._flight = None

    def _put_away(self) -> None:
        """The agent ends: what is in its hands goes to what is kept."""
        self._take_back()
        if self._fresh is not None:
            self.keep.add(self._fresh)
            self._fresh = None

    # Time

    def _tick(self, event: Tick, now: float) -> list[Instruction]:
        out: list[Instruction] = []
        if now >= self._sample_at:
            missed = int((now - self._sample_at) / self._period_s)  # after a suspend: one report, not a burst
            self._sample_at += (missed + 1) * self._period_s
            out.append(Sample())
        waits_for_answer = self.state in (_S.CONNECTING, _S.BORN) or self._flight is not None
        if self._once and now >= self._give_up_at:
            return [self._say("error", self._missing()), Close(), *self._exit(1)]
        if self.state is _S.WAITING and now >= self._retry_at:
            self.state = _S.CONNECTING
            self._answer_by = now + CONNECT_S
            out.append(Connect(self.url))
        elif waits_for_answer and now >= self._answer_by:
            silence = self._say("warning", f"{self.url} does not answer: starting over.")
            out += [silence, Close(), *self._wait(now)]
        return out + self._send(now)

    def _missing(self) -> str:
        if self.state is _S.DISCOVERING:
            return "Heard no server. Is its broadcast on this network? If not, give --server http://HOST:PORT."
        return f"{self.url} took no report within {ONCE_S:.0f} s."

    def _stop(self, event: Stop, now: float) -> list[Instruction]:
        said: list[Instruction] = [Bye(event.reason)] if self.state in (_S.BORN, _S.REPORTING) else []
        return [*said, Close(), *self._exit(0)]

    def _exit(self, code: int) -> list[Instruction]:
        self.state = _S.STOPPED
        if not self._once:
            self._put_away()
        return [Exit(code)]

    def _say(self, level: str, text: str) -> Say:
        """The same complaint all night long helps nobody: from the second time on it is for debugging."""
        repeated, self._complaint = text == self._complaint, text
        return Say("debug" if repeated else level, text)
