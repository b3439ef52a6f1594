"""Owns making a failing case small: usual limits, nothing saved, then parts of its tree left out, then characters
(delta debugging), then plainer words, until nothing helps. hunt.py is the caller; fails says whether a case still fails
in the same way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.warble.fuzz.case import USUAL, Case
from tests.warble.second import parse
from tests.warble.second.words import END, Mistake, word_at
from warble import tree

Fails = Callable[[Case], bool]
_SHORT = 40
_PLAINER = {"number": ("1", "0", "2"), "name": ("x", "a"), "text": ('""', '"a"')}


def shrink(case: Case, fails: Fails, seconds: float = 20.0) -> Case:
    """The smallest case found that fails; the same one when there is none or the time is over."""
    until = time.monotonic() + seconds
    tried = set[str]()

    def fails_anew(attempt: Case) -> bool:
        """What failed was taken at once, so what is known is known not to fail."""
        known = str(attempt)
        if known in tried:
            return False
        tried.add(known)
        return fails(attempt)

    before = None
    while case != before and time.monotonic() < until:
        before = case
        case = _plainer(case, _circumstances, fails_anew, until)
        case = _plainer(case, _parts, fails_anew, until)
        case = _shorter(case, fails_anew, until)
        case = _plainer(case, _words, fails_anew, until)
    return case


def _shorter(case: Case, fails: Fails, until: float) -> Case:
    """Leave out runs of characters, long ones first, as long as it still fails."""
    length = max(len(case.source) // 2, 1)
    while length and time.monotonic() < until:
        at, left_out = 0, False
        while at < len(case.source) and time.monotonic() < until:
            attempt = replace(case, source=case.source[:at] + case.source[at + length :])
            if fails(attempt):
                case, left_out = attempt, True
            else:
                at += length
        if not left_out:
            length //= 2
    return _pairs(case, fails, until)


def _pairs(case: Case, fails: Fails, until: float) -> Case:
    """Leave out two characters that need each other, such as brackets. Of a long program that takes too long."""
    at = 0 if len(case.source) <= _SHORT else len(case.source)
    while at < len(case.source):
        for other in range(at + 1, len(case.source)):
            if time.monotonic() > until:
                return case
            text = case.source
            attempt = replace(case, source=text[:at] + text[at + 1 : other] + text[other + 1 :])
            if fails(attempt):
                case = attempt
                break
        else:
            at += 1
    return case


def _circumstances(case: Case) -> Iterator[Case]:
    """Nothing saved and the usual limits; not the default ones, with which an endless loop takes seconds."""
    yield replace(case, limits=USUAL)
    yield replace(case, saved={}, data={})
    yield replace(case, saved={})
    yield replace(case, data={})


def _parts(case: Case) -> Iterator[Case]:
    """The program without one of its parts, or with what is inside instead of it; big parts first."""
    try:
        program = parse(case.source, length=len(case.source), depth=len(case.source))
    except Mistake:
        return
    for node in sorted(tree.walk(program.block), key=lambda node: node.start - node.end):
        inside = [case.source[child.start : child.end] for child in tree.children(node)]
        if isinstance(node, tree.If | tree.While | tree.For):
            inside = ["", *(text.strip("{}") for text in inside if text.startswith("{"))]
        elif isinstance(node, tree.Assign | tree.Step | tree.Block):
            inside = [""] if not isinstance(node, tree.Block) else ["{}"]
        elif isinstance(node, tree.Call):
            inside = ["", "1", *inside]
        for text in inside:
            if len(text) < node.end - node.start:
                yield replace(case, source=case.source[: node.start] + text + case.source[node.end :])


def _words(case: Case) -> Iterator[Case]:
    """The same program with one word in plainer terms."""
    source, place = case.source, 0
    while place < len(source):
        try:
            word = word_at(source, place)
        except Mistake:
            place += 1
            continue
        if word.kind == END:
            return
        place = word.end
        shown = source[word.start : word.end]
        options = _PLAINER.get(word.kind, ())
        if shown in options:
            options = options[: options.index(shown)]
        for plainer in options:
            yield replace(case, source=source[: word.start] + plainer + source[word.end :])


def _plainer(case: Case, attempts: Callable[[Case], Iterator[Case]], fails: Fails, until: float) -> Case:
    """The case after every attempt that fails too, one after the other."""
    found: Case | None = case
    while found is not None:
        case = found
        found = next((attempt for attempt in attempts(case) if attempt != case and fails(attempt)), None)
        if time.monotonic() > until:
            break
    return found or case
