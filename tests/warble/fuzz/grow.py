"""Owns the making of programs from the grammar: every statement, function, kind of literal and kind of quote.

A Grower is one program's dice. Most of what it makes is meant to run for a while, some of it is meant to be wrong.
case.py is the caller; edges.py makes those that are about a limit, bend.py makes programs worse.
"""

from __future__ import annotations

from random import Random

from warble.builtins import FUNCTIONS

NAMES = ("a", "b", "c", "x", "i", "k", "e5", "E", "pi", "total2", "print", "if")
NUMBERS = (
    "0", "1", "2", "3", "7", "10", "16", "23", "24", "100", "255", "256", "1000", "007", "0.5", ".25", "1.", "3.0",
    "1e3", "2.5E-7", "1e+2", "1e308", "1e-320", "99999999999999999999", "0.0", "0.1", "1e16", "123456789.125",
    "4294967296", "2.675",
)  # fmt: skip
BIG = ("2^255", "2^256", "2^257-1", "10^77", "10^308", "9^99", "1e308*10", "(0-2)^255", "3^162", "2^128", "2^1999")
ARITHMETIC = (*"+++--***//%%^^", "//", "//")
OPERATORS = (*ARITHMETIC, "<", "<=", ">", ">=", "==", "!=")
QUOTES = ('"', '"', '"', '\\"', '\\\\\\"', "“", "\\“")
CLOSING = ('"', '"', '\\"', '\\\\"')
TEXTS = ("n", "pi", "", " ", "a b", "é", "🥧", "“x”", "{", "((", ";x=1", "#pi{", "back\\slash", "\n", "tardis.mp3", "0")
SOUNDS = (
    "tardis.mp3",
    "http://a.de/x",
    "https://b.org/y?z=1",
    "HTTPS://C",
    "file:///etc/passwd",
    "http://",
    "a b",
    "../x",
)
_PIXELS = ("0", "1", "2", "23", "255", "46/2", "x", "1e1", "20", "2.5", "256", "-1", "200")
_COSINES = ("0", "1", "-1", "0.5", "-.25", "1.5")
#: Numbers that a function is about.
LIKELY = {
    "LIGHTS": _PIXELS, "DRAW": _PIXELS, "DRAWLINE": _PIXELS, "ACOS": _COSINES, "ASIN": _COSINES,
    "SLEEP": ("1", "0.5", "0", "20", "301", "1e-9"),
    "SETPRECISION": ("1", "3", "28", "30", "100", "200", "1e1", "0", "201"),
    "ROUND": ("0.5", "1.5", "2.5", "-3.5", "-0.5", "2.675", "1250", "1", "-2", "2"),
    "COMB": ("3", "5", "10", "60", "30", "0", "-1"),
    "SQRT": ("49", "2", "16", "2^128", "10^40", "0.25", "-1"),
}  # fmt: skip
#: Of plain programs, beside PRINT and LOG: those of tests.warble.walker.
PLAIN = ("ABS", "FLOOR", "CEIL", "ROUND")
GIVING = tuple(sorted(name for name, function in FUNCTIONS.items() if function.gives))
DOING = tuple(sorted(name for name, function in FUNCTIONS.items() if not function.gives))


