"""Square roots of decimals agree with decimal's own, and what decimals cost does not depend on their values."""

from decimal import Context, Decimal

import pytest

from warble import run
from warble.decimals import _newton


@pytest.mark.parametrize("digits", [500, 777, 2000])
@pytest.mark.parametrize("value", ["2", "3e-401", "7.1e900", "99.999", "1", "0.01", "1e333", "152399025"])
def test_newtons_root_is_decimals_own(digits, value):
    context = Context(prec=digits)
    assert _newton(Decimal(value), context) == context.sqrt(Decimal(value))


def test_2000_digits_of_pi_two_ways_agree():
    gauss = (
        "{SETPRECISION(2010)a=1b=1/SQRT(2)t=1/4p=1FOR(i=0;i<10;i++){c=a;a=(a+b)/2;b=SQRT(b*c);t=t-p*(c-a)^2;p=2*p}"
        "PRINT(FLOOR((a+b)^2/4/t*10^2000))}"
    )
    # Machin in integers; both series are divided toward 0, so that they end.
    machin = "{s=0;n=10^2010x=80*n;y=956*n;k=1d=1WHILE(x){x=x//25y=y//57121s=s+d*(x//k-y//k);k=k+2d=-d}PRINT(s//10^10)}"
    first, second = run(gauss), run(machin)
    assert (first.error, second.error) == (None, None)
    assert first.stdout == second.stdout
    assert first.stdout.startswith("314159265358979323846264338327950288419716939937510582097494459230781640628620899")


def test_fuel_of_decimals_is_the_same_for_all_values():
    source = "{{SETPRECISION(3000)x={};FOR(i=0;i<20;i++){{x=x*1.7/3.1+SQRT(x)}}}}"
    assert len({run(source.format(value)).fuel for value in ("2.5", "1e-99", "123456.789", "1/7")}) <= 2
