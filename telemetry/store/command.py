"""`twin store check`, `compact` and `export`: what a person does with the embedded file. Owns their options, their
progress and what is told; twin/__main__.py hooks them in (beside oracle_command.py's) and prints.

Exit codes: 0 done, 1 something is damaged or could not be done, 2 a wrong command line.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from telemetry.store.base import StoreError

FILE = "telemetry.sqlite3"
FAILED = 1
FOREVER = 2**62
Say = Callable[[str], None]
_BAR = 30  # characters
_EVERY_S = 0.2
_NAMED = 50  # damaged parts that are named; of more the count says enough


def add_commands(commands: Any, say: Say) -> None:
    """Add them to the subcommands of `twin store` (what argparse's add_subparsers returned)."""
    check = commands.add_parser("check", help="read all that is kept, verify every checksum, name what is damaged")
    compact = commands.add_parser("compact", help="pack everything and give free space back (the twin must not run)")
    export = commands.add_parser("export", help="write history to a file that other tools read")
    export.add_argument("file", type=Path, metavar="FILE", help="what to write; a .csv.gz is compressed")
    export.add_argument("--format", choices=("parquet", "csv"), help="default: by the name of FILE")
    export.add_argument("--from", dest="start", type=moment, default=0, help="2026-01-31, 2026-01-31T12:00 (UTC) or ms")
    export.add_argument("--to", dest="end", type=moment, default=FOREVER, help="the end, which is not included")
    for parser, act in ((check, _check), (compact, _compact), (export, _export)):
        parser.add_argument("--data-dir", type=Path, help="where the store lives (TWIN_DATA_DIR)")
        parser.set_defaults(act=lambda args, act=act: _carry_out(act, args, os.environ, say))


def moment(text: str) -> int:
    """A time as a person writes it, in ms since 1970. Without a zone it is UTC."""
    if text.isdecimal() and len(text) > 8:
        return int(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 2026-01-31T12:00 or milliseconds") from None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


class Bar:
    """A bar on a terminal, nothing elsewhere: a log has no use for it."""

    def __init__(self, what: str, out: TextIO) -> None:
        self._what, self._out = what, out
        self._live = out.isatty()
        self._told_s = 0.0

    def __call__(self, done: int, of: int) -> None:
        now_s = time.monotonic()
        if not self._live or (done < of and now_s - self._told_s < _EVERY_S):
            return
        self._told_s = now_s
        share = done / of if of else 1.0
        full = round(_BAR * share)
        self._out.write(f"\r{self._what} [{'#' * full}{'.' * (_BAR - full)}] {share:4.0%} {done:,} of {of:,}")
        self._out.flush()

    def end(self) -> None:
        if self._live and self._told_s:
            self._out.write("\n")


def _carry_out(
    act: Callable[[argparse.Namespace, Path, Say], int], args: argparse.Namespace, environ: Mapping[str, str], say: Say
) -> int:
    folder = args.data_dir or Path(environ.get("TWIN_DATA_DIR") or ".twin")
    path = folder / FILE
    try:
        if not path.exists():
            say(f"twin: {path}: there is no such file; is TWIN_DATA_DIR right?")
            return FAILED
        return act(args, path, say)
    except StoreError as error:
        say(f"twin: {error.message}")
        return FAILED


def _check(args: argparse.Namespace, path: Path, say: Say) -> int:
    from telemetry.store.check import check

    bar = Bar("Checking", sys.stderr)
    found = check(path, bar)
    bar.end()
    for each in found.damage[:_NAMED]:
        say(f"damaged: {each}")
    if len(found.damage) > _NAMED:
        say(f"... and {len(found.damage) - _NAMED} more")
    kept = f"{found.rows:,} rows in {found.chunks:,} chunks and {found.batches:,} batches"
    if found.damage:
        say(f"{path}: {len(found.damage)} damaged, the rest is readable: {kept}. docs/store.md says what to do.")
        return FAILED
    say(f"{path}: all is well: {kept}")
    return 0


def _compact(args: argparse.Namespace, path: Path, say: Say) -> int:
    from telemetry.store import compact
    from telemetry.store.history import History
    from telemetry.store.sqlite import SQLiteSpool

    spool = SQLiteSpool(path)
    before = spool.file.size_bytes
    bar = Bar("Packing", sys.stderr)
    try:
        spool.keeps_history = True
        history = History(spool.file, spool)
        history.refresh()
        while history.hot.seq > history.directory.seq:
            first = history.directory.seq
            for _ in compact.steps(history):
                bar(history.directory.seq - first, spool.seq - first)
            history.refresh()
        spool.file.give_back()
        bar.end()
        say(f"{path}: {history.extent().rows:,} rows; {before:,} bytes before, {spool.file.size_bytes:,} now")
    finally:
        spool.close()
    return 0


def _export(args: argparse.Namespace, path: Path, say: Say) -> int:
    from telemetry.store.export import export
    from telemetry.store.file import File
    from telemetry.store.history import History

    form = args.format or ("parquet" if args.file.suffix == ".parquet" else "csv")
    bar = Bar("Exporting", sys.stderr)
    file = File(path, readonly=True)
    try:
        history = History(file)
        history.refresh()
        count = export(history, args.file, form, args.start, args.end, bar)
    finally:
        file.close()
    bar.end()
    say(f"{args.file}: {count:,} rows, {args.file.stat().st_size:,} bytes")
    if history.behind:
        say("The newest rows are not in it: too many are not packed yet. Run `twin store compact` first.")
        return FAILED
    if history.directory.damage:
        say("Damaged parts were left out; `twin store check` names them.")
        return FAILED
    return 0
