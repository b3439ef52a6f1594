"""A program gives the same, its fuel too, on other Pythons: CPython on a machine of 32 bits in these tests.

`python -m tests.warble.agree with PYTHON ...` asks any other one; `make soak` asks all four of WASM.
"""

import copy
import json
import shutil
import sys

import pytest

from tests.warble.agree import made, others, probe
from tests.warble.agree.__main__ import main
from tests.warble.agree.cases import all_cases, case
from tests.warble.agree.compare import compare, has_wide_exponent

#: The version that differs most from the one of the locks.
NEWEST = others.WASM[-1]


@pytest.fixture(scope="module")
def here():
    cases = all_cases()
    return cases, probe.report(cases)


def agree(here, other):
    cases, mine = here
    found = compare(cases, mine, other)
    assert not found.wrong, found.wrong[:3]
    assert all(has_wide_exponent(case) for case, _, _ in found.exponents)
    assert len(found.libm) <= len(cases) / 100, "more than the last bit of a few sines"
    assert found.same >= len(cases) * 0.98
    return found


@pytest.mark.skipif(shutil.which("npm") is None, reason="Node 20 or newer is needed to run CPython as WebAssembly")
def test_cpython_on_a_machine_of_32_bits_gives_the_same(here):
    other = others.in_wasm(NEWEST, here[0])
    assert other["about"]["bits"] == 32
    assert other["about"]["python"].startswith("CPython 3.14")
    agree(here, other)


def test_this_python_in_a_process_of_its_own_gives_the_same_to_the_last_bit(here):
    cases = here[0][::5]
    found = compare(cases, probe.report(cases), others.in_python(sys.executable, cases))
    assert found.same == len(cases)


def test_cases_are_many_and_mostly_come_to_their_end(here):
    cases, mine = here
    assert len(cases) > 1_000
    ends = [outcome["error"] is None for case, outcome in zip(cases, mine["outcomes"], strict=True) if made_one(case)]
    assert sum(ends) > len(ends) / 2
    assert not [outcome for outcome in mine["outcomes"] if "crash" in outcome]


def made_one(case):
    return case["name"].startswith("made_")


def test_made_programs_are_the_same_every_time_and_fit_a_tweet():
    assert list(made.programs()) == list(made.programs())
    assert all(len(source) <= 280 for _, source in made.programs())
    assert list(made.programs(seed=1)) != list(made.programs(seed=2))


@pytest.mark.parametrize("key", ["stdout", "effects", "error", "fuel", "kept"])
def test_any_difference_is_found(key):
    cases = [case("sum", '{x=0;FOR(i=0;i<9;i++){x=x+i}PRINT(x)SAVE("x",x)}')]
    one = probe.report(cases)
    other = copy.deepcopy(one)
    other["outcomes"][0][key] = "something else"
    assert compare(cases, one, one).same == 1
    assert len(compare(cases, one, other).wrong) == 1


def test_a_sine_may_differ_in_text_but_never_in_fuel():
    cases = [case("sine", "{PRINT(SIN(1))}")]
    one, other = probe.report(cases), probe.report(cases)
    other["outcomes"][0]["stdout"] = "0.8414709848078966\n"
    assert len(compare(cases, one, other).libm) == 1
    other["outcomes"][0]["fuel"] += 1
    assert len(compare(cases, one, other).wrong) == 1


def test_a_crash_is_a_difference_and_does_not_end_the_others(monkeypatch):
    cases = [case("one", "{PRINT(1)}"), case("two", "{PRINT(2)}")]
    good, real = probe.report(cases), probe.warble.run

    def run(source, **rest):
        if "1" in source:
            raise KeyError("no such thing")
        return real(source, **rest)

    monkeypatch.setattr(probe.warble, "run", run)
    found = compare(cases, good, probe.report(cases))
    assert (found.same, len(found.wrong)) == (1, 1)


def test_a_record_is_held_against_a_second_run(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tests.warble.agree.__main__.all_cases", lambda: [case("one", "{PRINT(2^99)}")])
    file = tmp_path / "record.json"
    assert main(["record", str(file)]) == 0
    assert main(["compare", str(file)]) == 0
    recorded = json.loads(file.read_text())
    recorded["outcomes"][0]["fuel"] += 1
    file.write_text(json.dumps(recorded))
    assert main(["compare", str(file)]) == 1
    assert "[WRONG] one: {PRINT(2^99)}" in capsys.readouterr().out


def test_a_command_that_makes_no_sense_explains_itself(capsys, monkeypatch):
    monkeypatch.delenv("PYTHON_OTHER", raising=False)
    assert main(["with"]) == 2
    assert "record FILE" in capsys.readouterr().err
