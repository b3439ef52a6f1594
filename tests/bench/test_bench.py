"""The bench's own arithmetic, and that both crowds (C and Python) speak the twin's protocol."""

from __future__ import annotations

import json
import math
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from bench import crowd as crowds
from bench import latency, reports, servers
from bench.machine import Window
from bench.table import Figure, Target, markdown, number
from models import layout
from telemetry.report import parse
from twin.core.access import Tokens
from twin.service import Service
from twin.settings import Settings


def test_times_better_follows_which_way_is_better() -> None:
    assert Figure("p", "latency", "ms", {"twin": 50, "plain": 200}, "plain").ratio == 4
    assert Figure("p", "rate", "/s", {"twin": 200, "plain": 50}, "plain", more_is_better=True).ratio == 4


def test_figure_is_met_only_when_all_its_targets_are() -> None:
    targets = [Target(3), Target(250, "value", most=True)]
    assert Figure("p", "p99", "ms", {"twin": 200, "plain": 700}, "plain", targets=targets).met is True
    assert Figure("p", "p99", "ms", {"twin": 260, "plain": 900}, "plain", targets=targets).met is False
    assert Figure("p", "p99", "ms", {"twin": math.nan, "plain": 900}, "plain", targets=targets).met is False


def test_figure_without_target_is_neither_met_nor_missed() -> None:
    assert Figure("p", "p50", "ms", {"twin": 1}).met is None


def test_table_shows_what_could_not_be_measured_as_a_dash() -> None:
    figure = Figure("Part", "join", "s", {"twin": 0.5, "plain": math.nan}, "plain", targets=[Target(10)])
    assert "| join | s | 0.500 | - |  | >= 10x | **not met** |" in markdown([figure])


@pytest.mark.parametrize(("value", "text"), [(1234567.0, "1,234,567"), (12.345, "12.3"), (0.0123, "0.0123"), (0, "0")])
def test_number_shows_three_figures_that_matter(value: float, text: str) -> None:
    assert number(value) == text


def test_results_hold_no_nan() -> None:
    figure = Figure("p", "w", "u", {"twin": math.nan})
    assert "NaN" not in json.dumps(figure.as_json())


def test_report_is_as_large_as_in_the_field_and_carries_its_round() -> None:
    assert 650 <= len(json.dumps(reports.field_report(7, 3), separators=(",", ":"))) <= 800
    assert parse(reports.field_report(7, 3)).cpu_pct == 1.5


def test_latency_is_from_sent_to_the_first_message_that_shows_the_report() -> None:
    ids = list(reports.public_ids())
    event = f'42["cluster.event",{json.dumps({ids[0]: {"CPU": "0.5"}})}]'.encode()
    wire = len(event) | crowds.EVENT << crowds.KIND_SHIFT
    records = np.array([(5_000_000, 1, 0, wire), (9_000_000, 1, 0, wire)], crowds.RECORD)
    sent_ns = np.zeros((1050, reports.ROUNDS), np.int64)
    sent_ns[0, 1], sent_ns[1, 1] = 2_000_000, 2_000_000
    log = crowds.Log(records, {1: (crowds.EVENT, event)}, lost=0, reopened=0)
    got = latency.received(log, sent_ns, Window(1_000_000, 11_000_000, 0), viewers=1)
    assert (got.p50_ms, got.delivered_pct, got.messages) == (3.0, 50.0, 2)


@pytest.mark.parametrize("in_c", [True, False])
async def test_crowd_joins_a_real_twin_and_sees_its_nodes(
    in_c: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if in_c and crowds.compiler() is None:
        pytest.skip("no C compiler here")
    if not in_c:
        monkeypatch.setattr(shutil, "which", lambda name: None)
        crowds.compiler.cache_clear()
    settings = Settings.read({}, port=0, data_dir=tmp_path / "data", beacon=False)
    service = Service(settings, layout.load("cluster"), Tokens("a" * 20, "o" * 20))
    async with service.running():
        await service.ingest.land(reports.field_report(3, 1))
        server = servers.Server(servers.TWIN, (os.getpid(),), service.port, service.port, 0.0)
        async with crowds.crowd(server, 5, tmp_path, join_timeout_s=20) as crowd:
            log = await crowd.finish()
    crowds.compiler.cache_clear()
    assert (crowd.joined, log.lost) == (5, 0)
    assert any(3 * reports.ROUNDS + 1 in numbers for numbers in latency.shown(log).values())
