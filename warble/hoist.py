"""Owns what a loop would compute anew each round although nothing in it changes, and gives each of it a name.

x/40 in a loop that never assigns x is computed once in front of the loop. That is allowed only for what always has a
value, cannot fail, costs no fuel and needs no check, since the loop may not even get to it. expressions.py asks about
every operation of an innermost loop, and loops.py puts the assignments in front of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Final

from warble import sizes, tree
from warble.sizes import INT, Bounds

#: Operators that give something for any operands; the others need a literal that is not 0 behind them.
_TOTAL: Final = frozenset("+-*")
_DIVIDING: Final = frozenset(("/", "//", "%"))


class Hoist:
    """For one loop. sure: names that have a value in front of it; most: bits that an integer can have unchecked."""

    def __init__(self, body: Iterable[tree.Stmt], sure: set[str], bounds: Bounds, most: int) -> None:
        stored = {
            node.target.name
            for statement in body
            for node in tree.walk(statement)
            if isinstance(node, tree.Assign | tree.Step)
        }
        self.fixed = sure - stored
        self.bounds = bounds
        self.most = most
        self.found: dict[str, tuple[str, ast.expr]] = {}

    def may(self, node: tree.Binary) -> bool:
        """Whether this operation can be done in front of the loop; literals alone are folded or not worth it."""
        return any(isinstance(part, tree.Name) for part in tree.walk(node)) and self._fixed(node)

    def name(self, emitted: ast.expr) -> str:
        """The name that holds it from now on: one for all that are the same."""
        key = ast.dump(emitted)
        if key not in self.found:
            self.found[key] = f"t_{len(self.found)}", emitted
        return self.found[key][0]

    def assignments(self) -> Sequence[ast.stmt]:
        """What belongs in front of the loop."""
        made = []
        for known, emitted in self.found.values():
            start, end = emitted.col_offset, emitted.end_col_offset or emitted.col_offset
            place = {"lineno": 1, "col_offset": start, "end_lineno": 1, "end_col_offset": end}
            made.append(ast.Assign([ast.Name(known, ast.Store(), **place)], emitted, None, **place))
        return made

    def _fixed(self, node: tree.Expr) -> bool:
        match node:
            case tree.Num():  # beside a double, a longer one could be too big for one
                return sizes.literal(node)[1] <= self.most
            case tree.Name(identifier):
                return identifier in self.fixed
            case tree.Group(inner) | tree.Unary(_, inner):
                return self._fixed(inner)
            case tree.Binary(op, left, right):
                if op in _DIVIDING and not _divides(right):
                    return False
                return (op in _TOTAL or op in _DIVIDING) and self._small(node) and all(map(self._fixed, (left, right)))
        return False

    def _small(self, node: tree.Binary) -> bool:
        """Whether it is a double, or an integer that needs no check."""
        kind, bits = sizes.of(node, self.bounds, self.most)
        return not kind & INT or bits <= self.most


def _divides(node: tree.Expr) -> bool:
    """A literal whole number that is not 0, and small enough to be a double."""
    node = tree.bare(node)
    return isinstance(node, tree.Num) and node.whole and len(node.text) < 16 and bool(node.text.strip("0"))
