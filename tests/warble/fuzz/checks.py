"""Owns all that must hold for one case. look() returns the first thing that does not; hunt.py and shrink.py call it.

parsers    the two parsers agree on the tree, or on the kind and the place of the mistake
outcome    a run ends in an Outcome, and in one that keeps SPEC.md's promises (marks.py)
again      the same again: output, effects, error, fuel, what is kept; and a sink heard exactly that
careful    the careful code does what the fast code does
layout     fmt's two layouts have the same tree or do the same, and stay as they are when laid out again
walker     programs of plain numbers do what tests.warble.walker does
crash      no exception comes out of any of it                  hang       nor does it go on for ever (hunt.py)
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace

from tests.warble import second
from tests.warble.fuzz import marks
from tests.warble.fuzz.case import USER, Case
from tests.warble.fuzz.digits import Digits
from tests.warble.fuzz.oracle import Oracle
from warble import Fault, Limits, Outcome, caret, fmt, tree
from warble.check import unassigned
from warble.effects import Effect, Saved
from warble.expressions import Mode
from warble.fuel import FREE_BITS
from warble.parse import parse
from warble.run import Program, Store, execute, prepare, run


@dataclass(frozen=True, slots=True)
class Finding:
    """check: which of the above; where: of a crash, what raised, of the oracle, the kinds of error. The two say whether
    findings are one.
    """

    check: str
    text: str
    where: str = ""


class Wrong(Exception):
    """Something does not hold; on its way to look()."""

    def __init__(self, check: str, text: str, where: str = "") -> None:
        super().__init__(check, text)
        self.finding = Finding(check, text, where)


class Ear:
    """A sink that remembers what it heard."""

    def start(self) -> None:
        self.text = ""
        self.effects: list[Effect] = []
        self.kept: dict[str, dict[str, Saved]] = {"save": {}, "setdata": {}}

    def printed(self, text: str) -> None:
        self.text += text

    def effect(self, effect: Effect, kept: Saved | None) -> None:
        self.effects.append(effect)
        if kept is not None:
            self.kept[str(effect[0])][str(effect[1])] = kept


@dataclass(slots=True)
class Ran:
    """An outcome and what the host has afterwards."""

    outcome: Outcome
    saved: dict[str, Saved]
    data: dict[str, Saved]

    def shown(self) -> str:
        """All of it as text: there, nan is nan and 1 is not 1.0."""
        return f"{self.outcome} saved={self.saved} data={self.data}"


def look(case: Case) -> Finding | None:
    """The first thing that does not hold."""
    try:
        _parsers(case)
        first = _run(case)
        if text := marks.missing(case, first.outcome, first.saved, first.data):
            raise Wrong("outcome", f"{text}\n{first.shown()}")
        if first.outcome.error is not None:
            caret.show(case.source, first.outcome.error)
        _program(case, first)
    except Wrong as wrong:
        return wrong.finding
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
        return crash(error)
    return None


def crash(error: Exception) -> Finding:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    shown = "".join(traceback.format_exception(error)[-6:])
    return Finding("crash", shown, f"{type(error).__name__} {frame.filename.rpartition('/')[2]} {frame.name}")


def _parsers(case: Case) -> None:
    mine: object
    theirs: object
    try:
        theirs = parse(case.source, case.limits)
    except Fault as fault:
        theirs = (fault.kind, fault.start, fault.end)
    try:
        mine = second.parse(case.source, length=case.limits.length, depth=case.limits.depth)
    except second.Mistake as mistake:
        mine = (mistake.kind, mistake.start, mistake.end)
    if theirs != mine:
        raise Wrong("parsers", f"warble.parse: {theirs}\nsecond:       {mine}")


def _run(case: Case) -> Ran:
    store: Store = {USER: dict(case.saved), "other": {"n": 1}}
    data = dict(case.data)
    outcome = run(case.source, user=USER, store=store, data=data, limits=case.limits)
    if store["other"] != {"n": 1} or len(store) != 2:
        raise Wrong("outcome", f"what another user saved was changed: {store}")
    return Ran(outcome, store[USER], data)


def _execute(case: Case, program: Program, *modes: Mode, ear: Ear | None = None) -> Ran:
    store: Store = {USER: dict(case.saved)}
    data = dict(case.data)
    outcome = execute(program, user=USER, store=store, data=data, modes=modes or (Mode.FAST, Mode.CAREFUL), sink=ear)
    return Ran(outcome, store[USER], data)


def _program(case: Case, first: Ran) -> None:
    """What can only be asked of a program that has no mistake before it runs."""
    try:
        program = prepare(case.source, case.limits)
    except Fault as fault:
        error = first.outcome.error
        if error is None or (error.kind, error.start, error.end) != (fault.kind, fault.start, fault.end):
            raise Wrong("again", f"prepare: {fault.kind} {fault.start} {fault.end}\n{first.shown()}") from None
        return
    unassigned(program.tree)
    ear = Ear()
    _same("again", first, _execute(case, program, ear=ear))
    outcome = first.outcome
    if ear.text != outcome.stdout or tuple(ear.effects) != outcome.effects:
        raise Wrong("again", f"the sink heard {ear.text!r} {ear.effects}\n{first.shown()}")
    for kind, kept in (("save", first.saved), ("setdata", first.data)):
        if any(repr(kept.get(name)) != repr(value) for name, value in ear.kept[kind].items()):
            raise Wrong("again", f"the sink heard {ear.kept}\n{first.shown()}")
    if not program.decimals:
        _same("careful", first, _execute(case, program, Mode.CAREFUL))
    _walk(case, program, first)
    _layouts(case, program, first)


def _same(check: str, first: Ran, other: Ran) -> None:
    if first.shown() != other.shown():
        raise Wrong(check, f"first: {first.shown()}\nthen:  {other.shown()}")


def _walk(case: Case, program: Program, first: Ran) -> None:
    oracle = Digits(case) if program.decimals else Oracle(case)
    try:
        kind = oracle.run(program.tree)
    except RecursionError:
        return  # more nested than 280 characters allow, or a rest of numbers of very different size
    outcome = first.outcome
    found = outcome.error.kind if outcome.error else None
    small = oracle.most_bits <= FREE_BITS and not program.decimals
    if found == "limit:fuel" and not small:
        return  # the oracle does not count what big numbers and decimals cost
    fuel = oracle.limit - oracle.fuel
    kept = [f"{dict(sorted(shelf.items()))}" for shelf in oracle.shelves.values()]
    told = (kind, "".join(oracle.printed), tuple(oracle.done), *kept, fuel if small else None)
    kept = [f"{dict(sorted(shelf.items()))}" for shelf in (first.saved, first.data)]
    did = (found, outcome.stdout, outcome.effects, *kept, outcome.fuel if small else None)
    if repr(told) != repr(did):
        raise Wrong("oracle", f"oracle: {told}\nwarble: {did}", f"{kind}, {found}")


def _layouts(case: Case, program: Program, first: Ran) -> None:
    limits = replace(case.limits, length=100_000)
    short, pretty = fmt.shortest(program.tree), fmt.pretty(program.tree)
    if len(short) > len(case.source):
        raise Wrong("layout", f"the shortest is longer: {short!r}")
    for text, again in ((short, fmt.shortest), (pretty, fmt.pretty)):
        other = _prepared(text, limits)
        if again(other.tree) != text:
            raise Wrong("layout", f"laid out: {text!r}\nagain:    {again(other.tree)!r}")
        if again is fmt.pretty and _shape(other.tree.block) != _shape(program.tree.block):
            raise Wrong("layout", f"laid out: {text!r}\nis another tree: {other.tree.block}")
        if fmt.shortest(other.tree) != short:
            raise Wrong("layout", f"laid out: {text!r}\nshortest: {short!r}\nthen:     {fmt.shortest(other.tree)!r}")
        ran = _execute(case, other)
        one, two = (_meaning(found) for found in (first, ran))
        if one != two:
            raise Wrong("layout", f"laid out: {text!r}\nfirst: {one}\nthen:  {two}")


def _shape(node: tree.Node) -> object:
    """A tree without places and brackets; a list, so that no depth is too deep."""
    shape: list[object] = []
    for part in tree.walk(node):
        if not isinstance(part, tree.Group):
            words = (getattr(part, name, None) for name in ("op", "name", "text", "value"))
            shape.append((type(part), len(tree.children(part)), *(word for word in words if isinstance(word, str))))
    return shape


def _prepared(text: str, limits: Limits) -> Program:
    try:
        return prepare(text, limits)
    except Fault as fault:
        raise Wrong("layout", f"laid out: {text!r}\nis no program: {fault.kind} {fault.start} {fault.end}") from None


def _meaning(ran: Ran) -> str:
    """All but the place and the sentence of an error, which may name a variable."""
    kind = ran.outcome.error and ran.outcome.error.kind
    return f"{ran.outcome.stdout!r} {ran.outcome.effects} {kind} {ran.outcome.fuel} {ran.saved} {ran.data}"
