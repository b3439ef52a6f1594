"""Owns the command `python -m tests.arm`: the sandbox's tests on an ARM kernel of Debian's, in an emulated machine.

    python -m tests.arm arm64                        # or armhf, or mixed: 32-bit programs under a 64-bit kernel
    python -m tests.arm armhf --release bookworm     # an older kernel, C library and Python

Needs a Debian with apt, internet to its mirrors (200 MB the first time, kept in ~/.cache/warble-arm), the Python
packages of the development environment, and qemu-system-arm, which it installs when you are root. Takes half an hour.
Exit code: 0 all was well, 1 a step failed, 2 the guest hung or died.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from tests.arm import guest
from tests.arm.boot import boot
from tests.arm.image import Image
from tests.arm.kinds import KINDS, Kind
from tests.arm.packages import Packages

ROOT = Path(__file__).parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "warble-arm"
TESTS = ["cage", "box", "test_sandbox.py", "test_attacks.py"]


@dataclass
class Seen:
    """What the guest told: its first line, how each step ended, and pytest's last line of each."""

    up: str = ""
    codes: dict[str, int] = field(default_factory=dict)
    counts: dict[str, str] = field(default_factory=dict)
    off: bool = False


def main() -> int:
    asked = arguments()
    kind = KINDS[asked.kind]
    have_emulator(kind)
    packages = Packages(CACHE, asked.release, kind.programs)
    say(f"{asked.kind}: {kind.about}, Debian {asked.release}")
    debs = packages.with_all_they_need(*guest.PACKAGES)
    kernel_deb = Packages(CACHE, asked.release, kind.kernel_for).kernel(kind.kernel)
    with tempfile.TemporaryDirectory(prefix="warble-arm-") as folder:
        kernel, image = Path(folder, "kernel"), Path(folder, "image.cpio")
        kernel.write_bytes(kernel_of(kernel_deb))
        run = guest.steps(asked.all_defences, asked.tests)
        pack(image, debs, run)
        say(f"booting {kernel_deb.name} with {len(debs)} packages, {image.stat().st_size >> 20} MiB")
        return watch(kind, kernel, image, run, asked.minutes)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.arm", description="The sandbox's tests on an emulated ARM.")
    parser.add_argument("kind", choices=KINDS, help="; ".join(f"{name}: {kind.about}" for name, kind in KINDS.items()))
    parser.add_argument("--release", default="trixie", help="of Debian, whose kernel and Python it is")
    parser.add_argument("--tests", nargs="+", default=TESTS, metavar="PATH", help="below tests/warble")
    parser.add_argument("--all-defences", action="store_true", help="a defence that lacks is a failure, not a skip")
    parser.add_argument("--minutes", type=float, default=90, help="after which it is given up (default: 90)")
    return parser.parse_args()


def have_emulator(kind: Kind) -> None:
    if shutil.which(kind.qemu[0]):
        return
    if os.geteuid():
        raise SystemExit(f"{kind.qemu[0]} is not here. Install it: sudo apt-get install qemu-system-arm")
    say("installing qemu-system-arm ...")
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "qemu-system-arm"]
    subprocess.run(command, check=True, timeout=900, stdout=subprocess.DEVNULL)


def kernel_of(deb: Path) -> bytes:
    command = ["dpkg-deb", "--fsys-tarfile", str(deb)]
    unpacked = subprocess.run(command, capture_output=True, check=True, timeout=300).stdout
    with tarfile.open(fileobj=BytesIO(unpacked)) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.startswith("./boot/vmlinuz-") else None
            if content:
                return content.read()
    raise SystemExit(f"there is no kernel in {deb}")


def pack(to: Path, debs: list[Path], run: list[guest.Step]) -> None:
    with to.open("wb") as file:
        image = Image(file)
        for folder in ("proc", "sys", "dev", "tmp", "root", "usr/local/bin"):
            image.add(folder, stat.S_IFDIR | 0o755)
        for deb in debs:
            image.deb(deb)
        for path, content in guest.FILES.items():
            image.add(path, stat.S_IFREG | 0o644, content)
        for name in guest.PURE:
            image.distribution(name, guest.WHEELS.lstrip("/"))
        inside = guest.PROJECT.lstrip("/")
        image.tree(ROOT / "warble", f"{inside}/warble")
        image.tree(ROOT / "tests/warble", f"{inside}/tests/warble")
        for name in ("pyproject.toml", "tests/__init__.py", "tests/wait.py"):
            image.file(ROOT / name, f"{inside}/{name}")
        image.add("init", stat.S_IFREG | 0o755, guest.init(run))
        image.close()


def watch(kind: Kind, kernel: Path, image: Path, run: list[guest.Step], minutes: float) -> int:
    seen = Seen()
    began = time.monotonic()
    step = ""
    try:
        for line in boot(kind, kernel, image, minutes):
            print(f"[{time.monotonic() - began:5.0f} s] {line}", flush=True)
            step = read(line, seen, step)
    except TimeoutError as error:
        say(f"{error} (in {step or 'its boot'})")
    say(seen.up.removeprefix(f"{guest.MARK} up ") or "it never came up")
    for each in run:
        code = seen.codes.get(each.name)
        ended = {0: "well", None: "not run to its end"}.get(code, f"exit code {code}")
        say(f"{each.name}: {ended} {seen.counts.get(each.name, '')}")
    if not seen.off:
        return 2
    return 0 if all(seen.codes.get(each.name) == 0 for each in run) else 1


def read(line: str, seen: Seen, step: str) -> str:
    """Takes note of a line; returns the name of the step the next one belongs to."""
    word, *rest = line.removeprefix(guest.MARK).split() or [""]
    if not line.startswith(guest.MARK):
        if re.search(r"\d (passed|failed|error|skipped).* in \d", line):
            seen.counts[step] = line.strip("= ")
    elif word == "up":
        seen.up = line
    elif word == "begins":
        return rest[0]
    elif word == "ended":
        seen.codes[rest[0]] = int(rest[1])
    elif line == guest.POWERED_OFF:
        seen.off = True
    return step


def say(text: str) -> None:
    print(f"arm: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
