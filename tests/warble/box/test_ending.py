"""A worker's last message: its bytes, and all that it may not say."""

import pytest

from warble.box.ending import MOST, Ending, Invalid, decode
from warble.errors import KINDS, WarbleError

SOURCE = "{PRINT(1/0)}"
GOLDEN = bytes.fromhex("0500000000000000070000000800000008") + b"0!"


def test_the_bytes_are_those_that_the_drawing_shows():
    ending = Ending(WarbleError("zerodiv", "0!", 7, 8), 5)
    assert ending.encode() == GOLDEN
    assert decode(GOLDEN, SOURCE, 5) == ending


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "sandbox"])
def test_every_kind_of_error_comes_through(kind):
    ending = Ending(WarbleError(kind, "π says no", 0, len(SOURCE) + 1), 2**40)
    assert decode(ending.encode(), SOURCE, 2**40) == ending


def test_a_run_without_error_has_only_fuel():
    assert decode(Ending(None, 3).encode(), SOURCE, 3) == Ending(None, 3)


def test_a_long_message_is_cut_to_what_is_read():
    raw = Ending(WarbleError("name", "π" * 10_000, 0, 1), 0).encode()
    assert len(raw) in (MOST, MOST - 1)
    assert set(decode(raw, SOURCE, 0).error.message) == {"π"}


def _with(fuel=5, start=7, end=8, kind=8, message=b"0!"):
    raw = fuel.to_bytes(8, "little") + start.to_bytes(4, "little") + end.to_bytes(4, "little") + bytes((kind,))
    return raw + message


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "0 bytes"),
        (GOLDEN[:16], "16 bytes"),
        (_with(message=b"x" * MOST), "bytes"),
        (_with(fuel=6), "6 units of fuel"),
        (_with(fuel=2**64 - 1), "units of fuel"),
        (_with(start=9), "at 9..8"),
        (_with(end=14), "at 7..14"),
        (_with(end=2**32 - 1), "at 7"),
        (_with(kind=len(KINDS)), "kind 21"),
        (_with(kind=254), "kind 254"),
        (_with(kind=KINDS.index("sandbox")), "kind 20"),
        (_with(kind=255), "without an error"),
        (_with(kind=255, start=0, end=0), "without an error"),
        (_with(message=b""), "no message has"),
        (_with(message=b"\xff"), "UTF-8"),
        (_with(message=b"\xed\xa0\x80"), "UTF-8"),
        (_with(message=b"a\x1b[31m"), "no message has"),
        (_with(message=b"a\nb"), "no message has"),
        (_with(message=b"a\x00"), "no message has"),
    ],
)
def test_what_cannot_be_true_is_refused(raw, says):
    with pytest.raises(Invalid, match=says):
        decode(raw, SOURCE, 5)
