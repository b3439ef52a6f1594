"""The report as a whole: every form of the field in, both dialects out. One value's rules are in test_fields.py."""

from __future__ import annotations

import copy
import json
import math
import timeit
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import given

from telemetry.report import (
    MAX_KEYS,
    MAX_PROCESSES,
    Process,
    Report,
    ReportError,
    decode,
    has_place,
    parse,
    to_field,
    to_record,
)
from tests.telemetry import ipad
from tests.telemetry.reports import field_report, messy, reports


def same(one: Report, other: Report) -> bool:
    """Equality where unknown equals unknown."""
    return repr(one) == repr(other)


def refused(value: object) -> ReportError:
    with pytest.raises(ReportError) as caught:
        parse(value)
    assert caught.value.message
    return caught.value


def test_the_fields_own_example_is_read() -> None:
    report = parse(field_report())
    assert (report.mac, report.ip) == ("b8:27:eb:70:e3:c4", "172.20.20.23")
    assert (report.switch_ip, report.port) == ("172.20.80.211", 4)
    assert (report.cpu_pct, report.mem_pct, report.disk_pct, report.temp_c) == (9.7, 25.3, 60.6, 32.7)
    assert (report.mem_free_mb, report.mem_total_mb) == (655.3, 877.6)
    assert (report.disk_free_gb, report.disk_total_gb) == (19.7, 50.0)
    assert report.processes == (Process(1, "systemd", "root", 0.9, 1.2),)
    assert (report.data, report.status, report.extra, report.sampled_ms) == ({}, "true", {}, -1)
    assert has_place(report)


def test_a_mac_alone_is_a_report_of_unknowns() -> None:
    report = parse({"mac": "b8:27:eb:70:e3:c4"})
    assert math.isnan(report.cpu_pct)
    assert math.isnan(report.temp_c)
    assert (report.ip, report.switch_ip, report.port, report.processes, report.status) == ("", "", -1, (), "")
    assert not has_place(report)


@pytest.mark.parametrize("processes", [None, [], [[]], ...])
def test_no_processes_in_any_form_are_none(processes: object) -> None:
    assert parse(field_report(processes=processes)).processes == ()


def test_flat_processes_are_taken_like_nested_ones() -> None:
    one = {"pid": 7, "name": "a", "username": "pi", "memory_percent": 1, "cpu_percent": 150.5}
    two = {"pid": "8", "name": None}
    expected = (Process(7, "a", "pi", 1.0, 150.5), Process(8, "", "", math.nan, math.nan))
    assert repr(parse(field_report(processes=[one, two])).processes) == repr(expected)
    assert repr(parse(field_report(processes=[[one, two]])).processes) == repr(expected)
    assert repr(parse(field_report(processes=[one])).processes) == repr(expected[:1])


def test_of_too_many_processes_the_busiest_are_kept() -> None:
    sent = [{"pid": pid, "cpu_percent": pid} for pid in range(100)]
    kept = parse(field_report(processes=[sent])).processes
    assert len(kept) == MAX_PROCESSES
    assert min(each.pid for each in kept) == 100 - MAX_PROCESSES
    assert refused(field_report(processes=[sent * 11])).code == "too_many"


@pytest.mark.parametrize("processes", ["x", 3, {"pid": 1}, [3], [[3]], [[["deep"]]]])
def test_processes_of_a_wrong_shape_are_refused_by_name(processes: object) -> None:
    error = refused(field_report(processes=processes))
    assert (error.code, error.field) == ("wrong_type", "processes")


def test_a_wrong_number_in_a_process_is_refused_by_name() -> None:
    error = refused(field_report(processes=[[{"pid": 1, "memory_percent": -1}]]))
    assert (error.code, error.field) == ("out_of_range", "processes.memory_percent")


@pytest.mark.parametrize(
    "key", ["CPU", "MemoryFree", "MemoryTotal", "MemoryPercentage", "DiskFree", "DiskTotal", "DiskPercentage"]
)
@pytest.mark.parametrize(
    ("value", "code"),
    [
        (math.nan, "out_of_range"),
        (math.inf, "out_of_range"),
        (-math.inf, "out_of_range"),
        ("nan", "out_of_range"),
        ("Infinity", "out_of_range"),
        ("1e400", "out_of_range"),
        (-0.1, "out_of_range"),
        ("-5%", "out_of_range"),
        pytest.param(10**400, "out_of_range", id="huge"),
        (-(10**400), "out_of_range"),
        ("many", "not_a_number"),
        ("1_0", "not_a_number"),
        ("9.7%%", "not_a_number"),
        (True, "wrong_type"),
        ([], "wrong_type"),
        ({}, "wrong_type"),
    ],
)
def test_a_number_that_is_none_is_refused_by_name(key: str, value: object, code: str) -> None:
    error = refused(field_report(**{key: value}))
    assert (error.code, error.field) == (code, key)
    assert key in error.message


