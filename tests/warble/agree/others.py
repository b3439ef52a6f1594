"""Owns the other Pythons: any command on this machine, and CPython as WebAssembly in node, a machine of 32 bits.

Each gets a folder of its own (pack.py) and leaves what it found there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

from tests.warble.agree import pack
from tests.warble.agree.cases import Case

HERE = Path(__file__).parent
LOCK = HERE / "package-lock.json"
STAMP = HERE / "node_modules" / ".from-lock"
#: The names in package.json; each is CPython of that version.
WASM: Final = ("pyodide-311", "pyodide-312", "pyodide-313", "pyodide-314")
#: Seconds for all cases; the slowest took 40 on two shared cores.
_PATIENCE: Final = 300

Found = dict[str, Any]


def install() -> Path:
    """`npm ci`, once for each version of the lock. Returns node_modules."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not STAMP.is_file() or STAMP.read_text() != wanted:
        assert shutil.which("npm"), "Node 20 or newer is needed to run CPython as WebAssembly"
        command = ["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=HERE, check=True, timeout=300, capture_output=True)
        STAMP.write_text(wanted)
    return STAMP.parent


def found_by(name: str, cases: list[Case]) -> Found:
    """What the cases give in a Python of this machine or in one of WASM."""
    return in_wasm(name, cases) if name in WASM else in_python(name, cases)


def in_python(python: str, cases: list[Case]) -> Found:
    """Run the cases in another Python of this machine: a path or a command. It needs no packages."""
    return _run([python, "-s", pack.PROBE, pack.CASES, pack.FOUND], cases)


def in_wasm(name: str, cases: list[Case]) -> Found:
    """Run the cases in one of WASM."""
    at = install() / name
    assert at.is_dir(), f"there is no {name} in {at.parent}; the names are {', '.join(WASM)}"
    return _run(["node", str(HERE / "wasm.mjs"), str(at)], cases)


def _run(command: list[str], cases: list[Case]) -> Found:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        pack.fill(folder, cases)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
        found = folder / pack.FOUND
        assert done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}"
        assert found.is_file(), f"{command[0]} ended without a result; it said {done.stdout[-500:]!r}"
        return dict(json.loads(found.read_text(encoding="utf-8")))
