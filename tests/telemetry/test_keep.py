"""What an agent keeps: in memory, and in a file that outlives it."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from unittest import mock

import pytest

from telemetry.keep import Keep, Kept, MemoryKeep, pack, unpack
from telemetry.keep_file import SYNC_S, FileKeep, open_keep

MAC = "b8:27:eb:70:e3:c4"
FULL = OSError(errno.ENOSPC, "No space left on device")


class Times:
    """A monotonic clock and a wall, both set by the test."""

    def __init__(self) -> None:
        self.up = 1000.0
        self.wall = 1_700_000_000.0

    def keep(self, path: Path, bound: int = 100_000, boot_id: str = "boot-1") -> FileKeep:
        return FileKeep(path, bound, boot_id, lambda: self.up, lambda: self.wall)


def report(number: int) -> Kept:
    return Kept(1000.0 + 5 * number, {"sampledAt": number, "CPU": f"{number % 100}.5", "noise": str(number) * 20})


def drain(keep: Keep, now: float = 2000.0) -> list[int]:
    found = []
    while (kept := keep.oldest(now)) is not None:
        found.append(int(str(kept.body["sampledAt"])))
        keep.done()
    return found


def test_a_report_packs_to_a_third_and_comes_back_as_it_was() -> None:
    processes = [{"pid": 1, "name": "systemd", "username": "root", "memory_percent": 0.9, "cpu_percent": 0.1}] * 5
    body: Mapping[str, object] = {"CPU": "9.7", "ip": "172.20.0.9", "processes": [processes], "sampledAt": 17 * 10**11}
    packed = pack(body)
    assert unpack(packed) == body
    assert len(packed) * 3 < len(str(body))
    assert unpack(packed[:-5]) is None
    assert unpack(b"") is None


def test_both_kinds_give_back_what_they_got_oldest_first(tmp_path: Path) -> None:
    for keep in (MemoryKeep(), Times().keep(tmp_path / "a.keep")):
        for number in range(50):
            keep.add(report(number))
        assert len(keep) == 50
        assert drain(keep) == list(range(50))
        assert len(keep) == 0
        keep.close()


def test_what_was_not_acknowledged_is_there_after_kill_and_what_was_is_not(tmp_path: Path) -> None:
    times = Times()
    keep = times.keep(tmp_path / "a.keep")
    for number in range(20):
        keep.add(report(number))
    for _ in range(7):
        assert keep.oldest(1100.0) is not None
        keep.done()
    os.close(keep._lock)  # what the kernel does for a process that is killed
    again = times.keep(tmp_path / "a.keep")
    assert len(again) == 13
    again.add(report(20))
    assert drain(again) == list(range(7, 21))
    assert again.size == 0, "nothing is left in the file"


def test_a_file_that_is_cut_anywhere_gives_back_every_whole_report_before_the_cut(tmp_path: Path) -> None:
    times, path = Times(), tmp_path / "a.keep"
    keep = times.keep(path)
    ends = []
    for number in range(12):
        keep.add(report(number))
        ends.append(keep.size)
    keep.close()
    whole = path.read_bytes()
    for cut in range(0, len(whole) + 1, 3):
        path.write_bytes(whole[:cut])
        again = times.keep(path)
        expected = sum(end <= cut for end in ends)
        assert len(again) == expected
        again.add(report(99))
        assert drain(again) == [*range(expected), 99], cut
        again.close()


def test_garbage_is_cut_off_and_never_sent(tmp_path: Path) -> None:
    times, path, rng = Times(), tmp_path / "a.keep", random.Random(5)
    for _ in range(60):
        path.unlink(missing_ok=True)
        keep = times.keep(path)
        for number in range(8):
            keep.add(report(number))
        keep.close()
        data = bytearray(path.read_bytes())
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(bytes(data))
        again = times.keep(path)
        found = drain(again)
        assert found == list(range(len(found)))
        assert len(found) < 8
        again.close()


def test_the_file_stays_within_its_bound_and_thins_its_oldest_part(tmp_path: Path) -> None:
    keep = Times().keep(tmp_path / "a.keep", bound=20_000)
    for number in range(2000):
        keep.add(report(number))
        assert keep.size <= 20_000
    assert keep.thinned == 2000 - len(keep)
    found = drain(keep)
    assert found[0] == 0
    assert found[-40:] == list(range(1960, 2000))
    gaps = [after - before for before, after in pairwise(found)]
    assert gaps == sorted(gaps, reverse=True)


def test_a_queue_that_is_emptied_as_fast_as_it_fills_is_not_thinned(tmp_path: Path) -> None:
    keep = Times().keep(tmp_path / "a.keep", bound=20_000)
    for number in range(20):
        keep.add(report(number))
    for number in range(20, 3000):
        keep.add(report(number))
        kept = keep.oldest(0.0)
        assert kept is not None
        assert kept.body["sampledAt"] == number - 20
        keep.done()
    assert keep.thinned == 0
    assert keep.size <= 20_000


def test_how_long_a_report_was_held_outlives_a_restart_and_a_reboot(tmp_path: Path) -> None:
    times, path = Times(), tmp_path / "a.keep"
    keep = times.keep(path)
    keep.add(Kept(990.0, {"sampledAt": 1}))
    keep.close()
    times.up, times.wall = 1300.0, 5.0  # the wall means nothing within a boot
    keep = times.keep(path)
    kept = keep.oldest(1300.0)
    assert kept is not None
    assert 1300.0 - kept.at == pytest.approx(310.0)
    keep.close()
    times.up, times.wall = 60.0, 1_700_000_000.0 + 4000.0
    rebooted = times.keep(path, boot_id="boot-2")
    kept = rebooted.oldest(60.0)
    assert kept is not None
    assert 60.0 - kept.at == pytest.approx(4010.0, abs=0.01)
    times.wall = 100.0  # a Pi without a battery: it was held at least since the boot
    kept = rebooted.oldest(60.0)
    assert kept is not None
    assert 60.0 - kept.at == pytest.approx(60.0)
    rebooted.close()


def test_the_disk_is_told_once_a_minute_and_at_the_end(tmp_path: Path) -> None:
    times = Times()
    keep = times.keep(tmp_path / "a.keep")
    with mock.patch("telemetry.keep_file.os.fdatasync") as sync:
        for number in range(100):
            times.up += 5.0
            keep.add(report(number))
        assert sync.call_count == 500 // SYNC_S
        keep.close()
        assert sync.call_count == 500 // SYNC_S + 1


def test_a_disk_that_fills_up_loses_nothing_that_it_had_and_the_rest_is_in_memory(tmp_path: Path) -> None:
    keep = Times().keep(tmp_path / "a.keep")
    for number in range(5):
        keep.add(report(number))
    with mock.patch("telemetry.keep_file.os.pwrite", side_effect=FULL):
        for number in range(5, 9):
            keep.add(report(number))
        assert len(keep) == 9
        assert drain(keep) == list(range(9))


def test_a_rewriting_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    keep = Times().keep(tmp_path / "a.keep", bound=20_000)
    number = 0
    with mock.patch("telemetry.keep_file.os.fsync", side_effect=FULL):
        while not keep._broken:
            keep.add(report(number))
            number += 1
    assert drain(keep)[: number - 1] == list(range(number - 1))
    assert not (tmp_path / "a.new").exists()


def test_without_a_directory_that_can_be_written_it_is_memory_and_says_so(tmp_path: Path) -> None:
    keep, said = open_keep("", MAC, 1000, "boot")
    assert isinstance(keep, MemoryKeep)
    assert "--keep-dir" in said
    (tmp_path / "file").write_text("")
    keep, said = open_keep(str(tmp_path / "file"), MAC, 1000, "boot")
    assert isinstance(keep, MemoryKeep)
    assert "in memory instead" in said


def test_two_agents_with_one_mac_do_not_share_a_file(tmp_path: Path) -> None:
    first, _ = open_keep(str(tmp_path), MAC, 1000, "boot")
    second, said = open_keep(str(tmp_path), MAC, 1000, "boot")
    assert isinstance(first, FileKeep)
    assert isinstance(second, MemoryKeep), said
    third, _ = open_keep(str(tmp_path), "b8:27:eb:00:00:09", 1000, "boot")
    assert isinstance(third, FileKeep)
    first.close()
    third.close()
