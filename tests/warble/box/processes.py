"""What the tests want to know of processes, read from /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    state: str  # one letter, as ps shows it; Z is dead and not waited for


def descendants(pid: int) -> list[Process]:
    """All processes that come from this one, nearest first."""
    everyone = [process for entry in Path("/proc").iterdir() if entry.name.isdigit() and (process := _read(entry))]
    found, wave = [], [pid]
    while wave:
        born = [process for process in everyone if process.parent in wave]
        found += born
        wave = [process.pid for process in born]
    return found


def is_alive(pid: int) -> bool:
    process = _read(Path(f"/proc/{pid}"))
    return process is not None and process.state not in "ZX"


def resident(pid: int | str = "self") -> int:
    """Bytes in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors(pid: int | str = "self") -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def _read(entry: Path) -> Process | None:
    try:
        text = (entry / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None  # it went while we looked
    state, parent = text.rpartition(")")[2].split()[:2]
    return Process(int(entry.name), int(parent), state)
