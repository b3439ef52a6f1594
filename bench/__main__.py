"""`python -m bench [PART ...] [--quick]`: runs the parts, prints the table, writes it down after a full run."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench import ar, crowd, fanout, frame, ingest, machine, memory, stalled, start, store, warble
from bench.plan import FULL, QUICK, Plan
from bench.servers import HERE
from bench.table import Figure, markdown

PARTS = {
    "fanout": fanout,
    "stalled": stalled,
    "ingest": ingest,
    "frame": frame,
    "start": start,
    "memory": memory,
    "store": store,
    "warble": warble,
    "ar": ar,
}


class Progress:
    """What is going on: one line that is rewritten on a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._live = sys.stderr.isatty()

    def __call__(self, text: str) -> None:
        line = f"[{time.monotonic() - self._began:5.0f} s] {text}"
        print(f"\r\x1b[K{line}" if self._live else line, end="" if self._live else "\n", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


async def measure(names: list[str], plan: Plan) -> list[Figure]:
    """The figures of some parts, in a temporary directory that is gone afterwards."""
    say = Progress()
    figures = []
    os.sched_setaffinity(0, {machine.LOAD_CORE})
    with tempfile.TemporaryDirectory(prefix="twin-bench-") as work:
        for name in names:
            figures += await PARTS[name].run(plan, Path(work), say)
    say.end()
    return figures


def page(about: dict[str, str], figures: list[Figure]) -> str:
    """The whole of RESULTS.md."""
    heads = "\n".join(f"- {name}: {text}" for name, text in about.items())
    judged = [figure.met for figure in figures if figure.met is not None]
    verdict = f"{sum(judged)} of {len(judged)} targets met."
    return f"<!-- Written by `make bench`; do not edit. -->\n\n{heads}\n\n{verdict}\n\n{markdown(figures)}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="The twin beside its baselines.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="a smoke run: small and short, nothing is written")
    parser.add_argument("--full", action="store_true", help="part store: a whole day of 1050 nodes (some minutes more)")
    args = parser.parse_args()
    unknown = [name for name in args.parts if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; the parts are {', '.join(PARTS)}")
    if not (HERE / "node/node_modules").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=HERE / "node", check=True, timeout=300)
    about = machine.describe(crowd.loader())
    plan = QUICK if args.quick else FULL
    if args.full:
        plan = replace(plan, store_hours=24.0)
    figures = asyncio.run(measure(args.parts or list(PARTS), plan))
    text = page(about, figures)
    print(text)
    if not args.parts and not args.quick:
        (HERE / "RESULTS.md").write_text(text)
        results = {"about": about, "figures": [figure.as_json() for figure in figures]}
        (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
