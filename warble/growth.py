"""Owns how fast integers grow in a loop: whether a look at them every so many rounds replaces one at each operation.

sizes.py bounds what a name can hold in a whole run. Where that bound is of no use (3*x+1 in a loop may be anything),
the fast code has to look whether an integer is still small. But one round adds few bits: 3 in this case. So it is
enough to look once in so many rounds, against a bound that leaves room for what those rounds can add. compile.py is
the caller.

Why the two ends are enough: the size of a result is a maximum of sums of the sizes that go in, so it is convex in
them, and what a round adds at most is added at one of the ends of the range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from warble import sizes, tree
from warble.meter import MOST_CHUNK
from warble.sizes import INT, Bounds

#: Fewer rounds than this are not worth it.
_LEAST_ROUNDS: Final = 16


@dataclass(frozen=True, slots=True)
class Watch:
    """Look every so many rounds whether each of these names has at most so many bits."""

    names: tuple[str, ...]
    bits: int
    rounds: int


def watch(test: tree.Expr, body: Sequence[tree.Stmt], bounds: Bounds, free: int) -> Watch | None:
    """How to keep every integer of this loop within free bits; None where no look is needed, or that is no way to."""
    parts: list[tree.Node] = [test, *body]
    used = {node.name for part in parts for node in tree.walk(part) if isinstance(node, tree.Name)}
    bounds = {name: bound for name, bound in bounds.items() if name in used}
    least = free * 3 // 8
    large = sorted(name for name, (kind, bits) in bounds.items() if kind & INT and bits > least)
    if not large or _most(parts, bounds, free) <= free:
        return None
    added = max(_most(parts, _with(bounds, large, bits), free) - bits for bits in (least, free))
    rounds = (free - least) // added if added > 0 else MOST_CHUNK
    return Watch(tuple(large), least, rounds) if rounds >= _LEAST_ROUNDS else None


def _with(bounds: Bounds, names: Sequence[str], bits: int) -> Bounds:
    return bounds | {name: (bounds[name][0], bits) for name in names}


def _most(parts: Sequence[tree.Node], bounds: Bounds, top: int) -> int:
    """The bits of the biggest integer of one round, of all that is read, computed and stored in it."""
    bounds = dict(bounds)
    most = [0]

    def note(bound: sizes.Bound) -> None:
        if bound[0] & INT:
            most.append(bound[1])

    for part in parts:
        for node in tree.walk(part):
            match node:
                case tree.Assign(target, value):
                    _store(bounds, target.name, sizes.of(value, bounds, top, note))
                case tree.Step(target, op):
                    one = tree.Num("1", 0, 0)
                    _store(bounds, target.name, sizes.of(tree.Binary(op, target, one, 0, 0), bounds, top, note))
                case tree.Call(_, args):
                    for arg in args:
                        sizes.of(arg, bounds, top, note)
                case tree.If(value):
                    sizes.of(value, bounds, top, note)
                case tree.Num():
                    note(sizes.literal(node))
    sizes.of(parts[0], bounds, top, note)  # type: ignore[arg-type]  # the test, which is an expression
    return max(*most, *(bound[1] for bound in bounds.values() if bound[0] & INT), 0)


def _store(bounds: Bounds, name: str, bound: sizes.Bound) -> None:
    """What the name can hold from here on; it may also still hold what it held."""
    before = bounds.get(name, bound)
    bounds[name] = before[0] | bound[0], max(before[1], bound[1])
