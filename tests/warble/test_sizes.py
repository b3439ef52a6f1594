"""What is inferred before a run holds during it, and is close enough to leave checks out where that matters."""

import pytest

from warble.parse import parse
from warble.sizes import ANY, INT, REAL, infer


def bounds(source, fuel=5_000_000):
    return infer(parse(source), top=1000, rounds=fuel)


@pytest.mark.parametrize(
    ("source", "name", "kind"),
    [
        ("{x=1}", "x", INT),
        ("{x=1.5}", "x", REAL),
        ("{x=1x=x/2}", "x", ANY),
        ("{x=1/2}", "x", REAL),
        ("{x=7//2}", "x", INT),
        ("{x=7//2.}", "x", REAL),
        ("{x=1<2}", "x", INT),
        ("{x=SIN(1)}", "x", REAL),
        ("{x=FLOOR(2.5)}", "x", INT),
        ("{x=ROUND(2.5)}", "x", INT),
        ("{x=ROUND(2.5,1)}", "x", ANY),
        ("{x=SQRT(4)}", "x", ANY),
        ('{x=LOAD("a")}', "x", ANY),
        ("{x=2y=x^9}", "y", INT),
        ("{x=2y=9z=x^y}", "z", ANY),
        ("{x=0x=x+0.5}", "x", ANY),
        ("{a=b;b=c;c=1.5}", "a", REAL),
    ],
)
def test_kind_of_a_name(source, name, kind):
    assert bounds(source)[name][0] == kind


@pytest.mark.parametrize(
    "source",
    [
        "{x=0WHILE(1){x++}}",
        "{x=0WHILE(1){x=x+1}}",
        "{x=0WHILE(1){x=1+x}}",
        "{x=0WHILE(1){x=x-7}}",
        "{x=0i=0WHILE(1){x=x+i*i;i++}}",
        "{x=1WHILE(1){x=(1103515245*x+12345)%2147483648}}",
        "{i=0WHILE(1){i++x=i*i*i}}",
        "{i=0WHILE(1){i++x=i^3//7-i}}",
    ],
)
def test_what_only_adds_up_needs_no_check(source):
    assert bounds(source)["x"][1] <= 256


@pytest.mark.parametrize(
    "source",
    [
        "{x=1WHILE(1){x=x+x}}",
        "{x=1WHILE(1){x=x*2}}",
        "{x=1WHILE(1){x=x+2*x}}",
        "{x=1y=1WHILE(1){x=x+y;y=y+x}}",
        "{x=1y=1z=1WHILE(1){z=x+y;x=y;y=z}}",
        "{x=1y=1WHILE(1){z=y-x;x=-y;y=z-y}}",
        "{x=3WHILE(1){x=x^2}}",
        "{x=3y=2z=x^y;x=z}",
    ],
)
def test_what_can_double_is_checked(source):
    assert bounds(source)["x"][1] == 1000


def test_a_long_chain_of_names_comes_to_an_end():
    chain = ";".join(f"{b}={a}+1" for a, b in zip("abcdefghijklmnop", "bcdefghijklmnopq", strict=True))
    assert bounds(f"{{a=1;{chain}}}")["q"][0] == INT
    backwards = ";".join(reversed(chain.split(";")))
    assert bounds(f"{{{backwards};a=1}}")["q"][0] in (INT, 0)
