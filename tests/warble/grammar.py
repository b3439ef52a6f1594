"""Hypothesis strategies: programs made from the grammar, and texts that are nearly programs."""

from __future__ import annotations

from hypothesis import strategies as st

NAMES = st.sampled_from("abcde")
NUMBERS = st.one_of(
    st.integers(0, 12).map(str),
    st.sampled_from(["0.5", "1.", ".25", "1e3", "3.0", "1e308", "99999999999999999999", "256", "1e-300", "0.0"]),
)
#: Those of doubles and integers; test_fuzz's walker knows the same.
FUNCTIONS = st.sampled_from(["ABS", "FLOOR", "CEIL", "ROUND"])
OPERATORS = st.sampled_from(["+", "-", "*", "*", "/", "//", "%", "<", "<=", ">", ">=", "==", "!=", "^"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, OPERATORS, inner).map(lambda parts: f"({parts[0]}{parts[1]}{parts[2]})"),
        st.tuples(st.sampled_from("+-"), inner).map(lambda parts: f"({parts[0]}{parts[1]})"),
        st.tuples(FUNCTIONS, inner).map(lambda parts: f"{parts[0]}({parts[1]})"),
    )


EXPRESSIONS = st.recursive(st.one_of(NAMES, NAMES, NUMBERS), _larger, max_leaves=6)
SIMPLE = st.one_of(
    st.tuples(NAMES, EXPRESSIONS).map(lambda parts: f"{parts[0]}={parts[1]}"),
    st.tuples(NAMES, st.sampled_from(["++", "--"])).map("".join),
)
CALLS = st.lists(EXPRESSIONS, max_size=3).map(lambda args: f"PRINT({','.join(args)})")


def _block(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(inner, max_size=4).map(lambda lines: f"{{{';'.join(lines)}}}")


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    block = _block(inner)
    return st.one_of(
        st.tuples(EXPRESSIONS, block).map(lambda parts: f"IF({parts[0]}){parts[1]}"),
        st.tuples(EXPRESSIONS, block, block).map(lambda parts: f"IF({parts[0]}){parts[1]}ELSE{parts[2]}"),
        st.tuples(EXPRESSIONS, block).map(lambda parts: f"WHILE({parts[0]}){parts[1]}"),
        st.tuples(SIMPLE, EXPRESSIONS, SIMPLE, block).map(
            lambda parts: f"FOR({parts[0]};{parts[1]};{parts[2]}){parts[3]}"
        ),
    )


STATEMENTS = st.recursive(st.one_of(SIMPLE, SIMPLE, CALLS), _nested, max_leaves=5)
#: Every name has a value at first, so that most programs get somewhere.
PROGRAMS = st.lists(STATEMENTS, min_size=1, max_size=6).map(
    lambda lines: f"{{a=1;b=2;c=0.5;d=10;{';'.join(lines)};PRINT(a,b,c,d)}}"
)
WORDS = [
    *"abxyeE019.;,(){}+-*/%^<>=!#&\"“”\\' \n", "++", "--", "//", "<=", "==", "IF(", "ELSE", "WHILE(1)", "FOR(", "#pi",
    "PRINT(", "LOG(", "LIGHTS(0,0,0,0)", "SLEEP(1)", 'SAVE("a",', 'LOAD("a")', "SETPRECISION(9)", "SQRT(", "COMB(9,",
    "ATAN2(", "1e400", "1e900000000", "10^400", "é", "\x00", "\ud800", "🥧", "9^9^9",
]  # fmt: skip
SOUP = st.lists(st.sampled_from(WORDS), max_size=40).map("".join)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A program with a few cuts, insertions and repetitions."""
    text = draw(PROGRAMS)
    for _ in range(draw(st.integers(1, 4))):
        at, end = sorted(draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
        middle = draw(st.sampled_from([*WORDS, "", text[at : at + 9] * 2]))
        text = text[:at] + middle + text[end if end - at < 12 else at :]
    return text
