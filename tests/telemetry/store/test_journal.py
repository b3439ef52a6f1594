"""Group commit: who waits, what goes together, who hears what when it fails, and how it ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from telemetry.store.base import Entry, StoreUnavailable
from telemetry.store.journal import Bounds, Journal, JournalFull
from tests.telemetry.store.memory import MemorySpool

PATIENCE_S = 5


class SlowStore(MemorySpool):
    """`gate` closed: an append waits in the writer's thread. `begun` is set when it got there."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()
        self.batches: list[list[int]] = []

    def append(self, entries: Sequence[Entry]) -> int:
        self.begun.set()
        assert self.gate.wait(PATIENCE_S)
        seq = super().append(entries)
        self.batches.append([entry.seen_ms for entry in entries])
        return seq


class Case:
    """A journal over a slow store, and what it said in which order."""

    def __init__(self, bounds: Bounds) -> None:
        self.store = SlowStore()
        self.said: list[str] = []
        self.falls_over = False
        self.journal: Journal[str] = Journal(self.store, self.committed, bounds)

    def committed(self, pairs: Sequence[tuple[Entry, str]]) -> None:
        if self.falls_over:
            raise RuntimeError("the live state fell over")
        self.said += [f"commit {thing}" for _, thing in pairs]

    def put(self, n: int) -> asyncio.Future[None]:
        done = self.journal.put(Entry("a", n, n, b"{}"), str(n))
        done.add_done_callback(lambda each: None if each.cancelled() else self.said.append(f"ack {n}"))
        return done

    async def in_commit(self) -> None:
        """Wait until the writer stands before the closed gate."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.store.begun.is_set():
                await asyncio.sleep(0.001)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(self.journal.run())
        try:
            yield task
        finally:
            self.store.gate.set()
            self.journal.stop()
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def case() -> Case:
    return Case(Bounds(linger_s=0.001, max_batch=100, max_waiting=150))


async def test_what_is_acknowledged_is_in_the_store(case: Case) -> None:
    async with case.running():
        await asyncio.wait_for(case.put(1), PATIENCE_S)
        assert [entry.seen_ms for entry in case.store.kept] == [1]
        assert (case.journal.committed, case.journal.commits, case.journal.failed, case.journal.waiting) == (1, 1, 0, 0)


async def test_what_comes_during_a_slow_commit_is_all_in_the_next(case: Case) -> None:
    async with case.running():
        case.store.gate.clear()
        first = case.put(0)
        await case.in_commit()
        others = [case.put(n) for n in range(1, 51)]
        assert not first.done()
        case.store.gate.set()
        await asyncio.wait_for(asyncio.gather(first, *others), PATIENCE_S)
        assert case.store.batches == [[0], list(range(1, 51))]
        assert case.journal.commits == 2


async def test_order_is_kept_and_a_batch_has_a_bound(case: Case) -> None:
    async with case.running():
        await asyncio.wait_for(asyncio.gather(*[case.put(n) for n in range(150)]), PATIENCE_S)
        assert [len(batch) for batch in case.store.batches] == [100, 50]
        assert [entry.seen_ms for entry in case.store.kept] == list(range(150))


async def test_live_state_changes_before_the_sender_hears_ok(case: Case) -> None:
    async with case.running():
        await asyncio.wait_for(asyncio.gather(case.put(1), case.put(2)), PATIENCE_S)
        assert case.said == ["commit 1", "commit 2", "ack 1", "ack 2"]


async def test_a_full_journal_refuses_and_takes_again_when_there_is_room(case: Case) -> None:
    async with case.running():
        case.store.gate.clear()
        first = case.put(0)
        await case.in_commit()
        waiting = [case.put(n) for n in range(150)]
        with pytest.raises(JournalFull) as caught:
            case.put(151)
        assert (caught.value.retry, caught.value.code) == (True, "journal_full")
        case.store.gate.set()
        await asyncio.wait_for(asyncio.gather(first, *waiting), PATIENCE_S)
        await asyncio.wait_for(case.put(152), PATIENCE_S)


async def test_a_failed_commit_is_told_to_every_sender_in_it_and_shown_to_no_viewer(case: Case) -> None:
    async with case.running():
        case.store.away = True
        answers = await asyncio.wait_for(asyncio.gather(case.put(1), case.put(2), return_exceptions=True), PATIENCE_S)
        assert [type(answer) for answer in answers] == [StoreUnavailable, StoreUnavailable]
        assert (case.journal.failed, case.store.kept) == (2, [])
        assert "commit 1" not in case.said
        case.store.away = False
        await asyncio.wait_for(case.put(3), PATIENCE_S)
        assert [entry.seen_ms for entry in case.store.kept] == [3]


async def test_a_sender_that_gives_up_loses_its_answer_and_nothing_else(case: Case) -> None:
    async with case.running():
        case.store.gate.clear()
        first = case.put(1)
        await case.in_commit()
        second, third = case.put(2), case.put(3)
        first.cancel()
        second.cancel()
        case.store.gate.set()
        await asyncio.wait_for(third, PATIENCE_S)
        assert [entry.seen_ms for entry in case.store.kept] == [1, 2, 3], "it was taken in, so it is kept and shown"
        assert case.said == ["commit 1", "commit 2", "commit 3", "ack 3"]


async def test_stop_commits_what_waits_and_refuses_what_comes(case: Case) -> None:
    async with case.running() as task:
        case.store.gate.clear()
        first = case.put(1)
        await case.in_commit()
        second = case.put(2)
        case.journal.stop()
        with pytest.raises(StoreUnavailable, match="stopping"):
            case.put(3)
        case.store.gate.set()
        await asyncio.wait_for(task, PATIENCE_S)
        assert first.done()
        assert second.done()
        assert [entry.seen_ms for entry in case.store.kept] == [1, 2]


async def test_stop_of_an_idle_journal_ends_it_at_once(case: Case) -> None:
    async with case.running() as task:
        await asyncio.sleep(0)
        case.journal.stop()
        await asyncio.wait_for(task, 0.5)


async def test_nobody_waits_for_a_writer_that_was_cancelled(case: Case) -> None:
    async with case.running() as task:
        case.store.gate.clear()
        first = case.put(1)
        await case.in_commit()
        second = case.put(2)
        task.cancel()
        threading.Timer(0.05, case.store.gate.set).start()  # an append cannot be interrupted: it is waited for
        with pytest.raises(StoreUnavailable):
            await asyncio.wait_for(first, PATIENCE_S)
        with pytest.raises(StoreUnavailable):
            await asyncio.wait_for(second, PATIENCE_S)
        with pytest.raises(StoreUnavailable):
            case.put(3)


async def test_a_writer_that_falls_over_says_so_and_leaves_nobody_waiting(case: Case) -> None:
    case.falls_over = True
    async with case.running() as task:
        case.store.gate.clear()
        first = case.put(1)
        await case.in_commit()
        second = case.put(2)
        case.store.gate.set()
        await asyncio.wait_for(first, PATIENCE_S)  # it is on the disk, whatever became of the picture
        with pytest.raises(StoreUnavailable):
            await asyncio.wait_for(second, PATIENCE_S)
        with pytest.raises(RuntimeError, match="live state"):
            await asyncio.wait_for(task, PATIENCE_S)


async def test_a_call_runs_in_the_writers_thread_after_what_was_committed_before(case: Case) -> None:
    async with case.running():
        done = case.put(1)
        await asyncio.wait_for(done, PATIENCE_S)
        name = await asyncio.wait_for(case.journal.call(lambda: threading.current_thread().name), PATIENCE_S)
        assert name.startswith("store")
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(case.journal.call(lambda: 1 // 0), PATIENCE_S)
        await asyncio.wait_for(case.put(2), PATIENCE_S)
