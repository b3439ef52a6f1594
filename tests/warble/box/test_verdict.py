"""What the host makes of a worker's end. No process is needed for that: its remains are bytes and a number."""

import signal
import struct

import pytest

from warble.box import records, worker
from warble.box.board import RUNS, Left
from warble.box.ending import Ending
from warble.box.job import Job
from warble.box.verdict import Remains, Verdict
from warble.effects import Shelf
from warble.errors import WarbleError
from warble.limits import Limits
from warble.run import Outcome

SOURCE = "{PRINT(1)}"
LIMITS = Limits(fuel=1000)
BOMB = b"\x01" + struct.pack("<4i", 99, 0, 0, 0)


def weigh(printed=b"", effects=b"", said=b"", status=None, cut=False, saved=None):
    job = Job(SOURCE, "ann", saved or {}, {}, LIMITS)
    verdict = Verdict(job, Remains(Left(RUNS, printed, effects), said, status, cut))
    for _ in verdict.weigh():
        pass
    return verdict


def test_a_run_that_came_to_its_end_is_told_as_it_was():
    effects = records.encode(("sleep", 1.0), None) + records.encode(("save", "n", "7"), 7)
    verdict = weigh("π\n".encode(), effects, Ending(None, 12).encode(), 0)
    assert verdict.outcome == Outcome("π\n", (("sleep", 1.0), ("save", "n", "7")), None, 12)
    assert (verdict.saved.changed, verdict.data.changed) == ({"n": 7}, {})
    assert isinstance(verdict.saved, Shelf)


def test_a_last_word_counts_even_if_the_worker_was_killed_after_it():
    error = WarbleError("zerodiv", "No.", 1, 2)
    for status in (0, -signal.SIGKILL, -signal.SIGSYS, None):
        assert weigh(said=Ending(error, 3).encode(), status=status, cut=True).outcome.error == error


@pytest.mark.parametrize("how", [signal.SIGPROF, signal.SIGXCPU, signal.SIGVTALRM])
def test_death_by_a_timer_is_the_limit_of_time_and_what_was_done_is_kept(how):
    verdict = weigh(b"1\n", records.encode(("save", "n", "7"), 7), status=-how)
    assert verdict.outcome.error == WarbleError(
        "limit:time", "This program used 2 s of processor time, and no more is allowed.", 0, len(SOURCE)
    )
    assert (verdict.outcome.stdout, verdict.outcome.effects) == ("1\n", (("save", "n", "7"),))
    assert verdict.saved.changed == {"n": 7}


def test_the_wall_says_how_high_it_was():
    error = weigh(b"1\n", cut=True, status=-signal.SIGKILL).outcome.error
    assert (error.kind, error.message) == ("limit:time", "This program took 3 s by the clock, and no more is allowed.")


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (-signal.SIGSYS, "asked the system for something"),
        (-signal.SIGSEGV, "broke"),
        (-signal.SIGABRT, "broke"),
        (-signal.SIGKILL, "want of memory"),
        (-signal.SIGILL, "signal 4"),
        (0, "without a result"),
        (1, "without a result"),
        (worker.NOT_LOCKED, "could not be locked in"),
        (worker.BROKE, "broke"),
        (None, "sandbox itself"),
    ],
)
def test_any_other_death_is_no_fault_of_the_language(status, says):
    outcome = weigh(b"1\n", status=status).outcome
    assert (outcome.stdout, outcome.error.kind) == ("1\n", "sandbox")
    assert says in outcome.error.message


def test_the_fuel_of_a_run_that_was_cut_is_all_that_there_was():
    assert weigh(status=-signal.SIGPROF).outcome.fuel == 1000
    assert weigh(cut=True).outcome.fuel == 1000


def test_nothing_of_an_invalid_effect_is_kept_and_all_before_it_is():
    good = records.encode(("save", "n", "7"), 7)
    verdict = weigh(b"1\n", good + BOMB + records.encode(("save", "m", "8"), 8), Ending(None, 1).encode(), 0)
    assert verdict.outcome.error.kind == "sandbox"
    assert "LIGHTS wants" in verdict.outcome.error.message
    assert verdict.outcome.effects == (("save", "n", "7"),)
    assert verdict.saved.changed == {"n": 7}


@pytest.mark.parametrize(
    ("printed", "kept"),
    [(b"ok\n\xff\xfe", "ok\n"), (b"ok\n\x1b[2J", "ok\n"), (b"ok\x00", "ok"), (b"ok\n\xed\xa0\x80", "ok\n")],
)
def test_output_that_no_program_can_print_is_cut_off(printed, kept):
    outcome = weigh(printed, said=Ending(None, 1).encode()).outcome
    assert (outcome.stdout, outcome.error.kind) == (kept, "sandbox")


def test_a_last_word_that_cannot_be_true_is_not_believed():
    outcome = weigh(b"1\n", said=Ending(None, 1001).encode(), status=0).outcome
    assert (outcome.error.kind, outcome.stdout, outcome.fuel) == ("sandbox", "1\n", 1000)
    assert "1,001 units of fuel" in outcome.error.message


def test_weighing_much_lets_the_host_breathe():
    job = Job(SOURCE, "", {}, {}, LIMITS)
    effects = records.encode(("lights", 1, 2, 3, 4), None) * 4096
    breaths = list(Verdict(job, Remains(Left(RUNS, b"", effects), Ending(None, 0).encode(), 0, False)).weigh())
    assert len(breaths) == 4096 // records.BREATH
