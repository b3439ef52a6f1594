"""Owns what the host makes of a worker's end: from its last words, its board and its death to an Outcome.

All three may be a stranger's work. What is printed and done is kept as far as it follows the rules; the first thing
that does not ends the run with an error of kind "sandbox". Pure but for the breaths it takes; sandbox.py calls it.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from warble.box import records, worker
from warble.box.board import Left
from warble.box.ending import UNSEEN, Ending, Invalid, decode
from warble.box.job import Job
from warble.effects import Recorder, Shelf
from warble.errors import WarbleError
from warble.run import Outcome

#: How the host names a signal to whoever wrote the program.
_SIGNALS: Final = {
    signal.SIGSYS: "it asked the system for something that no program may have",
    signal.SIGSEGV: "its process broke",
    signal.SIGBUS: "its process broke",
    signal.SIGABRT: "its process broke",
    signal.SIGKILL: "the system killed its process, perhaps for want of memory",
}
_CODES: Final = {
    worker.NOT_LOCKED: "its process could not be locked in",
    worker.BROKE: "its process broke",
}
_OF_TIME: Final = (signal.SIGPROF, signal.SIGXCPU, signal.SIGVTALRM)


@dataclass(frozen=True, slots=True)
class Remains:
    """What a worker left behind. said: its message; status: as Popen's returncode, None unknown; cut: by the wall."""

    left: Left
    said: bytes
    status: int | None
    cut: bool


class Verdict:
    """One run's. outcome is there when weigh() is through; the shelves hold what a host has to keep."""

    def __init__(self, job: Job, remains: Remains) -> None:
        self.job = job
        self.remains = remains
        self.saved = Shelf(job.saved, "")
        self.data = Shelf(job.data, "")
        self.outcome: Outcome | None = None

    def weigh(self) -> Iterator[None]:
        """Yields now and then, so that the host can do other things in between."""
        precision = [0]
        recorder = Recorder(self.job.limits, self.saved, self.data, _nothing, _free, lambda: precision[0])
        ending = self._ending()
        printed, wrong = _text(self.remains.left.printed)
        try:
            yield from records.replay(self.remains.left.effects, recorder, precision)
        except Invalid as invalid:
            wrong = wrong or str(invalid)
        if wrong:
            ending = self._broken(f"it left behind {wrong}")
        self.outcome = Outcome(printed, tuple(recorder.effects), ending.error, ending.fuel)

    def _ending(self) -> Ending:
        job, remains = self.job, self.remains
        if remains.said:
            try:
                return decode(remains.said, job.source, job.limits.fuel)
            except Invalid as invalid:
                return self._broken(f"it left behind {invalid}")
        if remains.cut:
            text = f"This program took {job.limits.wall:g} s by the clock, and no more is allowed."
            return self._error("limit:time", text)
        status = remains.status
        if status is not None and -status in _OF_TIME:
            return self._error("limit:time", worker.time_is_up(job.limits.cpu))
        return self._broken(_why(status))

    def _broken(self, why: str) -> Ending:
        return self._error("sandbox", f"This program was ended: {why}.")

    def _error(self, kind: str, message: str) -> Ending:
        """Nobody knows the fuel of such a run, but it cannot have been more than there was."""
        limits = self.job.limits
        return Ending(WarbleError(kind, message, 0, len(self.job.source)), limits.fuel)


def _why(status: int | None) -> str:
    if status is None:
        return "the sandbox itself broke down"
    if status >= 0:
        return _CODES.get(status, f"its process went away without a result ({status})")
    if -status in _SIGNALS:
        return _SIGNALS[signal.Signals(-status)]
    return f"its process was killed by signal {-status}"


def _text(raw: bytes) -> tuple[str, str]:
    """What was printed, as far as a program can have printed it, and what is wrong with the rest."""
    try:
        text, wrong = raw.decode(), ""
    except UnicodeDecodeError as error:
        text, wrong = raw[: error.start].decode(), "output that is not UTF-8"
    if unseen := UNSEEN.search(text):
        return text[: unseen.start()], "output with signs that no program can print"
    return text, wrong


def _nothing(_saved: object) -> None:
    """A replay loads nothing, so no saved value has to become a number."""


def _free(_cost: int) -> None:
    """A replay costs no fuel: the run has paid."""
