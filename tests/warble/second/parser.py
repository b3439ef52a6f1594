"""Owns the grammar of the second parser: recursive descent for statements, precedence climbing for expressions.

words.py gives it one word at a time. The names and limits of functions are not its business.
"""

from __future__ import annotations

import sys

from tests.warble.second.words import END, Mistake, Word, refuse_unseen, word_at
from warble import tree

#: How tightly a sign between two values binds; SPEC.md's table, from loose to tight.
_TIES = {"+": 2, "-": 2, "*": 3, "/": 3, "//": 3, "%": 3, "^": 5} | dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), 1)
_COMPARE, _SIGN, _POWER = 1, 4, 5
#: A frame or two for each bracket of the longest source that a test gives it.
_FRAMES = 50_000


def parse(source: str, *, length: int = 280, depth: int = 64) -> tree.Program:
    """The tree of a program; Mistake when it is none."""
    if len(source) > length:
        raise Mistake("length", length, len(source))
    refuse_unseen(source)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(_FRAMES)
    try:
        return _Parser(source, depth).program()
    finally:
        sys.setrecursionlimit(before)


class _Parser:
    def __init__(self, source: str, depth: int) -> None:
        self.source = source
        self.word = word_at(source, 0)
        self.depth = depth
        self.open = 0
        self.too_deep: Word | None = None

    # words

    def take(self, kind: str) -> Word:
        """The word at hand, which has to be of this kind; the next one is looked at."""
        word = self.word
        if word.kind != kind:
            raise Mistake("syntax", word.start, word.end)
        if kind in ("(", "{"):
            self.open += 1
            if self.open > self.depth and self.too_deep is None:
                self.too_deep = word
        elif kind in (")", "}"):
            self.open -= 1
        self.word = word_at(self.source, word.end)
        return word

    def at(self, *kinds: str) -> bool:
        return self.word.kind in kinds

    # statements

    def program(self) -> tree.Program:
        tag = self.take("tag") if self.at("tag") else None
        block = self.block()
        end = block.end
        while self.at("}"):
            end = self.take("}").end
        if not self.at(END):
            self.take(END)  # raises: nothing may follow
        if self.too_deep is not None:
            raise Mistake("limit:depth", self.too_deep.start, self.too_deep.end)
        return tree.Program(block, tag is not None, block.start if tag is None else tag.start, end)

    def block(self) -> tree.Block:
        opening = self.take("{")
        body: list[tree.Stmt] = []
        while not self.at("}"):
            if self.at(";"):
                self.take(";")
            else:
                body.append(self.statement())
        return tree.Block(tuple(body), opening.start, self.take("}").end)

    def statement(self) -> tree.Stmt:
        if self.at("IF"):
            return self.condition()
        if self.at("WHILE"):
            word = self.take("WHILE")
            self.take("(")
            test = self.expression()
            self.take(")")
            body = self.block()
            return tree.While(test, body, word.start, body.end)
        if self.at("FOR"):
            return self.counted()
        name = self.take("name")
        return self.call(name) if self.at("(") else self.stored(name)

    def condition(self) -> tree.If:
        """IF with all its ELSE IFs, from the last one back: they can be many."""
        heads = [self.head()]
        other: tree.Block | tree.If | None = None
        while self.at("ELSE"):
            self.take("ELSE")
            if not self.at("IF"):
                other = self.block()
                break
            heads.append(self.head())
        for word, test, then in reversed(heads):
            other = tree.If(test, then, other, word.start, then.end if other is None else other.end)
        assert isinstance(other, tree.If)
        return other

    def head(self) -> tuple[Word, tree.Expr, tree.Block]:
        word = self.take("IF")
        self.take("(")
        test = self.expression()
        self.take(")")
        return word, test, self.block()

    def counted(self) -> tree.For:
        word = self.take("FOR")
        self.take("(")
        first = self.stored(self.take("name"))
        self.take(";")
        test = self.expression()
        self.take(";")
        step = self.stored(self.take("name"))
        self.take(")")
        body = self.block()
        return tree.For(first, test, step, body, word.start, body.end)

    def stored(self, word: Word) -> tree.Simple:
        """What can follow a name that a value is stored in: = value, ++ or --."""
        target = tree.Name(word.text, word.start, word.end)
        sign = self.word
        if sign.kind in ("+", "-") and self.source[sign.end : sign.end + 1] == sign.kind:
            self.take(sign.kind)
            return tree.Step(target, sign.kind, word.start, self.take(sign.kind).end)
        self.take("=")
        value = self.expression()
        return tree.Assign(target, value, word.start, value.end)

    # expressions

    def expression(self) -> tree.Expr:
        return self.climb(_COMPARE)

    def climb(self, least: int) -> tree.Expr:
        """An expression whose signs all bind at least so tightly."""
        left = self.operand()
        most = _POWER
        while least <= (ties := _TIES.get(self.word.kind, 0)) <= most:
            sign = self.take(self.word.kind)
            right = self.climb(_SIGN if ties == _POWER else ties + 1)
            left = tree.Binary(sign.kind, left, right, left.start, right.end)
            if ties == _COMPARE:  # comparisons do not chain
                break
            most = ties  # what binds tighter was taken by the right side
        return left

    def operand(self) -> tree.Expr:
        word = self.word
        match word.kind:
            case "+" | "-":
                self.take(word.kind)
                inner = self.climb(_SIGN)
                return tree.Unary(word.kind, inner, word.start, inner.end)
            case "(":
                self.take("(")
                inner = self.expression()
                return tree.Group(inner, word.start, self.take(")").end)
            case "number":
                self.take("number")
                return tree.Num(word.text, word.start, word.end)
            case "text":
                self.take("text")
                return tree.Text(word.text, word.start, word.end)
        self.take("name")
        return self.call(word) if self.at("(") else tree.Name(word.text, word.start, word.end)

    def call(self, name: Word) -> tree.Call:
        self.take("(")
        args: list[tree.Expr] = []
        if not self.at(")"):
            args.append(self.expression())
            while self.at(","):
                self.take(",")
                args.append(self.expression())
        return tree.Call(name.text, tuple(args), name.start, self.take(")").end)
