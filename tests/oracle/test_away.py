"""A database that is away for long: what waits is packed, lands once when it is back, and can be read from there. The
same by the hour or day, with figures: python -m tests.oracle.day."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

from bench import reports
from telemetry.backoff import Backoff
from telemetry.store import chunks
from telemetry.store.oracle import OracleStore
from telemetry.store.oracle_pool import OracleSettings
from telemetry.store.repack import repack
from telemetry.store.ship import Shipper
from telemetry.store.sqlite import SQLiteSpool
from tests.oracle.day import NODES, PERIOD_MS, fill
from tests.oracle.listener import PASSWORD, USER, Listener
from tests.oracle.model import Model

TURNS = 30
T0 = 1_900_000_000_000  # not so old that its hours might be in chunks


async def test_what_came_while_it_was_away_lands_once_from_packs_and_is_read_back(
    oracle: Listener, model: Model, tmp_path: Path
) -> None:
    spool = SQLiteSpool(tmp_path / "spool.sqlite3", ships=True)
    port = oracle.port
    await asyncio.to_thread(oracle.close)
    store = OracleStore(OracleSettings(oracle.dsn, USER, PASSWORD))
    fill(spool, TURNS * NODES, T0)
    loose = spool.backlog.size_bytes

    async def at_once(work: Any) -> Any:
        return work()

    shipper = Shipper(spool, at_once, lambda: store, lambda: T0, Backoff(random.Random(1)), lambda n: repack(spool, n))
    wait_s = await shipper.step()
    assert shipper.progress.state == "away"
    await shipper._make_room(60.0)
    assert wait_s > 0
    assert spool.backlog.rows == TURNS * NODES
    assert spool.backlog.size_bytes < loose * 0.85
    assert len(spool.pending(0, 10**6)) < TURNS

    with Listener(model, port) as back:
        await store.open()
        while spool.backlog.batches:
            await shipper.step()
            assert not shipper.progress.message
        assert (await store.extent()).rows == TURNS * NODES
        given = [row for line in model.rows("twin_rest") for row in chunks.unpack(line["rows_body"]).seen_ms.tolist()]
        assert len(given) == TURNS * NODES, "nothing was given twice"
        seen_ms = T0 + 7 * PERIOD_MS + 3
        found = await store.rest(reports.mac(3), seen_ms)
        assert found is not None
        told = json.loads(reports.body(3, 7))
        assert (found[0], json.loads(found[1])["processes"]) == (seen_ms, told["processes"])
        await store.close()
        assert not back.troubles
    spool.close()
