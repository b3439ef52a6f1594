"""`python -m bench.fuel`: microseconds that a unit of fuel lasts, for every operation on big numbers and some sizes.

Each line runs one of the language's operations through the code that charges for it. A unit should last about as long
everywhere: all fuel spent on one kind of operation should take one to three seconds. What is off by more than twice is
marked: "dear" where the program pays too much, "CHEAP" where it gets too much for its fuel. Operations of less than a
few microseconds are not judged: there the call itself is what takes the time.
"""

from __future__ import annotations

import argparse
import decimal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from warble import Limits
from warble.decimals import Decimals
from warble.doubles import Doubles
from warble.effects import Recorder, Shelf
from warble.meter import Meter

#: Microseconds that a unit should last: 5,000,000 of them take two seconds.
UNIT_US = 0.4
OFF = 2.0
#: Operations quicker than this are not judged.
_TINY_US = 3.0
_PLENTY = Limits(fuel=10**15, precision=10**6, bits=10**8, output=10**9)
_BITS = (300, 1_000, 4_000, 16_000, 64_000, 131_072)
_DIGITS = (28, 300, 1_000, 5_000, 20_000, 100_000)


@dataclass(frozen=True, slots=True)
class Case:
    what: str
    size: str
    act: Callable[[], object]
    meter: Meter


def integers(bits: int) -> Iterator[Case]:
    """Every operation on integers of so many bits, balanced and not."""
    meter = Meter(_PLENTY.fuel)
    arithmetic = Doubles(meter, _PLENTY)
    call = arithmetic.helpers()
    recorder = Recorder(_PLENTY, Shelf({}, ""), Shelf({}, ""), arithmetic.from_saved, meter.charge, lambda: 28)
    a, b, half, word = _odd(bits), _odd(bits - 1), _odd(bits // 2), _odd(30)

    def case(what: str, act: Callable[[], object], size: str = f"{bits:,} bits") -> Case:
        return Case(what, size, act, meter)

    yield case("a + b", lambda: call["h_add"](a, b))
    yield case("a - b, nearly equal", lambda: call["h_sub"](a, a + 1))
    yield case("-a", lambda: call["h_neg"](a))
    yield case("a < b, nearly equal", lambda: call["h_lt"](a, a + 1))
    yield case("a * b", lambda: call["h_mul"](a, b))
    yield case("a * small", lambda: call["h_mul"](a, word))
    yield case("a * half as long", lambda: call["h_mul"](a, half))
    yield case("a // small", lambda: call["h_floordiv"](a, word))
    yield case("a // half as long", lambda: call["h_floordiv"](a, half))
    yield case("a % half as long", lambda: call["h_mod"](a, half))
    yield case("a / b", lambda: call["h_div"](a, b))
    yield case("3 ^ n", lambda: call["h_pow"](3, bits * 5 // 8))
    yield case("half as long ^ 2", lambda: call["h_pow"](half, 2))
    yield case("COMB(n, n/2)", lambda: call["f_COMB"](bits, bits // 2))
    yield case("SQRT(square)", lambda: call["f_SQRT"](half * half))
    yield case("ROUND(a, -n)", lambda: call["f_ROUND"](a, -bits // 10))
    yield case("text of a", lambda: recorder.text(a))


def decimals(digits: int) -> Iterator[Case]:
    """Every operation on decimals of so many digits, which is the precision in force."""
    meter = Meter(_PLENTY.fuel)
    arithmetic = Decimals(meter, _PLENTY)
    call = arithmetic.helpers()
    call["f_SETPRECISION"](digits)
    decimal.setcontext(arithmetic.context)
    recorder = Recorder(_PLENTY, Shelf({}, ""), Shelf({}, ""), arithmetic.from_saved, meter.charge, lambda: digits)
    a, b, whole = decimal.Decimal(1) / 7, decimal.Decimal(1) / 13, 10**digits // 7

    def case(what: str, act: Callable[[], object], size: str = f"{digits:,} digits") -> Case:
        return Case(what, size, act, meter)

    yield case("x + y", lambda: call["h_add"](a, b))
    yield case("-x", lambda: call["h_neg"](a))
    yield case("x < y, nearly equal", lambda: call["h_lt"](a, a.next_plus()))
    yield case("x * y", lambda: call["h_mul"](a, b))
    yield case("x * small", lambda: call["h_mul"](a, 7))
    yield case("x / y", lambda: call["h_div"](a, b))
    yield case("x / small", lambda: call["h_div"](a, 7))
    yield case("1 / small", lambda: call["h_div"](1, 7))
    yield case("1 / whole", lambda: call["h_div"](1, whole))
    yield case("x // y", lambda: call["h_floordiv"](a.scaleb(digits // 2), b))
    yield case("x % y", lambda: call["h_mod"](a.scaleb(digits // 2), b))
    yield case("x ^ 2", lambda: call["h_pow"](a, 2))
    yield case("x ^ 1000", lambda: call["h_pow"](a, 1000))
    if digits <= 1_000:
        yield case("x ^ y", lambda: call["h_pow"](a, b))
    yield case("SQRT(x)", lambda: call["f_SQRT"](a))
    yield case("SQRT(2)", lambda: call["f_SQRT"](2))
    yield case("ROUND(x, n)", lambda: call["f_ROUND"](a, digits // 2))
    yield case("FLOOR(big x)", lambda: call["f_FLOOR"](a.scaleb(digits)))
    yield case("x * whole", lambda: call["h_mul"](a, whole))
    yield case("text of x", lambda: recorder.text(a))
    yield case("SIN(x)", lambda: call["f_SIN"](a))


def measure(case: Case) -> tuple[float, int]:
    """Microseconds (the least of some) and units of one operation."""
    before = case.meter.used
    case.act()
    units, times = case.meter.used - before, []
    again = time.thread_time() + 0.03
    while len(times) < 3 or time.thread_time() < again:
        began = time.thread_time()
        case.act()
        times.append(time.thread_time() - began)
        if times[-1] > 2.0:
            break
    return 1e6 * min(times), units


def judge(us: float, units: int) -> str:
    if us < _TINY_US and units < 20:
        return ""
    ratio = us / max(units, 1) / UNIT_US
    return "CHEAP" if ratio > OFF else "dear" if ratio < 1 / OFF else ""


def _odd(bits: int) -> int:
    """An integer of so many bits that are neither all 0 nor all 1."""
    return (1 << max(bits, 2)) * 5 // 7 | 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fuel", description=__doc__.splitlines()[0])
    parser.add_argument("--off", action="store_true", help="only what is off")
    parser.add_argument("only", nargs="?", default="", help="only operations whose name has this in it")
    args = parser.parse_args()
    off = 0
    print(f"{'operation':22}{'size':>16}{'us':>12}{'units':>12}{'us a unit':>12}{'all fuel, s':>13}")
    for case in chain(
        *map(integers, _BITS), *map(decimals, _DIGITS)
    ):  # one after the other: each decimal case needs its context
        if args.only not in case.what:
            continue
        us, units = measure(case)
        verdict = judge(us, units)
        off += bool(verdict)
        if verdict or not args.off:
            unit = us / max(units, 1)
            print(f"{case.what:22}{case.size:>16}{us:12,.1f}{units:12,}{unit:12.3f}{5 * unit:13.2f}  {verdict}")
    print(f"{off} are off by more than {OFF:g} times a unit of {UNIT_US} us")
    return 0


if __name__ == "__main__":
    sys.exit(main())
