"""The command: `python -m tests.warble.fuzz [--seconds 120] [--programs N] [--seed N] [--jobs 2] [--only K]
[--sandbox]`.

Exit code 0: all cases were well, 1: something was found. Without --seed a new one is drawn each time; it is printed,
and so is the line that shows a finding again.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections import Counter

from tests.warble.fuzz import cage
from tests.warble.fuzz.case import make
from tests.warble.fuzz.hunt import Catch, hunt
from tests.warble.fuzz.jobs import search

#: Findings after which it is enough: most are the same one.
_ENOUGH = 50
#: Of a kind of finding.
_TOLD = 3
#: Seconds between two lines of progress where nobody looks at a terminal.
_QUIET = 15.0


def main() -> int:
    options = _options()
    if options.only is not None:
        return _only(options.seed, options.only, sandbox=options.sandbox)
    print(f"fuzz: seed {options.seed}, {options.jobs} jobs, {options.seconds:g} seconds", flush=True)
    begin = told = time.monotonic()
    seen, catches = 0, list[Catch]()
    kinds = Counter[tuple[str, str]]()
    for found in search(options.seed, options.jobs, options.seconds, sandbox=options.sandbox):
        seen += len(found)
        for catch in filter(None, found):
            kind = catch.finding.check, catch.finding.where
            catches.append(catch)
            kinds[kind] += 1
            if kinds[kind] <= _TOLD:
                _tell(options.seed, catch, sandbox=options.sandbox)
        now = time.monotonic()
        if sys.stderr.isatty() or now - told > _QUIET:
            told = now
            print(
                f"\r{_progress(seen, now - begin, catches)}", end="" if sys.stderr.isatty() else "\n", file=sys.stderr
            )
        if len(catches) >= _ENOUGH or seen >= options.programs > 0:
            break
    print(f"\n{_progress(seen, time.monotonic() - begin, catches)}; seed {options.seed}")
    if not seen:
        print("Not one case was looked at: give it more --seconds.")
    return 1 if catches or not seen else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.warble.fuzz", description="Search for what Warble gets wrong."
    )
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--programs", type=int, default=0, help="stop earlier, after so many; 0: only by the clock")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9), help="what to begin from; else drawn")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--only", type=int, metavar="K", help="look at case K of the seed alone")
    parser.add_argument("--sandbox", action="store_true", help="run some of the cases in the sandbox too, and compare")
    return parser.parse_args()


def _only(seed: int, number: int, *, sandbox: bool) -> int:
    look = cage.Cage(every=1) if sandbox else None
    print(make(seed, number))
    catches: list[Catch] = list(filter(None, hunt(seed, [number], look=look)))
    if look is not None:
        look.close()
    for catch in catches:
        _tell(seed, catch, sandbox=sandbox)
    return 1 if catches else 0


def _tell(seed: int, catch: Catch, *, sandbox: bool) -> None:
    finding = catch.finding
    again = f"python -m tests.warble.fuzz --seed {seed} --only {catch.number}{' --sandbox' if sandbox else ''}"
    print(f"\nFOUND {finding.check} {finding.where}\n  {catch.smallest}\n  again: {again}")
    print("  " + finding.text.rstrip().replace("\n", "\n  "), flush=True)


def _progress(seen: int, seconds: float, catches: list[Catch]) -> str:
    speed = seen / max(seconds, 0.001)
    return f"fuzz: {seen:,} programs in {seconds:.0f} s, {speed:.0f} a second, {len(catches)} findings"


if __name__ == "__main__":
    sys.exit(main())
