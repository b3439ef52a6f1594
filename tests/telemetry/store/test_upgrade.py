"""A file that version 1 wrote (golden/store-v1.sqlite3.gz, made by that version's code) becomes one of today's, with
nothing lost. 10 batches of 6 nodes, 5 s apart, the last word of all forgotten before the sixth; node 2 held its eighth
report back for a minute."""

from __future__ import annotations

import gzip
import json
import sqlite3
from pathlib import Path

import pytest

from telemetry.store.embedded import EmbeddedStore
from telemetry.store.schema import VERSION
from telemetry.store.sqlite import SQLiteSpool
from tests.build import mac_of

GOLDEN = Path(__file__).parents[2] / "golden" / "store-v1.sqlite3.gz"
T0 = 1_700_000_000_000
KEYS = {*(mac_of(n) for n in range(5)), "172.20.80.201-6"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "telemetry.sqlite3"
    made.write_bytes(gzip.decompress(GOLDEN.read_bytes()))
    return made


def test_the_golden_file_is_of_version_1(path: Path) -> None:
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
    db.close()


def test_last_words_and_documents_are_as_they_were(path: Path) -> None:
    for _ in range(2):
        spool = SQLiteSpool(path)
        latest = {entry.key: json.loads(entry.body)["turn"] for entry in spool.latest()}
        assert set(latest) == KEYS
        assert sorted(latest.values()) == list(range(55, 61))
        assert (spool.load("epoch"), spool.load("registry")) == (b"123", b'{"nodes":[]}')
        source = spool.source
        spool.close()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
    db.close()
    assert len(source) == 32


async def test_every_report_is_in_the_history_before_and_after_it_is_packed(path: Path) -> None:
    spool = SQLiteSpool(path)
    store = EmbeddedStore(spool)
    await store.open()
    for _ in range(2):
        extent = await store.extent()
        assert (extent.rows, extent.nodes) == (60, 6)
        series = await store.node(mac_of(1), T0, T0 + 50_000, points=1000)
        assert series.most[0].tolist() == [n + 0.5 for n in range(2, 60, 6)]
        held = await store.node(mac_of(2), T0 - 60_000, T0, points=60_000)
        assert held.t_ms.tolist() == [T0 + 7 * 5_000 + 2 * 100 - 60_000]
        rest = await store.rest("172.20.80.201-6", T0 + 100_000)
        assert rest is not None
        assert json.loads(rest[1])["turn"] == 60
        assert len((await store.fleet(T0 + 10**9)).rows) == 0, "version 1 did not keep what viewers saw"
        await store.compact()
    await store.close()
    assert spool.append([]) == 10
    spool.close()


def test_it_can_be_shipped_as_it_is(path: Path) -> None:
    spool = SQLiteSpool(path)
    batches = spool.pending(4, 100)
    assert [each.seq for each in batches] == list(range(5, 11))
    assert all(len(each.rows) == 6 and each.source == spool.source for each in batches)
    assert spool.append([]) == 10
    spool.close()
