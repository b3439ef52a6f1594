"""Owns the shape of a parsed program: frozen nodes, each with its span [start, end) in code points of the source.

parse.py builds them, check.py, sizes.py, compile.py and fmt.py read them. A node knows nothing about running.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS = frozenset(("<", "<=", ">", ">=", "==", "!="))


@dataclass(frozen=True, slots=True)
class Num:
    """A literal. text keeps its digits, because a decimal must not pass through a double."""

    text: str
    start: int
    end: int

    @property
    def whole(self) -> bool:
        return self.text.isdigit()


@dataclass(frozen=True, slots=True)
class Text:
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Group:
    """Brackets around an expression. They mean nothing by themselves; the span is why they are kept."""

    inner: Expr
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unary:
    op: str
    operand: Expr
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Binary:
    """op is one of + - * / // % ^ or a comparison."""

    op: str
    left: Expr
    right: Expr
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Call:
    """Both an expression and a statement."""

    name: str
    args: tuple[Expr, ...]
    start: int
    end: int

    @property
    def name_end(self) -> int:
        return self.start + len(self.name)


Expr = Num | Text | Name | Group | Unary | Binary | Call


@dataclass(frozen=True, slots=True)
class Assign:
    target: Name
    value: Expr
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Step:
    """x++ and x--; op is "+" or "-"."""

    target: Name
    op: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    body: tuple[Stmt, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class If:
    test: Expr
    then: Block
    other: Block | If | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class While:
    test: Expr
    body: Block
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class For:
    first: Simple
    test: Expr
    step: Simple
    body: Block
    start: int
    end: int


Simple = Assign | Step
Stmt = Assign | Step | Call | If | While | For


@dataclass(frozen=True, slots=True)
class Program:
    block: Block
    tagged: bool
    start: int
    end: int


Node = Expr | Stmt | Block | Program


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in the order of the source."""
    match node:
        case Group(inner):
            return (inner,)
        case Unary(_, operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Call(_, args):
            return args
        case Assign(target, value):
            return (target, value)
        case Step(target):
            return (target,)
        case Block(body):
            return body
        case If(test, then, other):
            return (test, then) if other is None else (test, then, other)
        case While(test, body):
            return (test, body)
        case For(first, test, step, body):
            return (first, test, step, body)
        case Program(block):
            return (block,)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Every node, parents first, in the order of the source; a loop, so that no depth is too deep."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def bare(node: Expr) -> Expr:
    """The expression without the brackets around it."""
    while isinstance(node, Group):
        node = node.inner
    return node
