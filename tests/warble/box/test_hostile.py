"""Workers that are out to harm: arbitrary Python runs where the language should, behind the real locks."""

import os
import time

import pytest
import pytest_asyncio

from tests.wait import until
from tests.warble.box.processes import descendants
from warble.limits import Limits
from warble.sandbox import Sandbox

LIMITS = Limits(length=100_000, cpu=0.3, wall=0.8)
pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the sandbox needs Linux"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def box():
    async with Sandbox(limits=LIMITS, zygote="tests.warble.box.hostile") as opened:
        if not opened.essential:
            pytest.skip(f"this kernel cannot hold anybody: {opened.lacks}")
        yield opened


async def test_python_that_only_computes_comes_through(box):
    outcome = await box.run("shared.start(); shared.printed('1\\n'); result = Ending(None, 5)")
    assert (outcome.stdout, outcome.error, outcome.fuel) == ("1\n", None, 5)


@pytest.mark.parametrize(
    "attack",
    [
        "open('/etc/passwd')",
        "os.open('/tmp/x', os.O_CREAT | os.O_WRONLY)",
        "os.listdir('/')",
        "os.stat('/')",
        "os.fork()",
        "os.execv('/bin/sh', ['sh'])",
        "os.kill(1, 9)",
        "os.kill(os.getpid(), 0)",
        "os.pipe()",
        "os.dup(worker.PIPE)",
        "os.read(worker.PIPE, 1)",
        "os.write(1, b'x')",
        "os.close(worker.PIPE)",
        "os.memfd_create('x')",
        "import sqlite3",
        "import antigravity",
        "signal.setitimer(signal.ITIMER_PROF, 0)",
        "signal.signal(signal.SIGPROF, signal.SIG_IGN)",
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGPROF])",
        "threading.Thread(target=print).start()",
        "time.sleep(0.01)",
        "os.getuid()",
        "os.setsid()",
        "os.nice(1)",
        "os.uname()",
        "print('x', flush=True, file=open(1, 'w'))",
    ],
)
async def test_a_call_that_computing_does_not_need_is_the_end(box, attack):
    outcome = await box.run(f"shared.printed('before\\n')\n{attack}\nshared.printed('after\\n')")
    assert outcome.stdout == "before\n"
    assert outcome.error.kind == "sandbox"
    assert "asked the system for something" in outcome.error.message


@pytest.mark.parametrize(
    ("attack", "says"),
    [
        ("import ctypes; ctypes.string_at(0)", "broke"),
        ("raise SystemExit", "broke"),
        ("1/0", "broke"),
        ("result = None", "broke"),
        ("os._exit(0)", "without a result (0)"),
        ("os._exit(70)", "locked"),
        ("os.write(worker.PIPE, b'x'); os._exit(0)", "result of 1 bytes"),
        ("os.write(worker.PIPE, b'R'); os._exit(0)", "result of 1 bytes"),
        ("os.write(worker.PIPE, b'x' * 5000); os._exit(0)", "result of 4,097 bytes"),
        ("os.write(worker.PIPE, b'\\xff' * 100); os._exit(0)", "units of fuel"),
        ("result = Ending(WarbleError('sandbox', 'x', 0, 0), 0)", "kind 20"),
        ("result = Ending(WarbleError('name', 'x', 0, 2000), 0)", "at 0..2000"),
        ("result = Ending(WarbleError('name', '\\x1b[2J', 0, 0), 0)", "no message has"),
        ("shared.map[:16] = b'\\xff' * 16", "no program can print"),
        ("shared.effect(('lights', 99, 0, 0, 0), None)", "LIGHTS wants"),
        ("shared.effect(('playsound', 'file:///etc/passwd'), None)", "PLAYSOUND wants"),
        ("shared.effect(('save', 'x', '1'), 10**2000)", "1,234 digits"),
        ("shared.printed('\\x1b[2J')", "no program can print"),
        ("for _ in range(5000): shared.effect(('log', 'x'), None)", "4,096 effects"),
    ],
)
async def test_what_it_leaves_behind_is_not_believed(box, attack, says):
    outcome = await box.run(attack)
    assert outcome.error.kind == "sandbox", outcome
    assert says in outcome.error.message


