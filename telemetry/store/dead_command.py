"""`twin store dead list`, `show` and `land`: what a person does with what could not land. Owns their options and what
is told; twin/__main__.py hooks them in (beside command.py's) and prints.

A letter stays where it is when it has landed: it is the only witness. That it has is known from the ledger, under a
name made from the letter's, so landing it twice, at once or after a cut, changes nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import os
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from telemetry.store.base import StoreError
from telemetry.store.command import FILE, Bar, Say
from telemetry.store.contract import Command, DeadLetter, Store, StorePoisoned
from telemetry.store.oracle_command import FAILED, USAGE, oracle_settings

if TYPE_CHECKING:
    from telemetry.store.rows import Batch

MOST: Final = 1000  # letters that are looked at, the newest
_REASON: Final = 160  # characters of it in a list
Act = Callable[[Store, argparse.Namespace, Say], Awaitable[int]]


def add_commands(commands: Any, say: Say) -> None:
    """Add `dead` to the subcommands of `twin store` (what argparse's add_subparsers returned)."""
    dead = commands.add_parser("dead", help="list, show or land again what could not land")
    what = dead.add_subparsers(required=True, metavar="what")
    listing = what.add_parser("list", help="every dead letter: its name, its size, whether it has landed, and why")
    show = what.add_parser("show", help="one of them, as lines of JSON")
    land = what.add_parser("land", help="try again, after the cause is mended; what landed before is not landed twice")
    show.add_argument("name", help="as `list` says it")
    land.add_argument("name", nargs="*", help="as `list` says them")
    land.add_argument("--all", action="store_true", help="every one that has not landed")
    for parser, act in ((listing, _list), (show, _show), (land, _land)):
        parser.add_argument("--data-dir", type=Path, help="where the embedded store lives (TWIN_DATA_DIR)")
        parser.add_argument("--dsn", help="the Oracle database instead (TWIN_STORE=oracle, TWIN_ORACLE_DSN)")
        parser.add_argument("--user", help="the schema's user (TWIN_ORACLE_USER)")
        parser.add_argument("--wallet-dir", help="directory with tnsnames.ora and ewallet.pem (TWIN_ORACLE_WALLET_DIR)")
        parser.set_defaults(act=lambda args, act=act: _carry_out(act, args, os.environ, say))


@dataclass(frozen=True, slots=True)
class Read:
    """A letter, what is in it (None: its bytes cannot be read as rows), and whether that has landed since."""

    letter: DeadLetter
    batch: Batch | None
    landed: bool

    @property
    def name(self) -> str:
        return name_of(self.letter)

    @property
    def state(self) -> str:
        return "unreadable" if self.batch is None else "landed" if self.landed else "waits"


def name_of(letter: DeadLetter) -> str:
    """How a person calls a letter."""
    return f"{letter.source}:{letter.seq}"


async def read(store: Store, letter: DeadLetter) -> Read:
    """What became of a letter. Raises StoreError."""
    from telemetry.store import isolate, letters
    from telemetry.store.rows import Batch

    try:
        rows, events = letters.read(letter.body)
    except ValueError:
        return Read(letter, None, landed=False)
    source = isolate.name_of("again", name_of(letter).encode())
    return Read(letter, Batch(source, 1, rows, events), await store.landed(source) > 0)


async def land(store: Store, batch: Batch) -> tuple[int, Sequence[str]]:
    """Land what was in a letter: how many of its rows are new in the store, and why others still cannot land."""
    from telemetry.store.isolate import isolate, note

    try:
        return (await store.land(batch)).new, ()
    except StorePoisoned as error:
        found = await isolate(store, batch)
        if found is None:
            return 0, (error.message,)
    if not found.bad:
        await note(store, batch)
    return sum(each.new for each in found.landed), found.reasons


async def _list(store: Store, args: argparse.Namespace, say: Say) -> int:
    found = [await read(store, letter) for letter in await store.buried(MOST)]
    for each in found:
        size = f"{len(each.letter.body):,} bytes"
        if each.batch is not None:
            size = f"{len(each.batch.rows):,} rows, {len(each.batch.events):,} events"
        say(f"{each.name}  {_day(each.letter.at_ms)}  {each.state}  {size}  {each.letter.reason[:_REASON]}")
    waiting = sum(each.state == "waits" for each in found)
    say(f"{len(found)} dead letters; {waiting} of them can be tried again with `twin store dead land`")
    return 0


async def _show(store: Store, args: argparse.Namespace, say: Say) -> int:
    letter = next((each for each in await store.buried(MOST) if name_of(each) == args.name), None)
    if letter is None:
        say(f"there is no dead letter {args.name}; `twin store dead list` names them")
        return FAILED
    each = await read(store, letter)
    head = {"name": each.name, "at": _day(letter.at_ms), "state": each.state, "reason": letter.reason}
    say(json.dumps(head))
    say(letter.body.decode() if each.batch is not None else json.dumps({"bytes": letter.body.hex()}))
    return 0


async def _land(store: Store, args: argparse.Namespace, say: Say) -> int:
    if bool(args.name) == args.all:
        say("say which: the names that `twin store dead list` shows, or --all")
        return USAGE
    there = {name_of(each): each for each in await store.buried(MOST)}
    if missing := [name for name in args.name if name not in there]:
        say(f"there is no dead letter {missing[0]}; `twin store dead list` names them")
        return FAILED
    chosen = [each for name, each in there.items() if args.all or name in args.name]
    bar, worst = Bar("Landing", sys.stderr), 0
    for done, letter in enumerate(chosen):
        bar(done, len(chosen))
        each = await read(store, letter)
        if each.state == "waits":
            worst = max(worst, await _land_one(store, each, say))
        else:
            say(f"{each.name}: {'has landed before' if each.landed else 'cannot be read as rows; it stays as it is'}")
    bar(len(chosen), len(chosen))
    bar.end()
    if not chosen:
        say("there are no dead letters")
    return worst


async def _land_one(store: Store, each: Read, say: Say) -> int:
    assert each.batch is not None
    size = json.dumps({"rows": len(each.batch.rows), "events": len(each.batch.events)})
    now_ms = time.time_ns() // 1_000_000
    line = (uuid.uuid4().hex, now_ms, getpass.getuser(), "land dead letter", each.name, size)
    await store.write_command(Command(*line, "pending"))
    new, reasons = await land(store, each.batch)
    await store.write_command(Command(*line, "failed" if reasons else "done"))
    say(f"{each.name}: {new:,} rows landed" + (f", others still cannot: {'; '.join(reasons)}" if reasons else ""))
    return FAILED if reasons else 0


def _carry_out(act: Act, args: argparse.Namespace, environ: Mapping[str, str], say: Say) -> int:
    try:
        store = _store(args, environ)
    except (ValueError, FileNotFoundError) as error:
        say(f"twin: {error}")
        return USAGE
    try:
        return asyncio.run(_with(store, act, args, say))
    except StoreError as error:
        say(f"twin: {error.message}")
        return FAILED


def _store(args: argparse.Namespace, environ: Mapping[str, str]) -> Store:
    if args.dsn or environ.get("TWIN_STORE") == "oracle":
        from telemetry.store.oracle import OracleStore

        return OracleStore(oracle_settings(environ, args, getpass.getpass if sys.stdin.isatty() else None))
    from telemetry.store.embedded import EmbeddedStore

    path = (args.data_dir or Path(environ.get("TWIN_DATA_DIR") or ".twin")) / FILE
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file; is TWIN_DATA_DIR right?")
    return EmbeddedStore(path)


async def _with(store: Store, act: Act, args: argparse.Namespace, say: Say) -> int:
    await store.open()
    try:
        return await act(store, args, say)
    finally:
        await store.close()


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(sep=" ", timespec="seconds")
