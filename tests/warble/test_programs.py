"""Every program in programs/ does what the lines above it say, twice the same, and its shortest form does it too."""

import pytest

from tests.warble import sheet
from warble import fmt, run
from warble.run import execute, prepare

PATHS = sorted(sheet.PROGRAMS.glob("**/*.warble"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_program_does_what_its_lines_say(path):
    found = sheet.read(path)
    outcome = sheet.judge(found)
    again = run(
        found.source,
        user=found.one("user") or "",
        store=found.store("saved"),
        data=found.data("data"),
        limits=found.limits(),
    )
    assert again == outcome


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_layout_of_a_program_does_the_same(path):
    found = sheet.read(path)
    if found.one("error") is not None or found.one("limit") is not None:
        return
    program = prepare(found.source, found.limits())
    limits = sheet.Limits(length=10_000)
    for text in (fmt.shortest(program.tree), fmt.pretty(program.tree)):
        other = execute(
            prepare(text, limits), user=found.one("user") or "", store=found.store("saved"), data=found.data("data")
        )
        first = execute(program, user=found.one("user") or "", store=found.store("saved"), data=found.data("data"))
        assert other == first
    assert len(fmt.shortest(program.tree)) <= len(found.source)


def test_there_are_many_programs():
    assert len(PATHS) > 300
