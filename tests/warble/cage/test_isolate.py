"""The process that forks workers, cut off: each defence alone, what it was given, and what ends it."""

import ctypes
import os
import resource
import select
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.warble.cage.child import Ended, in_child
from tests.warble.cage.kernel_here import NONE, attempt, kernel, need, need_root, only
from warble.cage.descend import NAMESPACES, NOBODY
from warble.cage.isolate import isolate
from warble.cage.lock import prepare_lock
from warble.cage.rlimits import Rlimits

LIBC = ctypes.CDLL(None, use_errno=True)
NAMESPACED = only(namespaces=True)
EVERY = only(namespaces=True, drop_user=True)
_PATIENCE = 10_000  # milliseconds


def isolated(defences, attack):
    def act(tell):
        isolate(defences, kernel(), keep=(tell,))
        return attempt(attack, tell)

    return in_child(act)


def test_what_only_root_may_read_is_not_read_by_nobody():
    need_root()
    need(kernel().drop_user, "root that may become another user")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        secret = Path(folder, "secret")
        secret.write_text("secret")
        secret.chmod(0o600)
        assert isolated(NONE, secret.read_text) == Ended("secret", 0)
        assert isolated(only(drop_user=True), secret.read_text) == Ended("PermissionError EACCES", 1)


def test_root_becomes_nobody_for_good():
    need_root()
    need(kernel().drop_user, "root that may become another user")

    def who():
        return os.getresuid() + os.getresgid(), os.getgroups()

    def with_groups(tell):
        os.setgroups([1, 2])
        isolate(only(drop_user=True), kernel(), keep=(tell,))
        return who()

    assert in_child(with_groups) == Ended(str(((NOBODY,) * 6, [])), 0)
    assert isolated(NONE, lambda: os.setuid(0)) == Ended("", 0)
    assert isolated(only(drop_user=True), lambda: os.setuid(0)) == Ended("PermissionError EPERM", 1)
    if "user" in kernel().namespaces:  # where there is no such user at all
        assert isolated(EVERY, lambda: os.setuid(0)) == Ended("OSError EINVAL", 1)


def test_the_hosts_loopback_is_another_network():
    need("net" in kernel().namespaces, "net namespaces")

    def connects():
        socket.create_connection(address, timeout=5).close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        assert isolated(NONE, connects) == Ended("", 0)
        assert isolated(NAMESPACED, connects) == Ended("OSError ENETUNREACH", 1)


def test_no_network_card_is_seen_but_ones_own():
    need("net" in kernel().namespaces, "net namespaces")

    def addresses():
        """What /proc tells of this network's addresses: none where nothing is up."""
        return Path("/proc/self/net/fib_trie").read_text().count("/32 host")

    assert int(isolated(NONE, addresses).told) > 0
    assert isolated(NAMESPACED, addresses) == Ended("0", 0)


def test_a_process_of_the_host_cannot_be_named():
    need("pid" in kernel().namespaces, "pid namespaces")
    with subprocess.Popen(["sleep", "60"]) as victim:
        try:
            attack = lambda: os.kill(victim.pid, signal.SIGTERM)  # noqa: E731
            assert isolated(NAMESPACED, attack) == Ended("ProcessLookupError ESRCH", 1)
            assert victim.poll() is None
            assert isolated(NONE, attack) == Ended("", 0)
            assert victim.wait(10) == -signal.SIGTERM
        finally:
            victim.kill()


def test_shared_memory_of_the_host_is_not_found():
    need("ipc" in kernel().namespaces, "ipc namespaces")
    key, create, remove = 0x57A8_0000 + os.getpid() % 0x10000, 0o1666, 0
    segment = LIBC.shmget(key, 4096, create)
    assert segment >= 0

    def finds():
        return LIBC.shmget(key, 4096, 0) >= 0

    try:
        assert isolated(NONE, finds) == Ended("True", 0)
        assert isolated(NAMESPACED, finds) == Ended("False", 0)
    finally:
        LIBC.shmctl(segment, remove, None)


@pytest.mark.parametrize("name", NAMESPACES)
def test_each_namespace_is_another_one(name):
    need(name in kernel().namespaces, f"{name} namespaces")

    def where():
        return os.stat(f"/proc/self/ns/{name}").st_ino if name != "pid" else os.getpid() == 1

    assert isolated(NONE, where) == in_child(lambda _: where())
    assert isolated(NAMESPACED, where).told != in_child(lambda _: where()).told
    assert isolated(NAMESPACED, where).status == 0


@pytest.mark.parametrize("defences", [NAMESPACED, EVERY], ids=["root stays", "root goes"])
def test_no_capability_is_left_not_even_within_the_namespaces(defences):
    need("user" in kernel().namespaces, "user namespaces")

    def capabilities():
        lines = Path("/proc/self/status").read_text().splitlines()
        return {line.split()[0]: int(line.split()[1], 16) for line in lines if line.startswith(("CapPrm", "CapEff"))}

    def mounts():
        if LIBC.mount(b"none", b"/", b"tmpfs", 0, None) < 0:
            raise OSError(ctypes.get_errno(), "mount")

    assert isolated(defences, capabilities) == Ended("{'CapPrm:': 0, 'CapEff:': 0}", 0)
    assert isolated(defences, mounts) == Ended("PermissionError EPERM", 1)


