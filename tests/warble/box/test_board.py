"""The memory that a worker shares: the host reads whole texts, never more than the room, and nobody can resize it."""

import errno
import mmap
import os
import struct

import pytest

from warble.box import board, records
from warble.box.board import EFFECTS, RUNS, Board, create, read, size
from warble.errors import Fault

OUTPUT = 100


@pytest.fixture
def memory():
    made = create(OUTPUT)
    yield made
    os.close(made)


@pytest.fixture
def shared(memory):
    return Board(mmap.mmap(memory, size(OUTPUT)), OUTPUT)


def test_a_fresh_board_is_empty(memory):
    assert read(memory, OUTPUT) == board.Left(0, b"", b"")


def test_the_host_reads_what_was_written_so_far(memory, shared):
    shared.stage(RUNS)
    shared.printed("π\n")
    shared.effect(("sleep", 1.0), None)
    shared.printed("2\n")
    assert read(memory, OUTPUT) == board.Left(RUNS, "π\n2\n".encode(), records.encode(("sleep", 1.0), None))


def test_a_run_that_starts_over_leaves_nothing_of_its_first_start(memory, shared):
    shared.printed("a long line\n")
    shared.effect(("log", "x"), None)
    shared.start()
    shared.printed("b\n")
    assert read(memory, OUTPUT) == board.Left(0, b"b\n", b"")


def test_the_layout_is_that_of_the_drawing(memory, shared):
    shared.stage(2)
    shared.printed("ab")
    shared.effect(("log", "c"), None)
    raw = os.pread(memory, size(OUTPUT), 0)
    assert raw[:18] == struct.pack("<IIII", 2, 2, 6, 0) + b"ab"
    assert raw[16 + OUTPUT :][:6] == b"\x00\x01\x00\x00\x00c"


def test_text_that_was_written_but_not_counted_is_not_there(memory, shared):
    shared.map[16:21] = b"hello"
    assert read(memory, OUTPUT).printed == b""


def test_lengths_that_cannot_be_are_taken_for_the_whole_room(memory, shared):
    shared.map[:16] = b"\xff" * 16
    left = read(memory, OUTPUT)
    assert (len(left.printed), len(left.effects)) == (OUTPUT, EFFECTS)


def test_more_than_the_room_is_an_error_of_the_program_and_what_fits_stays(memory, shared):
    shared.printed("x" * OUTPUT)
    with pytest.raises(Fault) as raised:
        shared.printed("y")
    assert raised.value.kind == "limit:output"
    shared.effect(("log", "x" * (EFFECTS - 5)), None)
    with pytest.raises(Fault, match="1,048,576 bytes") as raised:
        shared.effect(("log", ""), None)
    assert raised.value.kind == "limit:effects"
    left = read(memory, OUTPUT)
    assert (len(left.printed), len(left.effects)) == (OUTPUT, EFFECTS)


@pytest.mark.parametrize("length", [0, size(OUTPUT) - 1, size(OUTPUT) + 1, 2**40])
def test_nobody_can_make_it_smaller_or_bigger(memory, length):
    with pytest.raises(OSError, match="not permitted") as raised:
        os.ftruncate(memory, length)
    assert raised.value.errno == errno.EPERM
