"""Walks everything in the embedded file and verifies every checksum: `twin store check`. Reads only; a twin may run.

What is damaged is named: the batch, chunk or line, and the time it is of. Each kind of thing is a walk over a table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from telemetry.store import batches, chunks, minutes, records
from telemetry.store.base import StoreCorrupt
from telemetry.store.chunks import Damaged
from telemetry.store.directory import GROUP, MINUTES, Meta, entries, window_of, words
from telemetry.store.documents import load_document
from telemetry.store.file import File
from telemetry.store.rows import Rows, identity
from telemetry.store.schema import mark

_PAGES = 200  # rows of a table a look


@dataclass(slots=True)
class Found:
    """What a check has seen."""

    batches: int = 0
    chunks: int = 0
    rows: int = 0
    lines: int = 0
    damage: list[str] = field(default_factory=list)


def check(path: Path, progress: Callable[[int, int], None] = lambda done, of: None) -> Found:
    """Read all of it. `progress(done, of)` is called now and then. Raises what opening a File raises."""
    found = Found()
    file = File(path, readonly=True)
    try:
        of = file.read(_count)
        done = 0
        for walk in (_structure, _documents, _batches, _chunks, _lines):
            for step in walk(file, found):
                done += step
                progress(min(done, of), of)
        progress(of, of)
    except Damaged as error:
        found.damage.append(str(error))
    finally:
        file.close()
    return found


def _count(db: sqlite3.Connection) -> int:
    """What the walks count as they go."""
    tables = ("batch", "chunk", "event", "latest")
    return sum(int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) for table in tables)


def _structure(file: File, found: Found) -> Iterator[int]:
    """SQLite's own pages and indices."""

    def look(db: sqlite3.Connection) -> list[str]:
        return [str(text) for (text,) in db.execute("PRAGMA integrity_check(20)")]

    try:
        told = file.read(look)
    except StoreCorrupt as error:
        told = [error.message]
    found.damage += [f"the file's structure: {each}" for each in told if each != "ok"]
    yield 0


def _documents(file: File, found: Found) -> Iterator[int]:
    for name in (
        "epoch",
        "registry",
        "survey",
        "source",
        "checkpoint",
        "compacted",
        "generation",
        "horizons",
        "shipped",
    ):
        with _Noting(found):
            file.read(lambda db: load_document(db, name))  # noqa: B023  # runs at once
        found.lines += 1
        yield 0


def _batches(file: File, found: Found) -> Iterator[int]:
    compacted = _compacted(file)
    seq, last = 0, None
    while True:
        damaged: list[int] = []
        kept = file.read(lambda db: batches.select(db, seq, limit=_PAGES, damaged=damaged))  # noqa: B023
        found.damage += [f"batch {each}: its checksum is wrong" for each in damaged]
        for each in kept:
            if last is not None and each.first != last + 1 and last + 1 not in damaged and each.seq > compacted:
                found.damage.append(f"batches {last + 1} to {each.first - 1} are missing, before {words(each.t0_ms)}")
            last = each.seq
            try:
                rows, _ = each.rows(0, rest=True)
                found.rows += len(rows) if each.seq > compacted else 0
            except Damaged as error:
                found.damage.append(f"batch {each.seq}, received from {words(each.t0_ms)} on: {error}")
            found.batches += 1
            yield 1
        for number in damaged:
            last = max(last or 0, number)
        if not kept and not damaged:
            return
        seq = max([each.seq for each in kept] + damaged)


def _chunks(file: File, found: Found) -> Iterator[int]:
    number = -1
    while True:
        metas = file.read(
            lambda db: entries(db, "WHERE id > ? ORDER BY id LIMIT ?", number, _PAGES)  # noqa: B023  # runs at once
        )
        if not metas:
            break
        for number, meta, _, _ in metas:
            found.chunks += 1
            if meta is None:
                found.damage.append(f"the entry of chunk {number}: its checksum is wrong")
                continue
            with _Noting(found):
                _one_chunk(file, meta, found)
            yield 1
    lost = file.read(lambda db: db.execute("SELECT id FROM body WHERE id NOT IN (SELECT id FROM chunk)").fetchall())
    found.damage += [f"chunk {each} has no entry" for (each,) in lost]


def _one_chunk(file: File, meta: Meta, found: Found) -> None:
    def fetch(db: sqlite3.Connection) -> tuple[bytes | None, bytes | None]:
        body = db.execute("SELECT rows FROM body WHERE id = ?", (meta.id,)).fetchone()
        rest = db.execute("SELECT rows FROM rest WHERE id = ?", (meta.id,)).fetchone()
        return (body and body[0], rest and rest[0])

    span = f"{words(meta.seen_least)} to {words(meta.seen_most)}"
    body, rest = file.read(fetch)
    try:
        if body is None:
            raise Damaged("its bytes are missing")
        if meta.grp == MINUTES:
            count = len(minutes.unpack(body))
        else:
            rows = chunks.unpack(body)
            count = len(rows)
            _agrees(meta, rows)
            found.rows += count
        if count != meta.count:
            raise Damaged(f"it has {count} rows, not {meta.count}")
        if rest is not None and len(chunks.unpack_rest(rest)) != count:
            raise Damaged("its processes are not as many as its rows")
    except Damaged as error:
        raise Damaged(f"chunk {meta.id}, of {span}: {error}") from error


def _agrees(meta: Meta, rows: Rows) -> None:
    """The entry tells of its chunk what is in it."""
    names = identity(rows.seen_ms, rows.node_ms)
    mask = int(np.bitwise_or.reduce(np.int64(1) << np.unique(rows.node).astype(np.int64)))
    inside = {window_of(int(names.min())), window_of(int(names.max()))} == {meta.win} and rows.node.max() < GROUP
    least, most = int(rows.seen_ms.min()), int(rows.seen_ms.max())
    if not inside or (mask, least, most) != (meta.mask, meta.seen_least, meta.seen_most):
        raise Damaged("it is not what its entry says")


def _lines(file: File, found: Found) -> Iterator[int]:
    """Events, last words, nodes, and what users wrote."""
    tables = {
        "event": ("id, at_ms, key, kind, value", "event"),
        "latest": ("key, seen_ms, received_ms, body", "last word of node"),
        "node": ("id, key, high", "node"),
        "shown": ("seq, at_ms", "time on the screen of batch"),
    }
    for table, (columns, name) in tables.items():
        rows = file.read(lambda db: db.execute(f"SELECT {columns}, crc FROM {table}").fetchall())  # noqa: B023
        for *values, crc in rows:
            found.lines += 1
            if crc is not None and mark(*values) != crc:
                found.damage.append(f"the {name} {values[0]!r}: its checksum is wrong")
            yield table in ("event", "latest")
    asked: tuple[Callable[[sqlite3.Connection], object], ...] = (
        lambda db: records.commands(db, 2**62, 10**9),
        lambda db: records.warbles(db, 2**62, 10**9),
        lambda db: records.buried(db, 10**9),
        records.all_values,
    )
    for ask in asked:
        with _Noting(found):
            file.read(ask)
        yield 0


def _compacted(file: File) -> int:
    try:
        return int(file.read(lambda db: load_document(db, "compacted")) or b"0")
    except Damaged:  # named by _documents
        return 0


class _Noting:
    """What is damaged inside goes into the list, and the walk goes on."""

    def __init__(self, found: Found) -> None:
        self._found = found

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Damaged):
            self._found.damage.append(str(error))
            return True
        return False
