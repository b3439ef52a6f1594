"""Each kind of value by itself: what is read, what is unknown, what is refused and how."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry import fields
from telemetry.errors import ReportError


def code_of(read: Callable[[], object]) -> str:
    with pytest.raises(ReportError) as caught:
        read()
    return caught.value.code


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("9.7", 9.7),
        ("9.7%", 9.7),
        (" 9.7 % ", 9.7),
        (9.7, 9.7),
        (9, 9.0),
        ("0", 0.0),
        (100.4, 100.0),
        ("100%", 100.0),
    ],
)
def test_a_percentage_is_read_in_every_form(value: object, expected: float) -> None:
    assert fields.percent(value, "CPU") == expected


@pytest.mark.parametrize("value", [None, "", "  ", "\t"])
def test_nothing_is_unknown_and_not_zero(value: object) -> None:
    assert math.isnan(fields.number(value, "MemoryFree"))
    assert math.isnan(fields.percent(value, "CPU"))
    assert math.isnan(fields.temperature(value, "CPUTemperature"))
    assert fields.whole(value, "port", 99) == -1


def test_more_than_a_rounding_above_100_is_refused() -> None:
    assert code_of(lambda: fields.percent(100.6, "CPU")) == "out_of_range"
    assert code_of(lambda: fields.percent("%", "CPU")) == "not_a_number"


def test_minus_zero_is_zero() -> None:
    assert math.copysign(1.0, fields.number(-0.0, "MemoryFree")) == 1.0
    assert math.copysign(1.0, fields.temperature("-0'C", "CPUTemperature")) == 1.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("32.7'C", 32.7),
        ("temp=48.3'C", 48.3),
        ("temp=48.3'C\n", 48.3),
        ("48.3120'C'", 48.312),
        ("48.3°C", 48.3),
        ("48.3 C", 48.3),
        ("48.3", 48.3),
        ("-3'C", -3.0),
        (48, 48.0),
        (48.3, 48.3),
    ],
)
def test_a_temperature_is_read_in_every_form(value: object, expected: float) -> None:
    assert fields.temperature(value, "CPUTemperature") == expected


@pytest.mark.parametrize("value", ["vcgencmd: command not found", "VCHI initialization failed", "'C", "N/A", "temp="])
def test_an_error_text_for_a_temperature_is_unknown(value: str) -> None:
    assert math.isnan(fields.temperature(value, "CPUTemperature"))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("nan'C", "out_of_range"),
        ("temp=inf'C", "out_of_range"),
        ("1e400", "out_of_range"),
        (-274, "out_of_range"),
        (10**500, "out_of_range"),
        (math.nan, "out_of_range"),
        (True, "wrong_type"),
        ([], "wrong_type"),
        ("x" * 300, "too_long"),
    ],
)
def test_a_temperature_that_cannot_be_is_refused(value: object, code: str) -> None:
    assert code_of(lambda: fields.temperature(value, "CPUTemperature")) == code


@pytest.mark.parametrize(
    ("value", "expected"), [(4, 4), ("4", 4), (" 4 ", 4), (4.0, 4), (-1, -1), ("-1", -1), (-1.0, -1), (0, 0)]
)
def test_a_port_is_read_in_every_form(value: object, expected: int) -> None:
    assert fields.whole(value, "port", fields.MAX_PORT) == expected


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (-2, "out_of_range"),
        (65536, "out_of_range"),
        pytest.param(10**5000, "out_of_range", id="huge"),
        ("9" * 30, "not_a_number"),
        ("4.5", "not_a_number"),
        ("--4", "not_a_number"),
        ("four", "not_a_number"),
        ("٤", "not_a_number"),
        (4.5, "wrong_type"),
        (math.inf, "wrong_type"),
        (math.nan, "wrong_type"),
        (True, "wrong_type"),
        ({}, "wrong_type"),
    ],
)
def test_a_port_that_is_none_is_refused(value: object, code: str) -> None:
    assert code_of(lambda: fields.whole(value, "port", fields.MAX_PORT)) == code


@pytest.mark.parametrize(
    "value",
    ["b8:27:eb:70:e3:c4", "B8-27-EB-70-E3-C4", "B8:27:EB:70:E3:C4", "b827eb70e3c4", " b8:27:eb:70:e3:c4\n"],
)
def test_a_mac_is_read_in_every_spelling(value: str) -> None:
    assert fields.mac(value) == "b8:27:eb:70:e3:c4"


@pytest.mark.parametrize("value", [None, "", " ", "00:00:00:00:00:00", "FF-FF-FF-FF-FF-FF"])
def test_a_mac_of_nobody_is_unknown(value: object) -> None:
    assert fields.mac(value) == ""


@pytest.mark.parametrize("value", ["b8:27:eb:70:e3", "b8:27:eb:70:e3:c4:00", "g8:27:eb:70:e3:c4", "0x27eb70e3c4"])
def test_a_mac_that_is_none_is_refused(value: str) -> None:
    assert code_of(lambda: fields.mac(value)) == "bad_address"


@given(st.binary(min_size=6, max_size=6))
def test_any_six_bytes_are_one_mac_however_written(raw: bytes) -> None:
    spelled = {fields.mac(text) for text in (raw.hex(":"), raw.hex("-").upper(), raw.hex())}
    assert len(spelled) == 1


@pytest.mark.parametrize("value", ["172.20.20.23", "::1", "fe80::1", " 10.0.0.1 "])
def test_an_address_is_read(value: str) -> None:
    assert fields.ip(value) == value.strip()


@pytest.mark.parametrize("value", ["172.20.20", "172.20.20.256", "0x7f.1", "1.2.3.4:80", "1.2.3.4\0", "١.٢.٣.٤"])
def test_an_address_that_is_none_is_refused(value: str) -> None:
    assert code_of(lambda: fields.ip(value)) == "bad_address"
    assert code_of(lambda: fields.ip(7)) == "wrong_type"


@pytest.mark.parametrize("value", [None, "", -1, -1.0, "-1", " "])
def test_a_switch_nobody_knows_is_unknown(value: object) -> None:
    assert fields.switch_ip(value) == ""


@pytest.mark.parametrize("value", ["<b>", "a b", "../x", "-2", "a" * 65])
def test_a_switch_that_is_none_is_refused(value: str) -> None:
    assert code_of(lambda: fields.switch_ip(value)) == "bad_address"
    assert code_of(lambda: fields.switch_ip(5)) == "wrong_type"
    assert code_of(lambda: fields.switch_ip(True)) == "wrong_type"


def test_text_has_a_bound_and_must_be_text() -> None:
    assert fields.text("grün", "name") == "grün"
    assert fields.text(None, "name") == ""
    assert code_of(lambda: fields.text("x" * 257, "name")) == "too_long"
    assert code_of(lambda: fields.text("\ud800", "name")) == "bad_text"
    assert code_of(lambda: fields.text(3, "name")) == "wrong_type"


@pytest.mark.parametrize(
    "value", ["x" * 10_000, pytest.param(10**5000, id="huge"), ["x"] * 10_000, "\ud800", math.nan, None]
)
def test_the_sentence_stays_short_and_printable_whatever_was_sent(value: object) -> None:
    with pytest.raises(ReportError) as caught:
        fields.fail("wrong_type", "CPU", value, "it must be a number.")
    assert len(caught.value.message) < 120
    assert caught.value.message.encode()
