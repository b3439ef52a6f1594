"""What survey() finds, here and on kernels that lack something; and that the rest is put up all the same."""

import errno
import os
import signal
from dataclasses import fields

import pytest

from tests.warble.cage.child import Ended, in_child
from tests.warble.cage.fakes import pretend
from tests.warble.cage.kernel_here import kernel, need, need_root
from warble.cage import kernel as kernel_module
from warble.cage import libc
from warble.cage.defences import Defences
from warble.cage.descend import NAMESPACES, NOBODY
from warble.cage.errors import CageError
from warble.cage.isolate import isolate
from warble.cage.kernel import Kernel, survey
from warble.cage.lock import prepare_lock
from warble.cage.rlimits import Rlimits
from warble.cage.syscalls import architecture

EVERYTHING = {
    "architecture": "x86_64",
    "drop_user": True,
    "no_new_privs": True,
    "seccomp": True,
    "landlock": 7,
    "namespaces": frozenset(NAMESPACES),
    "pidfd": True,
}


def on(lacking, act):
    """act() on a kernel that lacks these calls."""
    need(architecture() and kernel().seccomp, "seccomp filters, with which these tests fake a kernel")

    def faked(tell):
        pretend(lacking)
        return act(tell)

    return in_child(faked)


def found(lacking):
    """The differences that a lack makes to what survey() finds, and the first words of what it says."""

    def act(_):
        now, before = survey(), kernel()
        differs = {
            field.name: getattr(now, field.name)
            for field in fields(Kernel)
            if getattr(now, field.name) != getattr(before, field.name)
        }
        said = [line for line in now.missing() if line not in before.missing()]
        return differs, [" ".join(line.split()[:2]) for line in said]

    return on(lacking, act).told


def test_a_survey_changes_nothing_of_the_process_that_asks():
    def state():
        links = [os.readlink(f"/proc/self/ns/{name}") for name in NAMESPACES]
        return links, os.getresuid(), libc.prctl(libc.PR_GET_NO_NEW_PRIVS), sorted(os.listdir("/proc/self/fd"))

    before = state()
    survey()
    assert state() == before


def test_a_kernel_that_has_everything_lacks_nothing():
    assert Kernel(system="linux", **EVERYTHING).missing() == ()


@pytest.mark.parametrize(
    ("lack", "says"),
    [
        ({"architecture": "", "seccomp": False}, "no table of system calls for this machine"),
        ({"seccomp": False}, "seccomp filters cannot be set here"),
        ({"no_new_privs": False}, "no_new_privs cannot be set here"),
        ({"landlock": 0}, "landlock is not in this kernel or is forbidden"),
        ({"landlock": 3}, "landlock of ABI 3 cannot refuse TCP"),
        ({"landlock": 5}, "landlock of ABI 5 cannot refuse signals"),
        ({"namespaces": frozenset(NAMESPACES) - {"net"}}, "no net namespace for this user"),
        ({"drop_user": False}, "this is root and may not become another user"),
        ({"pidfd": False}, "pidfd is not in this kernel or is forbidden"),
    ],
)
def test_each_lack_has_one_sentence(lack, says):
    (sentence,) = Kernel(system="linux", **(EVERYTHING | lack)).missing()
    assert sentence.startswith(says)
    assert sentence.endswith(".")


def test_only_seccomp_and_no_new_privs_are_essential():
    assert Kernel(system="linux", seccomp=True, no_new_privs=True).essential
    assert not Kernel(system="linux", **(EVERYTHING | {"seccomp": False})).essential
    assert not Kernel(system="linux", **(EVERYTHING | {"no_new_privs": False})).essential


def test_a_kernel_without_landlock_is_found_out():
    need(kernel().landlock, "landlock, to be faked away")
    assert found({"landlock_create_ruleset": errno.ENOSYS}) == str(({"landlock": 0}, ["landlock is"]))


def test_a_container_that_forbids_namespaces_is_found_out():
    need(kernel().namespaces == frozenset(NAMESPACES), "all namespaces, to be faked away")
    said = [f"no {name}" for name in NAMESPACES]
    assert found({"unshare": errno.EPERM}) == str(({"namespaces": frozenset()}, said))


