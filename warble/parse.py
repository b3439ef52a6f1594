"""Owns text -> tree: loads the grammar once, builds nodes as lark matches rules, and puts syntax errors into words.

It does not look at names, numbers of arguments or limits other than length and brackets: that is check.py's. Callers:
run.py, fmt.py and the command. A host that forks calls grammar() first: it takes 0.1 s.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from lark import Lark
from lark.exceptions import UnexpectedToken

from warble import tree
from warble.errors import Fault
from warble.lexer import WarbleLexer, Word, brackets
from warble.limits import Limits

_GRAMMAR = Path(__file__).with_name("warble.lark")
_OPERATORS = frozenset(("STAR", "SLASH", "FLOORDIV", "PERCENT", "CARET", "LT", "LE", "GT", "GE", "EQ", "NE"))


def parse(source: str, limits: Limits | None = None) -> tree.Program:
    """The tree of one program; Fault of kind length, lex, syntax or limit:depth when it is none."""
    limits = limits or Limits()
    if len(source) > limits.length:
        text = f"This program has {len(source):,} characters; at most {limits.length:,} are allowed."
        raise Fault("length", text, limits.length, len(source))
    try:
        program = grammar().parse(source)
    except UnexpectedToken as error:
        raise _explain(error.token, source) from None
    if source.count("(") + source.count("{") > limits.depth:
        _refuse_deep_brackets(source, limits.depth)
    assert isinstance(program, tree.Program)
    return program


@lru_cache(maxsize=1)
def grammar() -> Lark:
    """lark's parser for warble.lark, built once a process."""
    text = _GRAMMAR.read_text(encoding="utf-8")
    return Lark(text, parser="lalr", lexer=WarbleLexer, transformer=_Builder(), maybe_placeholders=False)


def _refuse_deep_brackets(source: str, most: int) -> None:
    for at, opened in brackets(source):
        if len(opened) > most:
            text = f"This bracket is {len(opened)} deep; at most {most} brackets within one another are allowed."
            raise Fault("limit:depth", text, at, at + 1)


class _Builder:
    """One method a rule of the grammar, named as there; each gets the parts that warble.lark keeps."""

    def start(self, parts: list[Any]) -> tree.Program:
        tagged = isinstance(parts[0], Word)
        return tree.Program(parts[tagged], tagged, parts[0].start_pos if tagged else parts[0].start, _end(parts[-1]))

    def block(self, parts: list[Any]) -> tree.Block:
        return tree.Block(tuple(parts[1:-1]), parts[0].start_pos, parts[-1].end_pos)

    def assign(self, parts: list[Any]) -> tree.Assign:
        target = self.name(parts)
        return tree.Assign(target, parts[1], target.start, parts[1].end)

    def step(self, parts: list[Any]) -> tree.Step:
        target = self.name(parts)
        return tree.Step(target, parts[1].value[0], target.start, parts[1].end_pos)

    def call(self, parts: list[Any]) -> tree.Call:
        return tree.Call(parts[0].value, tuple(parts[1:-1]), parts[0].start_pos, parts[-1].end_pos)

    def binary(self, parts: list[Any]) -> tree.Binary:
        left, sign, right = parts
        return tree.Binary(sign.value, left, right, left.start, right.end)

    def unary(self, parts: list[Any]) -> tree.Unary:
        sign, operand = parts
        return tree.Unary(sign.value, operand, sign.start_pos, operand.end)

    def group(self, parts: list[Any]) -> tree.Group:
        return tree.Group(parts[1], parts[0].start_pos, parts[2].end_pos)

    def number(self, parts: list[Any]) -> tree.Num:
        return tree.Num(parts[0].value, parts[0].start_pos, parts[0].end_pos)

    def text(self, parts: list[Any]) -> tree.Text:
        inside = parts[0].value.lstrip("\\")[1:-1].rstrip("\\")
        return tree.Text(inside, parts[0].start_pos, parts[0].end_pos)

    def name(self, parts: list[Any]) -> tree.Name:
        return tree.Name(parts[0].value, parts[0].start_pos, parts[0].end_pos)


