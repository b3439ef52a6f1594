"""Owns what a program does to the world, as data: lines printed, effects in order, values saved. Nothing is performed.

run.py builds one Recorder a run; compiled programs call its methods; the host plays the effects. The effects:

    ("log", text)  ("lights", i, r, g, b)  ("sleep", seconds)  ("playsound", url)
    ("draw", x, y, r, g, b)  ("drawline", x1, y1, x2, y2, r, g, b)  ("save", name, text)  ("setdata", name, text)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, Protocol

from warble import fuel, show
from warble.errors import Fault
from warble.integers import Number
from warble.limits import Limits

Effect = tuple[str | int | float, ...]
#: What a host keeps: integers and doubles as they are, a decimal as its text. Reading takes any of the three.
Saved = int | float | str

_MOST_COLOUR: Final = 255
#: Pixels may lie outside the picture, so that lines can run over its edge; this far.
_MOST_PIXEL: Final = 32_767
#: A web address, or the bare name of one of the box's own sounds; never another scheme and never a path.
_SOUND: Final = re.compile(r"https?://[^\s/][^\s]*|[A-Za-z0-9_][A-Za-z0-9._-]*", re.IGNORECASE)


class Shelf:
    """One set of saved names: a copy to run on, so that a host's mapping changes only when the run is over."""

    def __init__(self, kept: Mapping[str, object], what: str) -> None:
        self.values: dict[str, object] = dict(kept)
        self.changed: dict[str, Saved] = {}
        self.what = what


class Sink(Protocol):
    """Who wants to hear of everything as it happens, since the process of a run may be killed before its end."""

    def start(self) -> None:
        """A run starts, or starts over: forget what came before."""

    def printed(self, text: str) -> None:
        """Text was added to what is printed."""

    def effect(self, effect: Effect, kept: Saved | None) -> None:
        """An effect was added; kept is the value of "save" and "setdata" as the host will keep it."""


