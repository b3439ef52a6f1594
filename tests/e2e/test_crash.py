"""kill -9 of the server under the whole cluster and a crowd of viewers."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from telemetry.store.batches import LINES, Kept
from tests.build import field_report
from tests.e2e.crowd import Viewer
from tests.e2e.process import TOKENS, Fleet, Twin
from twin.service import STORE_FILE

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

NODES, VIEWERS, WITNESSES = 1050, 100, 5
BACK_S = 30.0


async def until(met: object, timeout_s: float, what: str) -> float:
    """Wait until `met()`; returns how long it took."""
    started = time.monotonic()
    while not met():  # type: ignore[operator]
        if time.monotonic() - started > timeout_s:
            raise AssertionError(f"not within {timeout_s:g} s: {what}")
        await asyncio.sleep(0.1)
    return time.monotonic() - started


class Witness:
    """An agent over HTTP that numbers its reports and remembers which ones the server said it kept."""

    def __init__(self, twin: Twin, n: int) -> None:
        self._twin = twin
        self._n = n
        self.kept: list[int] = []

    async def report(self, session: aiohttp.ClientSession, stop: asyncio.Event) -> None:
        number = 0
        headers = {"Authorization": f"Bearer {TOKENS['TWIN_AGENT_TOKEN']}"}
        while not stop.is_set():
            number += 1
            body = field_report(60_000 + self._n, data={"number": number}, switch_ip=-1, port=-1)
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                async with session.post(f"{self._twin.url}/api/cluster", json=body, headers=headers) as answer:
                    if answer.status == 200:
                        self.kept.append(number)
            await asyncio.sleep(0.02)


def landed(store: Path) -> dict[str, set[int]]:
    """The numbers on the disk, by node."""
    found: dict[str, set[int]] = {}
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as db:
        # Nothing of a minute ago is in chunks yet.
        for seq, first, t0_ms, count, body in db.execute(
            "SELECT seq, first, t0_ms, count, body FROM batch WHERE kind = ?", (LINES,)
        ):
            for entry in Kept(seq, first, t0_ms, count, LINES, body).entries():
                report = json.loads(entry.body)
                if "number" in report.get("data", {}):
                    found.setdefault(report["mac"], set()).add(report["data"]["number"])
    return found


async def test_all_are_back_nothing_is_lost_and_nobody_was_lied_to(tmp_path: Path) -> None:
    twin = Twin("serve", data_dir=tmp_path).start()
    stop = asyncio.Event()
    viewers = [Viewer(f"ws://127.0.0.1:{twin.port}/socket.io/?EIO=4&transport=websocket") for _ in range(VIEWERS)]
    witnesses = [Witness(twin, n) for n in range(WITNESSES)]
    timeout = aiohttp.ClientTimeout(total=None, connect=5, sock_read=30)
    try:
        connector = aiohttp.TCPConnector(limit=0)
        with Fleet(twin.url, NODES, "--faults", "none"):
            async with (
                aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
                asyncio.TaskGroup() as tasks,
            ):
                for each in (*witnesses, *viewers):
                    work = each.report if isinstance(each, Witness) else each.watch
                    tasks.create_task(work(session, stop))
                everyone = NODES + WITNESSES
                await until(lambda: all(v.online() == everyone for v in viewers), 60, "all see all online")
                epoch = viewers[0].epoch

                await asyncio.to_thread(twin.stop, signal.SIGKILL)
                acknowledged = {field_report(60_000 + w._n)["mac"]: list(w.kept) for w in witnesses}
                await until(lambda: not any(v.live for v in viewers), 10, "all notice")
                on_disk = landed(tmp_path / STORE_FILE)
                restarted = time.monotonic()
                await asyncio.to_thread(twin.start)
                await until(lambda: all(v.live and v.epoch > epoch for v in viewers), BACK_S, "viewers back")
                await until(lambda: all(v.online() == everyone for v in viewers), BACK_S, "all nodes online again")
                took = time.monotonic() - restarted
                stop.set()
                twin.stop()
    finally:
        if twin.process is not None and twin.process.poll() is None:
            twin.process.kill()
    print(f"back after {took:.1f} s")
    assert took < BACK_S
    assert [viewer.lies for viewer in viewers if viewer.lies] == []
    for mac, numbers in acknowledged.items():
        assert len(numbers) > 20
        assert set(numbers) <= on_disk[str(mac)]
