"""Owns cheaper forms of an operation that give the very same: same value, same type, same error at the same place.

The fast code uses them: only where sizes.py knows what the operands are, and that they are small. expressions.py is
the caller. What is not here on purpose: x^2 of a double as x*x, which differs in the last bit once in a thousand times
and gives no error where it overflows.
"""

from __future__ import annotations

import ast
from typing import Any, Final

from warble import tree
from warble.sizes import INT, REAL, Bound

_OPERATORS: Final[dict[str, type[ast.operator]]] = {
    "+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "//": ast.FloorDiv, "%": ast.Mod, "^": ast.Pow,
}  # fmt: skip
#: Integers up to this size are doubles as well, exactly.
_EXACT: Final = 1 << 53
#: The highest exponent of a table of powers.
_TABLE: Final = 64


def operation(op: str, left: ast.expr, a: Bound, right: ast.expr, b: Bound, span: dict[str, int]) -> ast.expr:
    """left op right as Python's own operator, or as a quicker one."""
    whole = a[0] == INT == b[0]
    if whole and op in ("%", "//") and (bits := _power_of_two(right)) is not None:
        if op == "%":  # the rest has the sign of the divisor, and so does &
            return ast.BinOp(left, ast.BitAnd(), _constant((1 << bits) - 1, right), **span)
        return ast.BinOp(left, ast.RShift(), _constant(bits, right), **span)
    if op == "^" and a[0] == INT and isinstance(left, ast.Name) and _value(right) in (2, 3):
        square = ast.BinOp(left, ast.Mult(), left, **span)
        return square if _value(right) == 2 else ast.BinOp(square, ast.Mult(), left, **span)
    if op == "/" and (found := _by_power(left, right, span)) is not None:
        return found
    left, right = reals(left, a, right, b)
    return ast.BinOp(left, _OPERATORS[op](), right, **span)


def reals(left: ast.expr, a: Bound, right: ast.expr, b: Bound) -> tuple[ast.expr, ast.expr]:
    """An integer literal beside a double as a double: Python would convert it each time."""
    if a[0] == REAL:
        return left, _as_real(right)
    return (_as_real(left), right) if b[0] == REAL else (left, right)


def compared(left: ast.expr, a: Bound, right: ast.expr, b: Bound) -> tuple[ast.expr, ast.expr]:
    """The same for a comparison, which is exact: so the literal may be a double wherever the other may be one."""
    return (left, _as_real(right)) if a[0] & REAL else (_as_real(left), right) if b[0] & REAL else (left, right)


def power_of_constant(
    left: ast.expr, right: ast.expr, slow: ast.expr, free: int, reach: tuple[int, int] | None
) -> ast.expr | None:
    """16^k out of a table for every k from 0 up to where the powers get big, else slow; right is an integer's name.

    reach: the least and the most that k can be, if known. None where there is no such table.
    """
    base = left.value if isinstance(left, ast.Constant) else None
    if not isinstance(base, int | float) or base < 2 or not isinstance(right, ast.Name):
        return None
    most = _TABLE if isinstance(base, float) else free // base.bit_length()
    try:
        table = tuple(base**k for k in range(min(most, _TABLE) + 1))
    except OverflowError:
        return None
    span = _span(slow)
    power = ast.Subscript(_constant(table, slow), right, ast.Load(), **span)
    if reach is not None and reach[0] >= 0 and reach[1] < len(table):
        return power
    small = ast.Compare(_constant(0, right), [ast.LtE(), ast.LtE()], [right, _constant(len(table) - 1, right)], **span)
    return ast.IfExp(small, power, slow, **span)


def _by_power(left: ast.expr, right: ast.expr, span: dict[str, int]) -> ast.expr | None:
    """1/16^k out of a table as well, where power_of_constant() made one for 16^k."""
    table = right.body if isinstance(right, ast.IfExp) else right
    if not (isinstance(table, ast.Subscript) and isinstance(table.value, ast.Constant)):
        return None
    over = left.value if isinstance(left, ast.Constant) else None
    powers: Any = table.value.value
    if not isinstance(over, int | float):
        return None
    try:
        ratios = _constant(tuple(over / power for power in powers), left)
    except OverflowError:
        return None
    ratio = ast.Subscript(ratios, table.slice, ast.Load(), **span)
    if not isinstance(right, ast.IfExp):
        return ratio
    return ast.IfExp(right.test, ratio, ast.BinOp(left, ast.Div(), right.orelse, **span), **span)


def is_zero(node: tree.Expr) -> bool:
    node = tree.bare(node)
    return isinstance(node, tree.Num) and node.whole and not node.text.strip("0")


def positive_real(node: ast.expr) -> bool:
    """A literal whose powers are doubles, whatever the exponent: never complex, never an integer."""
    return isinstance(node, ast.Constant) and isinstance(node.value, float) and node.value > 0


def cannot_fail(node: tree.Expr, sure: set[str]) -> bool:
    """Whether an expression has a value and no error, whatever its names hold; sure: names that hold something."""
    match node:
        case tree.Num():
            return True
        case tree.Name(name):
            return name in sure
        case tree.Group(inner) | tree.Unary(_, inner):
            return cannot_fail(inner, sure)
        case tree.Binary(op, left, right):
            return op not in ("/", "//", "%", "^") and cannot_fail(left, sure) and cannot_fail(right, sure)
    return False


def _power_of_two(node: ast.expr) -> int | None:
    value = _value(node)
    return value.bit_length() - 1 if value is not None and value > 0 and not value & (value - 1) else None


def _as_real(node: ast.expr) -> ast.expr:
    value = _value(node)
    return node if value is None or abs(value) > _EXACT else _constant(float(value), node)


def _value(node: ast.expr) -> int | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None


def _constant(value: Any, place: ast.expr) -> ast.Constant:
    return ast.Constant(value, None, **_span(place))


def _span(node: ast.expr) -> dict[str, int]:
    start, end = node.col_offset, node.end_col_offset or node.col_offset
    return {"lineno": 1, "col_offset": start, "end_lineno": 1, "end_col_offset": end}
