"""Owns how Warble's words look: source text to tokens. It knows no grammar but one thing, what "++" can mean here.

"++" and "--" are one word only where the parser can take them: after the name that starts a statement. Elsewhere they
are two signs, so PRINT(--1) is 1. parse.py hands this class to lark; one regular expression is 1.4x faster over a
whole parse than lark's own contextual lexer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from lark.lexer import Lexer

from warble.errors import Fault

_STRING: Final = r"""\\*"[^"]*?\\*"|\\*[“”][^"“”]*?\\*["“”]"""
_WORD: Final = re.compile(
    rf"""(?P<SPACE>[ \t\r\n\f\v]+)
    |(?P<WORD>[A-Za-z][A-Za-z0-9]*)
    |(?P<NUMBER>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<SIGN>\+\+|--|//|[<>=!]=|[-+*/%^<>=(){{}};,])
    |(?P<STRING>{_STRING})
    |(?P<HASHTAG>\#[pP][iI](?=\{{))""",
    re.VERBOSE,
)
#: Terminal colours and half characters: nobody can see them, so they are no part of a program, not even of its text.
_UNSEEN: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_QUOTE: Final = re.compile(r"""\\*["“”]""")
_BRACKET: Final = re.compile(rf"{_STRING}|[(){{}}]")

WORDS: Final = {"IF": "IF", "ELSE": "_ELSE", "WHILE": "WHILE", "FOR": "FOR"}
SIGNS: Final = {
    "++": "INC", "--": "DEC", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE", "==": "EQ", "!=": "NE",
    "+": "PLUS", "-": "MINUS", "*": "STAR", "/": "SLASH", "//": "FLOORDIV", "%": "PERCENT", "^": "CARET",
    "=": "_BECOMES", "(": "LPAR", ")": "RPAR", "{": "LBRACE", "}": "RBRACE", ";": "_SEMI", ",": "_COMMA",
}  # fmt: skip
_CALLS: Final = frozenset(("NAME", "IF", "WHILE", "FOR"))


class Word:
    """A token. lark reads type and, at the end of the input, the four places; we use none of those four."""

    __slots__ = ("end_pos", "start_pos", "type", "value")
    line = column = end_line = end_column = 1

    def __init__(self, kind: str, value: str, start: int, end: int) -> None:
        self.type = kind
        self.value = value
        self.start_pos = start
        self.end_pos = end


class WarbleLexer(Lexer):
    """lark's custom lexer interface, version 2: it is given the parser's state beside the text."""

    __future_interface__ = 2

    def __init__(self, conf: object) -> None:
        """lark passes its configuration; the words are ours."""

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Any]:
        """The tokens of one source, in order; Fault "lex" at the first character that starts none."""
        source: str = getattr(lexer_state.text, "text", lexer_state.text)
        if unseen := _UNSEEN.search(source):
            raise _strange(source, unseen.start())
        states = parser_state.parse_conf.states
        done, before = 0, ""
        for match in _WORD.finditer(source):
            start, end = match.span()
            if start != done:
                break
            done, kind, value = end, match.lastgroup or "", match[0]
            if kind == "SPACE":
                continue
            if kind == "WORD":
                kind = WORDS.get(value, "NAME")
            elif kind == "SIGN":
                kind = SIGNS[value]
                if kind == "LPAR" and before in _CALLS:
                    kind = "_LPAR"
                elif kind in ("INC", "DEC") and kind not in states[parser_state.position]:
                    kind = "PLUS" if kind == "INC" else "MINUS"
                    yield Word(kind, value[0], start, start + 1)
                    start, value = start + 1, value[0]
            before = kind
            yield Word(kind, value, start, end)
        if done != len(source):
            raise _strange(source, done)


def brackets(source: str) -> Iterator[tuple[int, list[int]]]:
    """Where each bracket stands, and the places of all that are open after it."""
    opened: list[int] = []
    for match in _BRACKET.finditer(source):
        if match[0] in "({":
            opened.append(match.start())
        elif match[0] in ")}" and opened:
            opened.pop()
        else:
            continue
        yield match.start(), opened


def _strange(source: str, at: int) -> Fault:
    """Why no word starts here."""
    sign = source[at]
    if quote := _QUOTE.match(source, at):
        return Fault("lex", "This text has no closing quote.", at, quote.end())
    if sign == "#":
        return Fault("lex", "Only the tag #pi can stand here, directly before the first {.", at, at + 1)
    if sign == "!":
        return Fault("lex", "! alone means nothing. Write != for 'is not'.", at, at + 1)
    if sign in "&|":
        return Fault("lex", f"There is no {sign}. Multiply conditions for 'and', add them for 'or'.", at, at + 1)
    if sign.isprintable() and sign.isascii():
        return Fault("lex", f"{sign} is no part of the language.", at, at + 1)
    shown = f"{sign} (U+{ord(sign):04X})" if sign.isprintable() else f"U+{ord(sign):04X}"
    where = "can only stand inside text" if sign.isprintable() else "cannot be used, not even inside text"
    return Fault("lex", f"The character {shown} {where}.", at, at + 1)
