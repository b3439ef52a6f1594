"""Landlock alone, in a real process: files, TCP and others are out of reach, though seccomp is off."""

import contextlib
import os
import signal
import socket
import struct
import subprocess

import pytest

from tests.warble.cage.child import Ended
from tests.warble.cage.kernel_here import NONE, kernel, locked, need, only
from warble.cage import landlock

LANDLOCK = only(landlock=True)
REFUSED = "PermissionError EACCES"


@pytest.fixture(autouse=True)
def _there():
    need(kernel().landlock, "landlock")


def writes(path):
    with open(path, "w") as file:
        file.write("x")


@pytest.mark.parametrize(
    "attack",
    [
        lambda here: (here / "old").read_text(),
        lambda here: writes(here / "old"),
        lambda here: writes(here / "new"),
        os.listdir,
        lambda here: (here / "old").unlink(),
        lambda here: (here / "old").rename(here / "renamed"),
        lambda here: (here / "folder").mkdir(),
        lambda here: (here / "link").symlink_to("/"),
        lambda here: os.mkfifo(here / "fifo"),
        lambda here: os.execv("/bin/true", ["true"]),
        lambda here: open("/dev/null").close(),
        lambda here: open("/proc/self/environ").close(),
    ],
    ids=[
        "read",
        "overwrite",
        "create",
        "list",
        "unlink",
        "rename",
        "mkdir",
        "symlink",
        "mkfifo",
        "execute",
        "device",
        "proc",
    ],
)
def test_no_path_can_be_used(tmp_path, attack):
    (tmp_path / "old").write_text("secret")
    refused = locked(LANDLOCK, lambda: attack(tmp_path))
    assert (refused.told, refused.status) == (REFUSED, 1)
    assert (tmp_path / "old").read_text() == "secret"
    assert os.listdir(tmp_path) == ["old"]
    assert locked(NONE, lambda: attack(tmp_path)).status == 0


def test_a_file_cannot_be_truncated(tmp_path):
    need(kernel().landlock >= 3, "landlock of ABI 3")
    (tmp_path / "old").write_text("secret")
    assert locked(LANDLOCK, lambda: os.truncate(tmp_path / "old", 0)) == Ended(REFUSED, 1)
    assert (tmp_path / "old").read_text() == "secret"
    assert locked(NONE, lambda: os.truncate(tmp_path / "old", 0)).status == 0


def test_tcp_is_neither_connected_nor_bound():
    need(kernel().landlock >= landlock.TCP_SINCE, f"landlock of ABI {landlock.TCP_SINCE}, for TCP")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        for attack in (
            lambda: socket.create_connection(address, timeout=5).close(),
            lambda: socket.create_server(("127.0.0.1", 0)).close(),
        ):
            assert locked(NONE, attack).status == 0
            assert locked(LANDLOCK, attack) == Ended(REFUSED, 1)


def test_a_local_socket_without_a_path_is_out_of_reach():
    need(kernel().landlock >= landlock.SCOPES_SINCE, f"landlock of ABI {landlock.SCOPES_SINCE}, for its scopes")

    def connects():
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(name)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("")  # the kernel chooses an abstract name
        listener.listen()
        name = listener.getsockname()
        assert locked(NONE, connects).status == 0
        assert locked(LANDLOCK, connects) == Ended("PermissionError EPERM", 1)


@contextlib.contextmanager
def victim():
    """A process of the same user that only waits to be killed."""
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_signal_reaches_nobody_outside():
    need(kernel().landlock >= landlock.SCOPES_SINCE, f"landlock of ABI {landlock.SCOPES_SINCE}, for its scopes")
    with victim() as process:
        assert locked(LANDLOCK, lambda: os.kill(process.pid, signal.SIGTERM)) == Ended("PermissionError EPERM", 1)
        assert process.poll() is None
        assert locked(NONE, lambda: os.kill(process.pid, signal.SIGTERM)).status == 0
        assert process.wait(10) == -signal.SIGTERM


def test_the_ruleset_is_not_left_open():
    def next_number():
        duplicate = os.dup(0)
        os.close(duplicate)
        return duplicate

    assert locked(LANDLOCK, next_number) == locked(NONE, next_number)


@pytest.mark.parametrize(
    ("abi", "words"),
    [
        (1, [0x1FFF]),
        (2, [0x3FFF]),
        (3, [0x7FFF]),
        (4, [0x7FFF, 3]),
        (5, [0xFFFF, 3]),
        (6, [0xFFFF, 3, 3]),
        (7, [0xFFFF, 3, 3]),
        (99, [0xFFFF, 3, 3]),
    ],
)
def test_an_old_kernel_is_asked_for_what_it_knows_and_a_new_one_for_what_we_know(abi, words):
    assert landlock.attributes(abi) == struct.pack(f"={len(words)}Q", *words)


@pytest.mark.parametrize("abi", range(1, 8))
def test_every_abi_up_to_this_kernels_is_accepted(abi):
    if abi > landlock.SCOPES_SINCE and abi > kernel().landlock:
        pytest.skip(f"this kernel is older than landlock of ABI {abi}, which brings nothing that we use")
    need(abi <= kernel().landlock, f"landlock of ABI {abi}")

    def act():
        landlock.Ruleset(abi).restrict()
        os.listdir("/")

    assert locked(only(no_new_privs=True), act) == Ended(REFUSED, 1)
