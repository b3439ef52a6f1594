"""What counts as a digit of pi, which program is better, and what is refused."""

import random
import time

import pytest

from tests.warble.agree.cases import PI as PROGRAMS
from warble import Limits, Outcome, pi, run
from warble.contest import Disagreement, Score, Tally, Unsteady, ajudge, describe, judge, rank, tally
from warble.errors import WarbleError


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("", 0),
        ("pi\n", 0),
        ("3\n", 1),
        ("3.\n", 1),
        ("3.14159\n", 6),
        ("314159\n", 6),
        ("3.1416\n", 4),  # a rounded digit is a wrong digit
        ("3\n1\n4\n1\n5\n", 5),
        ("3\n.\n1 4\t1\r\n5", 5),
        ("3.1415 9265 35", 11),
        ("3.1.4", 2),  # one point, and behind the 3
        ("31.4159", 2),
        ("3..14", 1),
        ("13.14159", 0),
        ("1 3.14159", 6),  # a number of its own
        ("0\n3\n1\n4\n", 3),
        ("0.314159", 0),
        ("-3.14159", 0),
        ("pi=3.14159!", 6),
        ("3.14 3.14159", 6),
        ("3.14159 3.14", 6),
        ("3.141593.14159", 6),
        ("3.14159e+20", 6),
        ("3,14159", 1),
        ("٣.١٤", 0),  # other digits are no digits
        ("3.1４159", 2),
        ("3.14x159", 3),
        ("3 3 3 3.1", 2),
    ],
)
def test_digits_of_pi_in_a_text(text, digits):
    assert tally(text).digits == digits


def test_the_place_of_the_best_stretch_and_of_the_first_wrong_digit_are_told():
    assert tally("3.13 and 3.1425") == Tally(3, 9, 13, "1")
    assert tally("3.1415") == Tally(5, 0, -1, "")
    assert tally("none") == Tally(0, -1, -1, "")
    assert tally("3.14 3.14").start == 0


def test_every_digit_of_a_long_output_counts_and_one_wrong_one_ends_it():
    digits = pi.verified(16_000)
    assert tally(f"{digits}\n") == Tally(16_000, 0)
    for place in (1, 2, 777, 15_999):
        wrong = str((int(digits[place]) + 1) % 10)
        broken = digits[:place] + wrong + digits[place + 1 :]
        assert tally(broken) == Tally(place, 0, place, digits[place])


def test_counting_is_what_trying_every_place_would_give():
    chance = random.Random(3)
    digits = pi.verified(400)
    for _ in range(400):
        text = "".join(
            chance.choice(["3", "3.", "3.1", " ", "\n", "-", "1", "x", digits[: chance.randrange(1, 30)]])
            for _ in range(chance.randrange(1, 30))
        )
        assert tally(text).digits == slow(text), text


def slow(text):
    """The rules, as plainly as they can be said."""
    best = 0
    for start, character in enumerate(text):
        if character != "3" or (start and text[start - 1] in "0123456789.-"):
            continue
        rest = "".join(text[start:].split())
        found = rest[0] + (rest[2:] if rest[1:2] == "." else rest[1:])
        best = max(best, next((n for n in range(len(found), 0, -1) if pi.verified(400).startswith(found[:n])), 0))
    return best


