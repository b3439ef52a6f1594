"""Where there is no Linux: everything can be imported and asked, and says in a sentence that it is not the place."""

import subprocess
import sys

from warble.cage import kernel
from warble.cage.kernel import Kernel

SCRIPT = """
import ctypes, os, sys
sys.platform = "darwin"
def no_library(*_, **__): raise OSError("no such library")
ctypes.CDLL = no_library
for name in ("setresuid", "setresgid", "unshare", "pidfd_open", "memfd_create"):
    if hasattr(os, name): delattr(os, name)
os.fork = None
from warble.cage import bpf, defences, descend, errors, isolate, kernel, landlock, libc, lock, rlimits, seccomp
found = kernel.survey()
print(found.missing()[0], found.essential)
"""


def test_everything_is_imported_and_answers_without_linux():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == ("The sandbox needs Linux, and this is darwin: no defence at all. False\n", "")


def test_a_system_that_is_not_linux_is_not_asked(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(kernel, "_ask_child", None)
    found = kernel.survey()
    assert (found.seccomp, found.landlock, found.namespaces, found.essential) == (False, 0, frozenset(), False)


def test_a_kernel_that_was_not_asked_has_nothing():
    assert not Kernel(system="linux").essential
    assert len(Kernel(system="linux").missing()) == 10
