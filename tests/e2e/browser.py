"""Debian's Chromium, driven by playwright, with WebGL in software. For the end-to-end tests and the screenshots."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
HOW = "Chromium is not here: `make test` installs it as root, or: sudo apt-get install chromium"


def chromium() -> str:
    """Its path. Without a browser the end-to-end tests fail rather than pass unseen."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    raise AssertionError(HOW)


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        made = play.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            yield made
        finally:
            made.close()


def complaints(page: Page, wrong: list[str] | None = None, *, warnings: bool = False) -> list[str]:
    """A list (or `wrong`) that gets what goes wrong on the page from now on: errors thrown or logged, and warnings.

    Not among it: that the model's files are still being made (a 503 that the page waits for and asks again), which a
    busy machine takes some time for.
    """
    found: list[str] = [] if wrong is None else wrong
    kinds = ("error", "warning") if warnings else ("error",)
    page.on("pageerror", lambda error: found.append(str(error)))

    def logged(line: ConsoleMessage) -> None:
        waits = "503" in line.text and "/models/manifest.json" in line.location["url"]
        if line.type in kinds and not waits:
            found.append(line.text)

    page.on("console", logged)
    return found
