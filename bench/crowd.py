"""A crowd of viewers as a process of its own: compiled and started on the load's core, told what to do, read back.

Owns the process; what it does on the wire is load/viewers.c (or viewers.py where there is no C compiler).
"""

from __future__ import annotations

import asyncio
import math
import shutil
import struct
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.servers import HERE, Server

RECORD = np.dtype([("time_ns", "<u8"), ("hash", "<u8"), ("viewer", "<u4"), ("wire", "<u4")])
KIND_SHIFT, WIRE_MASK = 30, (1 << 30) - 1
OTHER, EVENT, ATTACHMENT = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Log:
    """All that the crowd received. `records` in time order (RECORD); payloads by hash: kind and bytes."""

    records: NDArray[np.void]
    payloads: dict[int, tuple[int, bytes]]
    lost: int
    reopened: int


@dataclass(slots=True)
class Crowd:
    """A crowd: `joined` of the `count` asked for. `join_s`: from the first connect to the last one's whole state."""

    count: int
    joined: int
    join_s: float
    process: asyncio.subprocess.Process
    out: Path
    log: Log | None = None

    async def stall(self, viewers: int) -> None:
        """The last `viewers` of the crowd come back and read nothing any more."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"stall {viewers}\n".encode())
        await self.process.stdin.drain()

    async def finish(self) -> Log:
        """End the crowd and read what it received."""
        output, _ = await asyncio.wait_for(self.process.communicate(b"quit\n"), 60)
        lost, reopened = map(int, output.split()[-2:])
        records = np.fromfile(self.out.with_suffix(".records"), RECORD)
        self.log = Log(records, _payloads(self.out.with_suffix(".payloads").read_bytes()), lost, reopened)
        return self.log


@asynccontextmanager
async def crowd(server: Server, count: int, work: Path, join_timeout_s: float) -> AsyncIterator[Crowd]:
    """`count` viewers of `server`, joined, or as many as made it in time."""
    out = work / f"crowd-{count}"
    process = await asyncio.create_subprocess_exec(
        *command(work),
        str(server.port),
        server.system.namespace,
        str(count),
        str(out),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        try:
            words = (await asyncio.wait_for(process.stdout.readline(), join_timeout_s)).split()
            joined, first_ns, last_ns = map(int, words[1:])
            yield Crowd(count, joined, (last_ns - first_ns) / 1e9 if joined == count else math.nan, process, out)
        except TimeoutError:
            yield Crowd(count, 0, math.nan, process, out)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def command(work: Path) -> list[str]:
    """How to run the crowd here."""
    cc = compiler()
    if cc is None:
        return [sys.executable, str(HERE / "load/viewers.py")]
    program = work / "viewers"
    if not program.exists():
        subprocess.run([cc, "-O2", "-o", str(program), str(HERE / "load/viewers.c")], check=True, timeout=60)
    return [str(program)]


def loader() -> str:
    """Which crowd is used, for the results."""
    return "in Python (no C compiler here): latencies hold more of the client" if compiler() is None else "in C"


@cache
def compiler() -> str | None:
    """The C compiler of this machine, or None."""
    return next((path for path in map(shutil.which, ("cc", "gcc", "clang")) if path), None)


def _payloads(data: bytes) -> dict[int, tuple[int, bytes]]:
    found, at = {}, 0
    while at < len(data):
        key, kind, length = struct.unpack_from("<QII", data, at)
        at += 16
        found[key] = (kind, data[at : at + length])
        at += length
    return found
