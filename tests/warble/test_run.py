"""The contract of warble.run towards its host; what programs do is in programs/."""

import ast
import decimal
import sys
from pathlib import Path

import pytest

import warble
from warble import Limits, run
from warble.run import Memory, prepare


def test_store_changes_only_when_the_run_is_over():
    class Watched(dict):
        def setdefault(self, *args):
            seen.append(args[0])
            return super().setdefault(*args)

    seen: list[str] = []
    store = Watched(alice={"a": 1})
    before = store["alice"]
    outcome = run('{SAVE("a",2)PRINT(LOAD("a"))SAVE("b",3)x=1/0}', user="alice", store=store)
    assert (outcome.stdout, seen, before) == ("2\n", ["alice"], {"a": 2, "b": 3})


def test_a_run_that_starts_over_leaves_no_trace_of_its_first_half():
    store, data = {"u": {"n": 1}}, {}
    source = '{n=LOAD("n")+1SAVE("n",n)SETDATA("d",n)PRINT("once")LOG(1)x=2^300PRINT(x%7)}'
    outcome = run(source, user="u", store=store, data=data)
    assert outcome.stdout == f"once\n{2**300 % 7}\n"
    assert [effect[0] for effect in outcome.effects] == ["save", "setdata", "log"]
    assert (store, data) == ({"u": {"n": 2}}, {"d": 2})


def test_a_host_may_give_no_store_at_all():
    assert run('{SAVE("a",1)PRINT(LOAD("a"))SETDATA("b",2)PRINT(GETDATA("b"))}').stdout == "1\n2\n"


def test_saved_decimals_come_as_text_and_go_back_as_decimals():
    store = {}
    run('{SETPRECISION(30)SAVE("a",1/3)}', user="u", store=store)
    assert store == {"u": {"a": "0." + "3" * 30}}
    assert run('{SETPRECISION(30)PRINT(LOAD("a"))}', user="u", store=store).stdout == "0." + "3" * 30 + "\n"


def test_the_hosts_decimal_context_is_left_alone():
    with decimal.localcontext(decimal.Context(prec=7)) as context:
        run("{SETPRECISION(50)PRINT(1/3)x=1/0}")
        assert decimal.getcontext() is context
        assert run("{SETPRECISION(9)PRINT(1/3)}").stdout == "0.333333333\n"
        assert (decimal.getcontext() is context, context.prec) == (True, 7)


def test_the_hosts_limit_on_digits_of_integers_does_not_matter():
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        assert run("{PRINT(10^5000)}").stdout == "1" + "0" * 5000 + "\n"
        assert run('{SAVE("a",10^1000)}').effects == (("save", "a", "1" + "0" * 1000),)
        assert run('{PRINT(LOAD("a")%7)}', store={"": {"a": "1" + "0" * 1000}}).stdout == f"{10**1000 % 7}\n"
    finally:
        sys.set_int_max_str_digits(before)


def test_a_program_can_run_many_times():
    program = prepare("{PRINT(1)}", Limits())
    assert [warble.run.__module__, program.decimals] == ["warble.run", False]
    assert run("{PRINT(1)}") == run("{PRINT(1)}")


def test_long_sums_end_in_a_limit_when_the_host_allows_long_programs():
    source = "{x=" + "+".join(["1"] * 20_000) + "}"
    outcome = run(source, limits=Limits(length=100_000))
    assert outcome.error is not None
    assert outcome.error.kind == "limit:depth"


def test_literals_have_to_fit_the_limit_on_bits():
    source = "{x=" + "9" * 100 + "}"
    assert run(source, limits=Limits(bits=333)).error is None
    error = run(source, limits=Limits(bits=332)).error
    assert (error.kind, error.start, error.end) == ("limit:bits", 3, 103)


@pytest.mark.parametrize("limits", [{"fuel": -1}, {"loops": 19}])
def test_limits_that_cannot_be_kept_are_refused(limits):
    with pytest.raises(ValueError, match=next(iter(limits))):
        Limits(**limits)


def test_variables_stay_with_a_memory_and_also_after_an_error():
    memory = Memory()
    run("{x=1y=2.5}", memory=memory)
    outcome = run("{z=x+y;PRINT(z)x=10^400y=1/0}", memory=memory)
    assert (outcome.stdout, outcome.error.kind) == ("3.5\n", "zerodiv")
    assert memory.values == {"x": 10**400, "y": 2.5, "z": 3.5}
    assert run("{x++;PRINT(x%10)}", memory=memory).stdout == "1\n"
    assert run("{PRINT(w)}", memory=memory).error.kind == "name"


def test_compiled_programs_see_no_builtins():
    for name in ("open", "exec", "getattr", "print", "fuel", "g", "program"):
        error = run(f"{{IF(0){{{name}=1}}PRINT({name})}}").error
        assert (error.kind, error.message.split()[0]) == ("name", name)


def test_the_package_imports_lark_and_the_standard_library_only():
    allowed = {*sys.stdlib_module_names, "warble", "lark"}
    pure = {"os", "socket", "subprocess", "time", "random", "threading", "asyncio"}
    for path in Path(warble.__file__).parent.glob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
        roots = {name.partition(".")[0] for name in names}
        assert roots <= allowed, path.name
        if path.name not in ("storefile.py", "meter.py", "cli.py", "sandbox.py"):  # files, the clock, the process
            assert not roots & pure, path.name
