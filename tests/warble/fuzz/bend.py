"""Owns the making of programs that are nearly right, and of noise: cuts, repetitions, splices, strange characters.

case.py is the caller.
"""

from __future__ import annotations

import re
from random import Random

WORDS = (
    *"abxyeE019.;,(){}+-*/%^<>=!#&|\"“”\\'_$@~` \n\t", "++", "--", "//", "<=", ">=", "==", "!=", "IF", "IF(", "ELSE",
    "WHILE(1)", "WHILE(", "FOR(", "#pi", "#pi{", "PRINT(", "LOG(", "LIGHTS(0,0,0,0)", "SLEEP(1)", 'SAVE("a",',
    'LOAD("a")', "SETPRECISION(9)", "SQRT(", "COMB(9,", "ATAN2(", "1e400", "1e900000000", "10^400", "é", "\x00",
    "\ud800", "🥧", "9^9^9", "0.1", "x=", "x++", "ROUND(", '\\"', "\\\\“", "}}", "ELSE IF(", "\x0c", "\x0b", "\u00a0",
    "\u2028", "\u200b", "٣", "Ａ", "2^256", ")))", "((((", "1.5.2", "<==",
)  # fmt: skip
#: Where words of a program end, roughly; it need not be right.
_PIECES = re.compile(r'"[^"]*"|[A-Za-z][A-Za-z0-9]*|[0-9.]+|\s+|.', re.DOTALL)
_RANGES = (
    (0x20, 0x7F), (0x20, 0x7F), (0x20, 0x7F), (0x00, 0x20), (0x7F, 0x100), (0x0300, 0x0370), (0x0400, 0x0460),
    (0x0660, 0x066A), (0x2000, 0x2070), (0x4E00, 0x4E40), (0xD7F0, 0xE010), (0xFEF0, 0x10000), (0x1F600, 0x1F650),
    (0x10FFF0, 0x110000),
)  # fmt: skip


def soup(rng: Random) -> str:
    """Words of the language and others, in no order."""
    return "".join(rng.choice(WORDS) for _ in range(rng.randint(0, 40)))


def noise(rng: Random) -> str:
    """Any characters at all, sometimes inside a text."""
    text = "".join(chr(rng.randrange(*rng.choice(_RANGES))) for _ in range(rng.randint(0, 60)))
    return rng.choice((text, f'{{PRINT("{text}")}}', f"{{{text}}}", f"{{x={text}}}"))


def bent(rng: Random, text: str, other: str) -> str:
    """A program with some changes to its words or its characters; other is one to take pieces from."""
    pieces = _PIECES.findall(text) if rng.random() < 0.6 else list(text)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        pieces = _bend(rng, pieces, other)
    return "".join(pieces)


def _bend(rng: Random, pieces: list[str], other: str) -> list[str]:
    at = rng.randint(0, len(pieces))
    end = min(len(pieces), at + rng.choice((0, 1, 1, 2, 5, 12)))
    middle = pieces[at:end]
    match rng.randrange(8):
        case 0:
            middle = []
        case 1:
            middle = middle * 2
        case 2:
            middle = [rng.choice(WORDS), *middle]
        case 3:
            middle = [rng.choice(WORDS)]
        case 4:  # two places change theirs
            to = rng.randint(0, len(pieces))
            return pieces[:at] + pieces[to : to + 3] + pieces[at:to] + pieces[at:end] + pieces[max(to, at) :]
        case 5:
            cut = _PIECES.findall(other)
            start = rng.randint(0, len(cut))
            middle = cut[start : start + rng.randint(1, 30)]
        case 6:
            middle = ["".join(middle).swapcase()]
        case 7:
            middle = ["".join(reversed("".join(middle)))]
    return pieces[:at] + middle + pieces[end:]