def test_without_mac_the_place_is_identity_enough() -> None:
    assert has_place(parse(field_report(mac=...)))
    assert refused(field_report(mac="", port=-1)).field == "mac"
    assert refused(field_report(mac="00:00:00:00:00:00", switch_ip=-1)).code == "no_identity"
    assert refused({}).code == "no_identity"


@pytest.mark.parametrize("value", [None, [], "text", 3, math.nan])
def test_what_is_not_an_object_is_no_report(value: object) -> None:
    assert refused(value).code == "not_object"


def test_unknown_keys_are_kept_and_written_back() -> None:
    report = parse(field_report(lastUpdated=1700000000000, room={"name": "garage"}))
    assert report.extra == {"lastUpdated": 1700000000000, "room": {"name": "garage"}}
    assert to_field(report)["room"] == {"name": "garage"}


def test_an_unknown_key_never_shadows_a_known_one() -> None:
    report = replace(parse(field_report()), extra={"CPU": "99", "sampledAt": 1, "fan": 3})
    written = to_field(report)
    assert written["CPU"] == "9.7"
    assert "sampledAt" not in written
    assert written["fan"] == 3


def test_too_many_keys_are_refused() -> None:
    assert refused({f"key{number}": 1 for number in range(MAX_KEYS + 1)}).code == "too_many"
    assert refused(field_report(**{"k" * 65: 1})).code == "too_long"


def test_data_that_is_no_object_is_kept_under_a_name() -> None:
    assert parse(field_report(data=[1, 2])).data == {"value": [1, 2]}
    assert parse(field_report(data="")).data == {}
    assert refused(field_report(data={"a": [math.nan]})).field == "data.a[0]"


def test_the_field_dialect_is_written_to_the_letter() -> None:
    sent = field_report(CPU="9.7%", CPUTemperature="temp=48.3'C", port="4", MemoryPercentage=25.3, DiskTotal=49.6)
    assert to_field(parse(sent)) == field_report(CPUTemperature="48.3'C", DiskTotal=50)
    assert list(to_field(parse(sent))) == list(field_report())


def test_unknown_is_zero_in_the_field_dialect_and_absent_in_the_record() -> None:
    report = parse({"mac": "b8:27:eb:70:e3:c4"})
    written = to_field(report)
    assert (written["CPU"], written["CPUTemperature"], written["MemoryFree"]) == ("0.0", "0.0'C", 0.0)
    assert (written["port"], written["switch_ip"], written["processes"]) == (-1, -1, [[]])
    assert not {"CPU", "CPUTemperature", "MemoryFree", "DiskTotal"} & set(to_record(report))


def test_the_field_dialect_has_room_for_five_processes() -> None:
    sent = [{"pid": pid, "name": "x", "cpu_percent": 1.0} for pid in range(9)]
    report = parse(field_report(processes=sent))
    written: Any = to_field(report)["processes"]
    assert [each["pid"] for each in written[0]] == [0, 1, 2, 3, 4]
    assert len(parse(to_record(report)).processes) == 9


def test_a_report_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        parse(field_report()).cpu_pct = 3.0  # type: ignore[misc]  # that is the point


@given(reports)
def test_the_record_gives_back_the_same_report(report: Report) -> None:
    body = json.dumps(to_record(report), allow_nan=False).encode()
    assert same(parse(decode(body)), report)


@given(reports)
def test_the_field_dialect_of_any_report_satisfies_the_strict_reader(report: Report) -> None:
    read = ipad.read(to_field(report))
    assert float(read["CPU"]) == (0.0 if math.isnan(report.cpu_pct) else report.cpu_pct)
    again = to_field(parse(read))
    assert again == to_field(parse(again))


@given(messy)
def test_whatever_is_accepted_satisfies_the_strict_reader(value: dict[str, Any]) -> None:
    try:
        report = parse(value)
    except ReportError as error:
        refusal = error
    else:
        refusal = None
    if refusal is not None:
        assert refusal.code
        assert refusal.message.isprintable()
        assert refusal.field.isprintable()
        return
    ipad.read(to_field(report))
    assert same(parse(json.loads(json.dumps(to_record(report), allow_nan=False))), report)


def test_parse_leaves_its_input_as_it_was() -> None:
    value = field_report(room={"a": [1, 2]}, data=[3], processes=[[{"pid": pid} for pid in range(100)]])
    before = copy.deepcopy(value)
    parse(value)
    assert value == before


def test_parse_is_fast_enough_for_the_whole_cluster() -> None:
    one = {"pid": 1, "name": "systemd", "username": "root", "memory_percent": 0.9, "cpu_percent": 1.2}
    value = field_report(processes=[[one] * 5])
    took = min(timeit.repeat(lambda: parse(value), number=500, repeat=7)) / 500
    print(f"parse: {took * 1e6:.1f} us a report of five processes")
    assert took < 100e-6  # 10 us on the machine it was written on; this only catches a slip of ten times
