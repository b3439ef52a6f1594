"""A big screen that nobody touches: it outlives a server that goes away, begins anew when its link is lost for good.

The minutes pass by the page's own clock, which is wound on.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.browser import browser, complaints
from tests.e2e.process import Twin, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

WAIT_MS = 30_000
PATIENCE_MS = 61_000  # web/src/ui/kiosk.ts: a minute without a link
SAME = "window.began === 1"


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    with Twin("serve", "--cluster", "desk", data_dir=tmp_path_factory.mktemp("twin")) as running:
        yield running


class Screen:
    """The page with /?kiosk, a clock to wind on, and a line on which a test may make the server another one."""

    def __init__(self, page: Page, twin: Twin) -> None:
        self.page = page
        self.newer = False
        self.asked: list[str] = []
        self.refused: list[str] = []
        self.wrong = complaints(page)
        page.route_web_socket(re.compile("/socket.io/"), self._line)
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("requestfailed", lambda request: self.refused.append(request.url))
        page.clock.install()
        page.goto(f"{twin.url}/?kiosk")
        self.phase("live")
        page.evaluate("window.began = 1")

    def phase(self, name: str) -> None:
        expect(self.page.locator("#connection")).to_have_attribute("data-phase", name, timeout=WAIT_MS)

    def looked(self) -> int:
        """How often it asked whether the server is there."""
        return sum(url.endswith("/healthz") for url in self.asked)

    def wind(self, until: Callable[[], bool]) -> None:
        """Minutes pass until it is so: one may not do, for the page's begins when it has seen that the link is gone."""

        def passed() -> bool:
            self.page.clock.fast_forward(PATIENCE_MS)
            return until()

        wait_for(passed, WAIT_MS / 1000)

    def _line(self, line: WebSocketRoute) -> None:
        server = line.connect_to_server()

        def told(message: str | bytes) -> None:
            if self.newer and isinstance(message, str):
                message = re.sub(r'"protocol":\d+', '"protocol":9999', message)
            line.send(message)

        server.on_message(told)


@pytest.fixture
def screen(twin: Twin) -> Iterator[Screen]:
    with browser() as chromium:
        context = chromium.new_context(viewport={"width": 480, "height": 270}, bypass_csp=True)
        yield Screen(context.new_page(), twin)


def test_it_stays_while_the_server_is_away_and_is_live_again_after_it(screen: Screen, twin: Twin) -> None:
    page = screen.page
    twin.stop(signal.SIGKILL)
    screen.phase("reconnecting")
    screen.wind(lambda: any(url.endswith("/healthz") for url in screen.refused))
    assert page.evaluate(SAME)  # else the browser's own page of errors would stay there for ever
    looked = screen.looked()
    twin.start()
    screen.wind(lambda: screen.looked() > looked)
    screen.phase("live")


def test_it_loads_itself_again_when_the_server_became_another_one(screen: Screen, twin: Twin) -> None:
    page = screen.page
    screen.newer = True
    twin.stop()
    twin.start()
    screen.phase("closed")
    assert page.evaluate(SAME)
    assert screen.looked() == 0  # not before its minute has passed
    screen.newer = False
    screen.wind(lambda: screen.looked() > 0)
    screen.phase("live")
    page.wait_for_function(f"!({SAME}) && window.twin.link.phase === 'live'", timeout=WAIT_MS)
