"""Takes the pictures of the docs from a running demo: `make screenshots`; or, some: `docs/screenshots.py rear xray`.

Owns docs/images. Every picture is the real page against the real server and simulator; nothing is drawn by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.e2e.browser import browser  # noqa: E402  # the path must be set first
from tests.e2e.node import install  # noqa: E402
from tests.e2e.process import Twin, temporary, wait_for  # noqa: E402

IMAGES = ROOT / "docs" / "images"
DESKTOP: ViewportSize = {"width": 1600, "height": 900}
SMALLER: ViewportSize = {"width": 1280, "height": 720}
PHONE: ViewportSize = {"width": 390, "height": 844}
SETTLE_MS = 4000  # flights, fades and software rendering
WAIT_MS = 60_000
HISTORY_S = 90  # so much past is gathered before the pictures of it
NODE = "172.20.80.206-8"
READY = "window.twin && window.twin.state.roster.size > 1000 && window.twin.worn().length === 3"
BACK = "document.querySelector('#time-track').dispatchEvent(new KeyboardEvent('keydown', {key: 'PageDown'}))"
CHROME = "header, #counts, #finder, #colours, #views, #view-crumbs, #panel, #timeline, #labels"
FLOOR_AT = [-0.35, 0.0, -2.6]
HIGHER = "172.20.80.202-8"
PAST = "window.twin.replay.mode === 'paused' && window.twin.state.past"


class Studio:
    """A demo and a browser; each method takes one picture."""

    def __init__(self, twin: Twin, chromium: Browser) -> None:
        self.twin = twin
        self.chromium = chromium

    def twin_png(self) -> None:
        self.take("twin.png", f"/?node={NODE}")

    def temperature(self) -> None:
        self.take("temperature.png", f"/?node={NODE}&by=temperature", keys="f")

    def status(self) -> None:
        self.take("status.png", "/?by=status")

    def shelf(self) -> None:
        self.take("shelf.png", "/#shelf=7", SMALLER)

    def rear(self) -> None:
        self.take("rear.png", "/?by=temperature", SMALLER, keys="r")

    def xray(self) -> None:
        self.take("xray.png", "/", SMALLER, keys="x")

    def kiosk(self) -> None:
        self.take("kiosk.png", "/?kiosk", SMALLER)

    def table(self) -> None:
        self.take("table.png", "/?view=table&by=temperature", SMALLER)

    def palette(self) -> None:
        self.take("palette.png", "/?by=status", SMALLER, then=lambda page: self.choose(page, "red-green"))

    def phone(self) -> None:
        self.take("phone.png", f"/?node={NODE}", PHONE)

    def past(self) -> None:
        self.remember()
        self.take("past.png", f"/#node={NODE}", then=self.wind_back)

    def phone_past(self) -> None:
        self.remember()
        self.take("phone-past.png", "/", PHONE, then=self.wind_back)

    def picture(self) -> None:
        """What the page's own button makes."""
        page = self.open(f"/?by=temperature#node={NODE}&shelf=12", SMALLER)
        with page.expect_download(timeout=WAIT_MS) as download:
            page.keyboard.press("c")
        download.value.save_as(IMAGES / "picture.png")
        page.context.close()

    def api(self) -> None:
        page = self.chromium.new_page(viewport=DESKTOP)
        page.goto(f"{self.twin.url}/api/")
        page.wait_for_timeout(SETTLE_MS // 2)
        page.screenshot(path=IMAGES / "api.png")
        page.close()

    def vr(self) -> None:
        """Both eyes of an emulated headset, whose right hand has chosen a Pi."""
        page = self.open("/", {"width": 1280, "height": 640}, headset=True)
        page.click("#view-vr")
        page.wait_for_function("window.twin.vr()?.hands.length === 2", timeout=WAIT_MS)
        row = page.evaluate(f"window.twin.state.roster.id.indexOf('{HIGHER}')")
        page.evaluate("(row) => vr.point(row, {away: 1.1, slant: 0.3, rise: 0.2, choose: true})", row)
        page.wait_for_function("window.twin.vr().board.includes('systemd')", timeout=WAIT_MS)
        page.evaluate("vr.aim('left', [-2, 0.3, 3], [0, 0, 1])")  # its menu is behind us
        page.evaluate("vr.frames(6)")
        page.add_style_tag(content=f"{CHROME} {{ display: none !important }}")
        page.screenshot(path=IMAGES / "vr.png")
        page.context.close()

    def room(self) -> None:
        """The same in a made-up room of one's own, put down on its floor."""
        page = self.open("/", {"width": 1280, "height": 640}, headset=True)
        page.click("#view-ar-room")
        page.wait_for_function("window.twin.vr()?.room && window.twin.vr().hands.length === 2", timeout=WAIT_MS)
        page.evaluate("(at) => room.put(at)", FLOOR_AT)
        row = page.evaluate(f"window.twin.state.roster.id.indexOf('{HIGHER}')")
        page.evaluate("(row) => vr.point(row, {away: 1.1, slant: 0.3, rise: 0.2, choose: true})", row)
        page.wait_for_function("window.twin.vr().board.includes('systemd')", timeout=WAIT_MS)
        page.evaluate("vr.aim('left', [-2, 0.3, 3], [0, 0, 1])")
        page.evaluate("vr.frames(6)")
        page.add_style_tag(content=f"{CHROME} {{ display: none !important }}")
        page.screenshot(path=IMAGES / "room.png")
        page.context.close()

    def take(
        self,
        name: str,
        path: str,
        size: ViewportSize = DESKTOP,
        keys: str = "",
        then: Callable[[Page], None] | None = None,
    ) -> None:
        """Open, wait until it is live and worn, press keys, and keep the picture."""
        page = self.open(path, size)
        for key in keys:
            page.keyboard.press(key)
            page.wait_for_timeout(SETTLE_MS // 2)
        if then is not None:
            then(page)
        page.wait_for_timeout(SETTLE_MS // 2)
        page.screenshot(path=IMAGES / name)
        page.context.close()  # two pages drawn in software starve each other

    def open(self, path: str, size: ViewportSize, *, headset: bool = False) -> Page:
        """A page in a context of its own: nothing is kept from the picture before."""
        touch = size is PHONE
        context = self.chromium.new_context(viewport=size, bypass_csp=True, has_touch=touch, is_mobile=touch)
        page = context.new_page()
        if headset:
            page.add_init_script(path=install() / "iwer" / "build" / "iwer.min.js")
            page.add_init_script("window.DEVICE = (IWER) => IWER.metaQuest3")
            for script in ("vr.js", "room.js"):
                page.add_init_script(path=ROOT / "tests" / "e2e" / script)
        page.goto(self.twin.url + path)
        page.wait_for_function(READY, timeout=WAIT_MS)
        page.wait_for_timeout(SETTLE_MS)
        return page

    def choose(self, page: Page, palette: str) -> None:
        page.locator("#palette").select_option(palette)

    def wind_back(self, page: Page) -> None:
        page.evaluate(BACK)
        page.wait_for_function(PAST, timeout=WAIT_MS)
        page.wait_for_timeout(SETTLE_MS)

    def remember(self) -> None:
        """Until the history of this server is long enough to look at."""
        wait_for(lambda: seconds_kept(self.twin) > HISTORY_S, HISTORY_S + 60)


PICTURES: dict[str, Callable[[Studio], None]] = {
    "twin": Studio.twin_png,
    "temperature": Studio.temperature,
    "status": Studio.status,
    "shelf": Studio.shelf,
    "rear": Studio.rear,
    "xray": Studio.xray,
    "kiosk": Studio.kiosk,
    "table": Studio.table,
    "palette": Studio.palette,
    "phone": Studio.phone,
    "picture": Studio.picture,
    "api": Studio.api,
    "vr": Studio.vr,
    "room": Studio.room,
    "past": Studio.past,
    "phone-past": Studio.phone_past,
}


def seconds_kept(twin: Twin) -> float:
    """How long ago the history of this server begins."""
    found = twin.get("/api/history/extent")
    assert isinstance(found, dict)
    return (found["now_ms"] - found["first_ms"]) / 1000 if found["first_ms"] >= 0 else 0.0


def main(names: list[str]) -> None:
    unknown = sorted(set(names) - PICTURES.keys())
    if unknown:
        sys.exit(f"There is no picture {unknown[0]!r}; there are {', '.join(PICTURES)}.")
    IMAGES.mkdir(exist_ok=True)
    with temporary() as folder, Twin("demo", data_dir=Path(folder)) as twin, browser() as chromium:
        wait_for(lambda: twin.nodes("online") > 1000, 60)
        studio = Studio(twin, chromium)
        for name in names or PICTURES:
            PICTURES[name](studio)
            sys.stdout.write(f"docs/images: {name}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
