"""SPEC.md is true: every example runs, and every function, error kind and limit of the code has its line, no more."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

import warble
from warble import KINDS, Limits
from warble.builtins import FUNCTIONS

SPEC = (Path(warble.__file__).parent / "SPEC.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```warble\n(.*?)^```$", SPEC, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_examples_do_what_the_spec_says(block):
    """One user and one Pi a block, so that later programs find what earlier ones saved."""
    store, data = {}, {}
    for example in re.split(r"^> ", block, flags=re.MULTILINE)[1:]:
        source, *lines = example.splitlines()
        outcome = warble.run(source, user="alice", store=store, data=data)
        got = [f"< {line}".rstrip() for line in outcome.stdout.splitlines()]
        got += [f"~ {' '.join(map(str, effect))}" for effect in outcome.effects]
        if source != "{WHILE(1){SLEEP(1)}}":  # its 300 effects would fill the page
            assert got == [line for line in lines if line[0] in "<~"], source
        wanted = [line[2:] for line in lines if line[0] == "!"]
        assert ([outcome.error.kind] if outcome.error else []) == wanted, source


def _rows(heading: str) -> list[list[str]]:
    section = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", SPEC, re.MULTILINE | re.DOTALL)[1]
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in section.splitlines() if row.startswith("| `")
    ]
    return [[cell.strip("`") for cell in row] for row in rows]


def test_every_function_has_its_line():
    assert [row[0] for row in _rows("Functions")] == [function.usage for function in FUNCTIONS.values()]


def test_every_error_kind_has_its_line():
    assert [row[0] for row in _rows("Errors")] == list(KINDS)


def test_every_limit_has_its_line_with_its_default():
    found = {row[0]: float(row[1].replace(",", "")) for row in _rows("Limits")}
    assert found == {field.name: float(field.default) for field in fields(Limits)}


def test_every_function_is_in_an_example():
    examples = "".join(BLOCKS)
    assert [name for name in FUNCTIONS if f"{name}(" not in examples] == []
