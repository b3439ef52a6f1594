"""Owns expressions -> Python ast: native operators where sizes.py knows them safe, elsewhere a helper or a check.

Every node carries its Warble span as col_offset and end_col_offset, which is how an error while the program runs finds
its place for nothing. compile.py is the caller. Three modes:

    FAST      integers of up to FREE_BITS bits: everything is native, and what may grow past that is checked
    CAREFUL   integers up to the limit: what may be big goes through integers.py, which charges fuel
    DECIMAL   the same, and what is no integer is a decimal, so it goes through decimals.py
"""

from __future__ import annotations

import ast
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, Final

from warble import cheap, show, sizes, tree
from warble.errors import Fault
from warble.fuel import FREE_BITS
from warble.hoist import Hoist
from warble.integers import HELPERS
from warble.show import STR_DIGITS
from warble.sizes import INT, REAL, Bound, Bounds


class Mode(Enum):
    FAST = "fast"
    CAREFUL = "careful"
    DECIMAL = "decimal"


#: An operation on free integers may give this many times their bits.
_INNER: Final = 4
_COMPARISONS: Final[dict[str, type[ast.cmpop]]] = {
    "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE, "==": ast.Eq, "!=": ast.NotEq,
}  # fmt: skip
_LOAD: Final = ast.Load()
_STORE: Final = ast.Store()

Span = dict[str, int]
Emitted = tuple[ast.expr, Bound]


def at(start: int, end: int) -> Span:
    """A span as Python's own places: always line 1, columns are Warble's code points."""
    return {"lineno": 1, "col_offset": start, "end_lineno": 1, "end_col_offset": end}


def name(identifier: str, span: Span) -> ast.Name:
    return ast.Name(identifier, _LOAD, **span)


def target(identifier: str, span: Span) -> ast.Name:
    return ast.Name(identifier, _STORE, **span)


def constant(value: str | float, span: Span) -> ast.Constant:
    return ast.Constant(value, None, **span)


def call(function: str, args: list[ast.expr], span: Span) -> ast.Call:
    return ast.Call(name(function, span), args, [], **span)


