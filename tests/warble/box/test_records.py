"""Effects as bytes: they come back as they went, and what no program can do is refused."""

import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warble import run
from warble.box import records
from warble.box.ending import Invalid
from warble.effects import Recorder, Shelf
from warble.limits import Limits
from warble.run import execute, prepare


def replay(raw, limits=None, saved=None):
    shelves = Shelf(saved or {}, ""), Shelf({}, "")
    precision = [0]
    recorder = Recorder(limits or Limits(), *shelves, lambda _: None, lambda _: None, lambda: precision[0])
    for _ in records.replay(raw, recorder, precision):
        pass
    return tuple(recorder.effects), shelves[0].changed, shelves[1].changed


class Collector:
    def start(self):
        self.raw = b""

    def printed(self, text):
        pass

    def effect(self, effect, kept):
        self.raw += records.encode(effect, kept)


ALL = [
    '{LIGHTS(23,0,255,1)DRAW(-32767,32767,1,2,3)DRAWLINE(-1,2,-3,4,5,6,7)SLEEP(0.25)SLEEP(0)}',
    '{LOG("“π”")LOG("say “hi”")LOG(7)LOG("")PLAYSOUND("a.mp3")PLAYSOUND("https://a.b/ü?c")}',
    '{SAVE("a",-5)SAVE("b",0)SAVE("c",2^4000)SAVE("a",1e-7)SETDATA("é",-128)SETDATA("",1e22)SETDATA("n",127)}',
    '{SETPRECISION(50)SAVE("a",1/3)SAVE("b",1e40)SAVE("c",1e-40)SAVE("d",-2.50)SAVE("e",1/3*10^20)SAVE("z",0.0)SAVE("i",7)}',
    '{SETPRECISION(3)SAVE("a",1/3*10^20)SAVE("b",1e400/3)SETPRECISION(1233)SAVE("a",1/3)SAVE("f",1e15/3)SAVE("g",1e999999999)}',
]  # fmt: skip


@pytest.mark.parametrize("source", ALL)
def test_every_effect_and_every_saved_value_comes_back(source):
    collector, store, data = Collector(), {}, {}
    outcome = execute(prepare(source, Limits()), store=store, data=data, sink=collector)
    assert outcome.error is None
    assert replay(collector.raw) == (outcome.effects, store.get("", {}), data)
    again = replay(collector.raw)
    assert [type(value) for value in again[1].values()] == [type(value) for value in store.get("", {}).values()]


def test_the_bytes_are_those_that_the_drawing_shows():
    assert records.encode(("lights", 1, 2, 3, 255), None) == b"\x01" + struct.pack("<4i", 1, 2, 3, 255)
    assert records.encode(("sleep", 2.0), None) == b"\x02" + struct.pack("<d", 2.0)
    assert records.encode(("log", "π"), None) == b"\x00\x02\x00\x00\x00\xcf\x80"
    assert records.encode(("save", "n", "-129"), -129) == b"\x06\x01\0\0\0n" + b"\x00\x02\0\0\0\x7f\xff"
    assert records.encode(("save", "n", "0.5"), 0.5) == b"\x06\x01\0\0\0n" + b"\x01" + struct.pack("<d", 0.5)
    assert records.encode(("setdata", "n", "0.5"), "0.5") == b"\x07\x01\0\0\0n" + b"\x02\x03\0\0\x000.5"


def _lights(*numbers):
    return b"\x01" + struct.pack("<4i", *numbers)


def _text(raw):
    return struct.pack("<I", len(raw)) + raw


def _saved(value, name=b"n", kind=6):
    return bytes((kind,)) + _text(name) + value


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"\x08", "kind 8"),
        (b"\xff", "kind 255"),
        (b"\x01\x00", "cut off"),
        (b"\x00\xff\xff\xff\xff", "cut off"),
        (b"\x00\x02\x00\x00\x00a", "cut off"),
        (_lights(24, 0, 0, 0), "LIGHTS wants"),
        (_lights(-1, 0, 0, 0), "LIGHTS wants"),
        (_lights(0, 256, 0, 0), "colour"),
        (b"\x04" + struct.pack("<5i", 32_768, 0, 0, 0, 0), "place"),
        (b"\x05" + struct.pack("<7i", 0, 0, 0, -32_768, 0, 0, 0), "place"),
        (b"\x02" + struct.pack("<d", -1.0), "SLEEP"),
        (b"\x02" + struct.pack("<d", float("nan")), "SLEEP"),
        (b"\x02" + struct.pack("<d", 300.5), "SLEEP"),
        (2 * (b"\x02" + struct.pack("<d", 151.0)), "SLEEP"),
        (b"\x03" + _text(b"file:///etc/passwd"), "PLAYSOUND"),
        (b"\x03" + _text(b"../a.mp3"), "PLAYSOUND"),
        (b"\x03" + _text(b"a.mp3\nb"), "PLAYSOUND"),
        (b"\x00" + _text(b"\xff"), "UTF-8"),
        (b"\x00" + _text(b"\x1b[2J"), "no program can hold"),
        (_saved(b"\x00" + _text(b"\x01"), name=b"\x00"), "no program can hold"),
        (_saved(b"\x00" + _text(b"\x01"), name=b"n" * 281), "281 characters"),
        (_saved(b"\x03" + _text(b"1")), "no number"),
        (_saved(b"\x00" + _text(b"\x7f" * 600)), "1,234 digits"),
        (_saved(b"\x00" + _text(b"\x7f" * 2000)), "2,000 bytes"),
        (_saved(b"\x01" + struct.pack("<d", float("nan"))), "double"),
        (_saved(b"\x01" + struct.pack("<d", float("inf"))), "double"),
        (_saved(b"\x02" + _text(b"nan")), "no number"),
        (_saved(b"\x02" + _text(b"1e9999999999")), "no number"),
        (_saved(b"\x02" + _text(b"1.50")), "not written as"),
        (_saved(b"\x02" + _text(b"01")), "not written as"),
        (_saved(b"\x02" + _text(b"1e3")), "not written as"),
        (_saved(b"\x02" + _text(b"0e5")), "not written as"),
        (_saved(b"\x02" + _text("٣".encode())), "no number"),
        (_saved(b"\x02" + _text(b"0." + b"1" * 1234)), "1,234 digits"),
        (b"".join(_saved(b"\x00" + _text(b"\x01"), name=b"%d" % name) for name in range(17)), "16 names"),
        (_lights(0, 0, 0, 0) * 4097, "4,096 effects"),
    ],
)
def test_what_no_program_can_do_is_refused(raw, says):
    with pytest.raises(Invalid, match=says):
        replay(raw)


def test_names_that_are_saved_already_count():
    saved = {str(number): 1 for number in range(16)}
    with pytest.raises(Invalid, match="16 names"):
        replay(_saved(b"\x00" + _text(b"\x01")), saved=saved)
    assert replay(_saved(b"\x00" + _text(b"\x01"), name=b"3"), saved=saved)[1] == {"3": 1}


@given(st.binary(max_size=200))
def test_no_bytes_whatsoever_do_more_than_be_refused(raw):
    try:
        effects, _, _ = replay(raw)
    except Invalid:
        return
    assert all(effect[0] in records.KINDS for effect in effects)


def test_a_saved_decimal_is_what_a_run_in_process_saves():
    store = {}
    run('{SETPRECISION(40)SAVE("x",2/3)}', store=store)
    assert replay(_saved(b"\x02" + _text(store[""]["x"].encode()), name=b"x"))[1] == {"x": str(Decimal(store[""]["x"]))}
