"""Waits for a condition, never for a duration. One helper for the async tests, one for those that drive processes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
STEP_S = 0.005


async def until(condition: Callable[[], T], what: str = "", timeout_s: float = 10.0) -> T:
    """What `condition` returns, once it is true. Fails naming `what` (or the condition) after `timeout_s`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_s
    while True:
        found = condition()
        if found:
            return found
        if loop.time() > deadline:
            raise AssertionError(f"not within {timeout_s:g} s: {what or _words(condition)}")
        await asyncio.sleep(STEP_S)


def until_sync(condition: Callable[[], T], what: str = "", timeout_s: float = 10.0) -> T:
    """The same for a test without a loop."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s:g} s: {what or _words(condition)}")
        time.sleep(STEP_S)


def _words(condition: Callable[[], object]) -> str:
    return getattr(condition, "__qualname__", repr(condition))
