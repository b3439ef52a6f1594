"""The page in a real browser, against the real server and a real (simulated) fleet over real connections."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import browser, complaints
from tests.e2e.process import Fleet, Twin, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

NODES = 84
LIVE_MS = 30_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as made:
        yield made


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    folder = tmp_path_factory.mktemp("twin")
    with Twin("serve", "--cluster", "mini", data_dir=folder, TWIN_PERIOD_S="1") as running:
        yield running


@pytest.fixture(scope="module")
def fleet(twin: Twin) -> Iterator[Fleet]:
    with Fleet(twin.url, NODES, "--cluster", "mini", "--faults", "none", "--period", "1") as running:
        wait_for(lambda: twin.nodes("online") == NODES, 30, twin.log.read_text)
        yield running


@pytest.fixture
def page(chromium: Browser, twin: Twin, fleet: Fleet) -> Iterator[Page]:
    """An open, live page. Fails when anything was asked of another machine, or anything was logged as an error."""
    # Its own policy forbids eval, which playwright waits with; one test below keeps the policy.
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, bypass_csp=True)
    made = context.new_page()
    asked: list[str] = []
    wrong = complaints(made)
    made.on("request", lambda request: asked.append(request.url))
    made.on("websocket", lambda socket: asked.append(socket.url))
    made.goto(twin.url)
    live(made)
    yield made
    context.close()
    elsewhere = [url for url in asked if urlparse(url).netloc != f"127.0.0.1:{twin.port}" and urlparse(url).netloc]
    assert elsewhere == []
    # A server that was stopped on purpose shows as a failed connection; nothing else may.
    stopped = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "WebSocket connection")
    assert [line for line in wrong if not any(sign in line for sign in stopped)] == []


def live(page: Page) -> None:
    expect(page.locator("#connection")).to_have_attribute("data-phase", "live", timeout=LIVE_MS)
    page.wait_for_function(f"window.twin.state.roster.size === {NODES}", timeout=LIVE_MS)


def test_every_pi_is_there_and_counted(page: Page) -> None:
    expect(page.locator("#total")).to_have_text(str(NODES))
    expect(page.locator("#model")).to_have_text("mini")
    expect(page.locator("#counts")).to_contain_text(f"{NODES}")
    assert page.evaluate("window.twin.state.roster.slot.every((slot) => slot >= 0)")


def test_the_picture_moves(page: Page) -> None:
    colours = "JSON.stringify(Array.from({length: 84}, (_, row) => window.twin.rowColor(row)))"
    before = page.evaluate(colours)
    page.wait_for_function(f"{colours} !== {json.dumps(before)}", timeout=15_000)


def test_a_click_picks_the_pi_under_it_and_shows_its_report(page: Page, twin: Twin) -> None:
    page.keyboard.press("s")
    for nth in (0, 12, 30):
        page.wait_for_timeout(1500)  # the camera flies, and makes room for the panel
        visible = page.evaluate(
            """() => Array.from({length: 84}, (_, row) => [row, window.twin.pageOf(row)])
                 .filter(([row, at]) => at && window.twin.rowUnder(at.x, at.y) === row)"""
        )
        assert len(visible) > 30
        row, at = visible[nth]
        page.mouse.click(at["x"], at["y"])
        public_id = page.evaluate(f"window.twin.state.roster.id[{row}]")
        expect(page.locator("#node-name")).to_have_text(public_id)
        mac = page.evaluate(f"window.twin.state.roster.mac[{row}]")
        expect(page.locator("#node-facts")).to_contain_text(mac)
        expect(page.locator("#node-status")).to_contain_text("online")
        expect(page.locator("#node-processes")).to_contain_text("systemd")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()


def test_search_finds_by_part_of_an_address(page: Page) -> None:
    mac = page.evaluate("window.twin.state.roster.mac[17]")
    public_id = page.evaluate("window.twin.state.roster.id[17]")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type(mac[6:])
    expect(page.locator("#found")).to_contain_text(public_id)
    page.keyboard.press("Enter")
    expect(page.locator("#node-name")).to_have_text(public_id)


def test_keys_move_the_selection_and_change_the_colours(page: Page) -> None:
    page.goto(page.url.split("?")[0] + "?node=" + page.evaluate("window.twin.state.roster.id[0]"))
    live(page)
    first = page.locator("#node-name").inner_text()
    page.locator("#view").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#node-name")).not_to_have_text(first)
    page.keyboard.press("2")
    expect(page).to_have_url(re.compile("by=temperature"))


def test_a_phone_gets_a_sheet_and_touch_picks(chromium: Browser, twin: Twin, fleet: Fleet) -> None:
    phone = {"width": 390, "height": 844}
    context = chromium.new_context(viewport=phone, has_touch=True, is_mobile=True, bypass_csp=True)
    page = context.new_page()
    page.goto(twin.url)
    live(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    spot = page.evaluate(
        """() => Array.from({length: 84}, (_, row) => window.twin.pageOf(row))
             .find((at) => at && window.twin.rowUnder(at.x, at.y) >= 0)"""
    )
    page.touchscreen.tap(spot["x"], spot["y"])
    expect(page.locator("#panel")).to_be_visible()
    context.close()


def test_the_page_lives_under_its_own_security_policy(chromium: Browser, twin: Twin, fleet: Fleet) -> None:
    context = chromium.new_context()
    page = context.new_page()
    wrong = complaints(page)
    answer = page.goto(twin.url)
    assert answer is not None
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    expect(page.locator("#connection")).to_have_attribute("data-phase", "live", timeout=LIVE_MS)
    expect(page.locator("#total")).to_have_text(str(NODES), timeout=LIVE_MS)
    context.close()
    assert wrong == []


def test_draw_calls_and_triangles_stay_within_budget(page: Page) -> None:
    cost = page.evaluate("window.twin.cost()")
    assert cost["calls"] <= 12
    assert cost["triangles"] <= 200_000


def test_a_silent_server_shows_nothing_as_fresh(page: Page, twin: Twin) -> None:
    assert twin.process is not None
    twin.process.send_signal(signal.SIGSTOP)
    try:
        expect(page.locator("#connection")).not_to_have_attribute("data-phase", "live", timeout=10_000)
        assert page.evaluate("window.twin.link.silent")
    finally:
        twin.process.send_signal(signal.SIGCONT)
    live(page)


def test_a_killed_server_comes_back_with_a_new_epoch_and_honest_ages(page: Page, twin: Twin) -> None:
    epoch = page.evaluate("window.twin.state.epoch")
    twin.stop(signal.SIGKILL)
    expect(page.locator("#connection")).to_have_attribute("data-phase", "reconnecting", timeout=10_000)
    assert page.evaluate("window.twin.link.silent")
    twin.start()
    live(page)
    assert page.evaluate("window.twin.state.epoch") > epoch
    wait_for(lambda: twin.nodes("online") == NODES, 30, lambda: twin.log.read_text()[-2000:])
    expect(page.locator("#counts")).to_contain_text(str(NODES), timeout=5000)


def test_dead_pis_turn_late_then_lost_before_ones_eyes(page: Page, twin: Twin, fleet: Fleet) -> None:
    """Last in this file: it pulls the plug."""
    assert fleet.process is not None
    fleet.process.send_signal(signal.SIGSTOP)  # hung: sockets stay open, nobody speaks
    page.wait_for_function("document.querySelector('#counts').innerText.match(/84\\s*late/)", timeout=15_000)
    fleet.process.send_signal(signal.SIGKILL)
    page.wait_for_function("document.querySelector('#counts').innerText.match(/84\\s*lost/)", timeout=15_000)
