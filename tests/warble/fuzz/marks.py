"""Owns what SPEC.md promises of every Outcome, whatever the program: bounds, spans, shapes of effects, what is kept.

checks.py is the caller. A mark that is missing is a sentence; "" means that all is well.
"""

from __future__ import annotations

import re
from decimal import Decimal

from tests.warble.fuzz.case import Case
from warble import KINDS, Limits, Outcome, WarbleError
from warble.effects import Effect, Saved

#: Found before anything runs, so nothing was printed or done.
_EARLY = ("length", "lex", "syntax", "arity", "type")
_SOUND = re.compile(r"https?://.+|[A-Za-z0-9_][A-Za-z0-9._-]*", re.IGNORECASE | re.DOTALL)
_MOST_PIXEL = 32_767

Kept = dict[str, Saved]


def missing(case: Case, outcome: Outcome, saved: Kept, data: Kept) -> str:
    """The first promise that is broken; saved and data are what the host has after the run."""
    limits, error = case.limits, outcome.error
    if len(outcome.stdout.encode()) > limits.output:
        return "more is printed than the limit"
    if len(outcome.effects) > limits.effects:
        return "more effects than the limit"
    if not 0 <= outcome.fuel <= limits.fuel:
        return "fuel is not between 0 and the limit"
    if outcome.stdout and not outcome.stdout.endswith("\n") and (error is None or error.kind != "limit:output"):
        return "a line that was printed does not end"
    if error is not None and (text := _error(case, outcome, error)):
        return text
    for effect in outcome.effects:
        if text := _effect(limits, effect):
            return f"{text}: {effect}"
    if sum(Decimal(effect[1]) for effect in outcome.effects if effect[0] == "sleep") > Decimal(limits.sleep) + 1:
        return "it sleeps longer than the limit"
    return _shelf(case, outcome, "save", case.saved, saved) or _shelf(case, outcome, "setdata", case.data, data)


def _error(case: Case, outcome: Outcome, error: WarbleError) -> str:
    if error.kind not in KINDS or error.kind in ("limit:time", "sandbox"):
        return "the kind of the error is none that this run can have"
    if not 0 <= error.start < error.end <= len(case.source) + 1:
        return "the span is not inside the source"
    if error.end == len(case.source) + 1 and (error.kind, error.start) != ("syntax", len(case.source)):
        return "the span goes past the end of the source"
    if not error.message.endswith((".", "?")) or "\n" in error.message.replace(case.source, ""):
        return "the message is no sentence"
    if error.kind in _EARLY and (outcome.stdout or outcome.effects or outcome.fuel):
        return "something ran before an error that is found before"
    if error.kind == "limit:fuel" and outcome.fuel != case.limits.fuel:
        return "fuel is out and some is left"
    if error.kind.startswith("limit:") and not re.search(r"\d", error.message):
        return "a limit does not say how much"
    return ""


def _effect(limits: Limits, effect: Effect) -> str:
    name, *values = effect
    most = {"lights": [limits.lights - 1, 255, 255, 255]}
    pixels = {"draw": 2, "drawline": 4}
    fine = False
    match name, values:
        case ("log", [str()]):
            fine = True
        case ("sleep", [float() as seconds]):
            fine = 0 <= seconds <= limits.sleep
        case ("playsound", [str() as url]):
            fine = _SOUND.fullmatch(url) is not None
        case ("save" | "setdata", [str(), str() as text]):
            fine = Decimal(text).is_finite()
        case ("lights", [*numbers]):
            fine = _within(numbers, [(0, highest) for highest in most["lights"]])
        case ("draw" | "drawline", [*numbers]):
            places = [(-_MOST_PIXEL, _MOST_PIXEL)] * pixels[str(name)]
            fine = _within(numbers, [*places, (0, 255), (0, 255), (0, 255)])
    return "" if fine else "an effect is not what SPEC.md says"


def _within(values: list[str | int | float], bounds: list[tuple[int, int]]) -> bool:
    if len(values) != len(bounds):
        return False
    return all(type(value) is int and low <= value <= high for value, (low, high) in zip(values, bounds, strict=True))


def _shelf(case: Case, outcome: Outcome, kind: str, before: Kept, after: Kept) -> str:
    """What a host keeps is what was there and the last value of each name in the effects."""
    written = {str(effect[1]): str(effect[2]) for effect in outcome.effects if effect[0] == kind}
    if set(after) != set(before) | set(written):
        return f"the names kept are not those of {kind}"
    if len(after) > max(len(before), case.limits.saved_names):
        return "more names are kept than the limit"
    for name, value in after.items():
        if name not in written:
            if value is not before[name]:
                return f"{name} was changed and there is no effect that says so"
        elif type(value) not in (int, float, str) or Decimal(value) != Decimal(written[name]) != Decimal(repr(value)):
            return f"{name} is kept as {value!r}, and the effect says {written[name]}"
    return ""
