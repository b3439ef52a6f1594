"""Owns what runs in the guest: its /init, and the steps that are the point of it all. They tell on the serial line."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Final

PROJECT: Final = "/project"
WHEELS: Final = "/wheels"
#: Debian packages: the Python under test, programs that tests start, headers that the tables are compared with. And
#: hypothesis, which is not pure Python any more.
PACKAGES: Final = ("python3", "python3-hypothesis", "busybox-static", "coreutils", "dash", "linux-libc-dev")
#: Python packages that the tests need, and that are pure: taken from the Python that runs this.
PURE: Final = (
    "iniconfig", "lark", "packaging", "pluggy", "pygments", "pytest", "pytest-asyncio", "pytest-timeout",
    "typing-extensions",
)  # fmt: skip
#: A line that begins so is for this program: "begins NAME" and "ended NAME CODE".
MARK: Final = "@@"
POWERED_OFF: Final = f"{MARK} off"

#: A slow guest is not a hung test. What sets a limit of its own keeps it, for the test, not for the runs before it.
_PYTEST: Final = "python3 -m pytest -q --color=no -p no:cacheprovider --timeout 900 -o timeout_func_only=true"


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    command: str


def steps(all_defences: bool, tests: list[str]) -> list[Step]:
    """What is run, in order. tests are paths below tests/warble."""
    environment = "WARBLE_ALL_DEFENCES=1 " if all_defences else ""
    return [
        Step("sandbox", "python3 -m warble sandbox"),
        *(Step(test, f"{environment}{_PYTEST} {shlex.quote(f'tests/warble/{test}')}") for test in tests),
    ]


def init(run: list[Step]) -> bytes:
    """The script that the kernel starts as its first process."""
    lines = [_PREPARE]
    for step in run:
        lines += [f"echo '{MARK} begins {step.name}'", step.command, f"echo '{MARK} ended {step.name}' $?"]
    lines += [f"echo '{POWERED_OFF}'", "poweroff -f"]
    return "\n".join(lines).encode() + b"\n"


_PREPARE: Final = f"""\
#!/usr/bin/busybox sh
/usr/bin/busybox --install -s /usr/local/bin
export PATH=/usr/bin:/usr/sbin:/usr/local/bin HOME=/root LANG=C.UTF-8 PYTHONPATH={WHEELS} WARBLE_HEADERS=/
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mkdir -p /dev/shm /dev/pts
mount -t tmpfs none /dev/shm
mount -t tmpfs -o mode=1777 none /tmp
ip link set lo up
stty -onlcr
cd {PROJECT}
echo "{MARK} up $(uname -srm), $(python3 --version), \
$(python3 -c 'import os; print(os.confstr("CS_GNU_LIBC_VERSION"))')"
"""

#: The guest's users, and the names of its own address.
FILES: Final = {
    "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
    "etc/group": b"root:x:0:\nnogroup:x:65534:\n",
    "etc/hosts": b"127.0.0.1 localhost\n",
}