def test_a_kernel_without_pidfd_is_found_out():
    need(kernel().pidfd, "pidfd, to be faked away")
    assert found({"pidfd_open": errno.ENOSYS}) == str(({"pidfd": False}, ["pidfd is"]))


def test_a_kernel_without_filters_is_found_out():
    assert found({"seccomp": errno.EPERM}) == str(({"seccomp": False}, ["seccomp filters"]))


def test_a_root_that_may_not_change_its_user_is_found_out():
    need_root()
    need(kernel().drop_user, "root that may become another user")
    assert found({"setresuid": errno.EPERM}) == str(({"drop_user": False}, ["this is"]))


def test_a_survey_that_goes_wrong_says_what_and_does_not_pass_for_a_poor_kernel():
    wrong = on({"capset": errno.EPERM}, lambda _: survey())
    assert wrong.told.startswith(
        "CageError this kernel could not be asked for its defences: PermissionError: [Errno 1]"
    )


def test_a_kernel_that_kills_whoever_asks_has_nothing(monkeypatch):
    monkeypatch.setattr(kernel_module, "_try_all", lambda: os.kill(os.getpid(), signal.SIGKILL))
    assert survey() == Kernel(architecture=architecture(), root=os.geteuid() == 0)


#: Kernels and containers as they come, and worse ones.
POOR = {
    "an old kernel": {"landlock_create_ruleset": errno.ENOSYS, "pidfd_open": errno.ENOSYS},
    "a strict container": {"unshare": errno.EPERM, "landlock_create_ruleset": errno.ENOSYS},
    "no filters": {"seccomp": errno.EPERM},
    "nearly nothing": {"seccomp": errno.ENOSYS, "unshare": errno.EPERM, "landlock_create_ruleset": errno.EOPNOTSUPP},
}


@pytest.mark.parametrize("lacking", POOR.values(), ids=POOR)
def test_what_is_there_is_put_up_where_something_lacks(lacking):
    def act(tell):
        poor = survey()
        isolate(Defences(), poor, keep=(tell,))
        worker = os.fork()
        if worker == 0:
            try:
                lock = prepare_lock(Defences(), poor, Rlimits(memory=1 << 40), writes=(tell,))
                lock.first()
                lock.second()
                os.write(tell, b"locked, ")
                os.open("/etc/passwd", os.O_RDONLY)
            except OSError as error:
                os.write(tell, errno.errorcode[error.errno or 0].encode())
            finally:
                os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
        return f" {ended} {os.getuid()} {os.getpid() == 1}"

    uid = NOBODY if os.geteuid() == 0 and kernel().drop_user else os.getuid()
    own_pid = "pid" in kernel().namespaces and "unshare" not in lacking
    refused = f" {-signal.SIGSYS}" if "seccomp" not in lacking else "EMFILE 0"
    assert on(lacking, act) == Ended(f"locked, {refused} {uid} {own_pid}", 0)


@pytest.mark.parametrize(
    ("defence", "lacking"),
    [("seccomp", {"seccomp": errno.EPERM}), ("landlock", {"landlock_create_ruleset": errno.EPERM})],
)
def test_a_defence_that_was_found_and_then_fails_is_no_reason_to_go_on(defence, lacking):
    need(getattr(kernel(), defence), defence)

    def act(_):
        promised = kernel()
        lock = prepare_lock(Defences(rlimits=False), promised, Rlimits())
        lock.first()

    ended = on(lacking, act)
    assert ended.status == 1
    assert ended.told.startswith(f"{CageError.__name__} {defence} could not be put up")


def test_a_namespace_that_was_found_and_then_fails_is_no_reason_to_go_on():
    need("net" in kernel().namespaces, "net namespaces")
    ended = on({"unshare": errno.EPERM}, lambda tell: isolate(Defences(), kernel(), keep=(tell,)))
    assert ended.status == 1
    assert ended.told.startswith("CageError no namespace of its own for ipc, net, pid, user, uts")
