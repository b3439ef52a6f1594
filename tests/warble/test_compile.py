"""Every form of a loop, and every cheaper form of an operation, does what the careful code does: value, error, fuel."""

import itertools

import pytest

from warble import Limits, run
from warble.expressions import Mode
from warble.run import Memory, execute, prepare

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
        "{x=1FOR(i=0;i<100;i=i+7){x=x*3%101}PRINT(i,x)}",
        "{x=9FOR(i=90;i>-10;i=i-7){x=5//(x-2)+3}PRINT(i,x)}",
        "{FOR(j=0;j<4;j++){FOR(i=0;i<50;i++){x=2-j}PRINT(i,x/i)}}",
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


@pytest.mark.parametrize(
    "fixed", ["x/40", "x*y-y/3", "(x+y)*(x+y)", "-x//7%5", "x*y*(x-1)/4", "x*2^300", "x/0", "x%y", "z*2", "x*1e308*10"]
)
@pytest.mark.parametrize("x", ["3", "-2^52", "2^255", "0.5", "-1e308"])
def test_what_a_round_computes_anew_though_nothing_changes_agrees(fixed, x):
    agree(f"{{x={x};y=7s=0FOR(i=0;i<60;i++){{s=s+{fixed}}}PRINT(s,i)}}")
    agree(f"{{x={x};y=7s=0i=9WHILE(i){{i--;IF(s<i){{s={fixed}}}}}PRINT(s,i)}}")
    agree(f"{{x={x};y=7s=0i=0WHILE(i){{i--;s={fixed}}}PRINT(s,i)}}")


@pytest.mark.parametrize("change", ["x=x+1", "x++", "IF(i==3){x=0}", "FOR(x=0;x<2;x++){}"])
def test_what_a_round_changes_is_computed_anew(change):
    assert agree(f"{{x=5s=0FOR(i=0;i<9;i++){{s=s+x/2;{change}}}PRINT(s)}}").stdout != "22.5\n"


@pytest.mark.parametrize("zero", ["x==0", "x!=0", "(x==0)*(x!=00)", "(x!=0)+(x==0)", "x*x==0", "u==0", "1/x==0"])
@pytest.mark.parametrize("x", ["0", "1", "-0.0", "1e-300", "2^255", "1e308*10-1e308*10", "1e308*10"])
def test_a_comparison_with_zero_agrees_for_every_kind_of_number(zero, x):
    agree(f"{{x={x};IF({zero}){{PRINT(1)}}ELSE{{PRINT(2)}}k=0WHILE(({zero})*(k<3)){{k++}}PRINT(k)}}")


@pytest.mark.parametrize("over", ["1", "-3", "0.5", "2^200", "1e308"])
@pytest.mark.parametrize("ends", ["0;k<9", "0;k<=51", "0;k<=52", "3;k<70", "9;k>0", "9;k>=0", "9;k>-2", "70;k<3"])
def test_tables_of_powers_reach_as_far_as_the_counter(over, ends):
    step = "k--" if ">" in ends else "k++"
    agree(f"{{FOR(k={ends};{step}){{PRINT({over}/16^k,16^k)}}}}", Limits(length=1_000, cpu=0, bits=131_072))


def test_a_counter_that_no_round_reads_is_known_where_an_error_comes():
    memory = Memory()
    outcome = run("{x=9FOR(i=0;i<100;i++){x--;y=1/x}}", memory=memory)
    assert outcome.error is not None
    assert memory.values["i"] == 8
