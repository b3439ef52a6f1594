"""The embedded store: crashes, damage, checkpoints, retention. The contract is in test_contract.py."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from telemetry.store import schema
from telemetry.store.base import Entry, StoreCorrupt, StoreError, StoreTooNew, StoreUnavailable
from telemetry.store.rows import Event
from telemetry.store.sqlite import SHOWN_WITHIN_MS, SQLiteSpool

ROOT = Path(__file__).parents[3]
TRIALS = 8


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


def entry(key: str, seen: int, received: int | None = None) -> Entry:
    return Entry(key, seen if received is None else received, seen, b'{"n":%d}' % seen)


def filled(path: Path, batches: int = 4) -> None:
    store = SQLiteSpool(path)
    for n in range(batches):
        store.append([entry(f"k{k}", n) for k in range(50)])
    store.save("epoch", b"7")
    store.close()


def seen(store: SQLiteSpool) -> dict[str, int]:
    return {each.key: each.seen_ms for each in store.latest()}


@contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """The file, by SQLite alone."""
    db = sqlite3.connect(path, isolation_level=None)
    try:
        yield db
    finally:
        db.close()


# Crashes.


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(path: Path) -> None:
    rng = random.Random(7)
    expected: dict[str, int] = {}
    number, n = -1, 0
    for trial in range(TRIALS):
        acks = run_and_kill(path, trial, n, rng.randrange(1, 60))
        for what, n in acks:
            if what == "put":
                expected = {f"k{k}": n for k in range(5)}
            elif what == "forget":
                expected = {}
            else:
                number = n
        store = SQLiteSpool(path, checkpoint_batches=5, keep_ms=50)
        found = seen(store)
        # The operation that was under way when the process died may have happened.
        allowed: tuple[dict[str, int], ...] = (expected, {}, {f"k{k}": n + 1 for k in range(5)})
        assert found in allowed, f"trial {trial}: acknowledged {expected}, found {found}"
        if found != expected:
            expected, n = found, n + 1
        kept = store.load("number")
        assert kept is None or int(kept) in (number, n, n + 1)
        number = -1 if kept is None else int(kept)
        store.close()


def run_and_kill(path: Path, seed: int, begin: int, acks: int) -> list[tuple[str, int]]:
    """Let a child write until it has acknowledged so many, then kill -9. All that it acknowledged."""
    command = [sys.executable, "-m", "tests.telemetry.store.child", str(path), str(seed), str(begin)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(acks)]
        child.kill()
        lines += child.stdout.readlines()
    whole = [line.split() for line in lines if line.endswith("\n")]
    assert len(whole) >= acks, "the child died by itself"
    return [(what, int(number)) for what, number in whole]


# Checkpoints and retention.


def test_a_checkpoint_makes_the_next_start_read_nothing_again(path: Path) -> None:
    store = SQLiteSpool(path, checkpoint_batches=3)
    for n in range(7):
        store.append([entry("a", n)])
    store.close()
    again = SQLiteSpool(path, checkpoint_batches=3)
    assert (seen(again), again._since_checkpoint) == ({"a": 6}, 1)
    again.close()


def test_a_crash_between_append_and_checkpoint_loses_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SQLiteSpool(path, checkpoint_batches=2)
    store.append([entry("a", 1), entry("b", 1)])

    def torn(now_ms: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "checkpoint", torn)
    with pytest.raises(KeyboardInterrupt):
        store.append([entry("a", 2)])
    store.close()
    again = SQLiteSpool(path)
    assert seen(again) == {"a": 2, "b": 1}
    again.close()


def test_a_checkpoint_that_does_not_fit_is_put_off_and_the_batch_is_safe(path: Path, failing: Any) -> None:
    store = SQLiteSpool(path, checkpoint_batches=2)
    store.append([entry("a", 1)])
    failing(store, "INSERT INTO latest")
    store.append([entry("a", 2)])
    failing(store, None)
    assert seen(store) == {"a": 2}
    store.append([entry("a", 3)])
    store.append([entry("b", 4)])
    store.close()
    again = SQLiteSpool(path)
    assert (seen(again), again._since_checkpoint) == ({"a": 3, "b": 4}, 0)
    again.close()


def test_old_batches_go_at_a_checkpoint_and_latest_stays(path: Path) -> None:
    store = SQLiteSpool(path, keep_ms=100, checkpoint_batches=1000)
    store.append([entry("a", 10)])
    store.append([entry("b", 1000)])
    store.append([entry("c", 1050)])
    with_all = count(store)
    store.checkpoint(1050)
    assert (with_all, count(store), seen(store)) == (3, 2, {"a": 10, "b": 1000, "c": 1050})
    store.close()
    again = SQLiteSpool(path)
    assert seen(again) == {"a": 10, "b": 1000, "c": 1050}
    again.close()


def test_retention_never_takes_a_batch_that_no_checkpoint_has(path: Path, failing: Any) -> None:
    store = SQLiteSpool(path, keep_ms=100, checkpoint_batches=1000)
    store.append([entry("a", 10)])
    store.append([entry("b", 10_000)])
    failing(store, "INSERT INTO latest")
    with pytest.raises(StoreUnavailable):
        store.checkpoint(10_000)
    failing(store, None)
    assert count(store) == 2
    store.close()
    again = SQLiteSpool(path)
    assert seen(again) == {"a": 10, "b": 10_000}
    again.close()


def test_a_clock_that_is_years_ahead_costs_history_but_no_node(path: Path) -> None:
    store = SQLiteSpool(path, keep_ms=100, checkpoint_batches=1)
    store.append([entry("a", 1000)])
    store.append([entry("b", 10**12)])
    store.append([entry("a", 2000)])
    store.append([entry("b", 2001)])
    assert seen(store) == {"a": 2000, "b": 2001}
    store.close()
    again = SQLiteSpool(path)
    assert seen(again) == {"a": 2000, "b": 2001}
    again.close()


def test_the_sequence_goes_on_after_everything_old_went(path: Path) -> None:
    store = SQLiteSpool(path, keep_ms=0, checkpoint_batches=1)
    for n in range(5):
        store.append([entry("a", 1000 * n)])
    with_checkpoint = store.load("checkpoint")
    store.close()
    again = SQLiteSpool(path, checkpoint_batches=1000)
    again.append([entry("a", 9000)])
    again.close()
    last = SQLiteSpool(path)
    assert (with_checkpoint, seen(last)) == (b"5", {"a": 9000})
    last.close()


def test_a_forget_that_the_disk_refuses_forgets_nothing(path: Path, failing: Any) -> None:
    store = SQLiteSpool(path, checkpoint_batches=2)
    store.append([entry("a", 1)])
    failing(store, "DELETE FROM latest")
    with pytest.raises(StoreUnavailable):
        store.forget()
    failing(store, None)
    assert seen(store) == {"a": 1}
    store.append([entry("b", 2)])  # a checkpoint
    store.close()
    again = SQLiteSpool(path)
    assert seen(again) == {"a": 1, "b": 2}
    again.close()


def count(store: SQLiteSpool) -> int:
    return int(store.file._db.execute("SELECT count(*) FROM batch").fetchone()[0])


# A disk that fails.


class Failing:
    """A connection that fails at statements that begin with `at`."""

    def __init__(self, db: sqlite3.Connection, at: str) -> None:
        self._db, self._at = db, at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def execute(self, statement: str, *given: Any) -> sqlite3.Cursor:
        self._check(statement)
        return self._db.execute(statement, *given)

    def executemany(self, statement: str, *given: Any) -> sqlite3.Cursor:
        self._check(statement)
        return self._db.executemany(statement, *given)

    def _check(self, statement: str) -> None:
        if statement.startswith(self._at):
            raise sqlite3.OperationalError("disk I/O error")


@pytest.fixture
def failing() -> Any:
    def fail(store: SQLiteSpool, at: str | None) -> None:
        db: Any = store.file._db
        real = db._db if isinstance(db, Failing) else db
        store.file._db = real if at is None else Failing(real, at)  # type: ignore[assignment]  # a stand-in

    return fail


@pytest.mark.parametrize("at", ["BEGIN", "INSERT INTO batch", "COMMIT"])
def test_an_append_that_fails_anywhere_keeps_nothing_and_the_next_one_works(path: Path, at: str, failing: Any) -> None:
    store = SQLiteSpool(path)
    store.append([entry("a", 1)])
    failing(store, at)
    with pytest.raises(StoreUnavailable, match="disk I/O error"):
        store.append([entry("a", 2), entry("b", 2)])
    failing(store, None)
    assert (seen(store), count(store)) == ({"a": 1}, 1)
    store.append([entry("a", 3)])
    store.close()
    again = SQLiteSpool(path)
    assert seen(again) == {"a": 3}
    again.close()


def test_a_real_disk_that_is_full(tmp_path: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting needs root")
    try:
        store = SQLiteSpool(tmp_path / "store.sqlite3")
        kept, full = 0, 0
        for n in range(1, 200):
            try:
                store.append([Entry("a", n, n, random.Random(n).randbytes(20_000).replace(b"\n", b""))])
                kept = n
            except StoreUnavailable:
                full += 1
        assert kept
        assert full
        assert seen(store) == {"a": kept}
        store.close()
        again = SQLiteSpool(tmp_path / "store.sqlite3")
        assert seen(again) == {"a": kept}, "a full disk can still be read"
        again.close()
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


# Files that are not as they should be. Every message names the file.


def refused(path: Path, kind: type[Exception], about: str) -> None:
    with pytest.raises(kind, match=about) as caught:
        SQLiteSpool(path).latest()
    assert str(path) in str(caught.value)


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    filled(path)
    with raw(path) as db:
        db.execute("PRAGMA user_version = 3")
    before = path.read_bytes()
    refused(path, StoreTooNew, "newer twin .schema 3")
    assert path.read_bytes() == before


def test_somebody_elses_database_is_left_alone(path: Path) -> None:
    with raw(path) as db:
        db.execute("CREATE TABLE batch (theirs TEXT)")
    refused(path, StoreCorrupt, "another program")
    with raw(path) as db:
        assert [name for (name,) in db.execute("SELECT name FROM sqlite_master")] == ["batch"]


def test_a_database_marked_by_another_program_is_left_alone(path: Path) -> None:
    with raw(path) as db:
        db.execute("PRAGMA application_id = 1234")
        db.execute("PRAGMA user_version = 1")
    refused(path, StoreCorrupt, "another program")


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.write_bytes(b"my diary, do not read " * 100)
    refused(path, StoreCorrupt, "damaged")
    assert path.read_bytes().startswith(b"my diary")


def test_an_empty_file_is_a_new_store(path: Path) -> None:
    path.touch()
    store = SQLiteSpool(path)
    store.append([entry("a", 1)])
    store.close()
    with raw(path) as db:
        assert db.execute("PRAGMA application_id").fetchone()[0] == schema.APPLICATION_ID


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.999])
def test_a_file_that_was_cut_short_is_named(path: Path, share: float) -> None:
    filled(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    refused(path, StoreCorrupt, "damaged")


def test_a_flipped_bit_in_a_batch_is_named_with_its_number(path: Path) -> None:
    filled(path)
    with raw(path) as db:
        body = bytearray(db.execute("SELECT body FROM batch WHERE seq = 3").fetchone()[0])
        body[len(body) // 2] ^= 4
        db.execute("UPDATE batch SET body = ? WHERE seq = 3", (bytes(body),))
    refused(path, StoreCorrupt, "batch 3 is damaged")


def test_a_batch_that_is_whole_but_says_nonsense_is_named(path: Path) -> None:
    filled(path)
    with raw(path) as db:
        db.execute("UPDATE batch SET body = ? WHERE seq = 2", (zlib.compress(b"1 x key {}\n"),))
    refused(path, StoreCorrupt, "batch 2 is damaged")


def test_a_checkpoint_that_is_no_number_is_named(path: Path) -> None:
    filled(path)
    with raw(path) as db:
        db.execute("INSERT OR REPLACE INTO document (name, body) VALUES ('checkpoint', 'soon')")
    refused(path, StoreCorrupt, "checkpoint is damaged")


def test_flipped_bits_anywhere_end_in_a_named_error_or_in_what_was_kept(path: Path) -> None:
    filled(path)
    whole, rng = path.read_bytes(), random.Random(3)
    for _ in range(150):
        damaged = bytearray(whole)
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        path.write_bytes(bytes(damaged))
        told = opened_and_read(path)
        assert told is None or str(path) in told


def opened_and_read(path: Path) -> str | None:
    """None, or the message of the named error that it ended in."""
    try:
        store = SQLiteSpool(path)
    except StoreError as error:
        return error.message
    try:
        list(store.latest())
        store.load("epoch")
    except StoreError as error:
        return error.message
    finally:
        store.close()
    return None


def test_a_store_that_another_process_holds_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-m", "tests.telemetry.store.child", str(path), "1", "0"]
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **named: connect(*args, **{**named, "timeout": 0.05}))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        child.stdout.readline()
        try:
            refused(path, StoreUnavailable, "another twin holds it")
        finally:
            child.kill()
    store = SQLiteSpool(path)  # and it is free as soon as that one is gone
    store.close()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="TWIN_DATA_DIR"):
        SQLiteSpool(tmp_path / "file" / "store.sqlite3")


def test_a_store_that_is_closed_says_so_and_does_not_fall_over(path: Path) -> None:
    store = SQLiteSpool(path)
    store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        store.append([entry("a", 1)])


# What goes on from here: to the screen, and to a database.


def test_a_batch_is_pending_once_its_fate_on_the_screen_is_known(path: Path) -> None:
    spool = SQLiteSpool(path)
    first = spool.append([entry("a", 1), entry("b", 2)])
    second = spool.append([entry("a", 3)])
    assert spool.pending(0, 10) == []
    spool.record([(first, 100)], [])
    (batch,) = spool.pending(0, 10)
    assert (batch.source, batch.seq, batch.rows.shown_ms.tolist()) == (spool.source, first, [100, 100])
    spool.append([entry("a", SHOWN_WITHIN_MS + 4)])
    assert [each.seq for each in spool.pending(0, 10)] == [first, second], "too old to be shown any more"
    assert spool.pending(0, 10)[1].rows.shown_ms.tolist() == [-1]
    spool.close()
    again = SQLiteSpool(path)
    assert [each.seq for each in again.pending(first, 10)] == [second, second + 1], "an earlier life's is known"
    assert [each.seq for each in again.pending(0, 2)] == [first, second]
    again.close()


def test_a_late_report_was_never_shown_whatever_its_batch_was(path: Path) -> None:
    spool = SQLiteSpool(path)
    spool.append([entry("a", 10)])
    seq = spool.append([entry("a", 5, 12), entry("b", 5, 12), entry("a", 11, 12), entry("a", 7, 12)])
    spool.record([(seq, 100)], [])
    assert spool.pending(1, 1)[0].rows.shown_ms.tolist() == [-1, 100, 100, -1]
    spool.close()
    again = SQLiteSpool(path)
    seq = again.append([entry("a", 8, 13)])
    again.record([(seq, 200)], [])
    assert again.pending(seq - 1, 1)[0].rows.shown_ms.tolist() == [-1], "a restart forgets nobody's last word"
    again.close()


def test_events_are_batches_of_their_own_and_pending_once(path: Path) -> None:
    spool = SQLiteSpool(path)
    events = [Event(5, "a", "status", '"online"'), Event(6, "", "epoch", "3")]
    spool.append([entry("a", 1)])
    spool.record([(1, 100)], events)
    spool.append([entry("a", 2)])
    spool.record([(3, 200)], [])
    assert [(each.seq, len(each.rows), each.events) for each in spool.pending(0, 10)] == [
        (1, 1, ()),
        (2, 0, tuple(events)),
        (3, 1, ()),
    ]
    spool.close()


def test_retention_never_takes_what_has_not_been_shipped(path: Path) -> None:
    spool = SQLiteSpool(path, keep_ms=10, ships=True)
    for n in range(6):
        spool.append([entry("a", 10_000 * n)])
    spool.checkpoint(100_000)
    assert [each.seq for each in spool.pending(0, 10)] == [1, 2, 3, 4, 5]
    spool.shipped(3)
    spool.checkpoint(100_000)
    assert [each.seq for each in spool.pending(0, 10)] == [4, 5]
    spool.close()
    again = SQLiteSpool(path, keep_ms=10, ships=True)
    again.checkpoint(100_000)
    assert [each.seq for each in again.pending(0, 10)] == [4, 5, 6], "what was shipped is known after a restart"
    again.close()


def test_pending_rows_say_all_that_the_report_said(path: Path) -> None:
    body = b'{"CPU":"9.7%","CPUTemperature":"no sensor","mac":"m1","sampledAt":77,"MemoryPercentage":5,"x":[1, 2]}'
    spool = SQLiteSpool(path)
    spool.append([Entry("m1", 100, 90, body)])
    spool.record([(1, 100)], [])
    rows = spool.pending(0, 1)[0].rows
    assert (rows.keys, rows.seen_ms[0], rows.received_ms[0], rows.node_ms[0]) == (("m1",), 90, 100, 77)
    assert [repr(float(value)) for value in rows.metrics[:, 0]] == ["9.699999809265137", "5.0", "nan", "nan"]
    assert json.loads(rows.rest[0]) == {"CPUTemperature": "no sensor", "x": [1, 2]}
    spool.close()


def test_a_body_that_is_no_report_is_kept_and_is_in_nobodys_way(path: Path) -> None:
    spool = SQLiteSpool(path)
    spool.append([Entry("a", 1, 1, b"\xff no json"), Entry("b", 1, 1, b'{"CPU":"x","sampledAt":-5}')])
    spool.record([(1, 100)], [])
    rows = spool.pending(0, 1)[0].rows
    assert all(value != value for value in rows.metrics.ravel().tolist())
    assert rows.rest == (b"{}", b'{"CPU":"x","sampledAt":-5}')
    assert rows.node_ms.tolist() == [-1, -1]
    spool.close()


def test_an_append_numbers_its_batch_and_the_numbers_go_on(path: Path) -> None:
    spool = SQLiteSpool(path)
    assert [spool.append([]), spool.append([entry("a", 1)]), spool.append([entry("a", 2)])] == [0, 1, 2]
    source = spool.source
    spool.close()
    again = SQLiteSpool(path)
    assert (again.append([entry("a", 3)]), again.source) == (3, source)
    again.close()


def test_where_somebody_settles_no_commit_does_and_nothing_is_missing(path: Path) -> None:
    spool = SQLiteSpool(path)
    spool.file.tended()
    text = random.Random(1).randbytes(400_000).hex().encode()
    for n in range(12):
        spool.append([Entry("k", n, n, b'{"n":"%s"}' % text)])
    empty = path.stat().st_size
    assert empty < len(text), "the commits left it to others"
    spool.file.settle()
    assert path.stat().st_size > empty + 4_000_000
    spool.record([(12, 100)], [])
    assert [batch.rows.seen_ms.tolist() for batch in spool.pending(0, 100)] == [[n] for n in range(12)]
    spool.close()


def test_a_settled_wal_is_used_again_from_its_start(path: Path) -> None:
    spool = SQLiteSpool(path)
    spool.file.tended()
    wal = path.with_name(path.name + "-wal")
    sizes = []
    for n in range(20):
        spool.append([Entry("k", n, n, b'{"n":"%s"}' % random.Random(n).randbytes(100_000).hex().encode())])
        spool.file.settle()
        sizes.append(wal.stat().st_size)
    assert max(sizes) < 3 * sizes[0]
    spool.close()
