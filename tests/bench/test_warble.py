"""The Warble bench compares like with like: the same results in every language, baselines that are what they say."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from bench import warble as part
from bench import warble_memory, warble_race, warble_sandbox, warble_speed, warble_today
from bench.plan import QUICK
from bench.warble_loops import LOOPS, Loop
from bench.warble_typical import DENSE, TYPICAL, Typical
from tests.warble import long_pi
from warble.parse import parse

TODAY = warble_today.parser()


def by_name(item: Loop | Typical) -> str:
    return item.name


@pytest.mark.parametrize("loop", LOOPS, ids=by_name)
def test_loop_prints_the_same_in_every_language(loop: Loop) -> None:
    printed = {name: act() for name, act in warble_speed.runners(loop).items()}
    assert len(printed) == (3 if loop.lua else 2)
    assert len(set(printed.values())) == 1
    assert printed["Warble"].strip()


@pytest.mark.parametrize("loop", LOOPS, ids=by_name)
def test_loop_is_a_tweet_and_its_python_is_what_the_transpiler_makes(loop: Loop) -> None:
    assert len(loop.warble) <= 280
    assert warble_today.transpile(loop.warble, TODAY) == loop.python


def test_loop_that_prints_something_else_is_not_timed() -> None:
    with pytest.raises(RuntimeError, match="does not print the same"):
        warble_speed.checked({"a": lambda: "1\n", "b": lambda: "2\n"}, "odd")


@pytest.mark.parametrize("typical", TYPICAL, ids=by_name)
def test_typical_program_prints_and_does_the_same_in_every_language(typical: Typical) -> None:
    part.agree(typical)


def test_typical_program_that_differs_is_not_timed() -> None:
    with pytest.raises(RuntimeError, match="not the same everywhere"):
        part.agree(Typical("odd", "{PRINT(1)}", "PRINT(2)"))


def test_dense_program_is_as_long_as_a_program_can_be_and_both_parsers_read_it() -> None:
    assert len(DENSE) == 280
    assert len(parse(DENSE).block.body) == 8
    assert TODAY.parse(DENSE).startswith("a=1\nb=(2+3)*4\n")


def test_loop_without_fuel_prints_the_same_and_draws_none() -> None:
    outcomes = {name: act() for name, act in warble_speed.with_and_without(LOOPS[0]).items()}
    assert outcomes["with"].stdout == outcomes["without"].stdout
    assert (outcomes["with"].fuel, outcomes["without"].fuel) == (400_000, 0)


def test_runners_take_turns_after_a_warm_up() -> None:
    seen: list[str] = []
    acts: dict[str, Callable[[], object]] = {name: lambda name=name: seen.append(name) for name in "ab"}
    assert warble_race.race(acts, 3, min, warble_race.HERE_S).keys() == {"a", "b"}
    assert "".join(seen) == "abababab"


def test_time_of_a_process_counts_for_who_started_it() -> None:
    busy = "import time\nwhile time.process_time() < 0.2: pass"
    acts = {"new": lambda: subprocess.run([sys.executable, "-c", busy], check=True, timeout=20), "none": lambda: None}
    took = warble_race.race(acts, 1, min, warble_race.with_children_s)
    assert took["new"] > 0.19
    assert took["none"] < 0.05


def test_mean_of_twice_and_half_is_one() -> None:
    assert warble_race.geometric([2.0, 0.5]) == pytest.approx(1)
    means = warble_race.geometric_of([{"a": 1.0, "b": 8.0, "c": 1.0}, {"a": 4.0, "b": 2.0}])
    assert means == {"a": pytest.approx(2), "b": pytest.approx(4)}


@pytest.mark.parametrize(("share", "value"), [(0.5, 2), (0.99, 4), (0.25, 1), (0.0, 1)])
def test_percentile_is_one_of_the_values(share: float, value: float) -> None:
    assert warble_race.percentile([4, 2, 1, 3], share) == value


@pytest.mark.parametrize(
    ("printed", "right"), [("3.14159\n", 6), ("3.14158\n", 5), ("3.14159265358\n", 10), ("", 0), ("2.71", 0)]
)
def test_digits_of_pi_count_up_to_the_first_wrong_one(printed: str, right: int) -> None:
    assert part.right_digits(printed, 10) == right


def test_program_for_pi_is_a_tweet_and_right() -> None:
    source, limits = long_pi.program(QUICK.warble_digits), long_pi.limits(QUICK.warble_digits)
    assert len(source) <= 280
    outcome = part.warble.run(source, limits=limits)
    assert outcome.error is None
    assert part.right_digits(outcome.stdout, QUICK.warble_digits) == QUICK.warble_digits


async def test_sandbox_is_measured_in_all_its_figures() -> None:
    figures = await warble_sandbox.figures(QUICK, lambda text: None)
    assert len(figures) == 8
    assert all(figure.value > 0 for figure in figures if "memory" not in figure.what)  # which only root sees
    assert all(figure.values["new process"] > 0 for figure in figures if figure.baseline)


def test_memory_of_a_child_is_seen_and_of_a_gone_one_is_not() -> None:
    command = [sys.executable, "-c", "print(1, flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert warble_memory.family_of(os.getpid())[child.pid] == os.getpid()
        assert warble_memory.pss_kb(child.pid) > 1_000
        child.communicate(b"\n", timeout=10)
    assert math.isnan(warble_memory.pss_kb(child.pid))
