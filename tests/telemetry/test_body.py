"""Bytes to JSON: whatever is wrong with a body has a code, and a field where there is one."""

from __future__ import annotations

import contextlib
import json
import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.body import MAX_BODY, MAX_NESTING, decode
from telemetry.errors import ReportError
from telemetry.report import parse
from tests.telemetry.reports import field_report, jsons, names


def refused(body: bytes) -> ReportError:
    with pytest.raises(ReportError) as caught:
        decode(body)
    assert caught.value.message.encode()
    return caught.value


@given(st.dictionaries(names, jsons, max_size=4))
def test_json_is_read_as_json_reads_it(value: dict[str, object]) -> None:
    assert decode(json.dumps(value).encode()) == value
    assert decode(json.dumps(value, ensure_ascii=False).encode("utf-8-sig")) == value


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad_json"),
        (b"\xef\xbb\xbf", "bad_json"),
        (b"{", "bad_json"),
        (b"{} trailing", "bad_json"),
        (b"{}{}", "bad_json"),
        (b"{'mac': 1}", "bad_json"),
        (b'{"a": "\x00"}', "bad_json"),
        (b"null", "not_object"),
        (b"[]", "not_object"),
        (b'"text"', "not_object"),
        ("{}".encode("utf-16"), "bad_encoding"),
        ('{"mac": "x"}'.encode("utf-16-le"), "bad_encoding"),
        ('{"mac": "x"}'.encode("utf-32-be"), "bad_encoding"),
        ('{"name": "grün"}'.encode("latin-1"), "bad_encoding"),
        (b'{"a": "\xed\xa0\x80"}', "bad_encoding"),
        (b"\xff", "bad_encoding"),
        (b" " * (MAX_BODY + 1), "too_large"),
    ],
)
def test_a_broken_body_has_its_code(body: bytes, code: str) -> None:
    error = refused(body)
    assert (error.code, error.field) == (code, "")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"CPU": NaN}', "CPU"),
        (b'{"MemoryFree": -Infinity}', "MemoryFree"),
        (b'{"DiskFree": 1e400}', "DiskFree"),
        (b'{"DiskFree": -1e+4000}', "DiskFree"),
        (b'{"a": {"b": [1, NaN]}}', "a.b[1]"),
        (b'{"CPU": 1' + b"0" * 400 + b".0}", "CPU"),
        (b'{"CPU": ' + b"9" * 5000 + b"}", "CPU"),
        (b'{"\\ud800": NaN}', "\\ud800"),
    ],
)
def test_a_number_that_is_none_is_named(body: bytes, field: str) -> None:
    error = refused(body)
    assert (error.code, error.field) == ("out_of_range", field)


def test_nan_that_is_no_report_at_all_is_not_finite_either() -> None:
    assert refused(b"NaN").code == "out_of_range"
    assert refused(b'{"CPU": NaN').code == "bad_json"


def test_a_key_that_is_there_twice_is_named() -> None:
    assert (refused(b'{"CPU": 1, "mac": 2, "CPU": 3}').code, refused(b'{"a": {"b": 1, "b": 1}}').field) == (
        "duplicate_key",
        "b",
    )
    assert refused(b'{"\\ud800": 1, "\\ud800": 2}').field == "\\ud800"


@pytest.mark.parametrize("depth", [MAX_NESTING + 1, 900, 100_000])
def test_deep_nesting_is_refused_before_it_hurts(depth: int) -> None:
    assert refused(b'{"a": ' + b"[" * depth + b"]" * depth + b"}").code == "too_deep"
    assert refused(b'{"a":' * depth + b"1" + b"}" * depth).code == "too_deep" if depth < 50_000 else True


def test_many_brackets_that_are_not_deep_are_fine() -> None:
    assert decode(json.dumps({"a": [[]] * 500}).encode()) == {"a": [[]] * 500}
    assert decode(json.dumps({"a": "[" * 500}).encode()) == {"a": "[" * 500}


@given(st.binary(max_size=80))
def test_no_bytes_break_it(body: bytes) -> None:
    with contextlib.suppress(ReportError):
        assert isinstance(decode(body), dict)


@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=1))
def test_one_changed_byte_is_read_or_refused(at: int, byte: bytes) -> None:
    body = bytearray(json.dumps(field_report()).encode())
    body[at % len(body)] = byte[0]
    with contextlib.suppress(ReportError):
        assert parse(decode(bytes(body)))


def test_decode_is_fast() -> None:
    body = json.dumps(field_report()).encode()
    took = min(timeit.repeat(lambda: decode(body), number=500, repeat=5)) / 500
    print(f"decode: {took * 1e6:.1f} us a report")
    assert took < 200e-6