class Grower:
    """Makes one program of about so many characters. plain: arithmetic and little else; decimals: SETPRECISION."""

    def __init__(self, rng: Random, size: int, *, plain: bool = False, decimals: bool = False) -> None:
        self.rng = rng
        self.left = size
        self.plain = plain
        self.decimals = decimals
        self.names = rng.sample(NAMES, rng.randint(1, 5))
        self.sloppy = rng.random() < 0.15  # wrong arguments, unknown names, functions as variables
        self.loops = 0

    def program(self) -> str:
        pick = self.rng.choice
        start = "".join(f"{name}={self.number()}{pick((';', ' '))}" for name in self.names)
        if self.decimals:
            digits = pick(("1", "2", "5", "9", "20", "28", "29", "50", "199", "200", "x", "201", "600"))
            start = pick((f"SETPRECISION({digits})", "")) + start
        body = self.statements(6)
        end = "" if self.plain or self.rng.random() < 0.6 else pick(("SETPRECISION(7)", f"SAVE({self.text('n')},x)"))
        tail = f"PRINT({','.join(self.names)})"
        tag = pick(("", "", "", "#pi", "#PI"))
        return f"{tag}{{{start}{body}{end}{tail}}}{pick(('', '', '', '}', '}}'))}"

    def statements(self, depth: int) -> str:
        parts = []
        for _ in range(self.rng.randint(0, 4)):
            if self.left <= 0:
                break
            part = self.statement(depth)
            self.left -= len(part)
            parts.append(part + self.rng.choice((";", ";", ";", "", " ", "\n", ";;")))
        return "".join(parts)

    def statement(self, depth: int) -> str:
        dice = self.rng.random()
        if depth > 0 and dice < 0.14:
            other = self.rng.choice(("", "", f"ELSE{self.block(depth - 2)}", f"ELSE IF({self.condition()}){{}}"))
            return f"IF({self.condition()}){self.block(depth - 1)}{other}"
        if depth > 0 and dice < 0.34 and self.loops < 3:
            self.loops += 1
            name = self.rng.choice(self.names)
            if self.rng.random() < 0.3:
                text = f"WHILE({self.condition()}){self.block(depth - 1)}"
            elif self.rng.random() < 0.7:
                step = self.rng.choice((f"{name}++", f"{name}={name}+1", f"{name}={name}*2+1"))
                text = f"FOR({name}=0;{name}<{self.rng.randint(0, 12)};{step}){self.block(depth - 1)}"
            else:
                text = f"FOR({self.simple()};{self.condition()};{self.simple()}){self.block(depth - 1)}"
            self.loops -= 1
            return text
        if dice < 0.62:
            return self.simple()
        if self.plain:
            return f"{self.rng.choice(('PRINT', 'LOG', 'PRINT'))}({self.expression(3)})"
        name = self.rng.choice(DOING + ("PRINT",) * 5)
        if name == "SETPRECISION" and not self.decimals:
            name = "PRINT"
        return self.call(self.rng.choice(GIVING) if self.rng.random() < 0.05 else name, 3)

    def block(self, depth: int) -> str:
        return f"{{{self.statements(depth)}}}"

    def simple(self) -> str:
        name = self.rng.choice(self.names)
        dice = self.rng.random()
        if dice < 0.25:
            return name + self.rng.choice(("++", "--"))
        if dice < 0.5:
            return f"{name}={name}{self.rng.choice('+-*/^%')}{self.expression(1)}"
        if self.sloppy and dice < 0.55:
            name = self.rng.choice(("ABS", "PRINT", "zz", "IF"))
        return f"{name}={self.expression(3)}"

    def condition(self) -> str:
        return f"{self.expression(1)}{self.rng.choice(OPERATORS[-6:])}{self.expression(1)}"

    def expression(self, depth: int) -> str:
        dice = self.rng.random()
        if depth <= 0 or dice < 0.1 * (4 - depth):
            return self.rng.choice(self.names) if self.rng.random() < 0.6 else self.number()
        if dice < 0.42:
            return self.flat()
        if dice < 0.7:
            left, right = self.expression(depth - 1), self.expression(depth - 1)
            text = f"{left}{self.rng.choice(OPERATORS)}{right}"
            return text if self.rng.random() < 0.4 else f"({text})"
        if dice < 0.8:
            return f"{self.rng.choice('+---')}{self.expression(depth - 1)}"
        return self.call(self.rng.choice(PLAIN if self.plain else GIVING), depth - 1)

    def flat(self) -> str:
        """A few values without brackets: what binds how tightly is all that there is."""
        text = self.expression(0)
        for _ in range(self.rng.randint(1, 4)):
            text += self.rng.choice(ARITHMETIC) + self.rng.choice(("", "", "", "-", "+", "--")) + self.expression(0)
        return text

    def number(self) -> str:
        dice = self.rng.random()
        if dice < 0.5:
            return str(self.rng.randint(0, 12))
        if dice < 0.93:
            return self.rng.choice(NUMBERS)
        return self.rng.choice(BIG) if dice < 0.98 else str(self.rng.getrandbits(self.rng.choice((30, 60, 250, 300))))

    def text(self, value: str | None = None) -> str:
        opening = self.rng.choice(QUOTES)
        closing = self.rng.choice(("”", "“", '"', "\\”") if opening[-1] == "“" else CLOSING)
        return f"{opening}{self.rng.choice(TEXTS) if value is None else value}{closing}"

    def call(self, name: str, depth: int) -> str:
        function = FUNCTIONS[name]
        many = self.rng.randint(function.least, function.most)
        if name == "PRINT":
            many = self.rng.choice((0, 1, 1, 2, 2, 3, 4, 16))
        if self.sloppy and self.rng.random() < 0.2:
            many = self.rng.choice((0, 1, function.most + 1))
        if self.plain and name in PLAIN:
            many = 1
        takes = function.takes.ljust(many, "n")[:many]
        return f"{name}({','.join(self.argument(name, kind, depth) for kind in takes)})"

    def argument(self, function: str, kind: str, depth: int) -> str:
        if self.sloppy and self.rng.random() < 0.05:
            kind = self.rng.choice("nta")
        if kind == "t":
            text = (
                self.rng.choice(SOUNDS) if function == "PLAYSOUND" else self.rng.choice(("n", "pi", "d", "new", "a b"))
            )
            return self.text(text)
        if kind == "a" and not self.plain and self.rng.random() < 0.3:
            return self.text()
        if function in LIKELY and self.rng.random() < 0.6:
            return self.rng.choice(LIKELY[function])
        return self.expression(depth)
