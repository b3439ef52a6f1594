"""Owns what the zygote does once so that no worker has to: a worker cannot open files, so it cannot import either.

Each program goes one way through the language that the others do not: a mode, a kind of error, a helper that Python
imports or fills when it is first needed. That they are enough is proved by running all test programs in workers.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from warble.box import records
from warble.box.ending import Ending, Invalid, decode
from warble.effects import Effect, Saved
from warble.limits import Limits
from warble.parse import grammar
from warble.run import execute, prepare, run

_PROGRAMS: Final = (
    "{x=0;FOR(i=0;i<9;i++){x=x+i*i}PRINT(x,x/7,SQRT(2),ROUND(2.5),SIN(1),COMB(9,3),ABS(-1),FLOOR(1.5),CEIL(1.5))}",
    "{x=3;WHILE(x<9^99){x=x*x}PRINT(x,x//7,x%7,SQRT(x))PRINT(2^5000)}",
    "{SETPRECISION(50)x=1/3;FOR(i=0;i<9;i++){x=x*1.5}PRINT(x,SQRT(x),x^0.5,2^99,SIN(x),ROUND(x,3),ACOS(0),5//2.5)}",
    "{SETPRECISION(2000)PRINT(SQRT(2)/3,1e99)SAVE(\"a\",1/3)PRINT(LOAD(\"a\"),1/0)}",
    '{LIGHTS(0,1,2,3)LOG("π”“")SLEEP(1)PLAYSOUND("a.mp3")DRAW(1,2,3,4,5)DRAWLINE(1,2,3,4,5,6,7)}',
    '{SAVE("a",1)SETDATA("b",0.5)PRINT(LOAD("a"),GETDATA("b",1),LOAD("c"))}',
    '{LIGHTS(99,1,2,3)}', '{SLEEP(-1)}', '{PLAYSOUND("/")}', "{PRINT(1)x=1/0}", "{x=10.0^400PRINT(x)}",
    "{x=(-8)^(1/3)}", "{x=9^9^9}", "{WHILE(1){}}", "{print(1)}", "{PRINT(x)x=1}", "{PRINT(ab)abc=1}", "{PRINT(SIN())}",
    '{x="a"}', "{y=x++}", "{PRINT(1", "{x=1 & 2}", "{é}", "{" * 70, "x", "", "{ELSE}", "{2}", "{PRINT(1))}",
    "{x=1==2==3}", "{SETPRECISION(0)}", "{x=" + "-" * 65 + "1}", "x" * 281,
    '{WHILE(1){PRINT("a")}}', '{WHILE(1){LOG("a")}}',
)  # fmt: skip


def up() -> None:
    """Some tens of milliseconds; nothing that a program does is performed."""
    grammar()
    limits = Limits(fuel=1000)
    for source in _PROGRAMS:
        outcome = run(source, user="a", store={}, data={}, limits=limits)
        with suppress(Invalid):
            decode(Ending(outcome.error, outcome.fuel).encode(), source, limits.fuel)
    execute(prepare(_PROGRAMS[4], limits), sink=_Encoder())
    execute(prepare(_PROGRAMS[5], limits), store={}, data={}, sink=_Encoder())
    execute(prepare(_PROGRAMS[3], limits), store={}, data={}, sink=_Encoder())


class _Encoder:
    """A sink that makes records as a board does."""

    def start(self) -> None:
        pass

    def printed(self, text: str) -> None:
        text.encode()

    def effect(self, effect: Effect, kept: Saved | None) -> None:
        records.encode(effect, kept)
