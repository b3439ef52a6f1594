"""The real agent as a process of its own, for tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

_CODE = """
import argparse, sys
from telemetry.agent import add_arguments, run
parser = argparse.ArgumentParser()
add_arguments(parser)
sys.exit(run(parser.parse_args()))
"""


class AgentProcess:
    """Runs until `stop`; what it logged is in `log()`."""

    def __init__(self, folder: Path, *arguments: str, http_port: int = 0) -> None:
        self._log = folder / f"agent-{len(list(folder.iterdir()))}.log"
        environment = {key: value for key, value in os.environ.items() if not key.startswith("TWIN_")}
        environment.pop("JOURNAL_STREAM", None)
        command = [sys.executable, "-X", "dev", "-W", "error", "-c", _CODE, "--http-port", str(http_port), *arguments]
        if "--plain" in arguments:  # as it runs on a Pi, without Python's checks
            command = [sys.executable, "-c", _CODE, "--http-port", str(http_port)]
            command += [each for each in arguments if each != "--plain"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, stderr=log, cwd=Path(__file__).parents[2], env=environment)

    def log(self) -> str:
        return self._log.read_text()

    def wait_for_log(self, text: str, timeout_s: float = 20.0) -> None:
        """Returns when `text` was logged. A file tells nobody that it grew, so this one looks."""
        end = time.monotonic() + timeout_s
        while text not in self.log():
            assert time.monotonic() < end, self.log()
            time.sleep(0.02)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(20)

    def status(self, key: str) -> int:
        """A number of /proc/PID/status, in kB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1])
        raise KeyError(key)

    def cpu_s(self) -> float:
        """User and system time so far."""
        columns = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(columns[11]) + int(columns[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> AgentProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(20)
