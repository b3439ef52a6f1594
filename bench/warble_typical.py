"""Programs as people send them, in Warble and in Lua, for what a whole run costs from source text to the last effect.

Owns programs and no measuring. Both forms print the same and have the same effects, which is looked at before anything
is timed; today's scheme makes its own text from the Warble. DENSE is what the parser is measured with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Typical:
    """One program in two languages."""

    name: str
    warble: str
    lua: str


TYPICAL: Final = (
    Typical("hello", '#pi{PRINT("hello cluster")}', 'PRINT("hello cluster")'),
    Typical(
        "lights",
        '{FOR(i=0;i<24;i++){LIGHTS(i,255-10*i,0,10*i)SLEEP(.1)}PLAYSOUND("tardis.mp3")}',
        'for i=0,23 do LIGHTS(i,255-10*i,0,10*i) SLEEP(.1) end PLAYSOUND("tardis.mp3")',
    ),
    Typical(
        "Collatz from 27",
        "{n=27s=0WHILE(n!=1){IF(n%2){n=3*n+1}ELSE{n=n//2}s++}PRINT(s)}",
        "local n,s=27,0 while n~=1 do if n%2==1 then n=3*n+1 else n=n//2 end s=s+1 end PRINT(s)",
    ),
    Typical(
        "pi by BBP",
        "{x=0;FOR(k=0;k<12;k++){x=x+1/16^k*(4/(8*k+1)-2/(8*k+4)-1/(8*k+5)-1/(8*k+6))}PRINT(x)}",
        "local x=0 for k=0,11 do x=x+1/16^k*(4/(8*k+1)-2/(8*k+4)-1/(8*k+5)-1/(8*k+6)) end PRINT(x)",
    ),
    Typical(
        "fizz buzz",
        '{FOR(i=1;i<=30;i++){IF(i%15==0){PRINT("fizz buzz")}ELSE IF(i%3==0){PRINT("fizz")}ELSE IF(i%5==0)'
        '{PRINT("buzz")}ELSE{PRINT(i)}}}',
        'for i=1,30 do if i%15==0 then PRINT("fizz buzz") elseif i%3==0 then PRINT("fizz") '
        'elseif i%5==0 then PRINT("buzz") else PRINT(i) end end',
    ),
    Typical(
        "primes below 100",
        "{FOR(n=2;n<100;n++){p=1;FOR(d=2;d*d<=n;d++){IF(n%d==0){p=0}}IF(p){PRINT(n)}}}",
        "for n=2,99 do local p,d=1,2 while d*d<=n do if n%d==0 then p=0 end d=d+1 end if p==1 then PRINT(n) end end",
    ),
    Typical(
        "a circle",
        "{FOR(k=0;k<60;k++){a=k/9.55;DRAW(ROUND(50*COS(a)),ROUND(50*SIN(a)),255,4*k,0)}}",
        "for k=0,59 do local a=k/9.55 DRAW(ROUND(50*COS(a)),ROUND(50*SIN(a)),255,4*k,0) end",
    ),
    Typical(
        "a saved counter",
        '{n=LOAD("runs",0)+1SAVE("runs",n)PRINT("run",n)}',
        'local n=LOAD("runs",0)+1 SAVE("runs",n) PRINT("run",n)',
    ),
)

#: 280 characters, hardly one of them idle: 228 words, and every kind of statement. It parses; it is not meant to run.
DENSE: Final = (
    "{a=1;b=(2+3)*4;FOR(i=0;i<99;i++){IF(i%2==0){a=a+b*(i-1)/2}ELSE{b=b-a%7;PRINT(a,b)}}WHILE(a>b){a=a-1;c=(a*b+3)^2%97;"
    "IF(c!=4){LIGHTS(1,c,9,8)}ELSE IF(c<=2){SLEEP(1)}}x=.5;FOR(k=1;k<99;k=k+2){x=x+SIN(k*x)/COS(k)-1/(8*k+4)-2/(8*k+5);"
    "y=-x*x^3;DRAW(k,k+1,2,3,4)}z=ROUND(x,3);PRINT(z,y)}"
)
