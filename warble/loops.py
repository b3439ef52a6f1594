"""Owns how a loop becomes Python that draws a unit of fuel a round and costs next to nothing beside its body.

compile.py is the caller. A loop in general, and an outer loop, whose rounds come from a chain of chunks (CPython allows
20 blocks within one another, so only the innermost loop has a second one):

    if cond:                                    if cond:
        while True:                                 for _ in rounds:
            for _ in fuel:                              body
                body                                    if cond: continue
                if cond: continue                       break
                break
            else:
                fuel = h_more(fuel, most)       # a new chunk; raises when there is no more
                continue
            break

An innermost loop that only counts, and calls nothing that could draw fuel, pays for many rounds at once:

    while i < stop:
        for i in h_rounds(i, stop, step, most):
            body without its last i = i + step
        i = i + step

and if its body does not even read the counter:

        for _ in h_times(i, stop, step, most):
            body
        i = h_reached()

What hoist.py found is computed in front of the rounds, once the loop is known to have one. Where growth.py says so, the
names that may grow are looked at in front of each chunk. The five forms draw the same.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from warble import tree
from warble.expressions import Expressions, Span, call, constant, name, target
from warble.growth import Watch
from warble.sizes import INT

#: A counting loop within another is worth its start from so many rounds on.
_MANY: Final = 48
#: What such a loop may call: nothing that is charged for.
_FREE_CALLS: Final = frozenset(("COS", "SIN", "TAN", "ACOS", "ASIN", "ATAN", "ATAN2", "ABS", "LIGHTS", "SLEEP", "DRAW"))
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Counter:
    """A loop of the form: while i < stop, with i = i + step as the last thing a round does."""

    name: str
    op: str
    stop: tree.Expr
    step: int
    read: bool  # whether anything within a round reads it


def counter(test: tree.Expr, body: Sequence[tree.Stmt], expressions: Expressions) -> Counter | None:
    """How an innermost loop counts, when counting is all that makes it end; body with its last step."""
    test = tree.bare(test)
    last = body[-1] if body else None
    if not isinstance(test, tree.Binary) or test.op not in _MIRRORED or not isinstance(last, tree.Assign | tree.Step):
        return None
    identifier, step = last.target.name, _step(last)
    op, other = test.op, test.right
    if not _is(test.left, identifier):
        op, other = _MIRRORED[op], test.left
        if not _is(test.right, identifier):
            return None
    if step == 0 or (step > 0) != (op in ("<", "<=")) or expressions.bounds.get(identifier, (0, 0))[0] != INT:
        return None
    nodes = [node for statement in body for node in tree.walk(statement)]
    stored = [node.target.name for node in nodes if isinstance(node, tree.Assign | tree.Step)]
    if stored.count(identifier) != 1 or not _fixed(other, set(stored), expressions):
        return None
    if any(isinstance(node, tree.Call) and node.name not in _FREE_CALLS for node in nodes):
        return None
    within = [node for statement in body[:-1] for node in tree.walk(statement)]
    read = any(isinstance(node, tree.Name) and node.name == identifier for node in within)
    return Counter(identifier, op, other, step, read)


def reach(first: tree.Simple | None, found: Counter) -> tuple[int, int] | None:
    """The least and the most that a counter can be in the body, before its step, where that can be read off it."""
    stop = tree.bare(found.stop)
    if isinstance(first, tree.Assign) and first.target.name == found.name and isinstance(stop, tree.Num):
        start = tree.bare(first.value)
        if isinstance(start, tree.Num) and start.whole and stop.whole and len(start.text) + len(stop.text) < 40:
            least, most = sorted((int(start.text), int(stop.text)))
            return least, most
    return None


def trips(first: tree.Simple | None, found: Counter) -> int | None:
    """How many rounds a counting loop has, where that can be read off it."""
    ends = reach(first, found)
    return (ends[1] - ends[0]) // abs(found.step) if ends else None


def worth(found: Counter | None, first: tree.Simple | None, depth: int, watch: Watch | None) -> Counter | None:
    """The counter, if the loop should be a counting one: one that starts often and is short should not."""
    if found is None or depth == 1:
        return found
    rounds = trips(first, found)
    chunk = watch.rounds if watch is not None else rounds
    return found if rounds and chunk and min(rounds, chunk) >= _MANY else None


def counting(
    found: Counter, test: ast.expr, stop: ast.expr, body: list[ast.stmt], step: ast.stmt, look: list[ast.stmt],
    most: int, span: Span, *, keep: bool,
) -> ast.stmt:  # fmt: skip
    """An innermost loop that pays for many rounds at once."""
    if found.op in ("<=", ">="):
        stop = ast.BinOp(stop, ast.Add() if found.step > 0 else ast.Sub(), constant(1, span), **span)
    counted = f"v_{found.name}"
    args = [name(counted, span), stop, constant(found.step, span), constant(most, span)]
    body = body or [ast.Pass(**span)]
    if found.read or keep:  # the repl keeps what a counter was where an error came
        inner = ast.For(target(counted, span), call("h_rounds", args, span), body, [], None, **span)
    else:
        inner = ast.For(target("_", span), call("h_times", args, span), body, [], None, **span)
        step = ast.Assign([target(counted, span)], call("h_reached", [], span), None, **span)
    return ast.While(test, [*look, inner, step], [], **span)


def innermost(
    test: ast.expr, body: list[ast.stmt], look: list[ast.stmt], ahead: Sequence[ast.stmt], span: Span
) -> ast.stmt:
    """A loop without one inside, that draws from the chunk itself."""
    chunk = call("h_more", [name("fuel", span), name("most", span)], span)
    more = ast.Assign([target("fuel", span)], chunk, None, **span)
    again = [more, *look, ast.Continue(**span)]
    loop = ast.For(target("_", span), name("fuel", span), _rounds(test, body, span), again, None, **span)
    forever = ast.While(constant(1, span), [loop, ast.Break(**span)], [], **span)
    return ast.If(test, [*look, *ahead, forever], [], **span)


def outer(test: ast.expr, body: list[ast.stmt], span: Span) -> ast.stmt:
    """A loop around others."""
    loop = ast.For(target("_", span), name("rounds", span), _rounds(test, body, span), [], None, **span)
    return ast.If(test, [loop], [], **span)


def look(watch: Watch | None, expressions: Expressions, span: Span) -> list[ast.stmt]:
    """Statements that call h_big() when a name has grown too much; a name may still be without a value."""
    if watch is None:
        return []
    sure = [identifier for identifier in watch.names if identifier in expressions.sure]
    found = [_check(sure, watch.bits, span)] if sure else []
    for identifier in watch.names:
        if identifier not in sure:
            nothing = ast.ExceptHandler(name("h_NameError", span), None, [ast.Pass(**span)], **span)
            found.append(ast.Try([_check([identifier], watch.bits, span)], [nothing], [], [], **span))
    return found


def _check(names: Sequence[str], bits: int, span: Span) -> ast.stmt:
    low, high = -(1 << bits), 1 << bits
    fit: list[ast.expr] = []
    for identifier in names:
        between = [name(f"v_{identifier}", span), constant(high, span)]
        fit.append(ast.Compare(constant(low, span), [ast.Lt(), ast.Lt()], [*between], **span))
    fits = fit[0] if len(fit) == 1 else ast.BoolOp(ast.And(), fit, **span)
    return ast.If(ast.UnaryOp(ast.Not(), fits, **span), [ast.Expr(call("h_big", [], span), **span)], [], **span)


def _rounds(test: ast.expr, body: list[ast.stmt], span: Span) -> list[ast.stmt]:
    """One round, which jumps straight back to the next one."""
    return [*body, ast.If(test, [ast.Continue(**span)], [], **span), ast.Break(**span)]


def _step(node: tree.Simple) -> int:
    """What x++, x--, x=x+2 or x=x-2 adds; 0 for anything else."""
    if isinstance(node, tree.Step):
        return 1 if node.op == "+" else -1
    value = tree.bare(node.value)
    if not isinstance(value, tree.Binary) or value.op not in ("+", "-"):
        return 0
    left, right = tree.bare(value.left), tree.bare(value.right)
    if value.op == "+" and isinstance(left, tree.Num):
        left, right = right, left
    if not (_is(left, node.target.name) and isinstance(right, tree.Num) and right.whole and len(right.text) < 9):
        return 0
    return int(right.text) if value.op == "+" else -int(right.text)


def _fixed(node: tree.Expr, stored: set[str], expressions: Expressions) -> bool:
    """Whether an expression is an integer that a loop does not change and that needs no check."""
    for part in tree.walk(node):
        if isinstance(part, tree.Call) or (isinstance(part, tree.Name) and part.name in stored):
            return False
    emitted, (kind, bits) = expressions.emit(node)
    return kind == INT and bits <= expressions.free and isinstance(emitted, ast.Constant | ast.Name)


def _is(node: tree.Expr, identifier: str) -> bool:
    node = tree.bare(node)
    return isinstance(node, tree.Name) and node.name == identifier
