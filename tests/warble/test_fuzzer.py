"""The fuzzer has teeth: whatever is broken on purpose is found within some hundred programs, and made small."""

from __future__ import annotations

import itertools
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

from tests.warble.fuzz import cage, checks, grow, jobs
from tests.warble.fuzz.case import LONG, USUAL, Case, make
from tests.warble.fuzz.checks import Finding
from tests.warble.fuzz.hunt import Catch, hunt, watched
from tests.warble.fuzz.shrink import shrink
from warble import Fault, fmt, run, tree
from warble import parse as parsing
from warble.builtins import FUNCTIONS
from warble.doubles import Doubles
from warble.expressions import Mode

SEED = 3
#: What is broken here is found within so many programs; a second or two on a slow machine.
ENOUGH = 600


def first_catch(**options: object) -> Catch:
    """The first finding, made small."""
    catch = next((catch for catch in hunt(SEED, range(ENOUGH), **options) if catch is not None), None)
    assert catch is not None, f"{ENOUGH} programs found nothing"
    assert len(catch.smallest.source) <= len(catch.case.source)
    return catch


def test_nothing_is_found_where_nothing_is_broken():
    assert [catch for catch in hunt(SEED, range(150)) if catch is not None] == []


def test_swapped_precedence_is_found_and_made_small(monkeypatch):
    parse = parsing.parse
    monkeypatch.setattr(checks, "parse", lambda *args: _sums_first(parse(*args)))
    catch = first_catch()
    assert catch.finding.check == "parsers"
    assert len(catch.smallest.source) <= 12  # such as {x=1+x*1}


def _sums_first(node):
    """a+b*c as (a+b)*c, everywhere in a tree."""
    if isinstance(node, tuple):
        return tuple(map(_sums_first, node))
    if not hasattr(node, "__dataclass_fields__"):
        return node
    node = replace(node, **{name: _sums_first(getattr(node, name)) for name in node.__dataclass_fields__})
    match node:
        case tree.Binary("+", left, tree.Binary("*", middle, right)):
            return replace(node, op="*", left=tree.Binary("+", left, middle, left.start, middle.end), right=right)
    return node


def test_span_that_is_one_too_long_is_found(monkeypatch):
    parse = parsing.parse

    def broken(*args):
        try:
            return parse(*args)
        except Fault as fault:
            fault.end += fault.kind == "lex"
            raise

    monkeypatch.setattr(checks, "parse", broken)
    catch = first_catch()
    assert catch.finding.check == "parsers"
    assert len(catch.smallest.source) == 1


def test_word_that_is_let_pass_is_found(monkeypatch):
    parse = parsing.parse
    monkeypatch.setattr(checks, "parse", lambda source, limits: parse(source.replace("===", "== "), limits))
    assert checks.look(Case("{x=1===1}")).check == "parsers"


def test_fuel_that_is_off_by_one_is_found(monkeypatch):
    _outcomes(monkeypatch, lambda outcome: replace(outcome, fuel=outcome.fuel + (0 < outcome.fuel < 20)))
    catch = first_catch()
    assert catch.finding.check == "oracle"
    assert len(catch.smallest.source) <= 40  # a loop that goes round once


def _outcomes(monkeypatch, change):
    """Every run gives something else, and always the same."""
    execute = checks.execute
    for module in (sys.modules["warble.run"], checks):  # warble.run is the function as well
        monkeypatch.setattr(module, "execute", lambda *args, **named: change(execute(*args, **named)))


def test_fuel_of_the_careful_code_that_is_off_by_one_is_found(monkeypatch):
    execute = checks.execute

    def broken(*args, modes, **named):
        outcome = execute(*args, modes=modes, **named)
        return replace(outcome, fuel=outcome.fuel + 1) if modes == (Mode.CAREFUL,) else outcome

    monkeypatch.setattr(checks, "execute", broken)
    catch = first_catch()
    assert catch.finding.check == "careful"
    assert catch.smallest.source == "{}"


def test_round_half_up_is_found_and_made_small(monkeypatch):
    correct = Doubles.round

    def half_up(self, x, n=None):
        return math.floor(x + 0.5) if n is None and isinstance(x, float) and abs(x) < 1e9 else correct(self, x, n)

    monkeypatch.setattr(Doubles, "round", half_up)
    catch = first_catch()
    assert catch.finding.check == "oracle"
    assert "ROUND(" in catch.smallest.source
    assert len(catch.smallest.source) <= 40


def test_run_that_depends_on_the_day_is_found(monkeypatch):
    days = itertools.count()
    _outcomes(monkeypatch, lambda outcome: replace(outcome, stdout=outcome.stdout.replace("255", str(next(days)))))
    assert first_catch().finding.check in ("again", "careful", "oracle")


