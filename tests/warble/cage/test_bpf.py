"""The assembler of filters, against a machine that runs what it makes."""

import pytest

from tests.warble.cage.machine import Call, answer
from warble.cage.bpf import AND, EQUAL, LOAD, NUMBER, RETURN, Step, assemble, low_word


def test_a_jump_goes_to_its_label_or_to_the_next_step():
    program = assemble(
        [
            Step(LOAD, NUMBER),
            Step(EQUAL, 7, then="seven", other="not seven"),
            "not seven",
            Step(EQUAL, 8, other="neither"),
            Step(RETURN, 80),
            "neither",
            Step(RETURN, 1),
            "seven",
            Step(RETURN, 70),
        ]
    )
    assert [answer(program, Call(0, number)) for number in (7, 8, 9)] == [70, 80, 1]


def test_an_argument_is_read_without_its_upper_half_and_masked():
    program = assemble(
        [Step(LOAD, low_word(2)), Step(AND, 6), Step(EQUAL, 4, other="no"), Step(RETURN, 1), "no", Step(RETURN, 0)]
    )
    arguments = [(0, 0, word) for word in (4, 5, 6, 0xFFFF_FFFF_0000_0004)]
    assert [answer(program, Call(0, 0, words)) for words in arguments] == [1, 1, 0, 1]


def test_bytes_are_those_that_the_kernel_reads():
    assert assemble([Step(LOAD, 4), Step(EQUAL, 0xC000003E, other="x"), Step(RETURN, 0), "x", Step(RETURN, 1)]) == (
        bytes.fromhex("2000000004000000150000013e0000c006000000000000000600000001000000")
    )


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "1 to 4096 steps"),
        ([Step(RETURN, 0)] * 4097, "this one has 4097"),
        ([Step(EQUAL, 0, then="far"), *[Step(RETURN, 0)] * 256, "far", Step(RETURN, 0)], "cannot jump 256 steps"),
        (["back", Step(RETURN, 0), Step(EQUAL, 0, then="back")], "cannot jump -2 steps"),
        ([Step(EQUAL, 0, then="nowhere")], "which is nowhere"),
        (["twice", Step(RETURN, 0), "twice"], "stands twice"),
    ],
)
def test_a_program_that_cannot_be_is_refused_with_what_is_wrong(lines, says):
    with pytest.raises(ValueError, match=says):
        assemble(lines)
