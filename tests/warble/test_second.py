"""The second parser reads SPEC.md as the first one does: every program of programs/, and some thousand made ones."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.warble import second, sheet
from tests.warble.fuzz.case import make
from warble import Fault, Limits, tree
from warble.parse import parse

PATHS = sorted(sheet.PROGRAMS.glob("**/*.warble"))
SEED = 20


def first_of(source: str, limits: Limits) -> object:
    try:
        return parse(source, limits)
    except Fault as fault:
        return fault.kind, fault.start, fault.end


def second_of(source: str, limits: Limits) -> object:
    try:
        return second.parse(source, length=limits.length, depth=limits.depth)
    except second.Mistake as mistake:
        return mistake.kind, mistake.start, mistake.end


@pytest.mark.parametrize("folder", sorted({path.parent.name for path in PATHS}))
def test_both_read_every_program_alike(folder):
    for path in PATHS:
        if path.parent.name == folder:
            found = sheet.read(path)
            assert second_of(found.source, found.limits()) == first_of(found.source, found.limits()), path.name


def test_both_read_made_programs_alike():
    trees = mistakes = 0
    for number in range(1_500):
        case = make(SEED, number)
        found = first_of(case.source, case.limits)
        assert second_of(case.source, case.limits) == found, case
        trees += isinstance(found, tree.Program)
        mistakes += not isinstance(found, tree.Program)
    assert min(trees, mistakes) > 300  # or the made programs say little


def test_tree_of_the_second_parser_is_right_by_hand():
    program = second.parse("#pi{x=-2^a//3}}")
    minus = tree.Unary("-", tree.Binary("^", tree.Num("2", 7, 8), tree.Name("a", 9, 10), 7, 10), 6, 10)
    value = tree.Binary("//", minus, tree.Num("3", 12, 13), 6, 13)
    block = tree.Block((tree.Assign(tree.Name("x", 4, 5), value, 4, 13),), 3, 14)
    assert program == tree.Program(block, True, 0, 15)


@pytest.mark.parametrize(
    ("source", "kind", "start", "end"),
    [
        ("", "syntax", 0, 1),
        ("{ ", "syntax", 2, 3),
        ("{x=1<2==3}", "syntax", 6, 8),
        ("{x+++1}", "syntax", 4, 5),
        ("{y=x++}", "syntax", 6, 7),
        ('{PRINT(\\"a)}', "lex", 7, 9),
        ("{PRINT(\x07)=}", "lex", 7, 8),
        ("{)\x07", "lex", 2, 3),
        ("#pi {}", "lex", 0, 1),
        ("{x=((1))}", "limit:depth", 4, 5),
        ("{" + " " * 280, "length", 280, 281),
    ],
)
def test_mistakes_of_the_second_parser_are_right_by_hand(source, kind, start, end):
    with pytest.raises(second.Mistake) as caught:
        second.parse(source, depth=2)
    assert (caught.value.kind, caught.value.start, caught.value.end) == (kind, start, end)


def test_second_parser_shares_only_the_nodes_with_the_first():
    taken = set()
    for path in Path(second.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                taken |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                taken |= {f"{node.module}.{name.name}" for name in node.names}
    ours = {name for name in taken if not name.startswith(("tests.warble.second.", "__future__."))}
    assert ours == {"sys", "typing.NamedTuple", "warble.tree"}