def test_only_the_kept_descriptors_are_open_and_the_standard_ones_lead_nowhere():
    secret = os.open("/etc/passwd", os.O_RDONLY)

    def descriptors(tell):
        with os.scandir("/proc/self/fd") as listing:
            leads = {int(entry.name): os.readlink(entry) for entry in listing}
        del leads[tell]
        return sorted(to for to in leads.values() if not to.endswith("/fd"))  # the listing has one too

    def uses():
        os.fstat(secret)

    try:
        assert isolated(NONE, descriptors) == Ended("['/dev/null', '/dev/null', '/dev/null']", 0)
        assert in_child(lambda _: uses()) == Ended("", 0)
        for defences in (NONE, EVERY):
            assert isolated(defences, uses) == Ended("OSError EBADF", 1)
    finally:
        os.close(secret)


def test_a_standard_descriptor_may_be_kept():
    def act(tell):
        os.dup2(tell, 2)
        isolate(NONE, kernel(), keep=(2,))
        os.write(2, b"kept")
        os._exit(0)

    assert in_child(act) == Ended("kept", 0)


def test_nothing_of_the_hosts_surroundings_is_left(monkeypatch):
    monkeypatch.setenv("SECRET", "secret")

    def surroundings():
        return dict(os.environ), os.getenv("SECRET"), os.getcwd(), os.umask(0), LIBC.getenv(b"SECRET")

    assert isolated(NONE, surroundings) == Ended(str(({}, None, "/", 0o077, 0)), 0)


def test_its_memory_cannot_be_read_by_others_of_its_user():
    def dumpable():
        return LIBC.prctl(3, 0, 0, 0, 0)

    assert in_child(lambda _: dumpable()) == Ended("1", 0)
    assert isolated(EVERY, dumpable) == Ended("0", 0)


def crashes():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.string_at(0)


def test_the_process_that_was_started_ends_as_the_inner_one_does():
    assert isolated(NONE, lambda: os._exit(7)) == Ended("", 7)
    assert isolated(NONE, crashes) == Ended("", -signal.SIGSEGV)
    need("pid" in kernel().namespaces, "pid namespaces, for there to be an inner one")
    assert isolated(NAMESPACED, lambda: os._exit(7)) == Ended("", 7)
    assert isolated(NAMESPACED, crashes) == Ended("", 128 + signal.SIGSEGV)


@pytest.mark.parametrize("defences", [NONE, NAMESPACED, EVERY], ids=["none", "namespaces", "every"])
def test_when_the_host_is_killed_nothing_of_it_lives_on(defences):
    """host -> zygote -> worker; each holds the pipe's writing end, so its end says that all are dead."""
    alive, held = os.pipe()

    def live_on():
        # Neither hears of the pipes; only a kill, or much patience, ends them.
        select.poll().poll(_PATIENCE * 3)
        os._exit(1)

    host = os.fork()
    if host == 0:
        try:
            if os.fork() == 0:
                isolate(defences, kernel(), keep=(held,))
                if os.fork() == 0:
                    prepare_lock(NONE, kernel(), Rlimits()).first()
                    os.write(held, b"w")
                live_on()
            os.close(held)
            live_on()
        finally:
            os._exit(1)
    os.close(held)
    try:
        assert os.read(alive, 1) == b"w"
        ended = select.poll()
        ended.register(alive, select.POLLIN)
        assert not ended.poll(50), "somebody died before the host did"
    finally:
        os.kill(host, signal.SIGKILL)
        os.waitpid(host, 0)
    try:
        assert ended.poll(_PATIENCE), "the host is dead, and something of it still lives"
        assert os.read(alive, 1) == b""
    finally:
        os.close(alive)


def test_a_pidfd_made_inside_is_good_for_the_host_to_kill_with():
    need(kernel().pidfd, "pidfd")
    here, there = socket.socketpair()

    def act(_):
        isolate(EVERY, kernel(), keep=(there.fileno(),))
        worker = os.fork()
        if worker == 0:
            select.poll().poll(_PATIENCE * 3)
            os._exit(1)
        socket.send_fds(there, [b"x"], [os.pidfd_open(worker)])
        ended = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
        there.send(str(ended).encode())

    zygote = os.fork()
    if zygote == 0:
        try:
            here.close()
            act(0)
        finally:
            os._exit(0)
    with here, there:
        there.close()
        here.settimeout(_PATIENCE / 1000)
        _, (pidfd,), _, _ = socket.recv_fds(here, 1, 1)
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        os.close(pidfd)
        assert here.recv(16) == b"-9"
    assert os.waitpid(zygote, 0)[1] == 0
