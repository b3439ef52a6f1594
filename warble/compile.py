"""Owns a checked tree -> Python code: statements, loops that draw fuel, and the function around them.

The ast is built node by node, never as text, and every Warble name gets a prefix, so no program can name anything of
Python's. A loop is

    if cond:                            # nothing is drawn for a loop that does not go round
        for _ in fuel:                  # the one itertools.repeat of the run: it counts in C
            body
            if not cond: break
        else:
            h_out()                     # the fuel ended before the condition did

run.py is the caller. Errors find their place through code.co_positions(), see expressions.py.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from types import CodeType

from warble import sizes, tree
from warble.errors import Fault
from warble.expressions import Expressions, Mode, Span, at, call, name, target
from warble.fuel import FREE_BITS
from warble.limits import Limits

FILE = "<warble>"


@dataclass(frozen=True, slots=True)
class Compiled:
    """Code that defines program(); constants belong into its globals beside the helpers."""

    code: CodeType
    constants: dict[str, Decimal]

    def function(self, helpers: dict[str, Callable[..., object]], rounds: object) -> Callable[[], object]:
        """The program as a function of no arguments. It has no builtins: only what is named here exists for it."""
        scope: dict[str, object] = {"__builtins__": {}, "fuel": rounds, **helpers, **self.constants}
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
    builder = _Statements(Expressions(mode, bounds, top, limits.bits))
    try:
        body = [*_givens(given, program), *builder.block(program.block)]
        if keep:
            body.append(ast.Expr(call("h_keep", [], at(0, 0)), **at(0, 0)))
        code = compile(_module(body or [ast.Pass(**at(0, 0))]), FILE, "exec", dont_inherit=True, optimize=0)
    except RecursionError:
        text = "This program is nested too deep. Split a long expression into several statements."
        raise Fault("limit:depth", text, program.start, program.end) from None
    return Compiled(code, builder.expressions.constants)


class _Statements:
    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions

    def block(self, block: tree.Block) -> list[ast.stmt]:
        return [emitted for statement in block.body for emitted in self.statement(statement)]

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
                return [self._loop(node, test, self.block(body))]
            case tree.For(first, test, step, body):
                return [self._simple(first), self._loop(node, test, [*self.block(body), self._simple(step)])]

    def _simple(self, node: tree.Simple) -> ast.stmt:
        span = at(node.start, node.end)
        if isinstance(node, tree.Assign):
            value = self.expressions.value(node.value)
        else:
            one = tree.Num("1", node.start, node.end)
            value = self.expressions.value(tree.Binary(node.op, node.target, one, node.start, node.end))
        stored = target(f"v_{node.target.name}", at(node.target.start, node.target.end))
        return ast.Assign([stored], value, None, **span)

    def _if(self, node: tree.If) -> ast.If:
        span = at(node.start, node.test.end)
        other: list[ast.stmt] = []
        if isinstance(node.other, tree.If):
            other = [self._if(node.other)]
        elif node.other is not None:
            other = self.block(node.other)
        return ast.If(self.expressions.condition(node.test), self.block(node.then) or [ast.Pass(**span)], other, **span)

    def _loop(self, node: tree.While | tree.For, test: tree.Expr, body: list[ast.stmt]) -> ast.If:
        span = at(node.start, node.body.start)
        condition = self.expressions.condition(test)
        end = ast.UnaryOp(ast.Not(), condition, **span)
        body.append(ast.If(end, [ast.Break(**span)], [], **span))
        out = ast.Expr(call("h_out", [], span), **span)
        loop = ast.For(target("_", span), name("fuel", span), body, [out], None, **span)
        return ast.If(condition, [loop], [], **span)


def _givens(given: Iterable[str], program: tree.Program) -> list[ast.stmt]:
    """Copies of the values that were there before the program, for the names that it mentions."""
    span: Span = at(program.start, program.start)
    used = {node.name for node in tree.walk(program) if isinstance(node, tree.Name)}
    both = sorted(used & set(given))
    return [ast.Assign([target(f"v_{known}", span)], name(f"g_{known}", span), None, **span) for known in both]


def _module(body: list[ast.stmt]) -> ast.Module:
    arguments = ast.arguments([], [], None, [], [], None, [])
    span = at(0, 0)
    function = ast.FunctionDef("program", arguments, body, [], None, None, **span)
    return ast.Module([function], [])
