"""A running service for the tests: port 0, its own data directory, no broadcast, asyncio's debug mode."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from models import layout as layouts
from models.layout import Layout
from tests.e2e.node import install
from twin.core.access import Tokens
from twin.service import Service
from twin.settings import Settings

AGENT = "agent-token-for-tests"
SHM = "/dev/shm"
OPERATOR = "operator-token-for-tests"
BEARER_AGENT = {"Authorization": f"Bearer {AGENT}"}
BEARER_OPERATOR = {"Authorization": f"Bearer {OPERATOR}"}

Start = Callable[..., Awaitable[Service]]
layout_of: Callable[[str], Layout] = lru_cache(layouts.load)


def make_service(data_dir: Path, **changes: Any) -> Service:
    """A service with quick ticks and `changes` to its settings, not yet running."""
    quick: dict[str, Any] = {"port": 0, "tick_ms": 20, "beacon": False, "commit_linger_ms": 1.0, "models": "asked"}
    settings = Settings.read({}, **{**quick, "data_dir": data_dir, **changes})
    return Service(settings, layout_of(settings.cluster), Tokens(AGENT, OPERATOR))


def url_of(service: Service) -> str:
    return f"http://127.0.0.1:{service.port}"


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a place: hundreds of starts would else wait for the disk's fsync."""
    if not os.access(SHM, os.W_OK):
        yield tmp_path / "data"
        return
    with tempfile.TemporaryDirectory(prefix="twin-test-", dir=SHM) as folder:
        yield Path(folder)


@pytest.fixture
async def start(data_dir: Path) -> AsyncIterator[Start]:
    """`await start(legacy_open="open")` runs a service until the test is over."""
    asyncio.get_running_loop().set_debug(True)
    async with AsyncExitStack() as stack:

        async def begin(**changes: Any) -> Service:
            return await stack.enter_async_context(make_service(data_dir, **changes).running())

        yield begin


@pytest.fixture
async def service(start: Start) -> Service:
    """A service as it comes: nothing is open."""
    return await start()


@pytest.fixture
async def open_service(start: Start) -> Service:
    """A service that lets today's clients write, as `twin serve --legacy-open` does."""
    return await start(legacy_open="open")


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client; urls are whole (`url_of`)."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=4)) as session:
        yield session


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The npm packages of tests/e2e, installed once."""
    return install()