class Recorder:
    """The outside half of one run. convert makes a saved value a number of the program's arithmetic."""

    def __init__(
        self,
        limits: Limits,
        saved: Shelf,
        data: Shelf,
        convert: Callable[[object], Number | None],
        charge: Callable[[int], None],
        precision: Callable[[], int],
        sink: Sink | None = None,
    ) -> None:
        self.limits = limits
        self.saved = saved
        self.data = data
        self.convert = convert
        self.charge = charge
        self.precision = precision
        self.printed: list[str] = []
        self.effects: list[Effect] = []
        self.room = limits.output
        self.texts = limits.texts
        self.slept = 0.0
        self.sink = sink
        if sink is not None:
            sink.start()

    def helpers(self) -> dict[str, Callable[..., object]]:
        """What compiled code can call, by the name it calls it."""
        return {
            "f_PRINT": self.print, "f_LOG": self.log, "f_LIGHTS": self.lights, "f_SLEEP": self.sleep,
            "f_PLAYSOUND": self.playsound, "f_DRAW": self.draw, "f_DRAWLINE": self.drawline,
            "f_SAVE": self.save, "f_LOAD": self.load, "f_SETDATA": self.setdata, "f_GETDATA": self.getdata,
        }  # fmt: skip

    def print(self, *args: str | Number) -> None:
        line = " ".join([arg if isinstance(arg, str) else self.text(arg) for arg in args]) + "\n"
        size = len(line) if line.isascii() else len(line.encode())
        if size > self.room:
            line = line.encode()[: self.room].decode(errors="ignore")
            self.room = 0
            self.write(line)
            raise Fault("limit:output", f"A program may print {self.limits.output:,} bytes; the rest was cut off.")
        self.room -= size
        self.write(line)

    def write(self, text: str) -> None:
        self.printed.append(text)
        if self.sink is not None:
            self.sink.printed(text)

    def log(self, message: str | Number) -> None:
        self.add("log", message if isinstance(message, str) else self.text(message))

    def lights(self, i: Number, r: Number, g: Number, b: Number) -> None:
        last = self.limits.lights - 1
        if (light := show.whole(i, 0, last)) is None:
            raise Fault("range", f"LIGHTS wants a whole number from 0 to {last} for the light.", arg=0)
        self.add("lights", light, *_colour("LIGHTS", (r, g, b), 1))

    def sleep(self, seconds: Number) -> None:
        if not seconds >= 0:
            raise Fault("range", "SLEEP wants 0 seconds or more.", arg=0)
        if seconds > self.limits.sleep or self.slept + float(seconds) > self.limits.sleep:
            raise Fault("limit:sleep", f"All SLEEPs together may last {self.limits.sleep:g} seconds.", arg=0)
        lasts = abs(float(seconds))  # the sign of a zero says nothing about time
        self.slept += lasts
        self.add("sleep", lasts)

    def playsound(self, url: str) -> None:
        if not _SOUND.fullmatch(url):
            raise Fault("range", "PLAYSOUND wants an http or https address, or the name of a sound.", arg=0)
        self.add("playsound", url)

    def draw(self, x: Number, y: Number, r: Number, g: Number, b: Number) -> None:
        self.add("draw", *_pixels("DRAW", (x, y)), *_colour("DRAW", (r, g, b), 2))

    def drawline(self, x1: Number, y1: Number, x2: Number, y2: Number, r: Number, g: Number, b: Number) -> None:
        self.add("drawline", *_pixels("DRAWLINE", (x1, y1, x2, y2)), *_colour("DRAWLINE", (r, g, b), 4))

    def save(self, name: str, value: Number) -> None:
        self.check_room()
        self.keep("save", self.saved, name, value)

    def load(self, name: str, default: Number | None = None) -> Number:
        return self.get(self.saved, name, default)

    def setdata(self, name: str, value: Number) -> None:
        self.check_room()
        self.keep("setdata", self.data, name, value)

    def getdata(self, name: str, default: Number | None = None) -> Number:
        return self.get(self.data, name, default)

    def keep(self, kind: str, shelf: Shelf, name: str, value: Number) -> None:
        effect = kind, name, self.put(shelf, name, value)
        self.effects.append(effect)
        if self.sink is not None:
            self.sink.effect(effect, shelf.changed[name])

    def add(self, *effect: str | float) -> None:
        self.check_room()
        for part in effect[1:]:
            if isinstance(part, str):
                self.take_text(part)
        self.effects.append(effect)
        if self.sink is not None:
            self.sink.effect(effect, None)

    def take_text(self, text: str) -> None:
        """Or 4,096 LOGs of a long number would fill the memory of the host."""
        self.texts -= len(text) if text.isascii() else len(text.encode())
        if self.texts < 0:
            most = self.limits.texts
            raise Fault("limit:effects", f"The texts in all effects of a program may take {most:,} bytes together.")

    def check_room(self) -> None:
        if len(self.effects) >= self.limits.effects:
            text = f"A program may have {self.limits.effects:,} effects (LIGHTS, SAVE and the like)."
            raise Fault("limit:effects", text)

    def text(self, value: Number) -> str:
        if isinstance(value, int):
            self.charge(fuel.int_digits(value.bit_length()))
        text = show.text(value, self.precision())
        if isinstance(value, Decimal):
            self.charge(fuel.decimal_text(len(text)))
        return text

    def put(self, shelf: Shelf, name: str, value: Number) -> str:
        """Keep a value for the rest of the run and for the host; its text."""
        text = self.text(value)
        digits = sum(character.isdigit() for character in text.partition("e")[0])
        if digits > self.limits.saved_digits:
            kind = "limit:bits" if isinstance(value, int) else "limit:precision"
            most = self.limits.saved_digits
            raise Fault(kind, f"A saved number may have {most:,} digits; this has {digits:,}.", arg=1)
        if name not in shelf.values and len(shelf.values) >= self.limits.saved_names:
            most = self.limits.saved_names
            text = f"{most} names are saved {shelf.what}, and no more is allowed. Save under one of those."
            raise Fault("limit:memory", text, arg=0)
        self.take_text(name)
        self.take_text(text)
        shelf.values[name] = value
        shelf.changed[name] = text if isinstance(value, Decimal) else value
        return text

    def get(self, shelf: Shelf, name: str, default: Number | None) -> Number:
        if name in shelf.values:
            if (value := self.convert(shelf.values[name])) is not None:
                return value
            raise Fault("missing", f"What is saved as {_plain(name)} {shelf.what} is no number.", arg=0)
        if default is None:
            name = _plain(name)
            text = f"Nothing is saved as {name} {shelf.what}. Give a second argument to use when there is none."
            raise Fault("missing", text, arg=0)
        return default


def _plain(name: str) -> str:
    """A name inside a message, which is one line: a line's end in it becomes a dot, as where the source is shown."""
    return "".join(sign if sign.isprintable() else "·" for sign in name)


def _colour(name: str, values: tuple[Number, ...], first: int) -> list[int]:
    return _whole(values, 0, _MOST_COLOUR, f"{name} wants whole numbers from 0 to {_MOST_COLOUR} for a colour.", first)


def _pixels(name: str, values: tuple[Number, ...]) -> list[int]:
    text = f"{name} wants whole numbers from -{_MOST_PIXEL:,} to {_MOST_PIXEL:,} for a place."
    return _whole(values, -_MOST_PIXEL, _MOST_PIXEL, text, 0)


def _whole(values: tuple[Number, ...], least: int, most: int, text: str, first: int) -> list[int]:
    found = []
    for place, value in enumerate(values, first):
        if (number := show.whole(value, least, most)) is None:
            raise Fault("range", text, arg=place)
        found.append(number)
    return found
