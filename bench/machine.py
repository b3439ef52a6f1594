"""The machine: its name for the results, who runs on which core, and what a process has used.

The server under test is pinned to one core and everything that loads it to another, so "a core" means a core and the
client does not eat into it. On a machine with one core they share it, and the results say so.
"""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Processes that are started inside run on `core`, from their first instruction."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def describe(loader: str) -> dict[str, str]:
    """What the results are headed with."""
    system = f"{platform.system()} {platform.release()}"
    return {
        "machine": f"{len(CORES)} cores, {_cpu_model()}, {_memory_gb():.0f} GB, {system}",
        "cores": "server and load each on a core of their own"
        if len(CORES) > 1
        else "server and load share the only core: latencies are not comparable with other machines",
        "python": platform.python_version(),
        "node": _version("node"),
        "viewers": loader,
    }


def cpu_s(pids: Iterable[int]) -> float:
    """CPU seconds that processes have used, user and system, all threads; in steps of 10 ms."""
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) * TICK_S


def rss_kb(pid: int) -> int:
    """Resident memory of a process, without what the kernel holds for its sockets."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time and the CPU the server used in it. Nanoseconds are CLOCK_MONOTONIC."""

    start_ns: int
    end_ns: int
    cpu_s: float

    @property
    def seconds(self) -> float:
        return (self.end_ns - self.start_ns) / 1e9

    @property
    def core_pct(self) -> float:
        return 100 * self.cpu_s / self.seconds


async def watch(pids: Sequence[int], seconds: float) -> Window:
    """Let a steady state run for `seconds`."""
    start_ns, before = time.monotonic_ns(), cpu_s(pids)
    await asyncio.sleep(seconds)
    return Window(start_ns, time.monotonic_ns(), cpu_s(pids) - before)


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _version(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        return "not installed"
    return subprocess.run([path, "--version"], capture_output=True, text=True, check=True, timeout=10).stdout.strip()
