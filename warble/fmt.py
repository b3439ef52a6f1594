"""Owns tree -> text: the readable layout of `warble fmt` and the short one of `warble fmt --min`.

Both parse to a program that means the same. The short one also gives names of one letter, drops an empty ELSE, writes
x=x+1 as x++ and each number as briefly as it goes; only the names in error messages can tell the difference.
"""

from __future__ import annotations

import re
from collections import Counter
from string import ascii_letters
from typing import Final

from warble import tree

_LEVELS: Final = {
    **dict.fromkeys(tree.COMPARISONS, 1), "+": 2, "-": 2, "*": 3, "/": 3, "//": 3, "%": 3, "^": 5,
}  # fmt: skip
_UNARY: Final = 4
_ATOM: Final = 6
_MOST_ZEROS: Final = 20
_EXPONENT_FIGURES: Final = 18


def pretty(program: tree.Program) -> str:
    """One statement a line, two spaces a level."""
    return f"{'#pi' if program.tagged else ''}{_block(program.block, '')}\n"


def shortest(program: tree.Program) -> str:
    """The same program in as few characters as these rules find."""
    return f"{'#pi' if program.tagged else ''}{_Short(program).block(program.block)}"


def _block(block: tree.Block, indent: str) -> str:
    if not block.body:
        return "{}"
    inner = indent + "  "
    lines = "".join(f"{inner}{_statement(statement, inner)}\n" for statement in block.body)
    return f"{{\n{lines}{indent}}}"


def _statement(node: tree.Stmt, indent: str) -> str:
    match node:
        case tree.Assign(target, value):
            return f"{target.name} = {expression(value, ' ')}"
        case tree.Step(target, op):
            return f"{target.name}{op}{op}"
        case tree.Call():
            return expression(node, " ")
        case tree.If(test, then, other):
            text = f"IF ({expression(test, ' ')}) {_block(then, indent)}"
            if other is None:
                return text
            return f"{text} ELSE {_statement(other, indent) if isinstance(other, tree.If) else _block(other, indent)}"
        case tree.While(test, body):
            return f"WHILE ({expression(test, ' ')}) {_block(body, indent)}"
        case tree.For(first, test, step, body):
            head = f"{_statement(first, '')}; {expression(test, ' ')}; {_statement(step, '')}"
            return f"FOR ({head}) {_block(body, indent)}"


def expression(node: tree.Expr, space: str = "", names: dict[str, str] | None = None) -> str:
    """An expression with only the brackets it needs; space goes around operators, names replaces names."""
    return _expression(node, space, names or {})[0]


def _expression(node: tree.Expr, space: str, names: dict[str, str]) -> tuple[str, int]:
    """The text and how tightly it binds."""

    def operand(inner: tree.Expr, least: int) -> str:
        text, level = _expression(inner, space, names)
        return text if level >= least else f"({text})"

    node = tree.bare(node)
    match node:
        case tree.Num(text):
            return (text if space else short_number(text)), _ATOM
        case tree.Text(value):
            return f'"{value}"', _ATOM
        case tree.Name(name):
            return names.get(name, name), _ATOM
        case tree.Unary(op, inner):
            text = operand(inner, _UNARY)
            return f"{op}{space if text[0] in '+-' else ''}{text}", _UNARY
        case tree.Call(name, args):
            return f"{name}({f',{space}'.join(operand(arg, 0) for arg in args)})", _ATOM
        case tree.Binary("^", left, right):
            return f"{operand(left, _ATOM)}^{operand(right, _UNARY)}", _LEVELS["^"]
        case tree.Binary(op, left, right):
            level = _LEVELS[op]
            text = operand(left, level if level > 1 else 2)
            return f"{text}{space}{op}{space}{operand(right, level + 1)}", level
    raise AssertionError(f"no such expression: {node}")


def short_number(text: str) -> str:
    """The shortest literal of the same value and kind: 0.50 is .5, 1000.0 is 1e3, 007 is 7."""
    if text.isdigit():
        return text.lstrip("0") or "0"
    # By hand: a decimal takes exponents of 18 figures, of 9 on a 32-bit machine, and a program may hold longer ones.
    mantissa, _, power = text.lower().partition("e")
    whole, _, part = mantissa.partition(".")
    digits = (whole + part).lstrip("0")
    if not digits:
        return ".0"
    if len(power.lstrip("+-0")) > _EXPONENT_FIGURES:
        return text
    exponent = int(power or 0) - len(part)
    exponent += len(digits) - len(digits.rstrip("0"))
    digits = digits.rstrip("0")
    found = []
    if 0 <= exponent <= _MOST_ZEROS:
        found.append(f"{digits}{'0' * exponent}.")
    elif -_MOST_ZEROS - len(digits) <= exponent < 0:
        padded = digits.rjust(-exponent, "0")
        found.append(f"{padded[:exponent]}.{padded[exponent:]}")
    return min([*found, f"{digits}e{exponent}"], key=len)  # the first of the shortest: plain before exponents


class _Short:
    def __init__(self, program: tree.Program) -> None:
        used = Counter(node.name for node in tree.walk(program) if isinstance(node, tree.Name))
        free = [letter for letter in ascii_letters if letter not in used]
        long = [name for name, _ in used.most_common() if len(name) > 1]
        self.names = dict(zip(long, free, strict=False))

    def block(self, block: tree.Block) -> str:
        text = ""
        for statement in block.body:
            following = self.statement(statement)
            text += f"{';' if _runs_together(text, following) else ''}{following}"
        return f"{{{text}}}"

    def statement(self, node: tree.Stmt) -> str:
        match node:
            case tree.Assign(target, value) if _adds_one(target, value):
                return f"{self.expression(target)}{tree.bare(value).op * 2}"  # type: ignore[union-attr]
            case tree.Assign(target, value):
                return f"{self.expression(target)}={self.expression(value)}"
            case tree.Step(target, op):
                return f"{self.expression(target)}{op}{op}"
            case tree.Call():
                return self.expression(node)
            case tree.If(test, then, other):
                text = f"IF({self.expression(test)}){self.block(then)}"
                if other is None or (isinstance(other, tree.Block) and not other.body):
                    return text
                return f"{text}ELSE{f' {self.statement(other)}' if isinstance(other, tree.If) else self.block(other)}"
            case tree.While(test, body):
                return f"WHILE({self.expression(test)}){self.block(body)}"
            case tree.For(first, test, step, body):
                head = f"{self.statement(first)};{self.expression(test)};{self.statement(step)}"
                return f"FOR({head}){self.block(body)}"

    def expression(self, node: tree.Expr) -> str:
        return expression(node, "", self.names)


def _adds_one(target: tree.Name, value: tree.Expr) -> bool:
    match tree.bare(value):
        case tree.Binary("+" | "-", left, right):
            one, itself = tree.bare(right), tree.bare(left)
            same = isinstance(itself, tree.Name) and itself.name == target.name
            return same and isinstance(one, tree.Num) and one.whole and int(one.text) == 1
    return False


def _runs_together(text: str, following: str) -> bool:
    """Whether two statements need a ; between them: a name before a letter, or 1 before e5, would be one word."""
    last = re.search(r"[A-Za-z0-9.]+$", text)
    if last is None:
        return False
    if re.search(r"(^|[^A-Za-z0-9.])[A-Za-z][A-Za-z0-9]*$", text):
        return True
    return "e" not in last[0].lower() and re.match(r"[eE][0-9]", following) is not None
