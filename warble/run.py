"""Owns a run: source text in, Outcome out. It strings the stages together and turns what was raised into a WarbleError.

A program without SETPRECISION first runs as fast code, which holds integers of up to 256 bits. Should one grow past
that, the run starts over as careful code: nothing has left it yet, since effects are data and saved values a copy. What
a program gives, its fuel too, is the same either way.

In process the clock is looked at between rounds and operations, and there is no wall: a stranger's program belongs
into a sandbox of its own process (SPEC.md).
"""

from __future__ import annotations

import decimal
import re
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from types import CodeType, TracebackType
from typing import Final

from warble import tree
from warble.check import check, missing_name, uses_decimals
from warble.compile import FILE, compile_program
from warble.decimals import Decimals
from warble.doubles import Doubles
from warble.effects import Effect, Recorder, Saved, Shelf, Sink
from warble.errors import Fault, TooBig, WarbleError
from warble.expressions import Mode, check_literals
from warble.integers import Number
from warble.limits import Limits
from warble.meter import PROCESSOR, Clock, Meter
from warble.parse import parse

#: In the message of the error about a name without a value.
_LOCAL: Final = re.compile("'v_([A-Za-z0-9]+)'")

Store = MutableMapping[str, dict[str, Saved]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that a program did. error is None when it came to its end; what was printed and done before it is kept."""

    stdout: str
    effects: tuple[Effect, ...]
    error: WarbleError | None
    fuel: int


@dataclass(frozen=True, slots=True)
class Program:
    """A parsed and checked program, ready to run any number of times."""

    source: str
    tree: tree.Program
    decimals: bool
    limits: Limits


@dataclass(slots=True)
class Memory:
    """Variables that live longer than a program: the repl's."""

    values: dict[str, Number] = field(default_factory=dict)


def run(
    source: str,
    *,
    user: str = "",
    store: Store | None = None,
    data: MutableMapping[str, Saved] | None = None,
    limits: Limits | None = None,
    memory: Memory | None = None,
) -> Outcome:
    """Run one program. store: saved values by user and name; data: this Pi's; both change when the run is over."""
    try:
        program = prepare(source, limits or Limits())
    except Fault as fault:
        return Outcome("", (), _error(fault, 0, len(source)), 0)
    return execute(program, user=user, store=store, data=data, memory=memory)


def prepare(source: str, limits: Limits) -> Program:
    """Everything that can be done before a run; raises Fault with a span."""
    try:
        parsed = parse(source, limits)
        check(parsed, limits)
        decimals = uses_decimals(parsed)
        check_literals(parsed, limits.bits, decimals=decimals)
    except RecursionError:
        raise Fault("limit:depth", "This program is nested too deep.", 0, len(source)) from None
    return Program(source, parsed, decimals, limits)


def execute(
    program: Program,
    *,
    user: str = "",
    store: Store | None = None,
    data: MutableMapping[str, Saved] | None = None,
    memory: Memory | None = None,
    modes: tuple[Mode, ...] = (Mode.FAST, Mode.CAREFUL),
    sink: Sink | None = None,
    clock: Clock = PROCESSOR,
) -> Outcome:
    """Run a prepared program; modes is for tests, which compare the two. sink hears of everything as it happens."""
    began = clock()
    for mode in (Mode.DECIMAL,) if program.decimals else modes:
        saved = Shelf({} if store is None else store.get(user, {}), f"for {user}" if user else "here")
        shelves = saved, Shelf({} if data is None else data, "on this Pi")
        meter = Meter(program.limits.fuel, program.limits.cpu, clock, began)
        attempt = _Attempt(program, mode, meter, shelves, memory, sink)
        try:
            outcome = attempt.go()
        except TooBig:
            continue
        if store is not None and saved.changed:
            store.setdefault(user, {}).update(saved.changed)
        if data is not None:
            data.update(shelves[1].changed)
        if memory is not None:
            memory.values.update(attempt.left)
        return outcome
    raise AssertionError("the careful code raises no TooBig")


class _Attempt:
    """One run in one mode."""

    def __init__(
        self,
        program: Program,
        mode: Mode,
        meter: Meter,
        shelves: tuple[Shelf, Shelf],
        memory: Memory | None,
        sink: Sink | None,
    ) -> None:
        self.program = program
        self.mode = mode
        self.memory = memory
        self.meter = meter
        self.left: dict[str, Number] = {}
        limits = program.limits
        self.arithmetic: Doubles | Decimals
        if mode is Mode.DECIMAL:
            self.arithmetic = Decimals(self.meter, limits)
            self.context = self.arithmetic.context
        else:
            self.arithmetic = Doubles(self.meter, limits, fast=mode is Mode.FAST)
            self.context = decimal.Context()
        convert, charge = self.arithmetic.from_saved, self.meter.charge
        self.recorder = Recorder(limits, *shelves, convert, charge, lambda: self.context.prec, sink)

    def go(self) -> Outcome:
        """Run to the end or to the first error; TooBig when the fast code cannot."""
        error = None
        try:
            with _decimal_context(self.context):
                self._function()()
        except TooBig:
            raise
        except (Fault, ArithmeticError, NameError, MemoryError, RecursionError) as raised:
            error = self._place(raised)
        recorder = self.recorder
        return Outcome("".join(recorder.printed), tuple(recorder.effects), error, self.meter.used)

    def _function(self) -> Callable[[], object]:
        given = self._given()
        keep = self.memory is not None
        program = self.program
        compiled = compile_program(program.tree, self.mode, program.limits, frozenset(given), keep=keep)
        helpers = {**self.arithmetic.helpers(), **self.recorder.helpers(), "h_keep": self._keep}
        helpers.update({f"g_{name}": value for name, value in given.items()})  # type: ignore[misc]
        return compiled.function(helpers, self.meter)

    def _given(self) -> dict[str, Number]:
        if self.memory is None:
            return {}
        converted = {name: self.arithmetic.from_saved(value) for name, value in self.memory.values.items()}
        return {name: value for name, value in converted.items() if value is not None}

    def _keep(self) -> None:
        self._take(sys._getframe(1).f_locals)

    def _take(self, names: Mapping[str, Number]) -> None:
        self.left = {name[2:]: value for name, value in names.items() if name.startswith("v_")}

    def _place(self, raised: BaseException) -> WarbleError:
        """The error with its place: the operation of the program that was under way."""
        start, end = 0, len(self.program.source)
        entry = _entry(raised.__traceback__)
        if entry is not None:
            if self.memory is not None:
                self._take(entry.tb_frame.f_locals)
            span = self._span_of_name(raised, entry) or _span(entry.tb_frame.f_code, entry.tb_lasti)
            start, end = span or (start, end)
        fault = raised if isinstance(raised, Fault) else self._fault(raised, start, end)
        if fault.arg >= 0:
            start, end = self._argument(start, end, fault.arg)
        return _error(fault, start, end)

    def _span_of_name(self, raised: BaseException, entry: TracebackType) -> tuple[int, int] | None:
        """CPython runs some pairs of instructions as one, and then blames the first of the two."""
        found = _LOCAL.search(str(raised)) if isinstance(raised, NameError) else None
        if found is None:
            return None
        blamed = [_span(entry.tb_frame.f_code, entry.tb_lasti + further) for further in (0, 2)]
        for span in blamed:
            if span and self.program.source[slice(*span)] == found[1]:
                return span
        nodes = [node for node in tree.walk(self.program.tree) if isinstance(node, tree.Name) and node.name == found[1]]
        behind = [node for node in nodes if blamed[0] and node.start >= blamed[0][0]] or nodes
        return (behind[0].start, behind[0].end) if behind else None

    def _fault(self, raised: BaseException, start: int, end: int) -> Fault:
        match raised:
            case ZeroDivisionError():
                return Fault("zerodiv", "This divides by 0.")
            case OverflowError() | decimal.Overflow():
                return Fault("overflow", "This is bigger than the arithmetic can hold.")
            case ArithmeticError():
                return Fault("domain", "This operation is not defined for these numbers.")
            case NameError():
                nodes = tree.walk(self.program.tree)
                known = {node.target.name for node in nodes if isinstance(node, tree.Assign)}
                name = self.program.source[start:end]
                return missing_name(name, sorted(known - {name}), start, end)
            case MemoryError():
                return Fault("limit:memory", "There is not enough memory for this.")
        return Fault("limit:depth", "This program is nested too deep.")

    def _argument(self, start: int, end: int, arg: int) -> tuple[int, int]:
        for node in tree.walk(self.program.tree):
            if isinstance(node, tree.Call) and (node.start, node.end) == (start, end) and arg < len(node.args):
                return node.args[arg].start, node.args[arg].end
        return start, end


@contextmanager
def _decimal_context(context: decimal.Context) -> Iterator[None]:
    """Like decimal.localcontext, but without a copy: SETPRECISION changes this very context."""
    before = decimal.getcontext()
    decimal.setcontext(context)
    try:
        yield
    finally:
        decimal.setcontext(before)


def _entry(entry: TracebackType | None) -> TracebackType | None:
    """The part of a traceback that is the program's own function."""
    while entry is not None and (entry.tb_frame.f_code.co_filename, entry.tb_frame.f_code.co_name) != (FILE, "program"):
        entry = entry.tb_next
    return entry


def _span(code: CodeType, instruction: int) -> tuple[int, int] | None:
    """Where in the source an instruction comes from; None when the interpreter was told not to keep columns."""
    for _, _, start, end in islice(code.co_positions(), instruction // 2, instruction // 2 + 1):
        return None if start is None or end is None else (start, end)
    return None


def _error(fault: Fault, start: int, end: int) -> WarbleError:
    if fault.start >= 0:
        start, end = fault.start, fault.end
    return WarbleError(fault.kind, fault.message, start, end)