class Expressions:
    """Emits the expressions of one program. constants holds what an ast cannot: decimals, by the name used for each."""

    def __init__(self, mode: Mode, bounds: Bounds, top: int, limit: int) -> None:
        self.mode = mode
        self.bounds = bounds
        self.top = top
        self.free = min(FREE_BITS, top)  # what needs no check: a host's limit may be lower still
        self.inner = min(_INNER * self.free, limit)  # what the fast code may compute before it looks
        self.constants: dict[str, Decimal] = {}
        self.sure: set[str] = set()  # names that have a value wherever the program has got to
        self.watched = False  # in a loop whose integers growth.py keeps small
        self.guards = 0
        self.reach: dict[str, tuple[int, int]] = {}  # least and most of a counter, within its loop
        self.hoist: Hoist | None = None  # of the loop that is being emitted

    def value(self, node: tree.Expr) -> ast.expr:
        """An expression whose value leaves it: in the fast code the place for a check."""
        emitted, bound = self.emit(node)
        return self.guard(emitted, bound)

    def condition(self, node: tree.Expr) -> ast.expr:
        """An expression of which only the truth matters: a comparison needs no 1 or 0."""
        bare = tree.bare(node)
        if isinstance(bare, tree.Binary):
            if bare.op in _COMPARISONS:
                return self._against_zero(bare) or self._compare(bare)
            if bare.op in ("*", "+") and self.mode is Mode.FAST:
                return self._both(bare) or self.value(bare)
        return self.value(bare)

    def _both(self, node: tree.Binary) -> ast.expr | None:
        """A product or sum of two comparisons as Python's and, or; None where leaving out the right might matter."""
        left, right = tree.bare(node.left), tree.bare(node.right)
        if not (_is_truth(left) and _is_truth(right) and cheap.cannot_fail(right, self.sure)):
            return None
        first, guards = self.condition(left), self.guards
        second = self.condition(right)
        if self.guards > guards:  # it would cost fuel in the careful code, where both are computed
            return None
        either = ast.And() if node.op == "*" else ast.Or()
        return ast.BoolOp(either, [first, second], **at(node.start, node.end))

    def _against_zero(self, node: tree.Binary) -> ast.expr | None:
        """x!=0 as x itself, and x==0 as not x: what is not a number is neither 0 nor false."""
        if self.mode is not Mode.FAST or node.op not in ("==", "!=") or not cheap.is_zero(node.right):
            return None
        value = self.value(node.left)
        return value if node.op == "!=" else ast.UnaryOp(ast.Not(), value, **at(node.start, node.end))

    def guard(self, emitted: ast.expr, bound: Bound) -> ast.expr:
        """The same value, but h_big() is called where it is an integer that is too big for the fast code."""
        if self.mode is not Mode.FAST or self.watched or not self.may_grow(bound):
            return emitted
        self.guards += 1
        span = at(emitted.col_offset, emitted.end_col_offset or emitted.col_offset)
        kept = ast.NamedExpr(target("g", span), emitted, **span)
        return ast.IfExp(self.fits(kept, span), name("g", span), call("h_big", [], span), **span)

    def fits(self, value: ast.expr, span: Span) -> ast.expr:
        low, high = constant(-(1 << self.free), span), constant(1 << self.free, span)
        return ast.Compare(low, [ast.Lt(), ast.Lt()], [value, high], **span)

    def may_grow(self, bound: Bound) -> bool:
        return bound[1] > self.free and bool(bound[0] & INT)

    def emit(self, node: tree.Expr) -> Emitted:
        """The ast of an expression and what is known of its value."""
        span = at(node.start, node.end)
        match node:
            case tree.Group(inner):
                return self.emit(inner)
            case tree.Num():
                return self._literal(node, span), sizes.literal(node)
            case tree.Text(value):
                return constant(value, span), (0, 0)
            case tree.Name(identifier):
                return name(f"v_{identifier}", span), self.bounds.get(identifier, (0, 0))
            case tree.Unary():
                return self._unary(node, span)
            case tree.Call():
                args = [self.value(arg) for arg in node.args]
                bound = sizes.of(node, self.bounds, self.top)
                return call(f"f_{node.name}", args, span), bound
        if node.op in _COMPARISONS:
            one, zero = constant(1, span), constant(0, span)
            return ast.IfExp(self._compare(node), one, zero, **span), (INT, 1)
        hoist = self.hoist
        if hoist is None or not hoist.may(node):
            return self._binary(node, span)
        self.hoist = None  # only the whole of it gets a name
        emitted, bound = self._binary(node, span)
        self.hoist = hoist
        return (emitted if isinstance(emitted, ast.Constant) else name(hoist.name(emitted), span)), bound

    def _literal(self, node: tree.Num, span: Span) -> ast.expr:
        if node.whole:
            return constant(integer(node.text), span)
        if self.mode is not Mode.DECIMAL:
            return constant(float(node.text), span)
        known = f"k_{len(self.constants)}"
        self.constants[known] = show.read(node.text)
        return call("h_pos", [name(known, span)], span)

    def _unary(self, node: tree.Unary, span: Span) -> Emitted:
        operand, bound = self.emit(node.operand)
        if isinstance(operand, ast.Constant) and isinstance(operand.value, int | float):
            return constant(-operand.value if node.op == "-" else operand.value, span), bound
        if node.op == "+":  # only a decimal changes: it is rounded
            same = self.mode is not Mode.DECIMAL or bound[0] == INT
            return operand if same else call("h_pos", [operand], span), bound
        if self._native(bound):
            return ast.UnaryOp(ast.USub(), operand, **span), bound
        return call("h_neg", [operand], span), bound

    def _binary(self, node: tree.Binary, span: Span) -> Emitted:
        (left, a), (right, b) = self.emit(node.left), self.emit(node.right)
        power = sizes.exponent(node.right) if node.op == "^" else None
        if self.mode is Mode.FAST:
            left, a, right, b = *self._inner(left, a), *self._inner(right, b)
        bound = sizes.binary(node.op, a, b, self.top, power)
        folded = _fold(node.op, left, right, self.free)
        if folded is not None:
            return constant(folded, span), (INT if isinstance(folded, int) else REAL, bound[1])
        if node.op == "^":
            return self._power(left, a, right, b, bound, power, span)
        if self._native(a, b) and self._stays_native(node.op, bound):
            return cheap.operation(node.op, left, a, right, b, span), bound
        return call(HELPERS[node.op], [left, right], span), (bound[0], min(bound[1], self.top))

    def _power(
        self, left: ast.expr, a: Bound, right: ast.expr, b: Bound, bound: Bound, power: int | None, span: Span
    ) -> Emitted:
        native = self._native(a, b) and self._stays_native("^", bound)
        if native and power is not None and bound[1] <= self.inner:
            return cheap.operation("^", left, a, right, b, span), bound
        if native and cheap.positive_real(left):
            found, bound = cheap.operation("^", left, a, right, b, span), (REAL, 0)
        else:
            found, bound = call("h_pow", [left, right], span), (bound[0], self.top)
        if self.mode is Mode.FAST and b[0] == INT:
            found = self._table(left, right, found) or found
        return found, bound

    def _table(self, left: ast.expr, right: ast.expr, slow: ast.expr) -> ast.expr | None:
        reach = self.reach.get(right.id[2:]) if isinstance(right, ast.Name) else None
        return cheap.power_of_constant(left, right, slow, self.free, reach)

    def _inner(self, emitted: ast.expr, bound: Bound) -> Emitted:
        """An operand in the fast code, checked where it costs fuel if it is big."""
        return (self.guard(emitted, bound), (bound[0], self.free)) if self.may_grow(bound) else (emitted, bound)

    def _compare(self, node: tree.Binary) -> ast.expr:
        span = at(node.start, node.end)
        (left, a), (right, b) = self.emit(node.left), self.emit(node.right)
        left, right = self.guard(left, a), self.guard(right, b)
        if self._native(a, b):
            left, right = cheap.compared(left, a, right, b)
            return ast.Compare(left, [_COMPARISONS[node.op]()], [right], **span)
        return call(HELPERS[node.op], [left, right], span)

    def _stays_native(self, op: str, result: Bound) -> bool:
        if self.mode is Mode.DECIMAL and op == "/":
            return False
        return self.mode is Mode.FAST or result[0] == REAL or result[1] <= self.free

    def _native(self, *bounds: Bound) -> bool:
        """Whether Python's own operator will do: always in the fast code, elsewhere for what cannot be big."""
        if self.mode is Mode.FAST:
            return True
        if self.mode is Mode.CAREFUL and any(kind == REAL for kind, _ in bounds):
            return True
        return all(kind == INT and bits <= self.free for kind, bits in bounds)


