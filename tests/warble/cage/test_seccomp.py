"""Seccomp alone, in a real process: what works without it kills with it."""

import ctypes
import mmap
import os
import signal
import socket
import threading
import time
from decimal import Decimal, localcontext

import pytest

from tests.warble.cage.child import Ended, in_child
from tests.warble.cage.kernel_here import NONE, address_space, attempt, kernel, locked, need, only
from warble.cage import libc
from warble.cage.lock import prepare_lock
from warble.cage.rlimits import Rlimits

KILLED = Ended("", -signal.SIGSYS)
SECCOMP = only(seccomp=True)
LIBC = ctypes.CDLL(None, use_errno=True)
PAGE = mmap.PAGESIZE
_PTRACE_TRACEME, _PR_GET_NAME, _FIONREAD, _IPC_PRIVATE, _IO_URING_SETUP = 0, 16, 0x541B, 0, 425


@pytest.fixture(autouse=True)
def _there():
    need(kernel().seccomp, "seccomp filters")


def call(name, *arguments):
    """A function of the C library; raises OSError as the os module does."""
    answer = getattr(LIBC, name)(*arguments)
    if answer == -1:
        raise OSError(ctypes.get_errno(), name)
    return answer


def forks():
    child = os.fork()
    if child == 0:
        os._exit(0)
    return os.waitpid(child, 0)[1]


def starts_a_program(tell):
    os.dup2(tell, 1)
    os.execv("/bin/echo", ["echo", "-n", "did"])


def spawns():
    return os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)[1]


def starts_a_thread():
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def makes_memory_executable():
    memory = mmap.mmap(-1, PAGE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    call("mprotect", ctypes.c_void_p(address), PAGE, mmap.PROT_READ | mmap.PROT_EXEC)


def maps_executable_memory():
    mmap.mmap(-1, PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ | mmap.PROT_EXEC).close()


def talks_to_the_parent():
    os.kill(os.getppid(), 0)


def reads_other_memory():
    source = ctypes.create_string_buffer(b"secret")
    target = ctypes.create_string_buffer(8)
    pieces = [(ctypes.c_void_p * 2)(ctypes.addressof(buffer), 6) for buffer in (target, source)]
    call("process_vm_readv", os.getpid(), pieces[0], 1, pieces[1], 1, 0)


def asks_a_descriptor(tell):
    call("ioctl", tell, ctypes.c_ulong(_FIONREAD), ctypes.byref(ctypes.c_int()))


def io_uring():
    parameters = ctypes.create_string_buffer(120)
    os.close(libc.syscall(_IO_URING_SETUP, 1, parameters))


ATTACKS = {
    "forks": forks,
    "starts another program": starts_a_program,
    "spawns another program": spawns,
    "starts a thread": starts_a_thread,
    "opens a file": lambda: os.close(os.open("/etc/passwd", os.O_RDONLY)),
    "writes a file": lambda: os.close(os.open("/tmp", os.O_WRONLY | os.O_TMPFILE)),
    "lists a folder": lambda: os.listdir("/"),
    "asks for a file": lambda: os.stat("/"),
    "asks where it is": os.getcwd,
    "goes elsewhere": lambda: os.chdir("/"),
    "makes a file in memory": lambda: os.close(os.memfd_create("x")),
    "makes a socket": lambda: socket.socket().close(),
    "makes a local socket": lambda: socket.socket(socket.AF_UNIX).close(),
    "makes a pipe": os.pipe,
    "sends a signal": talks_to_the_parent,
    "sends itself a signal": lambda: os.kill(os.getpid(), 0),
    "is traced": lambda: call("ptrace", _PTRACE_TRACEME, 0, 0, 0),
    "reads memory by number": reads_other_memory,
    "makes memory executable": makes_memory_executable,
    "maps executable memory": maps_executable_memory,
    "talks to a device": asks_a_descriptor,
    "asks prctl": lambda: call("prctl", _PR_GET_NAME, ctypes.create_string_buffer(16)),
    "asks for its limits": lambda: call("getrlimit", 0, ctypes.create_string_buffer(16)),
    "shares memory": lambda: call("shmctl", call("shmget", _IPC_PRIVATE, PAGE, 0o600), 0, None),
    "changes its priority": lambda: os.nice(1),
    "chooses a processor": lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)),
    "changes its mask": lambda: os.umask(0),
    "takes another name": lambda: call("unshare", 0),
    "doubles a descriptor": lambda: os.dup(0),
    "waits": lambda: time.sleep(0.001),
    "ignores a signal": lambda: signal.signal(signal.SIGPROF, signal.SIG_IGN),
    "holds signals back": lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF}),
    "stops the clock": lambda: signal.setitimer(signal.ITIMER_PROF, 0),
    "asks who it is": os.getuid,
    "asks for the machine": os.uname,
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_what_works_without_a_filter_kills_with_one(attack):
    free = locked(NONE, attack)
    assert free.status == 0, free
    assert locked(SECCOMP, attack) == KILLED


def test_a_ring_of_calls_is_no_way_around():
    free = locked(NONE, io_uring)
    need(free.status == 0, f"io_uring ({free.told})")
    assert locked(SECCOMP, io_uring) == KILLED


