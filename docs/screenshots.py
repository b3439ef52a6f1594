"""Takes the pictures of the docs from a running demo: `make screenshots`.

Owns docs/images. Every picture is the real page against the real server and simulator; nothing is drawn by hand.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.e2e.browser import browser  # noqa: E402  # the path must be set first
from tests.e2e.process import Twin, temporary, wait_for  # noqa: E402

IMAGES = ROOT / "docs" / "images"
DESKTOP = {"width": 1600, "height": 900}
PHONE = {"width": 390, "height": 844}
SETTLE_MS = 4000  # flights, fades and software rendering
HISTORY_S = 90  # so much past is gathered before the pictures of it
BACK = "document.querySelector('#time-track').dispatchEvent(new KeyboardEvent('keydown', {key: 'PageDown'}))"


def take(page: Page, url: str, name: str, keys: str = "") -> None:
    """Open `url`, wait until it is live, press keys, and keep the picture."""
    page.goto(url)
    page.wait_for_function("window.twin && window.twin.state.roster.size > 1000", timeout=60_000)
    page.wait_for_timeout(SETTLE_MS)
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(SETTLE_MS // 2)
    page.screenshot(path=IMAGES / f"{name}.png")
    sys.stdout.write(f"docs/images/{name}.png\n")


def past(page: Page, url: str, name: str) -> None:
    """Open `url`, wind back by a tenth of the timeline, and keep the picture."""
    page.goto(url)
    page.wait_for_function("window.twin && window.twin.state.roster.size > 1000", timeout=60_000)
    page.evaluate(BACK)
    page.wait_for_function("window.twin.replay.mode === 'paused' && window.twin.state.past", timeout=60_000)
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=IMAGES / f"{name}.png")
    sys.stdout.write(f"docs/images/{name}.png\n")


def seconds_kept(twin: Twin) -> float:
    """How long ago the history of this server begins."""
    found = twin.get("/api/history/extent")
    assert isinstance(found, dict)
    return (found["now_ms"] - found["first_ms"]) / 1000 if found["first_ms"] >= 0 else 0.0


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with temporary() as folder, Twin("demo", data_dir=Path(folder)) as twin, browser() as chromium:
        wait_for(lambda: twin.nodes("online") > 1000, 60)
        desktop = chromium.new_page(viewport=DESKTOP, bypass_csp=True)
        take(desktop, f"{twin.url}/?node=172.20.80.206-8", "twin")
        take(desktop, f"{twin.url}/?node=172.20.80.206-8&by=temperature", "temperature", keys="f")
        take(desktop, f"{twin.url}/?by=status", "status")
        desktop.goto(f"{twin.url}/api/")
        desktop.wait_for_timeout(SETTLE_MS // 2)
        desktop.screenshot(path=IMAGES / "api.png")
        wait_for(lambda: seconds_kept(twin) > HISTORY_S, HISTORY_S + 60)
        past(desktop, f"{twin.url}/#node=172.20.80.206-8", "past")
        desktop.close()  # two pages drawn in software starve each other
        phone = chromium.new_page(viewport=PHONE, has_touch=True, is_mobile=True, bypass_csp=True)
        take(phone, f"{twin.url}/?node=172.20.80.206-8", "phone")
        past(phone, twin.url, "phone-past")


if __name__ == "__main__":
    main()
