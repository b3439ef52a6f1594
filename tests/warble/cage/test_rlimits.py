"""Resource limits alone, in a real process. Root is exempt from some, so the children become nobody first."""

import mmap
import os
import resource
import signal
import sys
import time

import pytest

from tests.warble.cage.child import Ended
from tests.warble.cage.kernel_here import NONE, address_space, locked, nobody, only
from warble.cage import rlimits
from warble.cage.rlimits import Rlimits

RLIMITS = only(rlimits=True)
ROOM = 64 << 20  # bytes that a child may have above what the test process has


def limited(attack, **limits):
    limits.setdefault("memory", address_space() + ROOM)
    return locked(RLIMITS, attack, limits=Rlimits(**limits), before=nobody)


def free(attack):
    return locked(NONE, attack, before=nobody)


def test_memory_ends_at_its_limit():
    def half():
        return len(mmap.mmap(-1, ROOM // 2))

    def twice():
        return len(mmap.mmap(-1, ROOM * 2))

    # More than the whole address space that is allowed: the tests before this one may have left a heap full of holes.
    many = (address_space() + 2 * ROOM) // ROOM + 1

    def objects():
        return len([bytes(ROOM) for _ in range(many)])  # zeros that the kernel gives when somebody looks at them

    assert (free(twice), free(objects)) == (Ended(str(2 * ROOM), 0), Ended(str(many), 0))
    assert limited(half) == Ended(str(ROOM // 2), 0)
    assert limited(twice) == Ended("OSError ENOMEM", 1)
    assert limited(objects).told == "MemoryError"


def test_a_program_that_computes_for_ever_is_warned_a_second_above_its_time_and_killed_another_later():
    def computes(tell):
        # Who does not listen to the first signal, which would end it as well, meets the second.
        signal.signal(signal.SIGXCPU, lambda *_: os.write(tell, b"warned"))
        while time.process_time() < 2.1:
            pass
        return "done"

    assert free(computes) == Ended("done", 0)
    assert limited(computes, cpu=0.0) == Ended("warned", -signal.SIGKILL)


def test_no_file_is_opened():
    def opens():
        os.close(os.open("/dev/null", os.O_RDONLY))

    assert free(opens) == Ended("", 0)
    assert limited(opens) == Ended("OSError EMFILE", 1)


def test_no_descriptor_is_made_in_other_ways():
    for makes, refused in (
        (os.pipe, "OSError EMFILE"),
        (lambda: os.dup(0), "OSError EINVAL"),  # no number is left that it could have
        (lambda: os.memfd_create("x"), "OSError EMFILE"),
    ):
        assert free(makes).status == 0
        assert limited(makes) == Ended(refused, 1)


def test_no_process_is_started():
    def forks():
        child = os.fork()
        if child == 0:
            os._exit(0)
        return os.waitpid(child, 0)[1]

    assert free(forks) == Ended("0", 0)
    assert limited(forks) == Ended("BlockingIOError EAGAIN", 1)


def test_a_file_that_is_open_does_not_grow(tmp_path):
    with open(tmp_path / "file", "wb", buffering=0) as file:
        assert limited(lambda: file.write(b"x")) == Ended("OSError EFBIG", 1)
        assert os.fstat(file.fileno()).st_size == 0
        assert free(lambda: file.write(b"x")) == Ended("1", 0)
        assert os.fstat(file.fileno()).st_size == 1


def test_no_limit_can_be_raised_again():
    def raises():
        _, most = resource.getrlimit(resource.RLIMIT_NPROC)
        resource.setrlimit(resource.RLIMIT_NPROC, (100, most if most >= 100 or most == resource.RLIM_INFINITY else 100))

    assert free(raises) == Ended("", 0)
    assert limited(raises) == Ended("ValueError not allowed to raise maximum limit", 1)


@pytest.mark.parametrize("name", ["CORE", "MEMLOCK", "MSGQUEUE", "NICE", "RTPRIO", "FSIZE", "NOFILE", "NPROC"])
def test_the_rest_is_nothing(name):
    assert limited(lambda: resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))) == Ended("(0, 0)", 0)


def test_a_limit_never_rises_above_what_the_process_was_given():
    def act():
        most = sys.maxsize // 2  # a 32-bit kernel takes 4 GiB and more for no limit at all
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CPU, (50, 50))
        planned = dict(rlimits.plan(Rlimits(memory=2 * most, cpu=1000.0)))
        return planned[resource.RLIMIT_AS] == (most, most) and planned[resource.RLIMIT_CPU] == (50, 50)

    assert free(act) == Ended("True", 0)


def test_processor_time_is_rounded_up_to_whole_seconds():
    assert dict(rlimits.plan(Rlimits(cpu=2.0)))[resource.RLIMIT_CPU] == (3, 4)
    assert dict(rlimits.plan(Rlimits(cpu=0.2)))[resource.RLIMIT_CPU] == (2, 3)
