"""The busiest processes, from the difference of their CPU times between two samples: no busy wait, and one read of
/proc/PID/stat each, because psutil.process_iter costs ten times that. Owns the last readings. Called by sample.py.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Iterator
from typing import NamedTuple

import psutil

from telemetry.report import Process

NAN = float("nan")
_HZ = float(os.sysconf("SC_CLK_TCK"))
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Reading(NamedTuple):
    """One process now. `started` tells a process from an older one with the same pid."""

    pid: int
    started: float
    cpu_s: float
    rss: int  # bytes
    name: str


def read_proc(root: str = "/proc") -> Iterator[Reading]:
    """All processes of a Linux machine."""
    for entry in os.listdir(root):
        if entry.isdecimal():
            found = read_stat(f"{root}/{entry}/stat", int(entry))
            if found is not None:
                yield found


def read_stat(path: str, pid: int) -> Reading | None:
    """`pid (name) state ppid ...`, where a name may hold spaces and brackets of its own; None when it is gone."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        line = os.read(handle, 1024)
    except OSError:
        return None
    finally:
        os.close(handle)
    opening, closing = line.find(b"("), line.rfind(b")")
    rest = line[closing + 2 :].split()
    if opening < 0 or len(rest) < 22:
        return None
    cpu_s = (int(rest[11]) + int(rest[12])) / _HZ  # user + system, columns 14 and 15 of proc(5)
    name = line[opening + 1 : closing].decode("utf-8", "replace")
    return Reading(pid, float(rest[19]), cpu_s, int(rest[21]) * _PAGE, name)


def read_anywhere() -> Iterator[Reading]:
    """The same by psutil, for desktops without /proc."""
    for process in psutil.process_iter(["pid", "name", "create_time", "cpu_times", "memory_info"]):
        info = process.info
        times, memory = info["cpu_times"], info["memory_info"]
        if times is not None and memory is not None:
            cpu_s = float(times.user + times.system)
            yield Reading(info["pid"], info["create_time"], cpu_s, memory.rss, info["name"] or "")


def user_of(pid: int) -> str:
    """The name of a process's user, its number where it has no name, "" when it is gone."""
    try:
        uid = os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return ""
    if uid not in _users:
        if len(_users) >= 256:  # a machine with more users than that may look them up again
            _users.clear()
        try:
            _users[uid] = pwd.getpwuid(uid).pw_name
        except KeyError:
            _users[uid] = str(uid)
    return _users[uid]


_users: dict[int, str] = {}


class Top:
    """`busiest` gives the top by CPU since the call before. The first time that is not known: the top so far."""

    def __init__(
        self,
        memory_bytes: float,
        read: Callable[[], Iterator[Reading]] | None = None,
        user: Callable[[int], str] = user_of,
    ) -> None:
        self._memory_bytes = memory_bytes
        self._read = read or (read_proc if os.path.isdir("/proc/self") else read_anywhere)
        self._user = user
        self._last: dict[int, Reading] = {}
        self._last_at = NAN

    def busiest(self, now: float, count: int = 5) -> tuple[Process, ...]:
        readings = {each.pid: each for each in self._read()}
        spent = [(self._since(each), each) for each in readings.values()]
        spent.sort(key=lambda pair: (-pair[0], pair[1].pid))
        elapsed = now - self._last_at
        scale = 100.0 / elapsed if elapsed > 0.1 else NAN  # CPU times count in steps of 10 ms
        self._last, self._last_at = readings, now
        return tuple([self._process(each, cpu_s * scale) for cpu_s, each in spent[:count]])

    def _since(self, reading: Reading) -> float:
        before = self._last.get(reading.pid)
        if before is None or before.started != reading.started:
            return reading.cpu_s
        return max(0.0, reading.cpu_s - before.cpu_s)

    def _process(self, reading: Reading, cpu_pct: float) -> Process:
        memory_pct = min(100.0, reading.rss / self._memory_bytes * 100.0)
        name = reading.name[:256]
        return Process(reading.pid, name, self._user(reading.pid), round(memory_pct, 1), round(cpu_pct, 1))

    def names(self) -> list[tuple[str, int]]:
        """(name, pid) of all processes of the last reading."""
        return [(each.name, pid) for pid, each in self._last.items()]
