"""Writes history to a file that other tools read: `twin store export`. Parquet (with pyarrow, the extra `export`) or
CSV, compressed by gzip where the name ends in .gz. Rows chunk by chunk; late ones included.

Owns the columns: key, seen_ms, received_ms, node_ms, shown_ms, the metrics, rest (JSON or empty). Unknown is empty.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np

from telemetry.store import batches
from telemetry.store.base import StoreError
from telemetry.store.directory import Meta
from telemetry.store.history import History
from telemetry.store.rows import METRICS, UNKNOWN_MS, Rows

COLUMNS: Final = ("key", "seen_ms", "received_ms", "node_ms", "shown_ms", *METRICS, "rest")
_TIMES = ("seen_ms", "received_ms", "node_ms", "shown_ms")
Progress = Callable[[int, int], None]
Write = Callable[[Rows], None]


class ExportError(StoreError):
    """The file cannot be written; the message says what to do."""

    code = "export_failed"


def export(history: History, target: Path, form: str, start_ms: int, end_ms: int, progress: Progress) -> int:
    """Write rows with start <= seen_ms < end. How many. The target appears when it is whole. Raises ExportError."""
    part = target.with_name(target.name + ".part")
    count = 0
    try:
        with _WRITERS[form](part) as write:
            for rows in _rows(history, start_ms, end_ms, progress):
                write(rows)
                count += len(rows)
        part.replace(target)
    except OSError as error:
        raise ExportError(f"{target}: cannot be written ({error})") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _rows(history: History, start_ms: int, end_ms: int, progress: Progress) -> Iterator[Rows]:
    """Chunk by chunk, then what is in no chunk yet; a chunk at a time in memory."""
    directory = history.directory
    index = directory.rows
    near = (index.column("seen_least") < end_ms) & (index.column("seen_most") >= start_ms)
    metas: list[Meta] = directory.metas(index, np.flatnonzero(near))
    of = len(metas) + len(history.hot.batches)
    for done, meta in enumerate(metas):
        progress(done, of)
        rows = directory.chunk(meta)
        if rows is not None:
            rest = directory.rest(meta) or (b"",) * len(rows)
            yield _inside(history, replace(rows, rest=rest), start_ms, end_ms)
    for done, batch in enumerate(history.hot.batches):
        progress(len(metas) + done, of)
        kept = history.file.read(lambda db: batches.select(db, batch.seq - 1, batch.seq))  # noqa: B023  # runs at once
        full, _ = kept[0].rows(UNKNOWN_MS, rest=True)
        rest = full.take(batch.counts).rest
        yield _inside(history, replace(batch.counted(), rest=rest), start_ms, end_ms)
    progress(of, of)


def _inside(history: History, rows: Rows, start_ms: int, end_ms: int) -> Rows:
    low = max(start_ms, history.horizons.raw_ms)
    rows = rows.take((rows.seen_ms >= low) & (rows.seen_ms < end_ms))
    return history.with_keys(rows)


@contextmanager
def _csv(path: Path) -> Iterator[Write]:
    with _text(path) as out:
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(COLUMNS)

        def write(rows: Rows) -> None:
            columns: list[list[object]] = [[rows.keys[number] for number in rows.node.tolist()]]
            times = [getattr(rows, name).tolist() for name in _TIMES]
            columns += [["" if value == UNKNOWN_MS else value for value in column] for column in times]
            # The shortest text that gives the same float32 back.
            columns += [["" if np.isnan(value) else str(value) for value in values] for values in rows.metrics]
            columns.append([text.decode(errors="replace") for text in rows.rest] or [""] * len(rows))
            lines.writerows(zip(*columns, strict=True))

        yield write


def _text(path: Path) -> AbstractContextManager[TextIO]:
    if path.name.removesuffix(".part").endswith(".gz"):
        return io.TextIOWrapper(gzip.open(path, "wb", compresslevel=6), encoding="utf-8", newline="")
    return path.open("w", encoding="utf-8", newline="")


@contextmanager
def _parquet(path: Path) -> Iterator[Write]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ExportError(
            "Parquet needs pyarrow, which is not installed: pip install 'picluster-twin[export]', or use --format csv"
        ) from error
    fields: list[tuple[str, Any]] = [("key", pyarrow.string()), *((name, pyarrow.int64()) for name in _TIMES)]
    fields += [*((name, pyarrow.float32()) for name in METRICS), ("rest", pyarrow.string())]
    schema = pyarrow.schema(fields)
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as out:

        def write(rows: Rows) -> None:
            columns: list[Any] = [[rows.keys[number] for number in rows.node.tolist()]]
            for name in _TIMES:
                times = getattr(rows, name)
                columns.append(pyarrow.array(times, mask=times == UNKNOWN_MS))
            columns += [pyarrow.array(values, mask=np.isnan(values)) for values in rows.metrics]
            columns.append([text.decode(errors="replace") for text in rows.rest] or [""] * len(rows))
            out.write_table(pyarrow.table(dict(zip(COLUMNS, columns, strict=True)), schema=schema))

        yield write


_WRITERS: dict[str, Callable[[Path], AbstractContextManager[Write]]] = {"csv": _csv, "parquet": _parquet}