@pytest.mark.parametrize(
    "piece", ["3", "3 ", "3.", "3\n1\n4\n1\n5\n9 ", "3.14 ", " ", ".", "3" + " " * 97, "-3", "3.14159265358979 "]
)
def test_counting_takes_time_in_proportion_to_the_output(piece):
    pi.verified(65_537)
    small, large = (piece * (size // len(piece)) for size in (8_192, 65_536))
    assert spent(large) < 24 * spent(small) + 0.05


def test_pi_itself_again_and_again_takes_no_longer():
    piece = " ".join(pi.verified(5_000)) + " "
    assert spent(piece * 10) < 30 * spent(piece) + 0.05


def spent(text):
    def once():
        before = time.thread_time()
        tally(text)
        return time.thread_time() - before

    return min(once() for _ in range(3))


def test_more_digits_win_then_less_fuel_then_a_shorter_program():
    assert Score(10, 900, 200) > Score(9, 1, 1)
    assert Score(10, 5, 200) > Score(10, 6, 100)
    assert Score(10, 5, 99) > Score(10, 5, 100)
    assert Score(1, 1, 1) == Score(1, 1, 1)
    assert not Score(1, 1, 1) > Score(1, 1, 1)


def test_the_board_keeps_who_was_first_of_two_equal_ones_first():
    one, two, best = judge("{PRINT(3.1)}"), judge("{PRINT(3.1 )}"), judge("{PRINT(3.14)}")
    same = judge('{PRINT("3")}'), judge('{PRINT("3")}')
    assert rank([one, two, best]) == [best, one, two]
    assert [id(entry) for entry in rank(same)] == [id(entry) for entry in same]


@pytest.mark.parametrize(("name", "digits"), [("machin_integers", 1_001), ("agm_decimals", 4_008), ("spigot", 150)])
def test_programs_that_compute_pi_get_what_they_computed(name, digits):
    entry = judge(PROGRAMS[f"pi_by_{name}"])
    assert entry.error is None
    assert entry.score.digits >= digits - 2
    assert entry.score.fuel > 1_000
    assert entry.score.length == len(PROGRAMS[f"pi_by_{name}"])


def test_what_was_printed_before_an_error_counts():
    entry = judge("{PRINT(ACOS(-1))x=1/0}")
    assert (entry.score.digits, entry.error.kind) == (16, "zerodiv")
    assert judge("{PRINT(3.14)WHILE(1){}}", limits=Limits(fuel=100)).score == Score(3, 100, 23)


def test_a_program_that_is_none_has_no_digits():
    entry = judge("{PRINT(3.14")
    assert (entry.score.digits, entry.score.fuel, entry.error.kind) == (0, 0, "syntax")


def test_trigonometry_asks_for_sixteen_digits_and_no_more():
    assert judge("{SETPRECISION(1000)PRINT(ACOS(-1))}").score.digits == 16


def test_a_literal_is_worth_its_digits_which_are_less_than_a_program_holds():
    source = '{PRINT("' + pi.verified(280 - 11) + '")}'
    assert judge(source).score == Score(269, 0, 280)
    assert judge(source + " ").error.kind == "length"


def test_nothing_that_was_saved_helps():
    assert judge('{PRINT(LOAD("pi"))}').error.kind == "missing"
    assert judge('{PRINT(GETDATA("pi"))}').error.kind == "missing"
    entry = judge('{PRINT(LOAD("pi",3))SAVE("pi",3.14)SETDATA("pi",3.14)}')
    assert entry.score.digits == 1


def scripted(*outcomes):
    """A runner that gives these, one after the other."""
    left = iter(outcomes)

    def runner(source, *, store, data, limits):
        assert (store, data) == ({}, {})
        store["someone"] = {"pi": 3.14}
        return next(left)

    return runner


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (Outcome("3.15\n", (), None, 7), "stdout '3.14\\\\n' and '3.15\\\\n'"),
        (Outcome("3.14\n", (("log", "x"),), None, 7), "effects"),
        (Outcome("3.14\n", (), WarbleError("name", "x has no value here.", 1, 2), 7), "error"),
        (Outcome("3.14\n", (), None, 8), "fuel 7 and 8"),
    ],
)
def test_two_runs_that_differ_are_refused_by_what_differs(other, named):
    with pytest.raises(Disagreement, match=named):
        judge("{}", scripted(Outcome("3.14\n", (), None, 7), other))


@pytest.mark.parametrize("kind", ["limit:time", "limit:memory", "sandbox"])
def test_what_ended_by_the_clock_or_the_kernel_is_refused(kind):
    ended = Outcome("3.14\n", (), WarbleError(kind, "It took too long.", 0, 1), 7)
    with pytest.raises(Unsteady, match=kind):
        judge("{}", scripted(ended, ended))
    with pytest.raises(Unsteady, match=kind):
        judge("{}", scripted(Outcome("3.14\n", (), None, 7), ended))


async def test_a_runner_can_be_awaited():
    async def runner(source, **rest):
        return run(source, **rest)

    assert await ajudge("{PRINT(3.14)}", runner) == judge("{PRINT(3.14)}")


def test_somebody_who_takes_part_is_told_the_first_wrong_digit():
    assert describe(judge('{PRINT("pi:")PRINT("3.1417")}')) == (
        "4 digits of pi, 0 fuel, 29 characters\nDigit 5 is 7 and should be 5 (line 2, column 6 of what it prints)."
    )
    assert describe(judge("{PRINT(3)}")) == "1 digit of pi, 0 fuel, 10 characters"
