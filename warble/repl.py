"""Owns the conversation of `warble repl`: lines in, text out, variables that stay. It reads and writes only through the
two functions it is given; cli.py passes the terminal's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from warble import caret, show
from warble.builtins import FUNCTIONS
from warble.effects import Saved
from warble.limits import Limits
from warble.run import Memory, Outcome, run

PROMPT = "> "
MORE = ". "
HELP = """Type statements, with or without { } around them; variables stay until you leave.
.vars shows them, .functions the functions, .quit (or Ctrl-D) leaves."""


@dataclass(slots=True)
class Repl:
    """One conversation. read gives a line for a prompt and raises EOFError at the end."""

    read: Callable[[str], str]
    write: Callable[[str], object]
    user: str = ""
    store: dict[str, dict[str, Saved]] = field(default_factory=dict)
    data: dict[str, Saved] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    memory: Memory = field(default_factory=Memory)

    def talk(self) -> None:
        """Until .quit or the end of the input."""
        self.write(f"Warble. {HELP}\n")
        for line in self._lines():
            if line == ".quit":
                return
            if line.startswith("."):
                self.write(self._command(line))
            elif line:
                self._run(line)

    def _lines(self) -> Iterator[str]:
        while True:
            try:
                line = self.read(PROMPT)
            except EOFError:
                return
            yield line.strip()

    def _command(self, line: str) -> str:
        if line == ".vars":
            return "".join(f"{name} = {show.text(value)}\n" for name, value in sorted(self.memory.values.items()))
        if line == ".functions":
            return "".join(f"{function.usage}\n" for function in FUNCTIONS.values())
        return f"{HELP}\n"

    def _run(self, line: str) -> None:
        while True:
            source = line if line.lower().startswith(("{", "#pi")) else f"{{{line}}}"
            outcome = self._outcome(source)
            error = outcome.error
            unfinished = error is not None and error.kind == "syntax" and error.start == len(source)
            more = self._more() if unfinished else ""
            if not more:
                break
            line = f"{line}\n{more}"
        self.write(outcome.stdout)
        for effect in outcome.effects:
            self.write(f"~ {' '.join(map(str, effect))}\n")
        if outcome.error is not None:
            self.write(f"{caret.show(source, outcome.error)}\n")

    def _more(self) -> str:
        try:
            return self.read(MORE)
        except EOFError:
            return ""

    def _outcome(self, source: str) -> Outcome:
        return run(source, user=self.user, store=self.store, data=self.data, limits=self.limits, memory=self.memory)


def complete(text: str, state: int) -> str | None:
    """What readline asks for: the state-th function that starts like text."""
    found = [f"{name}(" for name in FUNCTIONS if text and name.startswith(text.upper())]
    return found[state] if state < len(found) else None
