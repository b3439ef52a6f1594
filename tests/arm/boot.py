"""Owns the emulated machine: starts it, relays what it says, and sees that it ends."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.arm.kinds import Kind

_BOOT: Final = "console=ttyAMA0 rdinit=/init quiet loglevel=1 panic=-1"
#: Seconds in which a guest has to say something: the slowest step is silent while its attacks run.
_SILENCE: Final = 1_500


def boot(kind: Kind, kernel: Path, image: Path, minutes: float) -> Iterator[str]:
    """Each line that the guest writes, until it powers off. Raises TimeoutError when it hangs."""
    command = ["nice", "-n", "19", *kind.qemu, "-kernel", str(kernel), "-initrd", str(image), "-append", _BOOT]
    end = time.monotonic() + minutes * 60
    # Its own input: the serial line would take this terminal's.
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as machine:
        try:
            yield from _lines(machine, end)
        finally:
            machine.kill()
            machine.wait()


def _lines(machine: subprocess.Popen[bytes], end: float) -> Iterator[str]:
    assert machine.stdout is not None
    said = machine.stdout.fileno()
    waiting = select.poll()
    waiting.register(said, select.POLLIN)
    rest = b""
    while waiting.poll(1000 * max(0.0, min(_SILENCE, end - time.monotonic()))):
        piece = os.read(said, 65_536)
        if not piece:
            return
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line.decode(errors="replace").rstrip("\r") for line in whole)
    raise TimeoutError(f"the guest was not done in time; its last words: {rest[-200:].decode(errors='replace')!r}")
