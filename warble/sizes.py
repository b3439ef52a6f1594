"""Owns what is known of a number before the program runs: integer or not, and how many bits it can have at most.

compile.py uses it to leave out checks: i++ can never grow past the fuel's own bits, so it needs none; x=x*x does. The
bounds hold for every run within the limits, since a statement runs at most fuel + 1 times.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Final

from warble import tree

#: Bits of a set: what a value can be.
INT: Final = 1
REAL: Final = 2
ANY: Final = 3

#: (what it can be, the most bits it has where it is an integer)
Bound = tuple[int, int]
#: Of each name; a name that is not there is never assigned.
Bounds = dict[str, Bound]

#: Passes over the program before a bound that still grows is given up.
_PATIENCE: Final = 6
_TRUTH: Final[Bound] = (INT, 1)
_NOTHING: Final[Bound] = (0, 0)
#: A literal of so few digits is read to see how many bits it has.
_SHORT: Final = 40
_GIVES_INT: Final = frozenset(("FLOOR", "CEIL", "COMB"))
_GIVES_REAL: Final = frozenset(("COS", "SIN", "TAN", "ACOS", "ASIN", "ATAN", "ATAN2"))


def infer(program: tree.Program, *, top: int, rounds: int, given: frozenset[str] = frozenset()) -> Bounds:
    """The bound of each name; top: bits that nothing exceeds; rounds: how often a statement runs; given: set before."""
    steps = [_Step(node) for node in tree.walk(program) if isinstance(node, tree.Assign | tree.Step)]
    added = ((rounds + 1) * (len(steps) + 1)).bit_length()
    bounds: Bounds = dict.fromkeys(given, (ANY, top))
    for passes in count():
        before = bounds
        bounds = _pass(steps, before, top, added, dict.fromkeys(given, (ANY, top)))
        for name, bound in before.items():  # never back down, or this would not come to an end
            bounds[name] = _join(bound, bounds[name])
        if bounds == before:
            break
        if passes >= _PATIENCE:
            bounds.update({name: (bound[0], top) for name, bound in bounds.items() if bound != before.get(name)})
    return bounds


def _pass(steps: list[_Step], before: Bounds, top: int, added: int, bounds: Bounds) -> Bounds:
    """Bounds after every assignment was seen once more, from the bounds before. What only adds is counted last."""
    sums: Bounds = {}
    for step in steps:
        if step.rest is None:
            bounds[step.name] = _join(bounds.get(step.name, _NOTHING), of(step.value, before, top))
        else:
            rest = [of(term, before, top) for term in step.rest]
            kind = before.get(step.name, _NOTHING)[0] or INT
            for term in rest:
                kind = _kind(kind, term[0])
            bits = max((term[1] for term in rest), default=1) + len(rest) + added
            sums[step.name] = _join(sums.get(step.name, _NOTHING), (kind, bits))
    for name, (kind, bits) in sums.items():
        old = bounds.get(name, _NOTHING)
        bounds[name] = (old[0] | kind, max(old[1], bits) + 1)
    return {name: (kind, min(bits, top)) for name, (kind, bits) in bounds.items()}


def of(node: tree.Expr, bounds: Bounds, top: int, note: Callable[[Bound], None] | None = None) -> Bound:
    """The bound of an expression. May pass top: that is where compile.py puts its checks. note hears of each step."""
    match node:
        case tree.Num():
            return literal(node)
        case tree.Name(name):
            return bounds.get(name, _NOTHING)
        case tree.Group(inner) | tree.Unary(_, inner):
            return of(inner, bounds, top, note)
        case tree.Binary(op, left, right):
            found = binary(op, of(left, bounds, top, note), of(right, bounds, top, note), top, exponent(right))
        case tree.Call(name, args):
            found = call(name, [of(arg, bounds, top, note) for arg in args if not isinstance(arg, tree.Text)], top)
        case tree.Text():
            return _NOTHING
    if note is not None:
        note(found)
    return found


def literal(node: tree.Num) -> Bound:
    if not node.whole:
        return REAL, 0
    return INT, int(node.text).bit_length() if len(node.text) < _SHORT else len(node.text) * 10 // 3 + 1


def binary(op: str, a: Bound, b: Bound, top: int, power: int | None) -> Bound:
    """power: the exponent where it is a small literal."""
    kind = _kind(a[0], b[0])
    if kind == REAL and op in "+-*//%":
        return REAL, 0
    match op:
        case "+" | "-":
            return kind, max(a[1], b[1]) + 1
        case "*":
            return kind, a[1] + b[1]
        case "/":
            return REAL, 0
        case "//":
            return kind, a[1]
        case "%":
            return kind, b[1]
        case "^" if power is not None:
            return a[0], a[1] * power + 1
        case "^":
            return (ANY if kind & INT else REAL), top
    return _TRUTH


def call(name: str, args: list[Bound], top: int) -> Bound:
    if name in _GIVES_INT or (name == "ROUND" and len(args) == 1):
        return INT, top
    if name == "ABS":
        return args[0]
    return (REAL, 0) if name in _GIVES_REAL else (ANY, top)


def exponent(node: tree.Expr) -> int | None:
    """A literal that stands as an exponent and is small enough to multiply sizes by."""
    node = tree.bare(node)
    return int(node.text) if isinstance(node, tree.Num) and node.whole and len(node.text) < 4 else None


def _kind(a: int, b: int) -> int:
    """Of a sum or product: an integer where both are, a real where either is."""
    return (a & b & INT) | ((a | b) & REAL)


def _join(a: Bound, b: Bound) -> Bound:
    return a[0] | b[0], max(a[1], b[1])


class _Step:
    """One assignment. rest: what it adds to its own name, where that is all it does; x++ has an empty rest."""

    __slots__ = ("name", "rest", "value")

    def __init__(self, node: tree.Assign | tree.Step) -> None:
        self.name = node.target.name
        self.value: tree.Expr = node.target if isinstance(node, tree.Step) else node.value
        self.rest: list[tree.Expr] | None = [] if isinstance(node, tree.Step) else _rest(self.value, self.name)


def _rest(node: tree.Expr, name: str) -> list[tree.Expr] | None:
    """The other terms of a sum in which name stands once and with a plus; None when it is no such sum."""
    terms: list[tree.Expr] = []
    itself = 0
    node = tree.bare(node)
    while isinstance(node, tree.Binary) and node.op in ("+", "-"):
        if node.op == "+" and _is(node.right, name):
            itself += 1
        else:
            terms.append(node.right)
        node = tree.bare(node.left)
    if _is(node, name):
        itself += 1
    else:
        terms.append(node)
    return terms if itself == 1 and terms else None


def _is(node: tree.Expr, name: str) -> bool:
    node = tree.bare(node)
    return isinstance(node, tree.Name) and node.name == name
