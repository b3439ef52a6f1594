"""Packing what waits to be shipped: nothing is lost, nothing is offered twice, and it takes less room."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bench import reports
from telemetry.store import repack as repacks
from telemetry.store.base import Entry
from telemetry.store.repack import repack
from telemetry.store.rows import Batch, Event
from telemetry.store.sqlite import SQLiteSpool
from tests.telemetry.store.rowsets import told

T0 = 1_700_000_000_000
ROUNDS, NODES = 30, 20


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SQLiteSpool:
    """30 rounds of 20 nodes with an event after every tenth; small packs."""
    monkeypatch.setattr(repacks, "MOST_ROWS", 250)
    monkeypatch.setattr(repacks, "LEAST_ROWS", 100)
    made = SQLiteSpool(tmp_path / "s.sqlite3", ships=True, checkpoint_batches=7)
    for turn in range(ROUNDS):
        at_ms = T0 + turn * 5000
        seq = made.append([Entry(reports.mac(n), at_ms, at_ms - n % 2, reports.body(n, turn)) for n in range(NODES)])
        events = [Event(at_ms, "a", "status", f'"{turn}"')] if turn % 10 == 9 else []
        made.record([(seq, at_ms + 100)], events)
    return made


def everything(batches: Sequence[Batch]) -> tuple[list[object], list[bytes], list[Event]]:
    rows = sorted((row for batch in batches for row in told(batch.rows)), key=str)
    return (
        list(rows),
        sorted(text for batch in batches for text in batch.rows.rest),
        [e for b in batches for e in b.events],
    )


def test_packs_say_what_the_batches_said_in_fewer_bytes(spool: SQLiteSpool) -> None:
    before = spool.pending(0, 1000)
    size = spool.file.write(lambda db: db.execute("SELECT sum(length(body)) FROM batch").fetchone()[0])
    while repack(spool):
        pass
    after = spool.pending(0, 1000)
    assert everything(after) == everything(before)
    assert len(after) < len(before) / 5
    packed = "SELECT sum(length(body) + coalesce(length(rest), 0)) FROM batch"
    assert spool.file.write(lambda db: db.execute(packed).fetchone()[0]) < size
    spool.close()


def test_what_was_offered_before_is_not_offered_again_in_a_pack(spool: SQLiteSpool) -> None:
    before = spool.pending(0, 1000)
    while repack(spool):
        pass
    for after in (0, 1, 5, 11, 12, 13, 20, before[-1].seq):
        assert everything(spool.pending(after, 1000)) == everything([each for each in before if each.seq > after])
    spool.close()


def test_packs_survive_a_restart_and_shipping_goes_on_from_the_middle(spool: SQLiteSpool) -> None:
    before = spool.pending(0, 1000)
    assert repack(spool)
    spool.shipped(5)
    spool.close()
    again = SQLiteSpool(spool.file.path, ships=True)
    assert everything(again.pending(5, 1000)) == everything([each for each in before if each.seq > 5])
    latest = {entry.key: entry.seen_ms for entry in again.latest()}
    assert latest == {reports.mac(n): T0 + (ROUNDS - 1) * 5000 - n % 2 for n in range(NODES)}
    again.close()


def test_few_rows_are_left_as_they_are(spool: SQLiteSpool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repacks, "LEAST_ROWS", 10_000)
    assert not repack(spool)
    spool.close()


def test_damaged_batch_is_left_alone_and_what_comes_after_it_is_packed(spool: SQLiteSpool) -> None:
    spool.file.write(lambda db: db.execute("UPDATE batch SET body = zeroblob(40) WHERE seq = 3"))
    done = []
    while more := repack(spool, done[-1] if done else 0):
        done.append(more)
    assert done[0] == 3
    assert len(done) > 1
    kinds = spool.file.write(lambda db: db.execute("SELECT kind FROM batch WHERE seq >= 3 ORDER BY seq").fetchall())
    assert kinds[0] == (0,)
    assert (3,) in kinds
    spool.close()
