"""A second implementation of Warble's doubles and integers, by walking the tree: slow, plain, and sharing no arithmetic
with the compiler. test_fuzz.py holds the two against each other.
"""

from __future__ import annotations

import math
import operator

from warble import tree

_OPERATORS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_FUNCTIONS = {"ABS": abs, "FLOOR": math.floor, "CEIL": math.ceil, "ROUND": round}


class Stopped(Exception):
    """The kind of the error."""


class Walker:
    """Runs a program of IF, loops, PRINT, LOG and the functions above."""

    def __init__(self, fuel: int, bits: int) -> None:
        self.limit = self.fuel = fuel
        self.bits = bits
        self.most_bits = 0
        self.names: dict[str, int | float] = {}
        self.printed: list[str] = []

    def run(self, program: tree.Program) -> str | None:
        try:
            self.block(program.block)
        except Stopped as stopped:
            return str(stopped)
        except ZeroDivisionError:
            return "zerodiv"
        except OverflowError:
            return "overflow"
        return None

    def block(self, block: tree.Block) -> None:
        for statement in block.body:
            self.statement(statement)

    def statement(self, node: tree.Stmt) -> None:
        match node:
            case tree.Assign(target, value):
                self.names[target.name] = self.value(value)
            case tree.Step(target, op):
                self.names[target.name] = self.fit(_OPERATORS[op](self.value(target), 1))
            case tree.Call(name, args) if name in ("PRINT", "LOG"):
                bare = [tree.bare(arg) for arg in args]
                values = [arg.value if isinstance(arg, tree.Text) else self.value(arg) for arg in bare]
                if any(isinstance(value, float) and not math.isfinite(value) for value in values):
                    raise Stopped("overflow")
                if name == "PRINT":
                    self.printed.append(" ".join(map(str, values)) + "\n")
            case tree.Call():
                self.value(node)
            case tree.If(test, then, other):
                if self.value(test) != 0:
                    self.block(then)
                elif isinstance(other, tree.If):
                    self.statement(other)
                elif other is not None:
                    self.block(other)
            case tree.While(test, body):
                self.loop(test, body, None)
            case tree.For(first, test, step, body):
                self.statement(first)
                self.loop(test, body, step)

    def loop(self, test: tree.Expr, body: tree.Block, step: tree.Simple | None) -> None:
        while self.value(test) != 0:
            if self.fuel == 0:
                raise Stopped("limit:fuel")
            self.fuel -= 1
            self.block(body)
            if step is not None:
                self.statement(step)

    def value(self, node: tree.Expr) -> int | float:
        match node:
            case tree.Num(text):
                return self.fit(int(text)) if text.isdigit() else float(text)
            case tree.Name(name):
                if name not in self.names:
                    raise Stopped("name")
                return self.names[name]
            case tree.Group(inner):
                return self.value(inner)
            case tree.Unary(op, operand):
                value = self.value(operand)
                return -value if op == "-" else value
            case tree.Call(name, (arg,)):
                value = self.value(arg)
                if isinstance(value, float) and not math.isfinite(value) and name != "ABS":
                    raise Stopped("overflow")
                return self.fit(_FUNCTIONS[name](value))
            case tree.Binary("^", left, right):
                return self.power(self.value(left), self.value(right))
            case tree.Binary(op, left, right):
                value = _OPERATORS[op](self.value(left), self.value(right))
                return int(value) if isinstance(value, bool) else self.fit(value)
        raise AssertionError(node)

    def power(self, a: int | float, b: int | float) -> int | float:
        if isinstance(a, int) and isinstance(b, int) and abs(a) > 1 and b > 2 * self.bits:
            raise Stopped("limit:bits")
        value = a**b
        if isinstance(value, complex):
            raise Stopped("domain")
        return self.fit(value)

    def fit(self, value: int | float) -> int | float:
        if isinstance(value, int):
            self.most_bits = max(self.most_bits, value.bit_length())
            if value.bit_length() > self.bits:
                raise Stopped("limit:bits")
        return value
