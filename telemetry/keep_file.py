"""A Keep in one append-only file, so that a restart of the agent or of the Pi loses nothing of it. Owns the file's
bytes, its bound and its repair. Made by agent.py through `open_keep`.

    record:  crc u32 | length u32 | kind u8 | boot u32 | up_ms u64 | wall_ms u64 | payload[length]      little-endian
             crc is of everything behind it; kind 1: a report, packed (keep.py); 2: "the oldest is done", no payload

Read from its start, reports queue up and each "done" takes the first one away: what is left is what is kept. Nothing
is changed in place. At the bound the file is written anew, thinned, under another name, and renamed; when nothing is
left it becomes empty. A tail that a power cut tore is cut off at the first record whose crc is wrong.

Every record is handed to the kernel at once: kill -9 loses nothing. The disk is told (fdatasync) at most once in
SYNC_S, at each rewriting and at the end, because SD cards wear out: a power cut loses at most that much of the newest.
"""

from __future__ import annotations

import fcntl
import logging
import os
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from telemetry.keep import Keep, Kept, MemoryKeep, pack, survivors, unpack

SYNC_S: Final = 60.0
MOST_RECORD: Final = 1 << 20
_HEAD: Final = struct.Struct("<IIBIQQ")
_BODY: Final = struct.Struct("<IBIQQ")  # the head without its crc
_REPORT, _DONE = 1, 2
_log = logging.getLogger("twin.agent")


class _Record(NamedTuple):
    end: int  # where the next one begins
    kind: int
    boot: int
    up_ms: int
    wall_ms: int
    payload: bytes


def open_keep(
    folder: str, name: str, bound: int, boot_id: str, clock: Callable[[], float] = time.monotonic
) -> tuple[Keep, str]:
    """The keep for an agent called `name`, and one sentence about it. Without a folder, or when it cannot be written:
    in memory."""
    if not folder:
        return MemoryKeep(), "Reports that cannot be sent are kept in memory. Give --keep-dir to keep them on a disk."
    path = Path(folder) / f"reports-{name.replace(':', '')}.keep"
    try:
        keep = FileKeep(path, bound, boot_id, clock)
    except OSError as error:
        why = error.strerror or str(error)
        return MemoryKeep(), f"--keep-dir: {path} cannot be written ({why}): reports are kept in memory instead."
    return keep, f"Reports that cannot be sent are kept in {path}; {len(keep)} wait there."