def _is_truth(node: tree.Expr) -> bool:
    return isinstance(node, tree.Binary) and node.op in _COMPARISONS


def check_literals(program: tree.Program, most_bits: int, *, decimals: bool) -> None:
    """Refuse a literal that its arithmetic cannot hold."""
    for node in tree.walk(program):
        if not isinstance(node, tree.Num):
            continue
        if node.whole:
            if len(node.text) > most_bits // 4 and integer(node.text).bit_length() > most_bits:
                text = f"This integer has more than {most_bits:,} bits, and no more is allowed."
                raise Fault("limit:bits", text, node.start, node.end)
        else:
            fine = show.read(node.text).is_finite() if decimals else isfinite(float(node.text))
            if not fine:
                raise Fault("overflow", f"{node.text} is bigger than a number can be.", node.start, node.end)


def integer(text: str) -> int:
    """int() that takes any number of digits."""
    return int(text) if len(text) < STR_DIGITS else int(Decimal(text))


def _fold(op: str, left: ast.expr, right: ast.expr, most_bits: int) -> Any:
    """What two small constants give, so that 10^6 in a condition costs nothing; None: leave it to the program."""
    if not (isinstance(left, ast.Constant) and isinstance(right, ast.Constant)):
        return None
    a, b = left.value, right.value
    if not (isinstance(a, int) and isinstance(b, int)) or op in ("/", "//", "%"):
        return None
    if op == "^" and (b < 0 or a.bit_length() * b > most_bits):
        return None
    value = a**b if op == "^" else a + b if op == "+" else a - b if op == "-" else a * b
    return value if value.bit_length() <= most_bits else None