def test_the_old_call_table_of_a_pc_is_no_way_around():
    if kernel().architecture != "x86_64":
        pytest.skip(f"only a PC has that table, and this is {kernel().architecture}")
    # mov eax, 20 (getpid); int 0x80; ret
    code = mmap.mmap(-1, PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(bytes.fromhex("b814000000cd80c3"))
    old_getpid = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
    free = locked(NONE, lambda: old_getpid() == os.getpid())
    need(free.told == "True", f"the 32-bit calls of x86 ({free})")
    assert locked(SECCOMP, old_getpid) == KILLED


def test_only_the_given_descriptors_can_be_written_and_none_is_read():
    other = os.pipe()
    try:
        assert locked(NONE, lambda: os.write(other[1], b"x")) == Ended("1", 0)
        assert locked(SECCOMP, lambda tell: os.write(tell, b"x")) == Ended("x1", 0)
        assert locked(SECCOMP, lambda: os.write(other[1], b"x")) == KILLED
        assert locked(NONE, lambda: os.read(other[0], 1)) == Ended("b'x'", 0)
        assert locked(SECCOMP, lambda: os.read(other[0], 1)) == KILLED
    finally:
        for end in other:
            os.close(end)


def test_a_file_cannot_be_mapped_though_it_is_open():
    board = os.memfd_create("board")
    os.ftruncate(board, PAGE)
    try:
        # Straight to the C library: Python's mmap looks at the file first, which is forbidden already.
        def maps():
            LIBC.mmap.restype = ctypes.c_void_p
            return LIBC.mmap(None, PAGE, mmap.PROT_READ, mmap.MAP_SHARED, board, 0) not in (
                None,
                ctypes.c_void_p(-1).value,
            )

        assert locked(NONE, maps) == Ended("True", 0)
        assert locked(SECCOMP, maps) == KILLED
    finally:
        os.close(board)


def test_between_the_stages_a_worker_reads_its_job_and_arms_its_timers_and_after_them_no_more():
    job, jobs = os.pipe()
    os.write(jobs, b"a job, and more")

    def act(again):
        def worker(tell):
            lock = prepare_lock(SECCOMP, kernel(), Rlimits(), reads=(job,), writes=(tell,))
            lock.first()
            os.write(tell, os.read(job, 5))
            signal.signal(signal.SIGVTALRM, lambda *_: None)
            signal.setitimer(signal.ITIMER_VIRTUAL, 5)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGVTALRM})
            lock.second()
            return again()

        return worker

    try:
        assert in_child(act(lambda: None)) == Ended("a job", 0)
        assert in_child(act(lambda: os.read(job, 1))) == Ended(", and", -signal.SIGSYS)
        assert in_child(act(lambda: signal.getitimer(signal.ITIMER_VIRTUAL))) == Ended(" more", -signal.SIGSYS)
    finally:
        os.close(job)
        os.close(jobs)


@pytest.mark.parametrize(
    "attack", [forks, starts_a_program, maps_executable_memory, lambda: os.stat("/"), socket.socket]
)
def test_the_first_stage_forbids_the_rest_already(attack):
    def act(tell):
        prepare_lock(SECCOMP, kernel(), Rlimits(), writes=(tell,)).first()
        return attempt(attack, tell)

    assert in_child(act) == KILLED


def test_a_filter_that_would_undo_the_lock_cannot_be_added():
    """After the second stage not even asking is possible; and what the first stage lets pass can only take away."""
    from warble.cage import bpf, seccomp

    allows = seccomp.Filter(kernel().architecture, bpf.assemble([bpf.Step(bpf.RETURN, seccomp.ALLOW)]))

    def after_first(tell):
        prepare_lock(SECCOMP, kernel(), Rlimits(), writes=(tell,)).first()
        allows.install()
        os.write(tell, b"added")
        os.stat("/")

    assert in_child(after_first) == Ended("added", -signal.SIGSYS)
    assert locked(SECCOMP, allows.install) == KILLED


def computes():
    """All that a greedy program asks of Python: memory in small pieces and in big ones, rubbish, decimals, chance."""
    small = [str(number) * 3 for number in range(200_000)]
    big = [bytearray(8 << 20) for _ in range(8)]
    del small[::2], big[::2]
    grown = bytearray(1)
    for _ in range(22):
        grown *= 2
    rings = [[] for _ in range(50_000)]
    for ring in rings:
        ring.append(ring)
    with localcontext() as context:
        context.prec = 20_000
        root = Decimal(2).sqrt()
    time.perf_counter(), time.process_time(), time.time(), os.urandom(8)
    return str(root)[:6], len(str(7**100_000 % 10**500)), len(grown)


def test_python_computes_as_before_within_all_defences():
    # Memory beyond what this process, full of other tests, takes already; time for a 32-bit Pi, where this takes 3 s.
    limits = Rlimits(memory=address_space() + (256 << 20), cpu=25.0)
    all_on = only(seccomp=True, landlock=True, rlimits=True, no_new_privs=True)
    assert locked(all_on, computes, limits=limits) == locked(NONE, computes)
    assert locked(NONE, computes).told.startswith("('1.4142'")


def test_a_timers_handler_runs_and_comes_back():
    def worker(tell):
        rung = []
        lock = prepare_lock(SECCOMP, kernel(), Rlimits(), writes=(tell,))
        lock.first()
        signal.signal(signal.SIGVTALRM, lambda *_: rung.append(1))
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.01, 0.01)
        lock.second()
        while len(rung) < 3:
            pass
        return "rung"

    assert in_child(worker) == Ended("rung", 0)


def test_running_out_of_memory_is_a_python_error_and_not_the_end():
    def greedy():
        try:
            return len([bytearray(16 << 20) for _ in range(1000)])
        except MemoryError:
            return "MemoryError"

    both = only(seccomp=True, rlimits=True)
    assert locked(both, greedy, limits=Rlimits(memory=address_space() + (64 << 20))) == Ended("MemoryError", 0)
