"""`twin store check`, `compact` and `export`, as a person runs them."""

from __future__ import annotations

import asyncio
import csv
import gzip
import sqlite3
import sys
from pathlib import Path

import pytest
from pyarrow import parquet

from telemetry.store import command as commands
from telemetry.store.command import FILE, moment
from telemetry.store.embedded import EmbeddedStore
from telemetry.store.rows import Event
from tests.telemetry.store.rowsets import MINUTE, NAN, T0, batch, line
from twin.__main__ import main

ROWS = 300


async def fill(path: Path) -> None:
    """Two batches in chunks, one not yet."""
    store = EmbeddedStore(path)
    await store.open()
    for seq in range(1, 4):
        rest = b'{"who":"\xc3\xa9, \\"x\\""}'
        lines = [
            line(f"n{at}", seq * 10 * MINUTE + at, shown=seq, values=(9.7, NAN, at, 0), rest=rest) for at in range(100)
        ]
        await store.land(batch(seq, *lines, events=[Event(T0 + seq, "n1", "status", '"online"')]))
        if seq == 2:
            await store.compact()
    await store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    asyncio.run(fill(tmp_path / FILE))
    return tmp_path


def run(*argv: object) -> int:
    return main(["store", *map(str, argv)])


def test_check_of_a_whole_file_says_all_is_well(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--data-dir", folder) == 0
    assert f"all is well: {ROWS} rows in 12 chunks and 1 batches" in capsys.readouterr().out


def test_check_names_what_is_damaged_and_its_time(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(folder / FILE) as db:
        (number,) = db.execute("SELECT id FROM chunk WHERE grp = 0 ORDER BY id LIMIT 1").fetchone()
        body = bytearray(db.execute("SELECT rows FROM body WHERE id = ?", (number,)).fetchone()[0])
        body[len(body) // 2] ^= 4
        db.execute("UPDATE body SET rows = ? WHERE id = ?", (bytes(body), number))
        db.execute("UPDATE event SET value = '\"lost\"' WHERE at_ms = ?", (T0 + 1,))
        db.execute("UPDATE batch SET body = substr(body, 1, 50)")
    db.close()
    assert run("check", "--data-dir", folder) == 1
    out = capsys.readouterr().out
    assert f"chunk {number}, of 2023-11-14 22:24:00 UTC to 2023-11-14 22:24:00 UTC: its checksum is wrong" in out
    assert "batch 3: its checksum is wrong" in out
    assert "the event" in out
    assert "3 damaged, the rest is readable: 179 rows" in out


def test_check_finds_a_batch_that_is_missing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def two_more() -> None:
        store = EmbeddedStore(folder / FILE)
        await store.open()
        for seq in (4, 5):
            await store.land(batch(seq, line("a", seq * 10 * MINUTE)))
        await store.close()

    asyncio.run(two_more())
    with sqlite3.connect(folder / FILE) as db:
        db.execute("DELETE FROM batch WHERE seq = 4")
    db.close()
    assert run("check", "--data-dir", folder) == 1
    assert "batches 4 to 4 are missing, before 2023-11-14 23:04:00 UTC" in capsys.readouterr().out


def test_check_may_run_beside_a_twin_and_compact_may_not(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def beside() -> tuple[int, int]:
        store = EmbeddedStore(folder / FILE)
        await store.open()
        try:
            return run("check", "--data-dir", folder), run("compact", "--data-dir", folder)
        finally:
            await store.close()

    assert asyncio.run(beside()) == (0, 1)
    assert "another twin holds it" in capsys.readouterr().out


def test_compact_packs_everything_and_keeps_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compact", "--data-dir", folder) == 0
    assert f"{ROWS} rows" in capsys.readouterr().out
    assert run("check", "--data-dir", folder) == 0
    assert f"{ROWS} rows in 18 chunks and 0 batches" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz"])
def test_export_writes_csv_by_range(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    target = folder / name
    begin, end = T0 + 20 * MINUTE, T0 + 30 * MINUTE + 50
    assert run("export", target, "--from", begin, "--to", end, "--data-dir", folder) == 0
    assert "150 rows" in capsys.readouterr().out
    content = target.read_bytes()
    text = (gzip.decompress(content) if name.endswith("gz") else content).decode()
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 150
    first = rows[0]
    assert (first["key"], first["seen_ms"], first["node_ms"], first["shown_ms"]) == ("n0", str(begin), "", str(T0 + 2))
    assert (first["cpu_pct"], first["mem_pct"], first["rest"]) == ("9.7", "", '{"who":"é, \\"x\\""}')
    assert not list(folder.glob("*.part"))


def test_export_writes_parquet(folder: Path) -> None:
    assert run("export", folder / "out.parquet", "--data-dir", folder) == 0
    table = parquet.read_table(folder / "out.parquet")
    assert (table.num_rows, table.column("mem_pct").null_count, table.column("node_ms").null_count) == (ROWS,) * 3
    assert sorted(set(table.column("seen_ms").to_pylist()))[0] == T0 + 10 * MINUTE


def test_parquet_without_pyarrow_is_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert run("export", folder / "out.parquet", "--data-dir", folder) == 1
    assert "pip install 'picluster-twin[export]', or use --format csv" in capsys.readouterr().out


def test_a_file_that_is_not_there_and_a_target_that_cannot_be_are_sentences(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", "--data-dir", folder / "nowhere") == 1
    assert "there is no such file" in capsys.readouterr().out
    assert run("export", folder / "no" / "out.csv", "--data-dir", folder) == 1
    assert "cannot be written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2023-11-14", 1_699_920_000_000),
        ("2023-11-14T22:13:20", 1_700_000_000_000),
        ("2023-11-15T00:13:20+02:00", 1_700_000_000_000),
        ("1700000000000", 1_700_000_000_000),
    ],
)
def test_a_time_is_a_date_or_milliseconds(text: str, ms: int) -> None:
    assert moment(text) == ms


def test_a_time_that_is_none_is_a_usage_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run("export", folder / "x.csv", "--from", "yesterday", "--data-dir", folder)
    assert ended.value.code == 2
    assert "'yesterday' is no time" in capsys.readouterr().err


def test_a_bar_is_for_a_terminal_only(capsys: pytest.CaptureFixture[str]) -> None:
    bar = commands.Bar("Checking", sys.stderr)
    bar(1, 2)
    bar.end()
    assert capsys.readouterr().err == ""
