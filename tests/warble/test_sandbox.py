"""The sandbox as its callers see it: the same outcomes as in process, a queue with an end, and nothing left behind."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from tests.wait import until, until_sync
from tests.warble import sheet
from tests.warble.box.processes import descendants, descriptors, is_alive, resident
from warble import Limits, run
from warble.box import board, pool
from warble.sandbox import Broken, Busy, Defences, Sandbox

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux"),
]
PATHS = sorted(sheet.PROGRAMS.glob("**/*.warble"))
HOSTILE = "tests.warble.box.hostile"
LONG = "lock = threading.Lock(); shared.printed('x\\n'); lock.acquire(); lock.acquire()"
ANY = Limits(length=10_000, wall=30.0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def box():
    async with Sandbox(queue=1000) as opened:
        yield opened


async def test_a_run_gives_the_outcome_of_a_run_in_process_and_keeps_what_was_saved(box):
    source = '{SETPRECISION(30)SAVE("a",LOAD("a")+1/3)SETDATA("n",2^70)LIGHTS(1,2,3,4)PRINT("π",LOAD("a"))x=1/0}'
    store, data = {"ann": {"a": 1}, "bob": {"a": 2}}, {"d": 0.5}
    outcome = await box.run(source, user="ann", store=store, data=data)
    own_store, own_data = {"ann": {"a": 1}, "bob": {"a": 2}}, {"d": 0.5}
    assert outcome == run(source, user="ann", store=own_store, data=own_data)
    assert (store, data) == (own_store, own_data)
    assert store == {"ann": {"a": "1.33333333333333333333333333333"}, "bob": {"a": 2}}
    assert (outcome.stdout, outcome.error.kind) == ("π 1.33333333333333333333333333333\n", "zerodiv")


async def test_all_test_programs_do_the_same_in_the_sandbox_as_in_process(box):
    different = []

    async def compare(path):
        found = sheet.read(path)
        user, limits = found.one("user") or "", found.limits()
        here, there = [(found.store("saved"), found.data("data")) for _ in range(2)]
        outcome = await box.run(found.source, user, *there, limits)
        if (outcome, there) != (run(found.source, user=user, store=here[0], data=here[1], limits=limits), here):
            different.append((path.name, outcome))

    await asyncio.gather(*map(compare, PATHS))
    assert different == []
    assert len(PATHS) > 300


async def test_a_program_of_any_length_is_answered(box):
    source = "{" + "x" * 10_000_000
    assert await box.run(source) == run(source)


async def test_limits_of_one_run_may_be_narrower_than_the_sandbox_but_not_wider(box):
    limits = replace(Limits(), cpu=0.1, fuel=10**9)
    outcome = await box.run("{PRINT(1)WHILE(1){}}", limits=limits)
    assert (outcome.stdout, outcome.error.kind) == ("1\n", "limit:time")
    assert outcome.error.message == "This program used 0.1 s of processor time, and no more is allowed."
    for name, value in (("cpu", 2.5), ("cpu", 0), ("wall", 99.0), ("wall", 0), ("output", 20_000), ("memory", 1)):
        with pytest.raises(ValueError, match=f"limits.{name} is"):
            await box.run("{}", limits=replace(Limits(), **{name: value}))


async def test_saved_values_that_no_worker_could_be_given_are_refused_before(box):
    with pytest.raises(ValueError, match="131,072 bytes together"):
        await box.run("{}", store={"": {"x": "1" * 200_000}})
    assert (await box.run("{}")).error is None


async def test_memory_of_a_program_has_an_end_and_the_error_says_how_much():
    # No program of the language gets there within its other limits, so they go.
    limits = replace(Limits(), bits=10**10, fuel=10**18, memory=100 * 2**20, wall=30.0, cpu=20.0)
    async with Sandbox(workers=1, limits=limits) as box:
        outcome = await box.run("{PRINT(1)x=2^3000000000}")
    assert (outcome.stdout, outcome.error.kind) == ("1\n", "limit:memory")
    assert outcome.error.message == "This program needs more memory than the 100 MiB that it may have."


async def test_effects_that_take_more_than_the_board_are_a_limit_and_what_fits_is_kept(box):
    raised = replace(Limits(), texts=4_000_000)
    outcome = await box.run("{SETPRECISION(9999)x=1/3WHILE(1){LOG(x)}}", limits=raised)
    assert outcome.error.kind == "limit:effects"
    assert outcome.error.message == "The effects of a program may take 1,048,576 bytes in all."
    assert len(outcome.effects) == 1_048_576 // (5 + 10_001)


async def test_a_sandbox_that_was_not_opened_or_is_closed_says_so():
    sandbox = Sandbox()
    with pytest.raises(Broken, match="not open"):
        await sandbox.run("{}")
    async with sandbox:
        assert (await sandbox.run("{PRINT(1)}")).stdout == "1\n"
    with pytest.raises(Broken, match="closed"):
        await sandbox.run("{}")


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"queue": -1}, {"spares": -1}, {"limits": Limits(wall=0)}])
async def test_a_sandbox_that_could_not_work_is_refused(wrong):
    with pytest.raises(ValueError, match="needs"):
        Sandbox(**wrong)


async def test_a_full_queue_is_busy_and_the_rest_is_served_in_order():
    order = []

    async def one(number):
        await box.run(f"shared.printed('{number}')")
        order.append(number)

    async with Sandbox(workers=1, queue=3, limits=ANY, zygote=HOSTILE) as box:
        first = asyncio.create_task(box.run(LONG))
        await until(lambda: box._pool._running == 1)
        waiting = [asyncio.create_task(one(number)) for number in range(3)]
        await until(lambda: len(box._pool._waiting) == 3)
        with pytest.raises(Busy, match="3 programs wait"):
            await box.run("pass")
        first.cancel()
        await asyncio.wait_for(asyncio.gather(*waiting), 10)
        assert order == [0, 1, 2]
        assert first.cancelled()


async def test_who_stops_waiting_takes_nobodys_turn():
    async with Sandbox(workers=1, queue=3, limits=ANY, zygote=HOSTILE) as box:
        first = asyncio.create_task(box.run(LONG))
        await until(lambda: box._pool._running == 1)
        second = asyncio.create_task(box.run(LONG))
        third = asyncio.create_task(box.run("shared.printed('third')"))
        await until(lambda: len(box._pool._waiting) == 2)
        second.cancel()
        first.cancel()
        assert (await asyncio.wait_for(third, 10)).stdout == "third"
        await until(lambda: box._pool._running == 0)


async def test_a_cancelled_run_kills_its_worker():
    async with Sandbox(workers=1, limits=ANY, zygote=HOSTILE) as box:
        task = asyncio.create_task(box.run(LONG))
        await until(lambda: box._pool._running == 1)
        living = set(box._pool.keeper.hands)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: len(set(box._pool.keeper.hands) & living) == len(living) - 1)


async def test_closing_ends_what_runs_and_leaves_no_process_and_no_descriptor():
    gc.collect()
    before = descriptors()
    async with Sandbox(workers=1, limits=ANY, zygote=HOSTILE) as box:
        running = asyncio.create_task(box.run(LONG))
        await until(lambda: box._pool._running == 1)
        waiting = asyncio.create_task(box.run("pass"))
        await until(lambda: len(box._pool._waiting) == 1)
        processes = descendants(box._pool.keeper._process.pid)
        assert len(processes) >= 3  # the inner zygote, where there are pid namespaces, and workers
    with pytest.raises(Broken, match="closed"):
        await waiting
    outcome = await running
    assert (outcome.stdout, outcome.error.kind) == ("x\n", "sandbox")
    await until(lambda: not any(is_alive(process.pid) for process in processes))
    assert descriptors() == before


async def test_a_worker_that_gets_ready_while_the_sandbox_closes_does_not_open_it_again():
    sandbox = Sandbox(workers=1, spares=3)
    async with sandbox:
        late = await until(lambda: [hand for hand in sandbox._pool.keeper.hands.values() if hand.ready][:1])
        closing = asyncio.create_task(sandbox._pool.close())
        await asyncio.sleep(0)  # the first step of closing
        sandbox._pool._ready(late[0])
        await closing
        with pytest.raises(Broken, match="closed"):
            await asyncio.wait_for(sandbox.run("{}"), 5)


async def test_nobody_waits_for_ever():
    async with Sandbox(workers=1, limits=ANY, zygote=HOSTILE) as box:
        first = asyncio.create_task(box.run(LONG))
        await until(lambda: box._pool._running == 1)
        box._pool._patience_s = 0.01
        with pytest.raises(Busy, match=r"within 0\.01 s"):
            await box.run("pass")
        first.cancel()
        await until(lambda: box._pool._running == 0)
        assert (await box.run("shared.printed('fine')")).stdout == "fine"


async def test_opening_that_is_given_up_leaves_nothing():
    gc.collect()
    before, children = descriptors(), len(descendants(os.getpid()))
    opening = asyncio.create_task(Sandbox(workers=1).__aenter__())
    await until(lambda: len(descendants(os.getpid())) > children)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert (descriptors(), len(descendants(os.getpid()))) == (before, children)


async def test_an_interrupt_from_the_terminal_does_not_reach_the_zygote(box):
    assert os.getsid(box._pool.keeper._process.pid) != os.getsid(0)


async def test_a_zygote_that_dies_is_replaced_and_its_runs_are_told():
    async with Sandbox(workers=1, limits=ANY, zygote=HOSTILE) as box:
        task = asyncio.create_task(box.run(LONG))
        await until(lambda: box._pool._running == 1)
        busy = [hand for hand in box._pool.keeper.hands.values() if hand.ready and hand not in box._pool._idle]
        await until(lambda: board.read(busy[0]._memory, 100).printed == b"x\n")
        keeper = box._pool.keeper
        os.kill(keeper._process.pid, signal.SIGKILL)
        outcome = await asyncio.wait_for(task, 10)
        assert (outcome.stdout, outcome.error.kind) == ("x\n", "sandbox")
        assert "sandbox itself" in outcome.error.message
        outcome = await asyncio.wait_for(box.run("shared.printed('again')"), 10)
        assert (outcome.stdout, outcome.error) == ("again", None)
        assert box._pool.keeper is not keeper


async def test_a_run_whose_worker_is_lost_before_it_begins_gets_another_one():
    async with Sandbox(workers=1, spares=1, limits=ANY, zygote=HOSTILE) as box:
        await until(lambda: len(box._pool._idle) == 2)
        box._pool._idle[0].kill()  # the news of its death cannot come before the job does
        outcome = await box.run("shared.printed('fine')")
        assert (outcome.stdout, outcome.error) == ("fine", None)


async def test_a_ready_worker_that_dies_is_replaced(box):
    wanted = box._pool._wanted
    await until(lambda: len(box._pool._idle) == wanted)
    victim = box._pool._idle[0]
    victim.kill()
    await until(lambda: victim not in box._pool._idle and len(box._pool._idle) == wanted)


async def test_a_zygote_that_cannot_start_is_broken(capfd):
    with pytest.raises(Broken, match="cannot be kept alive: it ended before it was ready"):
        async with Sandbox(zygote="no.such.module"):
            raise AssertionError("it opened")
    assert "No module named 'no'" in capfd.readouterr().err


async def test_a_zygote_that_keeps_dying_is_broken_until_one_lives(monkeypatch, capfd):
    monkeypatch.setattr(pool, "_FIRST_WAIT_S", 0.001)
    async with Sandbox(workers=1, queue=2, limits=ANY, zygote=HOSTILE) as box:
        task = asyncio.create_task(box.run(LONG))
        await until(lambda: box._pool._running == 1)
        waiting = asyncio.create_task(box.run("pass"))
        await until(lambda: len(box._pool._waiting) == 1)
        box._pool._module = "no.such.module"
        os.kill(box._pool.keeper._process.pid, signal.SIGKILL)
        assert (await asyncio.wait_for(task, 10)).error.kind == "sandbox"
        with pytest.raises(Broken, match="cannot be kept alive"):
            await asyncio.wait_for(waiting, 20)
        with pytest.raises(Broken):
            await box.run("pass")
        box._pool._module = HOSTILE
        await until(lambda: not box._pool._broken, timeout_s=20)
        assert (await box.run("shared.printed('again')")).stdout == "again"
    capfd.readouterr()


async def test_a_kernel_that_lacks_everything_is_told_once_and_the_rest_still_holds(caplog):
    async with Sandbox(workers=1, limits=ANY, zygote="tests.warble.box.lacking") as box:
        assert not box.essential
        assert any("seccomp" in sentence for sentence in box.lacks)
        first = box._pool.keeper
        outcome = await box.run(LONG, limits=replace(ANY, wall=0.3))  # no pidfd: the zygote kills for the host
        assert (outcome.stdout, outcome.error.kind) == ("x\n", "limit:time")
        assert (await box.run("shared.printed('fine')")).stdout == "fine"
        outcome = await box.run("open('/tmp/x', 'w')")  # rlimits are everywhere
        assert outcome.error.kind == "sandbox"
        task = asyncio.create_task(box.run(LONG))
        await until(lambda: box._pool._running == 1)
        processes = descendants(first._process.pid)
        os.kill(first._process.pid, signal.SIGKILL)
        assert (await task).error.kind == "sandbox"
        await until(lambda: not any(is_alive(process.pid) for process in processes))
        await until(lambda: box._pool.keeper is not first and box._pool._idle, timeout_s=10)
    told = [record.getMessage() for record in caplog.records if "lacks a defence" in record.getMessage()]
    assert len(told) == len(set(told)) == len(box.lacks) > 3


async def test_each_run_works_whatever_single_defence_is_off():
    for name in ("namespaces", "drop_user", "no_new_privs", "landlock", "rlimits", "seccomp", "timers"):
        async with Sandbox(workers=1, spares=0, defences=replace(Defences(), **{name: False})) as box:
            assert await box.run("{PRINT(1)SLEEP(2)}") == run("{PRINT(1)SLEEP(2)}"), name


HOST = """
import asyncio, sys
from warble import Limits
from warble.sandbox import Sandbox
async def main():
    async with Sandbox(workers=1, limits=Limits(length=10_000, wall=60.0), zygote="tests.warble.box.hostile") as box:
        task = asyncio.create_task(box.run(sys.argv[1]))
        while not box._pool._running:
            await asyncio.sleep(0.01)
        print("runs", flush=True)
        await task
