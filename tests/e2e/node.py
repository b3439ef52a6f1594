"""Runs the clients that others wrote: stock npm packages, installed once from the lock beside this file."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LOCK = HERE / "package-lock.json"
STAMP = HERE / "node_modules" / ".from-lock"
HOW = "Node 20 or newer is needed for these tests"


def install() -> Path:
    """`npm ci`, once for each version of the lock. Returns node_modules."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not STAMP.is_file() or STAMP.read_text() != wanted:
        assert shutil.which("npm"), HOW
        command = ["npm", "ci", "--silent", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=HERE, check=True, timeout=300, capture_output=True)
        STAMP.write_text(wanted)
    return STAMP.parent


def run_node(script: str, *args: str, timeout_s: float = 30) -> str:
    """What a script prints."""
    done = subprocess.run(
        ["node", script, *args], cwd=HERE, capture_output=True, text=True, timeout=timeout_s, check=False
    )
    assert done.returncode == 0, f"{script} ended with {done.returncode}:\n{done.stderr[-2000:]}"
    return done.stdout


class Script:
    """A script that runs beside the test: it prints a JSON object a line, and reads one a line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.heard: list[dict[str, Any]] = []

    def tell(self, what: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def hear(self, event: str) -> dict[str, Any]:
        """The next line with this event; what comes before it stays in `heard`."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            self.heard.append(told)
            if told["event"] == event:
                return dict(told)
        raise AssertionError(f"the script ended before {event!r}; it said {self.heard[-5:]}")


@contextmanager
def beside(script: str, *args: str) -> Iterator[Script]:
    """Run a script until the block is left."""
    process = subprocess.Popen(
        ["node", script, *args], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Script(process)
    finally:
        process.kill()
        process.wait(10)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
