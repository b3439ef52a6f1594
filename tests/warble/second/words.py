"""Owns the words of the second parser: at a place of the source, which word starts there. It looks at one character
after the other and remembers nothing but where it is.

A sign of two characters is one word wherever it stands, but not ++ and --: those are two signs that parser.py puts
together where SPEC.md lets it.
"""

from __future__ import annotations

from typing import NamedTuple

RESERVED = ("IF", "ELSE", "WHILE", "FOR")
END = "end"

_DIGITS = "0123456789"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BLANKS = " \t\n\r\f\v"
_CURLY = "“”"
_PAIRS = ("//", "<=", ">=", "==", "!=")
_SINGLES = "+-*/%^<>=(){};,"


class Mistake(Exception):
    """Why the source is no program: the kind and the span of SPEC.md's errors, without a sentence."""

    def __init__(self, kind: str, start: int, end: int) -> None:
        super().__init__(kind, start, end)
        self.kind = kind
        self.start = start
        self.end = end


class Word(NamedTuple):
    """kind: name, number, text, tag, end, or for signs and reserved words the word itself."""

    kind: str
    text: str
    start: int
    end: int


def refuse_unseen(source: str) -> None:
    """Control characters and half characters are allowed nowhere, so they are looked for before anything else."""
    for place, character in enumerate(source):
        code = ord(character)
        control = code < 32 or 127 <= code < 160
        if (control and character not in _BLANKS) or 0xD800 <= code <= 0xDFFF:
            raise Mistake("lex", place, place + 1)


def word_at(source: str, place: int) -> Word:
    """The first word at or behind a place."""
    while place < len(source) and source[place] in _BLANKS:
        place += 1
    if place == len(source):
        return Word(END, "", place, place + 1)
    first = source[place]
    if first in _LETTERS:
        return _name(source, place)
    if first in _DIGITS or (first == "." and source[place + 1 : place + 2] in tuple(_DIGITS)):
        return _number(source, place)
    if first in '\\"' or first in _CURLY:
        return _text(source, place)
    if first == "#":
        return _tag(source, place)
    pair = source[place : place + 2]
    if pair in _PAIRS:
        return Word(pair, pair, place, place + 2)
    if first in _SINGLES:
        return Word(first, first, place, place + 1)
    raise Mistake("lex", place, place + 1)


def _name(source: str, start: int) -> Word:
    end = _over(source, start, _LETTERS + _DIGITS)
    text = source[start:end]
    return Word(text if text in RESERVED else "name", text, start, end)


def _number(source: str, start: int) -> Word:
    end = _over(source, start, _DIGITS)
    if source[end : end + 1] == ".":
        end = _over(source, end + 1, _DIGITS)
    if source[end : end + 1] in ("e", "E"):
        figures = end + 1 + (source[end + 1 : end + 2] in ("+", "-"))
        after = _over(source, figures, _DIGITS)
        if after > figures:  # without a figure the e belongs to the next word
            end = after
    return Word("number", source[start:end], start, end)


def _text(source: str, start: int) -> Word:
    """Text's value: without its quotes and the backslashes that those carry."""
    quote = _over(source, start, "\\")
    opening = source[quote : quote + 1]
    if opening != '"' and (not opening or opening not in _CURLY):
        raise Mistake("lex", start, start + 1)
    closing = '"' if opening == '"' else '"' + _CURLY
    end = quote + 1
    while end < len(source) and source[end] not in closing:
        end += 1
    if end == len(source):
        raise Mistake("lex", start, quote + 1)
    inside = source[quote + 1 : end]
    while inside.endswith("\\"):
        inside = inside[:-1]
    return Word("text", inside, start, end + 1)


def _tag(source: str, start: int) -> Word:
    if source[start : start + 4].lower() != "#pi{":
        raise Mistake("lex", start, start + 1)
    return Word("tag", source[start : start + 3], start, start + 3)


def _over(source: str, place: int, characters: str) -> int:
    while place < len(source) and source[place] in characters:
        place += 1
    return place
