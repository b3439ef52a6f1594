"""The sensors: units, what is unknown, and that a sample costs little."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from telemetry.processes import Reading, Top
from telemetry.report import parse, to_field, to_record
from telemetry.sample import Sampler, Sources, Who, find_thermometer
from tests.telemetry import ipad

NAN = math.nan
WHO = Who("b8:27:eb:70:e3:c4", "172.20.20.23", "172.20.80.211", 4)
GB = 1024.0**3


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def sampler(clock: Clock, cpu: float = 9.73, temp_c: float = 32.749, disk_free: float = 19.7 * GB) -> Sampler:
    sources = Sources(
        memory=lambda: (655.3 * 1024**2, 877.6 * 1024**2, 25.3),
        disk=lambda: (disk_free, 50.0 * GB if disk_free == disk_free else NAN, 60.6),
        cpu_percent=lambda: cpu,
        temperature=lambda: temp_c,
        monotonic=clock,
        wall=lambda: 1_699_999_895.1234 + clock.now,
    )
    return Sampler(
        sources, Top(1000.0, lambda: iter([Reading(1, 0.0, clock.now / 100, 9, "systemd")]), lambda pid: "root")
    )


def test_a_sample_has_the_units_of_the_field() -> None:
    clock = Clock()
    made = sampler(clock)
    made.sample(WHO)
    clock.now += 5.0
    report = made.sample(WHO)
    assert (report.cpu_pct, report.temp_c, report.mem_pct, report.disk_pct) == (9.7, 32.7, 25.3, 60.6)
    assert (report.mem_free_mb, report.mem_total_mb) == (655.3, 877.6)
    assert (report.disk_free_gb, report.disk_total_gb) == (19.7, 50.0)
    assert (report.mac, report.ip, report.switch_ip, report.port) == (WHO.mac, WHO.ip, WHO.switch_ip, WHO.port)
    assert report.sampled_ms == 1_700_000_000_123
    assert [(each.name, each.cpu_pct) for each in report.processes] == [("systemd", 1.0)]
    assert made.processes() == [("systemd", 1)]
    ipad.read(to_field(report))
    assert parse(to_record(report)) == report


def test_cpu_is_unknown_until_there_is_a_time_to_measure_over() -> None:
    clock = Clock()
    made = sampler(clock)
    assert math.isnan(made.sample(WHO).cpu_pct)
    assert math.isnan(made.sample(WHO).cpu_pct)
    clock.now += 1.0
    assert made.sample(WHO).cpu_pct == 9.7


@pytest.mark.parametrize(("cpu", "expected"), [(100.2, 100.0), (-0.1, 0.0)])
def test_a_rounding_outside_of_0_to_100_is_cut(cpu: float, expected: float) -> None:
    clock = Clock()
    made = sampler(clock, cpu=cpu)
    made.sample(WHO)
    clock.now += 1.0
    assert made.sample(WHO).cpu_pct == expected


def test_what_a_machine_does_not_have_stays_unknown_all_the_way() -> None:
    report = sampler(Clock(), temp_c=NAN, disk_free=NAN).sample(WHO)
    again = parse(to_record(report))
    assert math.isnan(again.temp_c)
    assert math.isnan(again.disk_free_gb)
    assert to_field(report)["CPUTemperature"] == "0.0'C"


def zones(folder: Path, **types: str) -> Path:
    for name, text in types.items():
        (folder / name).mkdir()
        (folder / name / "type").write_text(text + "\n")
        (folder / name / "temp").write_text("48312\n")
    return folder


def test_the_cpus_thermal_zone_is_preferred(tmp_path: Path) -> None:
    found = zones(tmp_path, thermal_zone0="iwlwifi_1", thermal_zone1="cpu-thermal")
    (tmp_path / "thermal_zone0" / "temp").write_text("1000\n")
    read: Callable[[], float] = find_thermometer(found)
    assert read() == 48.312
    (tmp_path / "thermal_zone1" / "temp").write_text("rubbish")
    assert math.isnan(read())
    (tmp_path / "thermal_zone1" / "temp").unlink()
    assert math.isnan(read())


def test_no_sensor_at_all_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telemetry.sample._read_psutil", lambda: NAN)
    assert math.isnan(find_thermometer(tmp_path)())
    assert find_thermometer(zones(tmp_path, thermal_zone0="something"))() == 48.312


def test_this_machine_can_be_sampled() -> None:
    made = Sampler()
    report = made.sample(WHO)
    assert report.mem_total_mb > 100.0
    assert 0.0 <= report.mem_pct <= 100.0
    assert len(report.processes) in range(1, 6)
    ipad.read(to_field(report))