async def test_only_the_first_message_counts(box):
    outcome = await box.run(
        "os.write(worker.PIPE, Ending(None, 1).encode())\nwhile True: os.write(worker.PIPE, Ending(None, 2).encode())"
    )
    assert (outcome.error, outcome.fuel) == (None, 1)


async def test_a_board_that_goes_on_changing_while_it_is_read_harms_nobody(box):
    outcome = await box.run(
        "os.write(worker.PIPE, Ending(None, 1).encode())\n"
        "while True:\n  for x in range(256): shared.map[:] = bytes((x,)) * len(shared.map)"
    )
    assert outcome.error is None or outcome.error.kind == "sandbox"


async def test_a_stage_that_goes_backwards_costs_no_more_than_one_more_try(box):
    outcome = await box.run("shared.stage(0); shared.printed('x\\n'); os._exit(3)")
    assert (outcome.error.kind, outcome.stdout) == ("sandbox", "x\n")


async def test_the_soft_timer_interrupts_python(box):
    outcome = await box.run("shared.printed('x\\n')\nwhile True: pass")
    assert (outcome.error.kind, outcome.stdout) == ("limit:time", "x\n")
    assert outcome.error.message == "This program used 0.3 s of processor time, and no more is allowed."


async def test_the_hard_timer_ends_one_long_operation(box):
    began = time.process_time()
    outcome = await box.run("shared.printed('x\\n')\nx = 7 ** 10_000_000 ** 2")
    assert (outcome.error.kind, outcome.stdout) == ("limit:time", "x\n")
    assert "0.3 s of processor time" in outcome.error.message
    assert time.process_time() - began < 0.5  # the host itself did next to nothing


async def test_an_attacker_who_swallows_the_soft_timer_meets_the_hard_one(box):
    outcome = await box.run("while True:\n  try:\n    while True: pass\n  except BaseException: pass")
    assert outcome.error.kind == "limit:time"


async def test_waiting_for_ever_is_ended_by_the_wall(box):
    outcome = await box.run("shared.printed('x\\n')\nlock = threading.Lock(); lock.acquire(); lock.acquire()")
    assert (outcome.error.kind, outcome.stdout) == ("limit:time", "x\n")
    assert outcome.error.message == "This program took 0.8 s by the clock, and no more is allowed."


async def test_memory_has_an_end_and_it_is_said_how_much_there_was(box):
    outcome = await box.run(
        "shared.printed('x\\n')\n"
        "try: x = bytearray(300_000_000)\n"
        "except MemoryError: result = Ending(WarbleError('limit:memory', 'no', 0, 0), 0)"
    )
    assert (outcome.error.kind, outcome.stdout) == ("limit:memory", "x\n")


async def test_it_has_no_descriptor_but_its_pipe_and_nothing(box):
    if os.geteuid() != 0:
        pytest.skip("only root can look at the descriptors of a process that is not dumpable")
    await box.run("pass")
    pool = box._pool
    await until(lambda: len(pool._idle) == pool._wanted == len(pool.keeper.hands))
    assert len(_workers(box)) == pool._wanted
    for worker in _workers(box):
        links = {name: os.readlink(f"/proc/{worker}/fd/{name}") for name in os.listdir(f"/proc/{worker}/fd")}
        assert links.keys() == {"0", "1", "2", "3"}
        assert {links["0"], links["1"], links["2"]} == {"/dev/null"}
        assert links["3"].startswith("socket:")


def _workers(box):
    keeper = box._pool.keeper
    everyone = descendants(keeper._process.pid)
    parents = {process.parent for process in everyone}
    return [process.pid for process in everyone if process.pid not in parents]


async def test_it_has_no_environment(box):
    outcome = await box.run("shared.printed(str(len(os.environ)) + '\\n')")
    assert outcome.stdout == "0\n"


async def test_the_sandbox_still_works_after_all_that(box):
    for _ in range(10):
        outcome = await box.run("shared.printed('fine\\n')")
        assert (outcome.stdout, outcome.error) == ("fine\n", None)
