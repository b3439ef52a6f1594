"""Layouts; that they mean the same is tested with every program and with made ones."""

import pytest

from warble.fmt import pretty, short_number, shortest
from warble.parse import parse


def test_readable_layout_has_a_statement_a_line():
    source = '#pi{i=0;WHILE(i<3){IF(i%2){PRINT("odd",-i)}ELSE IF(i){i=(i)}ELSE{};i++}FOR(;0;i--){}}'.replace(
        "(;0", "(i=0;0"
    )
    assert pretty(parse(source)) == (
        "#pi{\n"
        "  i = 0\n"
        "  WHILE (i < 3) {\n"
        "    IF (i % 2) {\n"
        '      PRINT("odd", -i)\n'
        "    } ELSE IF (i) {\n"
        "      i = i\n"
        "    } ELSE {}\n"
        "    i++\n"
        "  }\n"
        "  FOR (i = 0; 0; i--) {}\n"
        "}\n"
    )


@pytest.mark.parametrize(
    ("source", "short"),
    [
        ("{ x = 0 ; PRINT ( x ) ; }", "{x=0PRINT(x)}"),
        ("{x=y;z=1}", "{x=y;z=1}"),
        ("{x=1;e5=2;PRINT(e5)}", "{x=1a=2PRINT(a)}"),
        ("{x=1;e=2}", "{x=1e=2}"),
        ("{x=x+1;y=y-1;z=z+2}", "{x++y--z=z+2}"),
        ("{count=1;PRINT(count)}", "{a=1PRINT(a)}"),
        ("{a=1;bb=a}", "{a=1b=a}"),
        ("{IF(1){PRINT(1)}ELSE{}}", "{IF(1){PRINT(1)}}"),
        ("{IF(1){}ELSE IF(2){}}", "{IF(1){}ELSE IF(2){}}"),
        ("{x=((1))+((2*3))}", "{x=1+2*3}"),
        ("{x=(1+2)*3}", "{x=(1+2)*3}"),
        ("{x=1-(2-3)}", "{x=1-(2-3)}"),
        ("{x=(1-2)-3}", "{x=1-2-3}"),
        ("{x=(2^3)^4}", "{x=(2^3)^4}"),
        ("{x=2^(3^4)}", "{x=2^3^4}"),
        ("{x=(-2)^2}", "{x=(-2)^2}"),
        ("{x=-(2^2)}", "{x=-2^2}"),
        ("{x=2^(-1)}", "{x=2^-1}"),
        ("{x=-(1+2)}", "{x=-(1+2)}"),
        ("{x=(1<2)==(3<4)}", "{x=(1<2)==(3<4)}"),
        ("{x=(1<2)}", "{x=1<2}"),
        ("{x=y- -3}", "{x=y--3}"),
        ("{PRINT(\\\\“hi”)}", '{PRINT("hi")}'),
    ],
)
def test_shortest_text(source, short):
    assert shortest(parse(source)) == short
    assert shortest(parse(short)) == short


@pytest.mark.parametrize(
    ("text", "short"),
    [("007", "7"), ("000", "0"), ("1000", "1000"), ("1000.0", "1e3"), ("10.0", "10."), ("0.50", ".5"), ("1.0", "1."),
     ("0.0", ".0"), ("0e9", ".0"), ("0.001", ".001"), ("0.0001", "1e-4"), ("1.25E+3", "1250."), ("3.14", "3.14"),
     ("1e300", "1e300"), ("12e-300", "12e-300"),
     ("1E-900000000", "1e-900000000"), ("10e-1999999999999999998", "10e-1999999999999999998"),
     ("0e99999999999999999999", ".0"), ("1e0000000000000000000003", "1e3"), (f"1e{'9' * 5000}", f"1e{'9' * 5000}")],
)  # fmt: skip
def test_short_numbers(text, short):
    assert short_number(text) == short
