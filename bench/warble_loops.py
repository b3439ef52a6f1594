"""The loops that Warble is measured with: each in Warble, as the Python text made of it today, and in Lua.

Owns the programs and no measuring; warble_speed.py, the tests and whoever makes the compiler faster use them. All three
forms print the same, which is looked at before anything is timed. The Python text is word for word what
warble_today.transpile makes of the Warble (a test compares them): `while` at the level of the module, global names, no
checks, no fuel. The Lua is what a Lua programmer would write: local names, numeric `for` where nothing else is meant.
Lua has no integers beyond 64 bits, so a loop that needs them has no Lua.

Every Warble is at most 280 characters, stays within the default limits, and takes some hundredths of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Loop:
    """One piece of work in three languages; lua is empty where Lua's numbers cannot hold it."""

    name: str
    warble: str
    python: str
    lua: str = ""


LOOPS: Final = (
    Loop(
        "sum of squares",
        "{s=0;FOR(i=0;i<400000;i++){s=s+i*i}PRINT(s)}",
        """\
s=0
i=0
while i<400000:
    s=s+i*i
    i=i+1
print(s)
""",
        "local s=0; for i=0,399999 do s=s+i*i end print(s)",
    ),
    Loop(
        "LCG",
        "{x=1;FOR(i=0;i<300000;i++){x=(1103515245*x+12345)%2147483648}PRINT(x)}",
        """\
x=1
i=0
while i<300000:
    x=(1103515245*x+12345)%2147483648
    i=i+1
print(x)
""",
        "local x=1; for i=0,299999 do x=(1103515245*x+12345)%2147483648 end print(x)",
    ),
    Loop(
        "Collatz",
        "{m=0;FOR(n=1;n<4000;n++){c=0;x=n;WHILE(x!=1){IF(x%2==0){x=x//2}ELSE{x=3*x+1}c++}IF(c>m){m=c}}PRINT(m)}",
        """\
m=0
n=1
while n<4000:
    c=0
    x=n
    while x!=1:
        if x%2==0:
            x=x//2
        else:
            x=3*x+1
        c=c+1
    if c>m:
        m=c
    n=n+1
print(m)
""",
        "local m=0; for n=1,3999 do local c,x=0,n "
        "while x~=1 do if x%2==0 then x=x//2 else x=3*x+1 end c=c+1 end "
        "if c>m then m=c end end print(m)",
    ),
    Loop(
        "BBP in doubles",
        "{FOR(r=0;r<8000;r++){x=0;FOR(k=0;k<12;k++){x=x+1/16^k*(4/(8*k+1)-2/(8*k+4)-1/(8*k+5)-1/(8*k+6))}}PRINT(x)}",
        """\
r=0
while r<8000:
    x=0
    k=0
    while k<12:
        x=x+1/16**k*(4/(8*k+1)-2/(8*k+4)-1/(8*k+5)-1/(8*k+6))
        k=k+1
    r=r+1
print(x)
""",
        "local x; for r=0,7999 do x=0; for k=0,11 do "
        "x=x+1/16^k*(4/(8*k+1)-2/(8*k+4)-1/(8*k+5)-1/(8*k+6)) end end print(x)",
    ),
    Loop(
        "Leibniz",
        "{p=0;s=1;FOR(k=1;k<600000;k=k+2){p=p+s/k;s=-s}PRINT(4*p)}",
        """\
p=0
s=1
k=1
while k<600000:
    p=p+s/k
    s=-s
    k=k+2
print(4*p)
""",
        "local p,s=0,1; for k=1,599999,2 do p=p+s/k; s=-s end print(4*p)",
    ),
    Loop(
        "primes",
        "{c=0;FOR(n=2;n<25000;n++){p=1;FOR(d=2;d*d<=n;d++){IF(n%d==0){p=0;d=n}}c=c+p}PRINT(c)}",
        """\
c=0
n=2
while n<25000:
    p=1
    d=2
    while d*d<=n:
        if n%d==0:
            p=0
            d=n
        d=d+1
    c=c+p
    n=n+1
print(c)
""",
        "local c=0; for n=2,24999 do local p,d=1,2 "
        "while d*d<=n do if n%d==0 then p=0; d=n end d=d+1 end c=c+p end print(c)",
    ),
    Loop(
        "Euclid",
        "{s=0;FOR(a=1;a<300;a++){FOR(b=1;b<300;b++){x=a;y=b;WHILE(y!=0){t=x%y;x=y;y=t}IF(x==1){s++}}}PRINT(s)}",
        """\
s=0
a=1
while a<300:
    b=1
    while b<300:
        x=a
        y=b
        while y!=0:
            t=x%y
            x=y
            y=t
        if x==1:
            s=s+1
        b=b+1
    a=a+1
print(s)
""",
        "local s=0; for a=1,299 do for b=1,299 do local x,y=a,b "
        "while y~=0 do local t=x%y; x=y; y=t end if x==1 then s=s+1 end end end print(s)",
    ),
    Loop(
        "digit sums",
        "{s=0;FOR(n=0;n<60000;n++){x=n;WHILE(x>0){s=s+x%10;x=x//10}}PRINT(s)}",
        """\
s=0
n=0
while n<60000:
    x=n
    while x>0:
        s=s+x%10
        x=x//10
    n=n+1
print(s)
""",
        "local s=0; for n=0,59999 do local x=n while x>0 do s=s+x%10; x=x//10 end end print(s)",
    ),
    Loop(
        "nested counting",
        "{c=0;FOR(i=0;i<900;i++){FOR(j=0;j<900;j++){IF(i<j){c++}}}PRINT(c)}",
        """\
c=0
i=0
while i<900:
    j=0
    while j<900:
        if i<j:
            c=c+1
        j=j+1
    i=i+1
print(c)
""",
        "local c=0; for i=0,899 do for j=0,899 do if i<j then c=c+1 end end end print(c)",
    ),
    Loop(
        "Monte Carlo pi",
        "{x=7;c=0;FOR(i=0;i<100000;i++){x=16807*x%2147483647;u=x/2147483647;x=16807*x%2147483647;v=x/2147483647;"
        "IF(u*u+v*v<1){c++}}PRINT(4*c/100000)}",
        """\
x=7
c=0
i=0
while i<100000:
    x=16807*x%2147483647
    u=x/2147483647
    x=16807*x%2147483647
    v=x/2147483647
    if u*u+v*v<1:
        c=c+1
    i=i+1
print(4*c/100000)
""",
        "local x,c=7,0; for i=0,99999 do x=16807*x%2147483647; local u=x/2147483647; x=16807*x%2147483647; "
        "local v=x/2147483647; if u*u+v*v<1 then c=c+1 end end print(4*c/100000)",
    ),
    Loop(
        "logistic map",
        "{x=.5;FOR(i=0;i<400000;i++){x=3.9*x*(1-x)}PRINT(x)}",
        """\
x=.5
i=0
while i<400000:
    x=3.9*x*(1-x)
    i=i+1
print(x)
""",
        "local x=.5; for i=0,399999 do x=3.9*x*(1-x) end print(x)",
    ),
    Loop(
        "Mandelbrot",
        "{n=0;FOR(y=-40;y<41;y++){FOR(x=-80;x<41;x++){u=0;v=0;k=0;WHILE((k<40)*(u*u+v*v<4)){t=u*u-v*v+x/40;"
        "v=2*u*v+y/40;u=t;k++}n=n+k}}PRINT(n)}",
        """\
n=0
y=-40
while y<41:
    x=-80
    while x<41:
        u=0
        v=0
        k=0
        while (k<40)*(u*u+v*v<4):
            t=u*u-v*v+x/40
            v=2*u*v+y/40
            u=t
            k=k+1
        n=n+k
        x=x+1
    y=y+1
print(n)
""",
        "local n=0; for y=-40,40 do for x=-80,40 do local u,v,k=0,0,0 "
        "while k<40 and u*u+v*v<4 do local t=u*u-v*v+x/40; v=2*u*v+y/40; u=t; k=k+1 end n=n+k end end print(n)",
    ),
    Loop(
        "Fibonacci, big integers",
        "{a=0;b=1;FOR(i=0;i<25000;i++){t=a+b;a=b;b=t}PRINT(a%10^9)}",
        """\
a=0
b=1
i=0
while i<25000:
    t=a+b
    a=b
    b=t
    i=i+1
print(a%10**9)
""",
    ),
)
