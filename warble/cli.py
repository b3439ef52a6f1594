"""Owns the command `warble`: arguments, files, the terminal and exit codes. What it shows comes from elsewhere.

Exit codes: 0 fine, 1 the program has an error, 2 the command, a file or the sandbox is of no use, 3 a limit was
met; for `warble sandbox`: an essential defence lacks.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from warble import caret, check, completion, contest, fmt, repl, storefile
from warble.box.errors import SandboxError
from warble.errors import Fault, WarbleError
from warble.limits import Limits
from warble.run import prepare, run

if TYPE_CHECKING:
    from warble.sandbox import Sandbox

_T = TypeVar("_T")

FINE, WRONG, USAGE, LIMIT = 0, 1, 2, 3
SAFETY = (
    "run and score give a program a sandbox: a process of its own, without rights, with a clock. With --in-process, "
    "and in repl, only the limits of the language hold: run what you know there. `warble sandbox` says what of the "
    "sandbox this system has."
)


def main(argv: Sequence[str] | None = None) -> int:
    """The entry point; returns the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.do(arguments))
    except (storefile.StoreFileError, OSError, UnicodeDecodeError, SandboxError) as error:
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
        ("score", _score, "count the digits of pi that a program prints"),
        ("repl", _repl, "type statements and see what they do"),
    ):
        command = commands.add_parser(name, help=text, description=text.capitalize() + ".", epilog=SAFETY)
        command.set_defaults(do=do)
        if name != "repl":
            command.add_argument("file", nargs="?", default="-", help="a file, or - for standard input")
            command.add_argument("-c", dest="program", metavar="TEXT", help="the program itself instead of a file")
        if name in ("run", "score"):
            command.add_argument("--in-process", action="store_true", help="without the sandbox; for what you know")
        if name in ("run", "repl"):
            command.add_argument("--user", default="", help="whose saved values SAVE and LOAD use")
            command.add_argument("--store", type=Path, metavar="FILE", help="JSON file that keeps saved values")
        if name in ("run", "check", "score"):
            command.add_argument("--json", action="store_true", help="print the outcome as JSON")
        if name == "fmt":
            command.add_argument("--min", action="store_true", help="as few characters as possible")
    command = commands.add_parser("completion", help="print what a shell needs to complete this command")
    command.add_argument("shell", choices=completion.SHELLS, help="bash, zsh or fish")
    command.set_defaults(do=_completion)
    text = "what of the sandbox this system has"
    command = commands.add_parser("sandbox", help=text, description=text.capitalize() + ", and a short test of it.")
    command.set_defaults(do=_sandbox)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    source = _source(arguments)
    store = storefile.load(arguments.store) if arguments.store else storefile.StoreFile()
    if _runs_here(arguments):
        outcome = run(source, user=arguments.user, store=store.users, data=store.data)
    else:
        outcome = asyncio.run(_in_sandbox(lambda box: box.run(source, arguments.user, store.users, store.data)))
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


def _runs_here(arguments: argparse.Namespace) -> bool:
    return arguments.in_process or not _is_linux("The program runs in process")


async def _in_sandbox(work: Callable[[Sandbox], Awaitable[_T]]) -> _T:
    from warble.sandbox import Sandbox

    logging.getLogger("warble.sandbox").addHandler(logging.NullHandler())  # what lacks is told below, once
    async with Sandbox(workers=1, spares=0) as box:
        if not box.essential:
            print(f"warble: {box.lacks[0]} `warble sandbox` says more.", file=sys.stderr)
        return await work(box)


def _is_linux(otherwise: str) -> bool:
    """Elsewhere there is no sandbox, and whoever runs a program has to know."""
    if sys.platform != "linux":
        print(f"warble: The sandbox needs Linux, and this is {sys.platform}. {otherwise}.", file=sys.stderr)
        return False
    return True


def _sandbox(arguments: argparse.Namespace) -> int:
    if not _is_linux("There is nothing to show"):
        return LIMIT
    from warble.box import selftest
    from warble.cage.kernel import survey
    from warble.sandbox import Broken

    kernel = survey()
    for what, how in selftest.defences(kernel):
        print(f"{'yes' if how else 'NO':4}{what:32}{how}")
    for sentence in kernel.missing():
        print(f"    {sentence}")
    logging.getLogger("warble.sandbox").addHandler(logging.NullHandler())
    try:
        results = asyncio.run(selftest.attempts())
    except Broken as error:
        print(f"NO  {error}")
        return LIMIT
    for sentence, wrong in results:
        print(f"{'NO' if wrong else 'yes':4}{sentence}{': ' if wrong else ''}{wrong}")
    return FINE if kernel.essential and not any(wrong for _, wrong in results) else LIMIT


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


def _score(arguments: argparse.Namespace) -> int:
    source = _source(arguments)
    try:
        if _runs_here(arguments):
            entry = contest.judge(source)
        else:
            entry = asyncio.run(_in_sandbox(lambda box: contest.ajudge(source, box.run)))
    except contest.ContestError as error:
        print(f"warble: {error}", file=sys.stderr)
        return WRONG
    if arguments.json:
        fields = {**asdict(entry.score), **asdict(entry.tally), "error": _as_json(entry.error)}
        print(json.dumps(fields, ensure_ascii=False))
        return _code(entry.error)
    print(contest.describe(entry), flush=True)
    return _report(source, entry.error)


def _completion(arguments: argparse.Namespace) -> int:
    print(completion.script(_parser(), arguments.shell), end="")
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
