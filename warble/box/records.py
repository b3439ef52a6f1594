"""Owns effects as bytes: worker to host, one record an effect. The host does not believe them, it performs them again.

    1 kind u8 (place in KINDS), then
    lights 4 x i32 · draw 5 x i32 · drawline 7 x i32 · sleep f64 · log, playsound: n u32, text
    save, setdata: n u32, name, then 1 form u8 and the value:
        0 integer n u32, two's complement · 1 double f64 · 2 decimal n u32, text

Little-endian, n counts bytes. replay() hands each record to a fresh effects.Recorder, as if a program had called it: so
the rules for lights, colours, addresses, sums and names are those of effects.py, and there is no second copy of them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final

from warble import show
from warble.box.ending import UNSEEN, Invalid
from warble.effects import Effect, Recorder, Saved
from warble.errors import Fault
from warble.integers import Number

KINDS: Final = ("log", "lights", "sleep", "playsound", "draw", "drawline", "save", "setdata")
_NUMBERS: Final = {"lights": struct.Struct("<4i"), "draw": struct.Struct("<5i"), "drawline": struct.Struct("<7i")}
_DOUBLE: Final = struct.Struct("<d")
_COUNT: Final = struct.Struct("<I")
_INTEGER, _FLOAT, _DECIMAL = range(3)
_DECIMAL_TEXT: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]{1,9})?")
#: Records between two breaths of the host.
BREATH: Final = 128


def encode(effect: Effect, kept: Saved | None) -> bytes:
    """One effect as the run made it; kept is the value behind "save" and "setdata"."""
    kind = str(effect[0])
    head = bytes((KINDS.index(kind),))
    if kind in _NUMBERS:
        return head + _NUMBERS[kind].pack(*effect[1:])
    if kind == "sleep":
        return head + _DOUBLE.pack(effect[1])
    named = head + _text(str(effect[1]).encode())
    return named if kept is None else named + _value(kept)


def _value(kept: Saved) -> bytes:
    if isinstance(kept, int):
        return bytes((_INTEGER,)) + _text(kept.to_bytes(kept.bit_length() // 8 + 1, "little", signed=True))
    if isinstance(kept, float):
        return bytes((_FLOAT,)) + _DOUBLE.pack(kept)
    return bytes((_DECIMAL,)) + _text(kept.encode())


def _text(raw: bytes) -> bytes:
    return _COUNT.pack(len(raw)) + raw


def replay(raw: bytes, recorder: Recorder, precision: list[int]) -> Iterator[None]:
    """Do all of a board's effects once more; yields now and then, so that a host can do other things in between.

    precision is a cell that the recorder reads its decimals' precision from: whether a decimal is written with an
    exponent depends on it. Raises Invalid at the first record that no program can have made; those before it count.
    """
    reader = _Reader(raw)
    count = 0
    while reader.at < len(raw):
        kind = reader.byte()
        if kind >= len(KINDS):
            raise Invalid(f"an effect of kind {kind}")
        try:
            _perform(KINDS[kind], reader, recorder, precision)
        except Fault as fault:
            raise Invalid(f"an effect against the rules: {fault.message}") from None
        count += 1
        if count % BREATH == 0:
            yield


def _perform(kind: str, reader: _Reader, recorder: Recorder, precision: list[int]) -> None:
    match kind:
        case "lights":
            recorder.lights(*reader.numbers(_NUMBERS[kind]))
        case "draw":
            recorder.draw(*reader.numbers(_NUMBERS[kind]))
        case "drawline":
            recorder.drawline(*reader.numbers(_NUMBERS[kind]))
        case "sleep":
            recorder.sleep(reader.double())
        case "log":
            recorder.log(reader.text())
        case "playsound":
            recorder.playsound(reader.text())
        case "save":
            recorder.save(reader.name(recorder.limits.length), reader.value(recorder.limits.saved_digits, precision))
        case _:
            recorder.setdata(reader.name(recorder.limits.length), reader.value(recorder.limits.saved_digits, precision))


class _Reader:
    """Takes values off the front of a board's bytes; Invalid when there are too few."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.at = 0

    def take(self, count: int) -> bytes:
        found = self.raw[self.at : self.at + count]
        if len(found) != count:
            raise Invalid("an effect that is cut off")
        self.at += count
        return found

    def byte(self) -> int:
        return self.take(1)[0]

    def numbers(self, shape: struct.Struct) -> tuple[int, ...]:
        return shape.unpack(self.take(shape.size))

    def double(self) -> float:
        value: float = _DOUBLE.unpack(self.take(_DOUBLE.size))[0]
        return value

    def block(self) -> bytes:
        return self.take(_COUNT.unpack(self.take(_COUNT.size))[0])

    def text(self) -> str:
        try:
            text = self.block().decode()
        except UnicodeDecodeError:
            raise Invalid("an effect whose text is not UTF-8") from None
        if UNSEEN.search(text):
            raise Invalid("an effect with signs that no program can hold")
        return text

    def name(self, most: int) -> str:
        name = self.text()
        if len(name) > most:
            raise Invalid(f"a saved name of {len(name):,} characters")
        return name

    def value(self, most_digits: int, precision: list[int]) -> Number:
        """A saved number; sizes are looked at before anything is computed with them."""
        form = self.byte()
        if form == _FLOAT:
            return self.double()
        raw = self.block()
        if len(raw) > most_digits + 32:  # a digit takes less than a byte as an integer, and one as a decimal
            raise Invalid(f"a saved number of {len(raw):,} bytes")
        if form == _INTEGER:
            return int.from_bytes(raw, "little", signed=True)
        if form != _DECIMAL or not raw.isascii() or not _DECIMAL_TEXT.fullmatch(text := raw.decode()):
            raise Invalid("a saved value that is no number")
        precision[0] = 0 if "e" in text else most_digits
        value = show.read(text)
        if not value.is_finite() or show.text(value, precision[0]) != text:
            raise Invalid("a saved decimal that is not written as decimals are")
        return value