def _if(_: _Builder, parts: list[Any]) -> tree.If:
    word, test, _close, then, *other = parts
    return tree.If(test, then, other[0] if other else None, word.start_pos, parts[-1].end)


def _while(_: _Builder, parts: list[Any]) -> tree.While:
    word, test, _close, body = parts
    return tree.While(test, body, word.start_pos, body.end)


def _for(_: _Builder, parts: list[Any]) -> tree.For:
    word, first, test, step, _close, body = parts
    return tree.For(first, test, step, body, word.start_pos, body.end)


# These three rules have names that Python keeps for itself.
for _rule, _build in (("if", _if), ("while", _while), ("for", _for)):
    setattr(_Builder, _rule, _build)


def _end(part: Any) -> int:
    return int(part.end_pos if isinstance(part, Word) else part.end)


def _explain(word: Any, source: str) -> Fault:
    """What a stranger needs to read about the word that does not fit."""
    if word.type == "$END":
        return _explain_end(source)
    start, end = word.start_pos, word.end_pos
    return Fault("syntax", _sentence(word, source[:start].rstrip(), source), start, end)


def _explain_end(source: str) -> Fault:
    at = len(source)
    opened: list[int] = []
    for _, now in brackets(source):
        opened = now
    if not source.strip():
        text = "There is no program here. A program is { statements }."
    elif opened:
        pair = "}" if source[opened[-1]] == "{" else ")"
        text = f"The program ends too early: the {source[opened[-1]]} at {opened[-1]} has no {pair}."
    else:
        text = "The program ends too early."
    return Fault("syntax", text, at, at + 1)


def _sentence(word: Word, before: str, source: str) -> str:
    shown = " ".join(source[word.start_pos : word.end_pos].split())  # text may hold new lines, a message must not
    if not before or before.lower() == "#pi":
        return f"A program starts with {{, not with {shown}."
    if word.type in ("IF", "_ELSE", "WHILE", "FOR"):
        if word.type == "_ELSE" and not source[word.end_pos :].lstrip().startswith(("=", "+", "-")):
            return "ELSE has to follow the } of an IF."
        return f"{shown} is a word of the language and cannot stand here. Names are other words."
    if word.type == "STAR" and before.endswith("*"):
        return "** is no part of the language. Write ^ for powers."
    if word.type == "_BECOMES":
        if reserved := re.search(r"\b(IF|ELSE|WHILE|FOR)$", before):
            return f"{reserved[0]} is a word of the language. Choose another name."
        return "= stores a value and can only follow a name at the start of a statement. Write == to compare."
    if shown in ("<", "<=", ">", ">=", "==", "!="):
        return f"{shown} cannot stand here. Comparisons do not chain: put one into brackets."
    if shown in ("++", "--") or before.endswith(("++", "--")):
        return f"{shown} cannot stand here. x++ and x-- are statements and have no value."
    if word.type in _OPERATORS or shown in "+-":
        return f"{shown} needs a value on both sides."
    if word.type in ("RPAR", "RBRACE") or shown in "};,)":
        return _closing_sentence(word, shown, source)
    if before.endswith(("{", "}", ";")) and word.type in ("NUMBER", "STRING", "LPAR"):
        return f"A statement starts with a name or a word such as IF, not with {shown}."
    return f"{shown} cannot stand here."


def _closing_sentence(word: Word, shown: str, source: str) -> str:
    opened: list[int] = []
    for at, now in brackets(source):
        if at >= word.start_pos:
            break
        opened = list(now)
    if opened and source[opened[-1]] == "(" and shown in "};":
        return f"The ( at {opened[-1]} has no ) before this {shown}."
    return f"{shown} cannot stand here: something is missing before it."
