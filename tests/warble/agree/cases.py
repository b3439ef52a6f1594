"""Owns what is run on both sides: every program of tests/warble/programs, programs that compute pi, and made ones.

A case is plain data, so that a file of them means the same to any Python: source, user, store, data, limits.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, Final

from tests.warble import sheet
from tests.warble.agree import made
from warble import Limits

Case = dict[str, Any]

#: Seconds of processor time, so that no slow machine's clock ends what fuel would let run.
_NO_HURRY: Final = 600.0
#: Big numbers of every kind for long enough that a difference in their cost would show. By name: the algorithm.
PI: Final = {
    "pi_by_machin_integers": (
        "{n=10^1010;s=0;a=16*n//5;b=4*n//239;FOR(k=1;a>0;k=k+2){t=a//k;IF(b>0){t=t-b//k}"
        "IF(k%4==1){s=s+t}ELSE{s=s-t}a=a//25;b=b//57121}PRINT(s//10^10)}"
    ),
    "pi_by_agm_decimals": (
        "{SETPRECISION(4010)a=1;b=1/SQRT(2);t=.25;p=1;FOR(i=0;i<11;i++){c=(a+b)/2;b=SQRT(a*b);t=t-p*(a-c)^2;a=c;p=2*p}"
        "PRINT((a+b)^2/4/t)}"
    ),
    "pi_by_spigot": (
        "{q=1;r=0;t=1;k=1;n=3;l=3;i=0;WHILE(i<150){IF(4*q+r-t<n*t){PRINT(n)i++;m=10*(r-n*t);n=10*(3*q+r)//t-10*n;"
        "q=q*10;r=m}ELSE{m=(2*q+r)*l;n=(q*(7*k)+2+r*l)//(t*l);q=q*k;t=t*l;l=l+2;k++;r=m}}}"
    ),
    "pi_by_agm_too_far": (
        "{SETPRECISION(100000)a=1;b=1/SQRT(2);t=.25;p=1;WHILE(1){c=(a+b)/2;b=SQRT(a*b);t=t-p*(a-c)^2;a=c;p=2*p}}"
    ),
}
#: Where a machine's word could show through: exponents, long products, powers, digits of every base.
EDGES: Final = {
    "biggest_on_32_bits": "{SETPRECISION(9)x=1e425000000PRINT(x,x/10,SQRT(x))}",
    "smallest": "{SETPRECISION(9)x=1e-425000000PRINT(x,x/10,1e-99999999999999999999)}",
    "root_of_the_smallest": "{SETPRECISION(600)x=1e-424999999PRINT(SQRT(x))}",
    "round_far_before_the_point": (
        "{SETPRECISION(9)PRINT(ROUND(1.5,-10^9),ROUND(7e400000000,-450000000),ROUND(9.9,-1),ROUND(0.9,-1))}"
    ),
    "round_far_behind_the_point": "{SETPRECISION(9)PRINT(ROUND(1.5,10^9),ROUND(1e-400000000,450000000))}",
    "decimal_powers": "{SETPRECISION(40)PRINT(2.5^0.5,2^-0.3,1.0001^1e6,3.7^100,1.5^-7,10^1e6)}",
    "powers_at_every_precision": "{FOR(n=1;n<120;n++){SETPRECISION(n)PRINT(1.7^.3,2/3,SQRT(2))}}",
    "double_powers": "{x=.37;FOR(i=1;i<300;i++){PRINT(x^1.7,i^.5,i^-1.5,x^i,1.01^(i*x))x=x+.013}}",
    "long_decimal_product": (
        "{SETPRECISION(60000)a=1/7;b=1/13;PRINT(FLOOR(a*b*1000))IF(a*b==1/91){PRINT(1)}SETPRECISION(99)PRINT(a*b)}"
    ),
    "digits_of_a_long_integer": "{PRINT(3^9000)PRINT(7^20000//3^20000%10^50,COMB(3000,1500))}",
    "doubles_of_long_integers": "{PRINT(3^600/2^900,10^308/3,(2^1023+1)*1.,(2^64+1)/2^64,2^53+1.)}",
    "integer_roots": "{PRINT(SQRT(3^500),SQRT(10^600),SQRT(2^1001),FLOOR(1e300),ROUND(2.5e22))}",
    "machine_words": "{FOR(i=14;i<67;i++){x=2^i;PRINT(x-1,x,-x,x*x,x//3,-x%7,x/3)}}",
}


def all_cases() -> list[Case]:
    fixed = [case(name, source) for name, source in (PI | EDGES).items()]
    return [*of_programs(), *fixed, *(case(name, source, fuel=20_000) for name, source in made.programs())]


def of_programs() -> list[Case]:
    """All but those that are about the clock, which is no two machines' same."""
    sheets = {path.stem: sheet.read(path) for path in sorted(sheet.PROGRAMS.glob("**/*.warble"))}
    return [_of_sheet(name, found) for name, found in sheets.items() if found.limits().cpu == Limits().cpu]


def case(name: str, source: str, *, fuel: int = Limits().fuel) -> Case:
    limits = asdict(Limits(fuel=fuel, cpu=_NO_HURRY))
    return {"name": name, "source": source, "user": "", "store": {}, "data": {}, "limits": limits}


def _of_sheet(name: str, found: sheet.Sheet) -> Case:
    return {
        "name": name,
        "source": found.source,
        "user": found.one("user") or "",
        "store": found.store("saved"),
        "data": found.data("data"),
        "limits": asdict(replace(found.limits(), cpu=_NO_HURRY)),
    }
