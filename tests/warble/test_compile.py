"""Every form of a loop, and every cheaper form of an operation, does what the careful code does: value, error, fuel."""

import itertools

import pytest

from warble import Limits
from warble.expressions import Mode
from warble.run import execute, prepare

LIMITS = Limits(length=1_000, fuel=2_000, cpu=0)


def agree(source, limits=LIMITS):
    program = prepare(source, limits)
    fast, careful = execute(program), execute(program, modes=(Mode.CAREFUL,))
    assert fast == careful, source
    return fast


@pytest.mark.parametrize("fuel", [0, 1, 47, 48, 49, 50, 51, 99, 100, 101, 150, 151, 152, 5_000])
@pytest.mark.parametrize(
    "source",
    [
        "{FOR(i=0;i<100;i++){x=i}PRINT(i)PRINT(x)}",
        "{FOR(i=99;i>=0;i=i-3){x=i}PRINT(i)PRINT(x)}",
        "{n=50i=-50WHILE(n>=i){x=i;i=i+2}PRINT(i,x)}",
        "{FOR(j=0;j<3;j++){FOR(i=0;i<49;i++){x=i}}PRINT(i,j,x)}",
        "{FOR(j=0;j<9;j++){FOR(i=0;i<j;i++){x=i}}PRINT(i,j,x)}",
        "{FOR(j=0;j<9;j++){FOR(i=0;i<60;i++){x=1/(i-j-40)}}PRINT(i,j)}",
        "{c=0n=27WHILE(n>1){IF(n%2==0){n=n//2}ELSE{n=3*n+1}c++}PRINT(c)}",
        "{a=0b=1FOR(i=0;i<150;i++){t=a+b;a=b;b=t}PRINT(a)}",
        "{FOR(j=0;j<2;j++){a=0b=1FOR(i=0;i<49;i++){t=a+b;a=b;b=t}}PRINT(a)}",
        "{x=1WHILE(x){x=x+x}}",
        "{x=1WHILE(1){x=3*x-x}}",
        "{WHILE(0){}FOR(i=5;i<5;i++){}PRINT(i)}",
        "{i=0WHILE(i<60){i++;IF(i==55){PRINT(u)}}}",
    ],
)
def test_loops_of_every_form_agree_wherever_the_fuel_ends(source, fuel):
    agree(source, Limits(fuel=fuel, cpu=0))


VALUES = ["0", "1", "7", "-1", "-9", "2^31", "-2^64", "2^255", "-2^255", "0.5", "-2.5", "1e300"]


@pytest.mark.parametrize(
    "op", ["%2", "%1", "%2147483648", "%7", "//2", "//1", "//1024", "^2", "^3", "*2.0", "/4", "-1"]
)
def test_an_operation_with_a_literal_agrees_for_every_kind_of_number(op):
    for value in VALUES:
        agree(f"{{x={value};y=x{op};PRINT(y,x*x{op}==y)IF(y<3){{PRINT(1)}}}}")


@pytest.mark.parametrize("base", ["2", "3", "16", "16.0", "1", "1.5", "0.5", "1e200", "(-2)", "2^40"])
def test_powers_of_a_literal_agree_for_every_exponent(base):
    for exponent in ["0", "5", "51", "52", "64", "65", "130", "-1", "-3", "0.5", "2^40"]:
        agree(f"{{k={exponent};PRINT({base}^k)PRINT(1/{base}^k)}}")
    agree(f"{{PRINT({base}^k)}}")


@pytest.mark.parametrize(("first", "second"), list(itertools.product(["x<1", "x<0", "y<1", "1/z<1"], repeat=2)))
@pytest.mark.parametrize("op", ["*", "+"])
def test_and_and_or_agree_also_when_the_second_half_fails(first, second, op):
    agree(f"{{x=0z=0IF(({first}){op}({second})){{PRINT(1)}}PRINT(2)}}")


def test_big_numbers_inside_an_expression_cost_what_they_cost():
    assert agree("{a=2^200x=a*a*a%7PRINT(x)}").fuel > 0
    assert agree("{a=2^254b=a+a-1PRINT(b%7)}").fuel == 0
    assert agree("{a=2^255b=a+a+a-1PRINT(b%7)}").fuel > 0


@pytest.mark.parametrize("name", ["SIN", "COS", "TAN", "ACOS", "ASIN", "ATAN", "ABS", "SQRT", "FLOOR"])
@pytest.mark.parametrize("value", ["0", "2", "-0.5", "1e308*10", "-1e308*10", "1e308*10-1e308*10", "10^300", "10^400"])
def test_functions_agree_also_for_what_is_no_number(name, value):
    agree(f"{{x={value};PRINT({name}(x))}}")


def test_a_name_without_a_value_is_blamed_however_often_the_place_was_passed():
    for rounds in (1, 30):
        source = f"{{a=1FOR(i=0;i<{rounds};i++){{IF(i=={rounds}-1){{x=a+b}}}}}}"
        error = agree(source).error
        assert source[error.start : error.end] == "b"


def test_loops_may_be_nested_as_deep_as_the_limits_allow():
    for limits in (Limits(length=400, loops=18, cpu=0), Limits(length=400, loops=18, fuel=9, cpu=0)):
        source = "".join(f"FOR({name}=0;{name}<1;{name}++){{" for name in "abcdefghijklmnopqr")
        agree(f"{{{source}x=x+1{'}' * 18}}}", limits)
        agree(f"{{x=1{source}x=3*x+1{'}' * 18}PRINT(x)}}", limits)
