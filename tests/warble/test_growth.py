"""Where a look at an integer once in so many rounds replaces one at each operation, and that it comes soon enough."""

import pytest

from warble import Limits, tree
from warble.growth import watch
from warble.parse import parse
from warble.run import execute, prepare
from warble.sizes import infer

FREE = 256


def watched(source):
    program = parse(source)
    bounds = infer(program, top=FREE, rounds=5_000_000)
    loop = [node for node in tree.walk(program) if isinstance(node, tree.While)][-1]
    return watch(loop.test, loop.body.body, bounds, FREE)


def test_what_is_bounded_anyway_needs_no_look():
    assert watched("{i=0WHILE(i<9){i++}}") is None
    assert watched("{x=1WHILE(1){x=(1103515245*x+12345)%2147483648}}") is None


@pytest.mark.parametrize(
    ("source", "names", "added"),
    [
        ("{n=27WHILE(n>1){IF(n%2==0){n=n//2}ELSE{n=3*n+1}}}", ("n",), 3),
        ("{a=0b=1WHILE(1){t=a+b;a=b;b=t}}", ("a", "b", "t"), 1),
        ("{x=1WHILE(1){x=x+x}}", ("x",), 1),
    ],
)
def test_what_grows_by_some_bits_a_round_is_looked_at_now_and_then(source, names, added):
    found = watched(source)
    assert found is not None
    assert found.names == names
    assert found.bits + found.rounds * added <= FREE


@pytest.mark.parametrize("source", ["{x=3WHILE(1){x=x*x}}", "{x=3y=2WHILE(1){x=x^y}}", "{x=3WHILE(1){x=COMB(x,2)}}"])
def test_what_grows_by_more_the_bigger_it_is_gets_no_such_look(source):
    assert watched(source) is None


@pytest.mark.parametrize("step", ["x=x+x", "x=3*x+1", "x=x+y;y=x", "y=2*x;x=y+y-x", "x=-x-x"])
def test_no_integer_outgrows_the_fast_code_unseen(step):
    """It would show in the fuel: an operation on more than 256 bits costs some."""
    for rounds in range(60, 200, 7):
        program = prepare(f"{{x=1y=1FOR(i=0;i<{rounds};i++){{{step}}}PRINT(x)}}", Limits(cpu=0))
        fast, careful = execute(program), execute(program, modes=execute.__kwdefaults__["modes"][1:])
        assert fast == careful