asyncio.run(main())
"""


async def test_a_host_that_is_killed_takes_all_its_processes_along():
    root = Path(__file__).parents[2]
    start = partial(subprocess.Popen, [sys.executable, "-c", HOST, LONG], cwd=root, stdout=subprocess.PIPE)
    host = start()
    try:
        assert host.stdout.readline() == b"runs\n"
        processes = until_sync(lambda: len(found := descendants(host.pid)) >= 3 and found)
        host.kill()
        host.wait(10)
        until_sync(lambda: not any(is_alive(process.pid) for process in processes), "all gone")
    finally:
        host.kill()
        host.wait(10)
        host.stdout.close()


async def test_after_hundreds_of_runs_nothing_has_grown(box):
    async def runs(count):
        for _ in range(count):
            assert (await box.run('{PRINT(1)SAVE("x",1)}', store={})).error is None

    def count():
        gc.collect()
        found = descendants(os.getpid())
        assert [process for process in found if process.state == "Z"] == []
        return descriptors(), [process.pid for process in found]

    async def settled():
        return await until(lambda: len(box._pool._idle) == box._pool._wanted == len(box._pool.keeper.hands) and count())

    await runs(50)
    before, processes = await settled()
    zygote = processes[1] if len(processes) > box._pool._wanted + 1 else processes[0]
    memory, zygotes_memory = resident(), resident(zygote)
    as_root = os.geteuid() == 0  # only root can look at a process that is not dumpable
    zygotes_before = descriptors(zygote) if as_root else 0
    await asyncio.gather(*(runs(125) for _ in range(4)))
    after, processes_after = await settled()
    assert after == before
    assert len(processes_after) == len(processes)
    assert (descriptors(zygote) if as_root else 0) == zygotes_before
    assert resident() - memory < 4_000_000
    assert resident(zygote) - zygotes_memory < 1_000_000


async def test_the_host_never_blocks_its_loop():
    loop = asyncio.get_running_loop()
    longest = 0.0

    async def watch():
        nonlocal longest
        while True:
            began = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - began)

    loop.set_debug(True)
    try:
        async with Sandbox(queue=100) as box:
            watcher = asyncio.create_task(watch())
            loud = "{FOR(i=0;i<4096;i++){LIGHTS(1,2,3,4)}}"
            await asyncio.gather(*(box.run(loud) for _ in range(4)), *(box.run("{PRINT(1)}") for _ in range(20)))
            watcher.cancel()
    finally:
        loop.set_debug(False)
    assert longest < 0.05  # seconds of work without a breath