def test_saved_value_that_is_not_kept_is_found(monkeypatch):
    execute = checks.execute

    def broken(program, *, data, **named):
        outcome = execute(program, data=data, **named)
        for effect in outcome.effects:
            if effect[0] == "setdata":
                data.pop(effect[1], None)
        return outcome

    for module in (sys.modules["warble.run"], checks):
        monkeypatch.setattr(module, "execute", broken)
    catch = first_catch()
    assert catch.finding.check == "outcome"
    assert "SETDATA(" in catch.smallest.source
    assert len(catch.smallest.source) <= 30


def test_function_that_is_wrong_by_one_is_found(monkeypatch):
    correct = Doubles.comb
    monkeypatch.setattr(Doubles, "comb", lambda self, n, k: correct(self, n, k) + (n == k))
    finding = checks.look(Case("{PRINT(COMB(3,3))}"))
    assert finding is not None
    assert finding.check == "oracle"


def test_exception_that_comes_out_is_found(monkeypatch):
    correct = Doubles.comb

    def broken(self, n, k):
        return {}[n] if n == k else correct(self, n, k)

    monkeypatch.setattr(Doubles, "comb", broken)
    finding = checks.look(Case("{PRINT(COMB(3,3))}"))
    assert (finding.check, finding.where) == ("crash", "KeyError test_fuzzer.py broken")


def test_layout_without_brackets_is_found(monkeypatch):
    monkeypatch.setitem(fmt._LEVELS, "-", fmt._LEVELS["*"] + 1)
    catch = first_catch()
    assert catch.finding.check == "layout"
    assert len(catch.smallest.source) <= 14  # such as {x=1*(1-1)}


def test_program_that_hangs_is_found_and_made_small():
    def look(case):
        while "SQRT" in case.source:
            pass

    catch = first_catch(look=look, patience=0.02, shrinking=8.0)
    assert catch.finding.check == "hang"
    assert catch.smallest.source == "SQRT"


def test_all_kinds_of_programs_are_made():
    sources = [make(SEED, number).source for number in range(4_000)]
    together = "".join(sources)
    words = [*(f"{name}(" for name in FUNCTIONS), "#PI{", "“", '\\"', "\ud800", "}}}", "ELSE IF(", *grow.OPERATORS]
    assert [word for word in words if word not in together] == []
    assert {279, 280, 281} <= {len(source) for source in sources}
    assert any(make(SEED, number).limits in LONG for number in range(4_000))


def test_a_number_makes_the_same_case_again():
    assert [make(3, number) for number in range(50)] == [make(3, number) for number in range(50)]
    assert [make(3, number) for number in range(50)] != [make(4, number) for number in range(50)]


def test_shrinking_forgets_what_does_not_matter():
    case = Case("{PRINT(17,LOAD('x'))}ABCDEF", replace(USUAL, fuel=3), {"n": 1}, {"n": 2})
    small = shrink(case, lambda attempt: "17" in attempt.source and "n" in attempt.data)
    assert (small.source, small.saved, small.data) == ("17", {}, {"n": 2})
    assert small.limits != case.limits


def test_clock_is_quiet_when_a_case_is_over():
    assert watched(Case("{}"), patience=0.05) is None
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass  # the clock would ring here


def test_process_that_dies_is_a_finding_and_the_search_goes_on(monkeypatch):
    def look(case):
        if case == make(SEED, 2):
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(jobs.cage, "Cage", lambda: look)
    seen, lost = 0, list[Catch]()
    for found in jobs.search(SEED, 1, 20.0, sandbox=True):
        seen += len(found)
        lost += [catch for catch in found if catch is not None]
        if lost and seen > 40:
            break
    assert [(catch.number, catch.finding) for catch in lost] == [
        (2, Finding("process", "The process died: exit code -9.", "died"))
    ]
    assert seen > 40


def test_sandbox_that_does_something_else_is_found(monkeypatch):
    class Box:
        """Runs in process, and says that a program printed more than it did."""

        def __init__(self, **options):
            pass

        async def __aenter__(self):
            return self

        async def __aexit__(self, *error):
            pass

        async def run(self, source, **named):
            outcome = run(source, **named)
            return replace(outcome, stdout=outcome.stdout.replace("7", "77"))

    monkeypatch.setattr("warble.sandbox.Sandbox", Box)
    cell = cage.Cage(every=1)
    assert cell(Case("{PRINT(8)}")) is None
    finding = cell(Case("{PRINT(7)}"))
    cell.close()
    assert finding is not None
    assert finding.check == "sandbox"


def test_command_looks_at_one_case_again():
    args = (sys.executable, "-m", "tests.warble.fuzz", "--seed", "3", "--only", "17")
    done = subprocess.run(args, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, str(make(3, 17)))


def test_command_searches_and_says_its_seed():
    args = (sys.executable, "-m", "tests.warble.fuzz", "--seconds", "2", "--seed", "3", "--jobs", "1")
    done = subprocess.run(args, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 findings; seed 3" in done.stdout
