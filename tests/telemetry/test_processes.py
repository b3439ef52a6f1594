"""The busiest processes, from readings made up for the test and from this machine."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.processes import Reading, Top, read_anywhere, read_proc, read_stat, user_of

STAT = b"%d (%s) S 1 7 7 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 1 0 4242 1000000 256 18446744073709551615"


class Machine:
    """Processes as the test says: pid -> (started, cpu seconds)."""

    def __init__(self) -> None:
        self.processes: dict[int, tuple[float, float]] = {}

    def read(self) -> Iterator[Reading]:
        for pid, (started, cpu_s) in self.processes.items():
            yield Reading(pid, started, cpu_s, 10, f"p{pid}")

    def top(self) -> Top:
        return Top(1000.0, self.read, lambda pid: "pi")


def test_the_busiest_since_the_last_sample_come_first() -> None:
    machine = Machine()
    machine.processes = {pid: (0.0, 1000.0 - pid) for pid in range(1, 9)}
    top = machine.top()
    assert math.isnan(top.busiest(0.0)[0].cpu_pct)
    machine.processes.update({8: (0.0, 994.5), 3: (0.0, 1002.0)})
    found = top.busiest(5.0)
    assert [(each.pid, each.cpu_pct) for each in found] == [(3, 100.0), (8, 50.0), (1, 0.0), (2, 0.0), (4, 0.0)]
    assert (found[0].name, found[0].username, found[0].memory_pct) == ("p3", "pi", 1.0)


def test_a_new_process_with_an_old_pid_is_not_credited_with_the_old_ones_time() -> None:
    machine = Machine()
    machine.processes = {7: (1.0, 500.0), 8: (1.0, 0.0)}
    top = machine.top()
    top.busiest(0.0)
    machine.processes = {7: (9.0, 1.0), 8: (1.0, 0.5)}
    assert [(each.pid, each.cpu_pct) for each in top.busiest(5.0)] == [(7, 20.0), (8, 10.0)]


def test_a_clock_that_runs_backwards_is_zero_and_two_samples_at_once_are_unknown() -> None:
    machine = Machine()
    machine.processes = {7: (1.0, 5.0)}
    top = machine.top()
    top.busiest(0.0)
    machine.processes = {7: (1.0, 4.0)}
    assert top.busiest(5.0)[0].cpu_pct == 0.0
    assert math.isnan(top.busiest(5.0)[0].cpu_pct)


def test_a_name_with_brackets_and_spaces_is_read(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_bytes(STAT % (7, b"a) S (b c"))
    found = read_stat(str(stat), 7)
    assert found is not None
    assert (found.name, found.started, found.cpu_s) == ("a) S (b c", 4242.0, 200 / os.sysconf("SC_CLK_TCK"))
    assert found.rss == 256 * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("line", [b"", b"7 (x", b"7 (x) S 1 2"])
def test_a_line_that_is_cut_off_is_no_process(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "stat").write_bytes(line)
    assert read_stat(str(tmp_path / "stat"), 7) is None


def test_a_process_that_is_gone_is_no_process(tmp_path: Path) -> None:
    assert read_stat(str(tmp_path / "stat"), 7) is None
    assert user_of(2**31) == ""


@pytest.mark.parametrize("read", [read_proc, read_anywhere])
def test_this_very_process_is_seen(read: object) -> None:
    assert callable(read)
    mine = [each for each in read() if each.pid == os.getpid()]
    assert len(mine) == 1
    assert mine[0].cpu_s > 0.0
    assert mine[0].rss > 1_000_000


def test_both_ways_to_read_agree() -> None:
    one = next(each for each in read_proc() if each.pid == os.getpid())
    other = next(each for each in read_anywhere() if each.pid == os.getpid())
    assert abs(one.cpu_s - other.cpu_s) < 1.0
    assert one.name[:15] == other.name[:15]


def test_a_busy_process_is_found_busy() -> None:
    top = Top(1e9)
    top.busiest(time.monotonic())
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    found = {each.pid: each for each in top.busiest(time.monotonic())}
    assert found[os.getpid()].cpu_pct > 1.0
    assert found[os.getpid()].username == user_of(os.getpid())
    assert (found[os.getpid()].name, os.getpid()) in top.names()
