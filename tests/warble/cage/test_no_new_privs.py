"""no_new_privs alone: a program that is marked to run as root does not."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from tests.warble.cage.child import Ended
from tests.warble.cage.kernel_here import NONE, kernel, locked, need, need_root, nobody, only
from warble.cage.descend import NOBODY
from warble.cage.lock import prepare_lock
from warble.cage.rlimits import Rlimits


@pytest.fixture
def marked():
    """A copy of id that belongs to root and runs as root, in a folder that everybody may enter."""
    need_root()
    need(kernel().no_new_privs, "no_new_privs")
    folder = Path(tempfile.mkdtemp())
    try:
        need(not os.statvfs(folder).f_flag & os.ST_NOSUID, f"a file system below {folder} that honours set-user-id")
        folder.chmod(0o755)
        program = folder / "id"
        shutil.copyfile("/usr/bin/id", program)
        program.chmod(0o4755)
        yield program
    finally:
        shutil.rmtree(folder)


def test_a_set_user_id_program_gives_no_rights(marked):
    def runs(tell):
        os.dup2(tell, 1)
        os.execv(marked, ["id", "-u"])

    assert locked(NONE, runs, before=nobody) == Ended("0\n", 0)
    assert locked(only(no_new_privs=True), runs, before=nobody) == Ended(f"{NOBODY}\n", 0)


@pytest.mark.parametrize("defence", ["no_new_privs", "seccomp", "landlock"])
def test_filters_and_landlock_turn_it_on_as_well(defence):
    need(getattr(kernel(), defence), defence)
    job, jobs = os.pipe()
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            prepare_lock(only(**{defence: True}), kernel(), Rlimits(), reads=(job,), writes=(told,)).first()
            os.write(told, b"x")
            os.read(job, 1)
        finally:
            os._exit(0)
    try:
        os.close(told)
        assert os.read(ready, 1) == b"x"
        assert "NoNewPrivs:\t1\n" in Path(f"/proc/{child}/status").read_text()
        assert "NoNewPrivs:\t0\n" in Path("/proc/self/status").read_text()
    finally:
        os.close(jobs)  # what the child waits for
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(job)
        os.close(ready)
