"""A disk that really is full, under a real server that lands in a database: a small file system of its own where the
kernel lets us mount one, and the kernel's limit of a file's size everywhere."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.build import field_report
from tests.e2e.process import TOKENS, Twin, wait_for
from tests.oracle.listener import PASSWORD, USER, Listener
from tests.oracle.model import Model
from twin.service import STORE_FILE

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
HEADERS = {"Authorization": f"Bearer {TOKENS['TWIN_AGENT_TOKEN']}"}
SMALL = "size=3m"
BALLAST = 1_500_000


@pytest.fixture
def model() -> Model:
    made = Model()
    made.install()
    return made


@pytest.fixture
def oracle(model: Model) -> Iterator[Listener]:
    with Listener(model) as listener:
        yield listener
    assert not listener.troubles, listener.troubles[0]
    assert not model.unknown, model.unknown


def database(oracle: Listener) -> dict[str, str]:
    """The settings that lead to it."""
    given = {"TWIN_ORACLE_DSN": oracle.dsn, "TWIN_ORACLE_USER": USER, "TWIN_ORACLE_PASSWORD": PASSWORD}
    return {"TWIN_STORE": "oracle", **given}


async def filled(twin: Twin, model: Model, make_room: Callable[[], None], pad: int) -> None:
    """Report until the disk is full, make room, report once more: what was acknowledged has landed, all of it."""
    async with aiohttp.ClientSession(headers=HEADERS) as http:

        async def post(number: int) -> aiohttp.ClientResponse:
            body = field_report(number % 40, sampledAt=number, noise=os.urandom(pad // 2).hex())
            async with http.post(f"{twin.url}/api/cluster", json=body) as answer:
                await answer.read()
                return answer

        kept = 0
        while (answer := await post(kept)).status == 200:
            kept += 1
            assert kept < 5000, "the disk never filled"
        error = (await answer.json())["error"]
        assert (answer.status, error["code"], error["retry"]) == (503, "store_unavailable", True), error
        assert int(answer.headers["Retry-After"]) > 0
        assert kept > 20
        async with http.get(f"{twin.url}/healthz") as alive:
            assert alive.status == 200
        make_room()
        while (await post(kept)).status != 200:  # its first try may have met the last moment of the full disk
            await asyncio.sleep(0.05)
        kept += 1
    await asyncio.to_thread(wait_for, lambda: len(model.rows("twin_telemetry")) >= kept, 40, twin.log.read_text)
    assert len(model.rows("twin_telemetry")) == kept
    print(f"{kept} reports acknowledged around a full disk, {kept} landed")


async def test_file_that_may_not_grow_is_a_full_disk_and_it_goes_on_by_itself(oracle, model, tmp_path: Path) -> None:
    with Twin("serve", data_dir=tmp_path, **database(oracle)) as twin:
        assert twin.process is not None
        pid = twin.process.pid
        size = (tmp_path / f"{STORE_FILE}-wal").stat().st_size
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + 1_000_000, most))
        await filled(twin, model, lambda: _lift(pid, most), 4000)


def _lift(pid: int, most: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))


class Cramped(Twin):
    """A twin whose data directory is a small file system, in a mount namespace of its own."""

    def command(self) -> list[str]:
        mount = f"mount -t tmpfs -o {SMALL} none {self.data_dir}/small && "
        mount += f"head -c {BALLAST} /dev/zero > {self.data_dir}/small/ballast && exec "
        return ["unshare", "-Urm", "sh", "-c", mount + '"$@"', "sh", sys.executable, "-m", "twin", *self.args]


def may_mount() -> bool:
    tried = ["unshare", "-Urm", "mount", "-t", "tmpfs", "-o", SMALL, "none", "/mnt"]
    return sys.platform == "linux" and subprocess.run(tried, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="this kernel lets nobody mount a file system of his own")
async def test_small_file_system_that_is_full_goes_on_when_there_is_room(oracle, model, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    with Cramped("serve", data_dir=tmp_path, TWIN_DATA_DIR=str(small), **database(oracle)) as cramped:
        assert cramped.process is not None
        inside = Path(f"/proc/{cramped.process.pid}/root{small}/ballast")
        await filled(cramped, model, inside.unlink, 12_000)
