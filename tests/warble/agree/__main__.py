"""The command: does every program give the same elsewhere?

    python -m tests.warble.agree record FILE      run all cases here and write down what they gave
    python -m tests.warble.agree compare FILE     run the cases of a file, recorded elsewhere, here
    python -m tests.warble.agree with PYTHON ...  run all cases here and in these: paths of a CPython or GraalPy
                                                  (3.11 or newer), or pyodide-311 ... pyodide-314

PYTHON_OTHER=/path/to/python does for `with` without arguments. A script that starts the Python of an unpacked ARM
system under qemu-user is a Python too. Exit code 1 when something differs that may not.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.warble.agree import others, probe
from tests.warble.agree.cases import Case, all_cases
from tests.warble.agree.compare import compare, shown


def main(arguments: list[str]) -> int:
    match arguments:
        case ["record", file]:
            wanted = all_cases()
            recorded = {"cases": wanted, **probe.report(wanted)}
            Path(file).write_text(json.dumps(recorded, indent=1), encoding="utf-8")
            print(f"{len(wanted)} cases, {told(recorded)}")
            return 0
        case ["compare", file]:
            recorded = json.loads(Path(file).read_text(encoding="utf-8"))
            return judged(recorded["cases"], recorded, probe.report(recorded["cases"]))
        case ["with", *pythons] if pythons or "PYTHON_OTHER" in os.environ:
            wanted = all_cases()
            mine = probe.report(wanted)
            names = pythons or [os.environ["PYTHON_OTHER"]]
            return max(judged(wanted, mine, others.found_by(name, wanted)) for name in names)
    print(__doc__, file=sys.stderr)
    return 2


def judged(cases: list[Case], one: dict[str, Any], other: dict[str, Any]) -> int:
    """Print what differs; the exit code."""
    found = compare(cases, one, other)
    print(f"{told(one)} and {told(other)}: {found.same} of {len(cases)} cases are the same to the last bit.")
    for name, differences in (("libm", found.libm), ("exponents", found.exponents), ("WRONG", found.wrong)):
        for difference in differences:
            print(f"[{name}] {shown(difference)}")
    return 1 if found.wrong else 0


def told(report: dict[str, Any]) -> str:
    about = report["about"]
    return f"{about['python']} ({about['machine']}, {about['bits']} bits)"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
