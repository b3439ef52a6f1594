"""Both filters of all three machines, on a machine of our own: what they let pass, call by call."""

import pytest

from tests.warble.cage.machine import Call, answer
from warble.cage import seccomp
from warble.cage.seccomp import ALLOW, KILL
from warble.cage.syscalls import AARCH64, ARCHITECTURES, ARM, X86_64

JOB, RESULT, BOARD = 3, 4, 5
#: The lists, once more and by hand: whoever changes what a worker may do has to change it here too.
RUNNING = {
    "brk", "clock_gettime", "exit", "exit_group", "futex", "getpid", "getrandom", "gettid", "gettimeofday", "madvise",
    "mmap", "mprotect", "mremap", "munmap", "restart_syscall", "rt_sigreturn", "sched_yield", "write",
}  # fmt: skip
RUNNING_ON_ARM = RUNNING - {"mmap"} | {"mmap2", "sigreturn", "clock_gettime64", "futex_time64"}
PREPARING = {"read", "close", "rt_sigaction", "rt_sigprocmask", "sigaltstack", "setitimer", "getitimer", "seccomp"}
#: Arguments with which a call of the lists is let pass; those that are not here may have any.
GOOD = {
    "read": (JOB,), "write": (RESULT,), "mmap": (0, 4096, 3, 0x22), "mmap2": (0, 4096, 3, 0x22),
    "mprotect": (0, 4096, 1), "madvise": (0, 4096, 4), "futex": (0, 0x80 | 9), "futex_time64": (0, 1),
    "seccomp": (1, 0),
}  # fmt: skip
#: The word by which the kernel names each call table, from its header audit.h: an ELF machine and two bits.
AUDIT = {"x86_64": 62 | 1 << 31 | 1 << 30, "aarch64": 183 | 1 << 31 | 1 << 30, "arm": 40 | 1 << 30, "i386": 3 | 1 << 30}

EVERY = range(601)
STAGES = pytest.mark.parametrize("stage", [1, 2])
MACHINES = pytest.mark.parametrize("machine", ARCHITECTURES.values(), ids=lambda machine: machine.name)


def filter_of(machine, stage):
    rules = seccomp.first_rules((JOB,), (RESULT, BOARD)) if stage == 1 else seccomp.second_rules((RESULT, BOARD))
    return seccomp.assemble(machine, rules)


def allowed(machine, stage):
    running = RUNNING_ON_ARM if machine is ARM else RUNNING
    return running | PREPARING if stage == 1 else running


@STAGES
@MACHINES
def test_of_all_calls_only_those_of_the_list_pass(machine, stage):
    program = filter_of(machine, stage)
    names = {number: name for name, number in machine.numbers.items()}
    passed = {
        names.get(number, f"number {number}")
        for number in EVERY
        if answer(program, Call(AUDIT[machine.name], number, GOOD.get(names.get(number, ""), ()))) == ALLOW
    }
    assert passed == allowed(machine, stage)


@STAGES
@MACHINES
def test_whatever_does_not_pass_kills_the_process(machine, stage):
    program = filter_of(machine, stage)
    for arguments in [(), (9, 9, 9, 9, 9, 9), (2**64 - 1,) * 6]:
        answers = {answer(program, Call(AUDIT[machine.name], number, arguments)) for number in EVERY}
        assert answers == {ALLOW, KILL}


@STAGES
@MACHINES
def test_no_call_of_another_table_passes(machine, stage):
    program = filter_of(machine, stage)
    for audit in {*AUDIT.values(), 0, 0xFFFF_FFFF} - {AUDIT[machine.name]}:
        for number in EVERY:
            assert answer(program, Call(audit, number, (RESULT,))) == KILL


@STAGES
def test_no_call_of_the_x32_table_passes(stage):
    program = filter_of(X86_64, stage)
    for number in EVERY:
        assert answer(program, Call(AUDIT["x86_64"], number | 0x4000_0000, (RESULT,))) == KILL


@STAGES
def test_no_private_call_of_arm_passes(stage):
    for number in range(0xF0000, 0xF0010):
        assert answer(filter_of(ARM, stage), Call(AUDIT["arm"], number)) == KILL


@MACHINES
@pytest.mark.parametrize(
    ("call", "arguments", "passes"),
    [
        ("write", (RESULT,), True),
        ("write", (BOARD,), True),
        ("write", (JOB,), False),
        ("write", (1,), False),
        ("write", (2,), False),
        ("write", (2**32 - 1,), False),
        ("read", (JOB,), True),
        ("read", (RESULT,), False),
        ("read", (0,), False),
        ("mprotect", (0, 4096, 0), True),
        ("mprotect", (0, 4096, 3), True),
        ("mprotect", (0, 4096, 4), False),
        ("mprotect", (0, 4096, 7), False),
        ("mprotect", (0, 4096, 5 | 1 << 32), False),
        ("mmap", (0, 4096, 0, 0x22), True),
        ("mmap", (0, 4096, 3, 0x22 | 0x10 | 0x4000 | 0x20000), True),
        ("mmap", (0, 4096, 5, 0x22), False),  # executable
        ("mmap", (0, 4096, 1, 0x02), False),  # a file
        ("mmap", (0, 4096, 3, 0x01), False),  # a file, shared
        ("mmap", (0, 4096, 3, 0x21), False),  # shared with nobody, but why
        ("mmap", (0, 4096, 3, 0x22 | 0x40000), False),  # of huge pages
        ("madvise", (0, 4096, 8), True),
        ("madvise", (0, 4096, 12), False),  # MERGEABLE
        ("madvise", (0, 4096, 100), False),  # HWPOISON
        ("futex", (0, 0x80), True),
        ("futex", (0, 0x189), True),
        ("futex", (0, 3), False),  # REQUEUE
        ("futex", (0, 6), False),  # LOCK_PI
        ("futex", (0, 0x80 | 13), False),  # LOCK_PI2
        ("seccomp", (1, 0), True),
        ("seccomp", (0, 0), False),
        ("seccomp", (1, 8), False),  # with a listener, who would answer in the kernel's place
    ],
)
def test_arguments_decide(machine, call, arguments, passes):
    for name in {call, {"mmap": "mmap2", "futex": "futex_time64"}.get(call, call)} & machine.numbers.keys():
        made = Call(AUDIT[machine.name], machine.numbers[name], arguments)
        assert (answer(filter_of(machine, 1), made) == ALLOW) is passes
        assert (answer(filter_of(machine, 2), made) == ALLOW) is (passes and name not in PREPARING)


@MACHINES
def test_a_worker_without_pipes_neither_reads_nor_writes(machine):
    program = seccomp.assemble(machine, seccomp.first_rules((), ()))
    for call in ("read", "write"):
        for descriptor in range(8):
            assert answer(program, Call(AUDIT[machine.name], machine.numbers[call], (descriptor,))) == KILL


def test_every_call_of_the_rules_is_known_to_some_machine_and_arms_own_are_its_own():
    rules = seccomp.first_rules((JOB,), (RESULT,))
    assert rules.keys() == X86_64.numbers.keys() | AARCH64.numbers.keys() | ARM.numbers.keys()
