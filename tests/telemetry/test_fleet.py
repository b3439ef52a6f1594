"""The simulated fleet without sockets: the same seed gives the same bytes, and heat, load and faults behave."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from telemetry.fleet import Fleet
from telemetry.report import ReportError, has_place, parse
from telemetry.sim_direct import batches
from telemetry.sim_faults import GAPS, LASTS_S, LIES, PROFILES, Faults, Mode, Profile, Quirk
from telemetry.sim_places import FRAME_FANS, Place, places_for, topology

DAY_MS = 86_400_000


def as_bytes(fleet: Fleet) -> bytes:
    return json.dumps([fleet.report(index) for index in range(len(fleet))]).encode()


def test_same_seed_gives_the_same_bytes() -> None:
    one, two = (Fleet(300, 7, faults="busy", start_ms=DAY_MS) for _ in range(2))
    for now_s in (0.0, 1.0, 60.0, 600.0):
        assert one.step(now_s) == two.step(now_s)
        assert as_bytes(one) == as_bytes(two)
    assert [one.boot_id(i) for i in range(300)] == [two.boot_id(i) for i in range(300)]


def test_it_does_not_matter_in_how_many_steps_time_passes_or_who_is_asked_first() -> None:
    walks, jumps = Fleet(100, 7, faults="busy"), Fleet(100, 7, faults="busy")
    changes = [change for tenth in range(3001) for change in walks.step(tenth / 10)]
    for index in reversed(range(100)):
        walks.report(index)
    assert jumps.step(300) == changes
    assert as_bytes(walks) == as_bytes(jumps)


def test_another_seed_is_other_weather_on_the_same_hardware() -> None:
    one, two = Fleet(100, 1, faults="none"), Fleet(100, 2, faults="none")
    assert as_bytes(one) != as_bytes(two)
    assert [node.mac for node in one.nodes] == [node.mac for node in two.nodes]


def test_faults_do_not_change_the_weather_of_healthy_nodes() -> None:
    none, busy = Fleet(420, 3, faults="none"), Fleet(420, 3, faults="busy")
    none.step(20)
    busy.step(20)
    healthy = busy.faults.powered
    assert healthy.sum() > 400
    assert np.array_equal(none.load.cpu_pct[healthy], busy.load.cpu_pct[healthy])


def test_macs_and_addresses_are_never_given_twice() -> None:
    fleet = Fleet(20_000, 1)
    assert len({node.mac for node in fleet.nodes}) == 20_000
    assert len({node.ip for node in fleet.nodes}) == 20_000


@pytest.mark.parametrize("faults", PROFILES)
def test_every_report_but_a_deliberate_lie_is_taken_in(faults: str) -> None:
    fleet = Fleet(1050, 5, faults=faults, start_ms=DAY_MS)
    refused = set()
    for now_s in (0.0, 90.0):
        fleet.step(now_s)
        for index, node in enumerate(fleet.nodes):
            try:
                report = parse(fleet.report(index))
            except ReportError as error:
                refused.add((node.quirk, error.field))
                continue
            assert report.mac == node.mac
            assert len(report.processes) == 5
            assert has_place(report) is (node.quirk is not Quirk.NO_PLACE)
            assert np.isnan(report.temp_c) == (node.quirk is Quirk.NO_SENSOR)
    assert refused <= {(Quirk.ABSURD, "CPUTemperature")}


def test_a_report_holds_together() -> None:
    fleet = Fleet(200, 4, faults="none", start_ms=DAY_MS)
    fleet.step(30)
    for index in range(200):
        report = parse(fleet.report(index))
        assert report.sampled_ms == DAY_MS + 30_000
        assert report.mem_pct == pytest.approx(100 * (1 - report.mem_free_mb / report.mem_total_mb), abs=0.1)
        assert report.disk_pct == pytest.approx(100 * (1 - report.disk_free_gb / report.disk_total_gb), abs=0.2)
        shares = [process.cpu_pct for process in report.processes]
        assert shares == sorted(shares, reverse=True)
        assert len({process.pid for process in report.processes}) == 5


def test_places_come_from_the_table_and_go_on_after_it() -> None:
    table = [Place("10.0.0.1", 1, 0, 0, 0), Place("10.0.0.1", 2, 0, 1, 0)]
    given = places_for(50, table)
    assert list(given[:2]) == table
    assert places_for(1, table) == (table[0],)
    made_up = given[2:]
    assert Counter(place.switch_ip for place in made_up).most_common(1)[0][1] == 42
    assert len({place[:2] for place in given}) == 50
    assert min(place.shelf for place in made_up) == 2


def test_a_cluster_of_1050_has_257_fans_and_neighbours_stay_on_their_shelf() -> None:
    places = places_for(1050)
    shape = topology(places)
    assert shape.fans + FRAME_FANS == 257
    assert np.bincount(shape.fan).min() >= 4
    for index, place in enumerate(places):
        for other in (shape.left[index], shape.right[index]):
            assert places[other].shelf == place.shelf
            assert abs(places[other].column - place.column) == 1


def test_the_picture_is_lively_within_ten_seconds() -> None:
    fleet = Fleet(1050, 1)
    before = fleet.load.cpu_pct.copy()
    fleet.step(10)
    assert (np.abs(fleet.load.cpu_pct - before) > 10).mean() > 0.05
    assert (before > 50).mean() > 0.05
    assert (before < 10).mean() > 0.2


def test_load_comes_and_goes_by_bank() -> None:
    fleet = Fleet(1050, 1, faults="none")
    banks = np.array([place.bank for place in fleet.places])
    means = []
    for now_s in range(0, 900, 10):
        fleet.step(now_s)
        means.append(np.bincount(banks, weights=fleet.load.cpu_pct) / 42)
    by_bank = np.array(means)
    assert (by_bank.max(axis=0) > 35).all()
    assert (by_bank.min(axis=0) < 12).all()


def test_memory_follows_jobs() -> None:
    fleet = Fleet(1050, 1, faults="none")
    cpu, memory = [], []
    for now_s in range(0, 600, 5):
        fleet.step(now_s)
        cpu.append(fleet.load.bank_cpu.copy())
        memory.append(fleet.load.memory_pct.copy())
    works = np.array(cpu) > 20
    assert np.array(memory)[works].mean() > np.array(memory)[~works].mean() + 8


def test_disk_drifts_and_logs_are_rotated() -> None:
    fleet = Fleet(42, 1, faults="none")
    used = []
    for now_s in range(0, 8_000, 200):
        fleet.step(now_s)
        used.append([fleet.load.disk_of(index) for index in range(42)])
    steps = np.diff(np.array(used), axis=0)
    assert (steps > 0).any(axis=0).all()
    assert (steps < -1).any()
    assert np.array(used).max() < 50


def test_faults_happen_at_the_documented_rates() -> None:
    nodes, hours, profile = 4000, 4, PROFILES["busy"]
    faults = Faults(nodes, 10, profile, np.random.default_rng(1))
    seen: Counter[Mode] = Counter()
    up_hours, hung = 0.0, np.zeros(nodes, dtype=np.bool_)
    for now_s in range(0, hours * 3600, 10):
        up_hours += float((faults.mode == Mode.UP).sum()) * 10 / 3600
        for node, mode in faults.step(now_s, 10.0):
            seen[mode] += not (mode is Mode.REBOOTING and hung[node])  # a watchdog's reboot is not one of the rate
            hung[node] = mode is Mode.HUNG
    assert seen[Mode.DEAD] / up_hours == pytest.approx(profile.die, rel=0.1)
    assert seen[Mode.HUNG] / up_hours == pytest.approx(profile.hang, rel=0.1)
    assert seen[Mode.REBOOTING] / up_hours == pytest.approx(profile.reboot, rel=0.1)


def test_a_reboot_takes_20_to_40_seconds_and_brings_a_new_boot_id() -> None:
    fleet = Fleet(1050, 2, faults="busy")
    boots = [fleet.boot_id(index) for index in range(1050)]
    left: dict[int, float] = {}
    away = []
    for now_s in range(600):
        for node, mode in fleet.step(now_s):
            if mode is Mode.REBOOTING:
                left[node] = now_s
                assert not fleet.speaks(node)
            elif mode is Mode.UP and node in left:
                away.append(now_s - left.pop(node))
                assert fleet.boot_id(node) != boots[node]
    assert len(away) > 50
    assert min(away) >= 20
    assert max(away) <= 41


def test_no_faults_means_none() -> None:
    fleet = Fleet(500, 1, faults="none")
    assert fleet.step(3600) == []
    assert not fleet.faults.quirk.any()


@pytest.mark.parametrize("faults", ["calm", "busy"])
def test_liars_and_gaps_have_their_documented_share_and_show_every_kind(faults: str) -> None:
    quirks = Counter(node.quirk for node in Fleet(1050, 9, faults=faults).nodes)
    profile = PROFILES[faults]
    assert sum(quirks[lie] for lie in LIES) == round(1050 * profile.lies)
    assert sum(quirks[gap] for gap in GAPS) == round(1050 * profile.gaps)
    assert all(quirks[quirk] for quirk in (*LIES, *GAPS))


def test_the_table_in_the_docs_is_the_one_that_is_used() -> None:
    text = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
    rows = {
        cells[1].strip(" `"): [float(cell) for cell in cells[2:5]]
        for cells in (line.split("|") for line in text.splitlines())
        if len(cells) > 5 and cells[1].strip(" `") in {field.name for field in fields(Profile)}
    }
    assert rows == {
        field.name: [getattr(PROFILES[level], field.name) for level in ("none", "calm", "busy")]
        for field in fields(Profile)
    }
    for mode, (shortest, longest) in LASTS_S.items():
        assert f"{shortest:.0f}-{longest:.0f} s" in text, mode


def test_liars_lie_as_they_are_said_to() -> None:
    fleet = Fleet(1050, 9, faults="busy", start_ms=DAY_MS)
    known = {place[:2] for place in fleet.places}
    honest = {node[2:4] for node in fleet.nodes if node.quirk is Quirk.NONE}
    first = [fleet.report(index) for index in range(1050)]
    fleet.step(60)
    for index, node in enumerate(fleet.nodes):
        report = fleet.report(index)
        same_values = {**first[index], "sampledAt": report["sampledAt"]} == report
        assert same_values is (node.quirk is Quirk.STUCK)
        hours_off = abs(parse(first[index] | {"CPUTemperature": ""}).sampled_ms - DAY_MS) / 3_600_000
        assert (1 <= hours_off <= 12) if node.quirk is Quirk.CLOCK else hours_off == 0
        place = (str(node.switch_ip), int(node.port))
        assert (place in known) is (node.quirk not in (Quirk.WRONG_PLACE, Quirk.NO_PLACE))
        if node.quirk is Quirk.SAME_PLACE:
            assert place in {(switch_ip, int(port)) for switch_ip, port in honest}


def test_direct_batches_hold_every_node_once_a_period() -> None:
    fleet = Fleet(500, 1, faults="none", start_ms=DAY_MS)
    seen: Counter[str] = Counter()
    times = []
    for now_s, batch in batches(fleet, period_s=5.0):
        if now_s >= 10.0:
            break
        times.append(now_s)
        seen.update(mac for mac, _ in batch)
        assert len(batch) == 10
        assert all(report["sampledAt"] == DAY_MS + round(now_s * 1000) for _, report in batch)
    assert set(seen.values()) == {2}
    assert len(seen) == 500
    assert times == sorted(times)


@pytest.mark.parametrize(("nodes", "bound_ms"), [(1050, 2.0), (20_000, 20.0)])
def test_a_step_is_quick(nodes: int, bound_ms: float) -> None:
    fleet = Fleet(nodes, 1, faults="busy")
    took = []
    for now_s in range(1, 30):
        started = time.perf_counter()
        fleet.step(now_s)
        took.append(time.perf_counter() - started)
    assert min(took) * 1000 < bound_ms
