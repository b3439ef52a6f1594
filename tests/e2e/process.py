"""Starts the real `twin` as a process and waits until it can be used. For the end-to-end tests and the screenshots."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

TOKENS = {"TWIN_AGENT_TOKEN": "agent-token-for-tests", "TWIN_OPERATOR_TOKEN": "operator-token-for-tests"}


class Twin:
    """One `twin serve` or `twin demo`; `url` once it is ready. Its output is in `log`."""

    def __init__(self, *args: str, data_dir: Path, port: int = 0, **environ: str) -> None:
        self.args = args
        self.data_dir = data_dir
        self.log = data_dir / "twin.log"
        self.port = port
        self._environ = {"TWIN_BEACON": "false", "TWIN_MODELS": "asked", **TOKENS, **environ}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, timeout_s: float = 30) -> Twin:
        """Start it and wait for its address in the log."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        seen = self.log.stat().st_size if self.log.exists() else 0
        environ = {**os.environ, "TWIN_DATA_DIR": str(self.data_dir), "TWIN_PORT": str(self.port), **self._environ}
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command(), env=environ, stdout=out, stderr=out, stdin=subprocess.DEVNULL
            )
        wait_for(lambda: self._ready(seen), timeout_s, lambda: self.log.read_text()[-3000:])
        return self

    def command(self) -> list[str]:
        """What is run; a test may wrap it."""
        return [sys.executable, "-m", "twin", *self.args]

    def stop(self, number: int = signal.SIGTERM, timeout_s: float = 15) -> int:
        """Send a signal and wait; returns the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout_s)

    def __enter__(self) -> Twin:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stop()

    def get(self, path: str) -> object:
        """A JSON answer of the server."""
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return json.load(answer)

    def nodes(self, status: str) -> int:
        """How many nodes have this status, from /metrics."""
        with urllib.request.urlopen(self.url + "/metrics", timeout=5) as answer:
            found = re.search(rf'^twin_nodes{{status="{status}"}} (\S+)', answer.read().decode(), re.M)
        return int(float(found[1])) if found else 0

    def _ready(self, seen: int) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            log = self.log.read_text()[-3000:]
            raise AssertionError(f"twin {self.args} ended with {self.process.returncode}:\n{log}")
        found = re.search(rb"The twin is at\s+http://[^:]+:(\d+)/", self.log.read_bytes()[seen:])
        if found is None:
            return False
        self.port = int(found[1])
        return True


class Fleet:
    """`twin simulate` against a server, as a process of its own."""

    def __init__(self, url: str, nodes: int, *args: str) -> None:
        self._command = [sys.executable, "-m", "twin", "simulate", "--server", url, "--nodes", str(nodes), *args]
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Fleet:
        environ = {**os.environ, **TOKENS}
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(self._command, env=environ, stdin=quiet, stdout=quiet, stderr=quiet)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def end(self, number: int = signal.SIGTERM) -> None:
        """Stop it, politely or with SIGKILL."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(10)


def wait_for(met: Callable[[], bool], timeout_s: float, told: Callable[[], str] = lambda: "") -> None:
    """Poll until `met`; an AssertionError with `told()` when it takes too long."""
    deadline = time.monotonic() + timeout_s
    while not met():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s:g} s\n{told()}")
        time.sleep(0.05)


def temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="twin-")
