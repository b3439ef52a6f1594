"""Owns a checked tree -> Python code: statements, and the function around them. Loops are in loops.py.

The ast is built node by node, never as text, and every Warble name gets a prefix, so no program can name anything of
Python's. run.py is the caller. Errors find their place through code.co_positions(), see expressions.py.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from types import CodeType

from warble import growth, loops, sizes, tree
from warble.errors import Fault
from warble.expressions import Expressions, Mode, Span, at, call, name, target
from warble.fuel import FREE_BITS
from warble.hoist import Hoist
from warble.limits import Limits
from warble.meter import MOST_CHUNK, Meter

FILE = "<warble>"


@dataclass(frozen=True, slots=True)
class Compiled:
    """Code that defines program(); constants belong into its globals beside the helpers. most: rounds of a chunk."""

    code: CodeType
    constants: dict[str, Decimal]
    most: int

    def function(self, helpers: dict[str, Callable[..., object]], meter: Meter) -> Callable[[], object]:
        """The program as a function of no arguments. It has no builtins: only what is named here exists for it."""
        draw: dict[str, object] = {"h_more": meter.more, "h_rounds": meter.rounds, "most": self.most}
        draw.update({"h_times": meter.times, "h_reached": meter.reached})
        draw["fuel"] = meter.chunk
        draw["rounds"] = chain.from_iterable(meter.chunks(self.most))
        scope: dict[str, object] = {"__builtins__": {}, "h_NameError": NameError, **draw, **helpers, **self.constants}
        exec(self.code, scope)  # only defines the function; the code was built by this package, node by node
        function = scope["program"]
        assert callable(function)
        return function


def compile_program(
    program: tree.Program, mode: Mode, limits: Limits, given: frozenset[str] = frozenset(), *, keep: bool = False
) -> Compiled:
    """given: names that have values before; keep: call h_keep() at the end, for the repl."""
    top = min(FREE_BITS, limits.bits) if mode is Mode.FAST else limits.bits
    bounds = sizes.infer(program, top=top, rounds=limits.fuel, given=given)
    builder = _Statements(Expressions(mode, bounds, top, limits.bits), keep=keep)
    builder.expressions.sure.update(given)
    try:
        body = [*_givens(given, program), *builder.block(program.block)]
        if keep:
            body.append(ast.Expr(call("h_keep", [], at(0, 0)), **at(0, 0)))
        code = compile(_module(body or [ast.Pass(**at(0, 0))]), FILE, "exec", dont_inherit=True, optimize=0)
    except RecursionError:
        text = "This program is nested too deep. Split a long expression into several statements."
        raise Fault("limit:depth", text, program.start, program.end) from None
    return Compiled(code, builder.expressions.constants, builder.most)


class _Statements:
    def __init__(self, expressions: Expressions, *, keep: bool) -> None:
        self.expressions = expressions
        self.keep = keep
        self.most = MOST_CHUNK
        self.depth = 0  # loops that are open

    def block(self, block: tree.Block) -> list[ast.stmt]:
        return self.body(block.body)

    def body(self, statements: Iterable[tree.Stmt]) -> list[ast.stmt]:
        return [emitted for statement in statements for emitted in self.statement(statement)]

    def statement(self, node: tree.Stmt) -> list[ast.stmt]:
        match node:
            case tree.Assign() | tree.Step():
                return [self._simple(node)]
            case tree.Call():
                span = at(node.start, node.end)
                return [ast.Expr(self.expressions.emit(node)[0], **span)]
            case tree.If():
                return [self._if(node)]
            case tree.While(test, body):
                return [self._loop(node, test, body.body, None)]
            case tree.For(first, test, step, body):
                return [self._simple(first), self._loop(node, test, (*body.body, step), first)]

    def _simple(self, node: tree.Simple) -> ast.stmt:
        span = at(node.start, node.end)
        if isinstance(node, tree.Assign):
            value = self.expressions.value(node.value)
        else:
            one = tree.Num("1", node.start, node.end)
            value = self.expressions.value(tree.Binary(node.op, node.target, one, node.start, node.end))
        stored = target(f"v_{node.target.name}", at(node.target.start, node.target.end))
        self.expressions.sure.add(node.target.name)
        return ast.Assign([stored], value, None, **span)

    def _if(self, node: tree.If) -> ast.If:
        span = at(node.start, node.test.end)
        test = self.expressions.condition(node.test)
        with self._maybe():
            then = self.block(node.then)
        other: list[ast.stmt] = []
        with self._maybe():
            if isinstance(node.other, tree.If):
                other = [self._if(node.other)]
            elif node.other is not None:
                other = self.block(node.other)
        return ast.If(test, then or [ast.Pass(**span)], other, **span)

    def _loop(
        self, node: tree.While | tree.For, test: tree.Expr, body: tuple[tree.Stmt, ...], first: tree.Simple | None
    ) -> ast.stmt:
        span = at(node.start, node.body.start)
        self.depth += 1
        try:
            if any(isinstance(part, tree.While | tree.For) for statement in body for part in tree.walk(statement)):
                condition = self.expressions.condition(test)
                with self._maybe():
                    emitted = self.body(body)
                return loops.outer(condition, emitted, span)
            return self._innermost(test, body, first, span)
        finally:
            self.depth -= 1

    def _innermost(
        self, test: tree.Expr, body: tuple[tree.Stmt, ...], first: tree.Simple | None, span: Span
    ) -> ast.stmt:
        expressions = self.expressions
        counter = watch = found = ends = None
        if expressions.mode is Mode.FAST:
            watch = growth.watch(test, body, expressions.bounds, expressions.free)
            found = loops.counter(test, body, expressions)
            ends = loops.reach(first, found) if found else None
            counter = loops.worth(found, first, self.depth, watch)
        look = loops.look(watch, expressions, span)
        expressions.watched = watch is not None
        condition = expressions.condition(test)
        hoist = expressions.hoist = self._hoist(body) if watch is None else None
        if found and ends:
            expressions.reach[found.name] = ends
        with self._maybe():
            emitted = self.body(body)
        expressions.hoist = None
        expressions.reach.clear()
        ahead = hoist.assignments() if hoist else []
        stop = expressions.emit(counter.stop)[0] if counter else None
        expressions.watched = False
        most = watch.rounds if watch else MOST_CHUNK
        if counter and stop:
            step = emitted.pop()
            return loops.counting(counter, condition, stop, emitted, step, [*look, *ahead], most, span, keep=self.keep)
        self.most = min(self.most, most)
        return loops.innermost(condition, emitted, look, ahead, span)

    def _hoist(self, body: tuple[tree.Stmt, ...]) -> Hoist | None:
        expressions = self.expressions
        if expressions.mode is not Mode.FAST:
            return None
        return Hoist(body, expressions.sure, expressions.bounds, expressions.free)

    @contextmanager
    def _maybe(self) -> Iterator[None]:
        """For statements that may not be reached: what they store need not have a value behind them."""
        before = set(self.expressions.sure)
        yield
        self.expressions.sure = before


def _givens(given: frozenset[str], program: tree.Program) -> list[ast.stmt]:
    """Copies of the values that were there before the program, for the names that it mentions."""
    if not given:
        return []
    span: Span = at(program.start, program.start)
    used = {node.name for node in tree.walk(program) if isinstance(node, tree.Name)}
    both = sorted(used & given)
    return [ast.Assign([target(f"v_{known}", span)], name(f"g_{known}", span), None, **span) for known in both]


def _module(body: list[ast.stmt]) -> ast.Module:
    span = at(0, 0)
    arguments = ast.arguments([], [ast.arg("fuel", None, None, **span)], None, [], [], None, [name("fuel", span)])
    function = ast.FunctionDef("program", arguments, body, [], None, None, **span)
    return ast.Module([function], [])