class FileKeep:
    """A Keep in `path`, at most `bound` bytes (twice that for the moment of a rewriting). Raises OSError when it cannot
    be opened, or when another process has it."""

    def __init__(
        self,
        path: Path,
        bound: int,
        boot_id: str,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.thinned = 0
        self._path = path
        self._bound = bound
        self._boot = zlib.crc32(boot_id.encode())
        self._clock = clock
        self._wall = wall
        self._memory = MemoryKeep()  # what came after the disk had failed
        self._broken = False
        self._synced_at = clock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            os.close(self._lock)
            raise
        try:
            self._count, self._first, self._end = self._repair()
        except OSError:
            self._let_go()
            raise

    def __len__(self) -> int:
        return self._count + len(self._memory)

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._end

    def add(self, kept: Kept) -> None:
        payload = pack(kept.body)
        if not self._broken and len(payload) <= MOST_RECORD:
            try:
                wall_ms = (self._wall() - (self._clock() - kept.at)) * 1000
                self._append(_REPORT, int(max(0.0, kept.at) * 1000), int(max(0.0, wall_ms)), payload)
                self._count += 1
                if self._end > self._bound:
                    self._rewrite()
            except OSError as error:
                self._give_up(error)
            else:
                return
        self._memory.add(kept)

    def oldest(self, now: float) -> Kept | None:
        while self._count:
            try:
                record = self._read(self._first)
                while record is not None and record.kind != _REPORT:
                    self._first = record.end
                    record = self._read(self._first)
            except OSError as error:
                self._give_up(error)
                record = None
            if record is None:  # the disk does not give back what it took
                self._count = 0
                break
            body = unpack(record.payload)
            if body is not None:
                return Kept(now - self._held_s(record, now), body)
            self.done()
        return self._memory.oldest(now)

    def done(self) -> None:
        """Also on the disk, so that it is not sent again. Should that fail, it is sent again and counts once."""
        if not self._count:
            self._memory.done()
            return
        try:
            record = self._read(self._first)
            while record is not None and record.kind != _REPORT:
                record = self._read(record.end)
            self._first = record.end if record is not None else self._end
            self._count -= 1
            if self._count:
                self._append(_DONE, 0, 0, b"")
            else:
                os.ftruncate(self._file, 0)
                self._first = self._end = 0
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        with suppress(OSError):
            while not self._broken and (kept := self._memory.oldest(0.0)) is not None:
                self._memory.done()
                self.add(kept)
            os.fdatasync(self._file)
        self._let_go()

    def _held_s(self, record: _Record, now: float) -> float:
        """By the monotonic clock within a boot. Across boots by the wall's, which may be wrong, and all of this one."""
        if record.boot == self._boot and record.up_ms / 1000 <= now:
            return now - record.up_ms / 1000
        return max(self._wall() - record.wall_ms / 1000, now)

    def _append(self, kind: int, up_ms: int, wall_ms: int, payload: bytes) -> None:
        data = _record(kind, self._boot, up_ms, wall_ms, payload)
        _write_all(self._file, data, self._end)
        self._end += len(data)
        if self._clock() - self._synced_at >= SYNC_S:
            os.fdatasync(self._file)
            self._synced_at = self._clock()

    def _read(self, at: int) -> _Record | None:
        head = os.pread(self._file, _HEAD.size, at)
        if len(head) < _HEAD.size:
            return None
        crc, length, kind, boot, up_ms, wall_ms = _HEAD.unpack(head)
        if length > MOST_RECORD or kind not in (_REPORT, _DONE):
            return None
        payload = os.pread(self._file, length, at + _HEAD.size)
        if len(payload) < length or zlib.crc32(payload, zlib.crc32(head[4:])) != crc:
            return None
        return _Record(at + _HEAD.size + length, kind, boot, up_ms, wall_ms, payload)

    def _repair(self) -> tuple[int, int, int]:
        """How many reports are kept, where the first of them is, and where the file ends; a torn tail is cut off."""
        reports = dones = end = 0
        for record in self._records(0):
            end = record.end
            reports, dones = reports + (record.kind == _REPORT), dones + (record.kind == _DONE)
        torn = os.fstat(self._file).st_size - end
        left = max(0, reports - dones)
        if torn:
            _log.warning("%s: its last %d bytes are torn and cut off; %d reports are whole.", self._path, torn, left)
        first = self._start_of(reports - left)
        if not left:
            first = end = 0
        os.ftruncate(self._file, end)
        return left, first, end

    def _start_of(self, number: int) -> int:
        """Where the report with this number (from 0) begins, or what comes right before it."""
        at = 0
        for record in self._records(0):
            if number == 0:
                break
            number -= record.kind == _REPORT
            at = record.end
        return at

    def _records(self, at: int) -> Iterator[_Record]:
        while (record := self._read(at)) is not None:
            yield record
            at = record.end

    def _rewrite(self) -> None:
        """Without what is done; thinned when that is not enough. The new file replaces the old one when all of it is
        on the disk."""
        live = self._end - self._first
        stays = survivors(self._count) if live > self._bound // 2 else (lambda index: True)
        new = self._path.with_suffix(".new")
        target = os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        end = count = index = 0
        try:
            for record in self._records(self._first):
                if record.kind != _REPORT:
                    continue
                if stays(index):
                    data = _record(_REPORT, record.boot, record.up_ms, record.wall_ms, record.payload)
                    _write_all(target, data, end)
                    end, count = end + len(data), count + 1
                index += 1
            os.fsync(target)
            new.replace(self._path)
        except OSError:
            os.close(target)
            with suppress(OSError):
                new.unlink()
            raise
        os.close(self._file)
        self._file = target
        self.thinned += self._count - count
        self._count, self._first, self._end = count, 0, end
        self._synced_at = self._clock()

    def _give_up(self, error: OSError) -> None:
        if not self._broken:
            why = error.strerror or error
            _log.warning("%s: %s. New reports are kept in memory until the agent starts again.", self._path, why)
        self._broken = True

    def _let_go(self) -> None:
        os.close(self._file)
        os.close(self._lock)


def _record(kind: int, boot: int, up_ms: int, wall_ms: int, payload: bytes) -> bytes:
    rest = _BODY.pack(len(payload), kind, boot, up_ms, wall_ms) + payload
    return struct.pack("<I", zlib.crc32(rest)) + rest


def _write_all(file: int, data: bytes, at: int) -> None:
    """Raises OSError, also where the kernel took only a part of it (a disk that is full says so the second time)."""
    while data:
        wrote = os.pwrite(file, data, at)
        data, at = data[wrote:], at + wrote
