"""Owns the command `warble`: arguments, files, the terminal and exit codes. What it shows comes from elsewhere.

Exit codes: 0 fine, 1 the program has an error, 2 the command or a file is of no use, 3 a limit was met.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from warble import caret, check, fmt, repl, storefile
from warble.errors import Fault, WarbleError
from warble.limits import Limits
from warble.run import prepare, run

FINE, WRONG, USAGE, LIMIT = 0, 1, 2, 3
SAFETY = (
    "Programs run inside this process. Their limits hold for what the language can do, but there is no sandbox and no "
    "clock in this release: run what you know; programs of strangers must wait for the sandbox."
)


def main(argv: Sequence[str] | None = None) -> int:
    """The entry point; returns the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.do(arguments))
    except (storefile.StoreFileError, OSError, UnicodeDecodeError) as error:
        print(f"warble: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="warble", description="Run, check and format Warble programs.", epilog=SAFETY)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, do, text in (
        ("run", _run, "run a program"),
        ("check", _check, "look for errors without running"),
        ("fmt", _fmt, "print a program in a readable layout"),
        ("repl", _repl, "type statements and see what they do"),
    ):
        command = commands.add_parser(name, help=text, description=text.capitalize() + ".", epilog=SAFETY)
        command.set_defaults(do=do)
        if name != "repl":
            command.add_argument("file", nargs="?", default="-", help="a file, or - for standard input")
            command.add_argument("-c", dest="program", metavar="TEXT", help="the program itself instead of a file")
        if name in ("run", "repl"):
            command.add_argument("--user", default="", help="whose saved values SAVE and LOAD use")
            command.add_argument("--store", type=Path, metavar="FILE", help="JSON file that keeps saved values")
        if name in ("run", "check"):
            command.add_argument("--json", action="store_true", help="print the outcome as JSON")
        if name == "fmt":
            command.add_argument("--min", action="store_true", help="as few characters as possible")
    return parser


def _run(arguments: argparse.Namespace) -> int:
    source = _source(arguments)
    store = storefile.load(arguments.store) if arguments.store else storefile.StoreFile()
    outcome = run(source, user=arguments.user, store=store.users, data=store.data)
    if arguments.store and any(effect[0] in ("save", "setdata") for effect in outcome.effects):
        storefile.save(arguments.store, store)
    if arguments.json:
        fields = {"stdout": outcome.stdout, "effects": outcome.effects, "fuel": outcome.fuel}
        print(json.dumps({**fields, "error": _as_json(outcome.error)}, ensure_ascii=False))
        return _code(outcome.error)
    print(outcome.stdout, end="", flush=True)
    for effect in outcome.effects:
        print("~", *effect, file=sys.stderr)
    return _report(source, outcome.error)


def _check(arguments: argparse.Namespace) -> int:
    source = _source(arguments)
    error = _first_error(source)
    if arguments.json:
        print(json.dumps({"error": _as_json(error)}, ensure_ascii=False))
        return _code(error)
    return _report(source, error)


def _first_error(source: str) -> WarbleError | None:
    try:
        program = prepare(source, Limits())
        for fault in check.unassigned(program.tree):
            raise fault
    except Fault as fault:
        return WarbleError(fault.kind, fault.message, fault.start, fault.end)
    return None


def _fmt(arguments: argparse.Namespace) -> int:
    source = _source(arguments)
    try:
        # A long layout is welcome here: what counts is what --min makes of it.
        program = prepare(source, Limits(length=max(len(source), Limits().length)))
    except Fault as fault:
        return _report(source, WarbleError(fault.kind, fault.message, fault.start, fault.end))
    print(fmt.shortest(program.tree) if arguments.min else fmt.pretty(program.tree), end="\n" if arguments.min else "")
    return FINE


def _repl(arguments: argparse.Namespace) -> int:
    store = storefile.load(arguments.store) if arguments.store else storefile.StoreFile()
    _complete_names()
    repl.Repl(input, sys.stdout.write, arguments.user, store.users, store.data).talk()
    if arguments.store:
        storefile.save(arguments.store, store)
    return FINE


def _complete_names() -> None:
    """Tab completes functions, where the terminal has readline."""
    try:
        import readline
    except ImportError:
        return
    readline.set_completer(repl.complete)
    readline.parse_and_bind("tab: complete")


def _source(arguments: argparse.Namespace) -> str:
    """The program; the newline at the end of a file is the file's, not the program's."""
    if arguments.program is not None:
        return str(arguments.program)
    if arguments.file == "-":
        return sys.stdin.read().rstrip("\n")
    return Path(arguments.file).read_text(encoding="utf-8").rstrip("\n")


def _report(source: str, error: WarbleError | None) -> int:
    if error is not None:
        print(caret.show(source, error), file=sys.stderr)
    return _code(error)


def _as_json(error: WarbleError | None) -> dict[str, object] | None:
    if error is None:
        return None
    return {"kind": error.kind, "message": error.message, "start": error.start, "end": error.end}


def _code(error: WarbleError | None) -> int:
    if error is None:
        return FINE
    return LIMIT if error.kind.startswith("limit:") else WRONG
