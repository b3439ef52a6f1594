"""The timeline in a real browser: the past that the page shows is the past that the history has."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import browser, complaints
from tests.e2e.process import Fleet, Twin, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

NODES = 84
WAIT_MS = 30_000
HALF = 0.5  # a byte of the frame is half a percent, half a degree
PAST = "window.twin.replay.mode === 'paused' && window.twin.state.past && window.twin.state.roster.size > 0"
VALUES = """() => {
  const { state } = window.twin;
  return state.roster.id.map((id, row) => [id, state.cpu[row], state.temperature[row], state.status[row]])
    .filter(([id]) => id !== "");
}"""


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    folder: Path = tmp_path_factory.mktemp("timeline")
    fleet = ("--cluster", "mini", "--faults", "none", "--period", "1")
    with (
        Twin("serve", "--cluster", "mini", data_dir=folder, TWIN_PERIOD_S="1") as running,
        Fleet(running.url, NODES, *fleet),
    ):
        wait_for(lambda: running.nodes("online") == NODES, 30, running.log.read_text)
        since = time.time()
        wait_for(lambda: extent(running)["last_ms"] - 1000 * since > 4000, 20, running.log.read_text)
        yield running


@pytest.fixture(scope="module")
def page(twin: Twin) -> Iterator[Page]:
    """Fails when anything was logged as an error."""
    with browser() as chromium:
        # Its own policy forbids eval, which playwright waits with; tests/e2e/test_page.py has a test that keeps it.
        context = chromium.new_context(viewport={"width": 1280, "height": 720}, bypass_csp=True)
        made = context.new_page()
        wrong = complaints(made)
        made.goto(twin.url)
        made.wait_for_function(f"window.twin && window.twin.state.roster.size === {NODES}", timeout=WAIT_MS)
        yield made
        context.close()
        assert wrong == []


def extent(twin: Twin) -> dict[str, float]:
    found = twin.get("/api/history/extent")
    assert isinstance(found, dict)
    return found


def shown_ms(page: Page) -> int:
    return int(page.evaluate("window.twin.state.pastMs"))


def same_as_history(page: Page, twin: Twin) -> None:
    """Every value on the page is that of /api/history/fleet at the moment that the page shows."""
    fleet = twin.get(f"/api/history/fleet?at={shown_ms(page)}")
    assert isinstance(fleet, dict)
    truth = {
        each: (cpu, heat, status)
        for each, cpu, heat, status in zip(
            fleet["id"], fleet["cpu"], fleet["temperature"], fleet["status"], strict=True
        )
    }
    names = ["unknown", "online", "late", "lost", "rebooting", "busy"]
    seen = page.evaluate(VALUES)
    assert {one[0] for one in seen} == set(truth)
    for public_id, cpu, heat, status in seen:
        assert (cpu, heat) == pytest.approx(truth[public_id][:2], abs=HALF / 2 + 0.01), public_id
        assert names[status] == truth[public_id][2], public_id


def test_the_chart_of_everybody_is_drawn(page: Page) -> None:
    expect(page.locator("#timeline")).to_have_attribute("data-mode", "live")
    expect(page.locator("#time-track .mean")).to_have_attribute("d", re.compile(r"^M.*[VH]"), timeout=WAIT_MS)
    expect(page.locator("#past")).to_be_hidden()
    expect(page.locator("#store")).to_have_text("History is up to date")


def test_scrubbing_back_shows_the_values_of_that_time(page: Page, twin: Twin) -> None:
    page.locator("#time-windows button", has_text="10 min").click()
    span_ms = 600_000
    back_ms = page.evaluate("Date.now()") - extent(twin)["first_ms"] - 3000  # everybody had reported by then
    box = page.locator("#time-track").bounding_box()
    assert box is not None
    x = box["x"] + box["width"] * (1 - min(back_ms, 8000) / span_ms)
    page.mouse.move(x - 30, box["y"] + 15)
    page.mouse.move(x, box["y"] + 15)
    expect(page.locator("#time-tip")).to_contain_text("mean")
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function(PAST, timeout=WAIT_MS)
    expect(page.locator("#past")).to_contain_text("ago")
    expect(page.locator("#phase")).to_have_text("The past")
    same_as_history(page, twin)


def test_the_panel_shows_that_time(page: Page, twin: Twin) -> None:
    public_id = page.evaluate("window.twin.state.roster.id[5]")
    page.evaluate(f"window.twin.select('{public_id}')")
    expect(page.locator("#node-age")).to_contain_text("before then")
    cpu = page.evaluate("window.twin.state.cpu[5]")
    expect(page.locator("#node-metrics b").first).to_have_text(re.compile(r"^[\d.]+ %$"))
    assert abs(float(page.locator("#node-metrics b").first.inner_text().split()[0]) - cpu) <= HALF
    expect(page.locator("#node-charts figure").first).to_be_visible(timeout=WAIT_MS)
    expect(page).to_have_url(re.compile(r"#node=[^&]+&t=20\d\d-\d\d-\d\dT"))


def test_it_plays_on_and_stops_again(page: Page, twin: Twin) -> None:
    begin = shown_ms(page)
    page.locator("#time-play").click()
    page.wait_for_function(f"window.twin.state.pastMs > {begin} + 500", timeout=WAIT_MS)
    page.locator("#time-play").click()
    page.wait_for_function(PAST, timeout=WAIT_MS)
    same_as_history(page, twin)


def test_keys_move_in_time_and_back_to_live(page: Page) -> None:
    at = shown_ms(page)
    page.locator("#time-track").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"{PAST} && window.twin.state.pastMs < {at}", timeout=WAIT_MS)
    page.locator("#time-live").click()
    page.wait_for_function("!window.twin.state.past && window.twin.link.phase === 'live'", timeout=WAIT_MS)
    expect(page.locator("#past")).to_be_hidden()
    expect(page.locator("#node-age")).to_contain_text("ago", timeout=WAIT_MS)
    expect(page).not_to_have_url(re.compile("t="))


def test_a_link_opens_at_a_node_in_the_past(page: Page, twin: Twin) -> None:
    at_ms = int(extent(twin)["last_ms"]) // 1000 * 1000 - 4000
    public_id = page.evaluate("window.twin.state.roster.id[7]")
    moment = datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    page.goto("about:blank")  # a link that is opened, not one that is put into the address line of an open page
    page.goto(f"{twin.url}/#node={public_id}&t={moment}")
    page.wait_for_function(f"window.twin && {PAST}", timeout=WAIT_MS)
    assert shown_ms(page) == at_ms
    expect(page.locator("#node-name")).to_have_text(public_id)
    same_as_history(page, twin)


def test_two_pages_share_a_playhead(page: Page, twin: Twin) -> None:
    at_ms = shown_ms(page)
    page.locator("#time-share").click()
    page.locator("#share-name").fill("tour")
    page.keyboard.press("Enter")
    expect(page.locator("#share-says")).to_contain_text("You move", timeout=WAIT_MS)
    other = page.context.new_page()
    other.goto(f"{twin.url}/?view=table")
    other.wait_for_function("window.twin && window.twin.state.roster.size > 0", timeout=WAIT_MS)
    other.locator("#time-share").click()
    other.locator("#share-name").fill("tour")
    other.keyboard.press("Enter")
    other.wait_for_function(f"window.twin.state.pastMs === {at_ms}", timeout=WAIT_MS)
    expect(other.locator("#time-note")).to_contain_text("who made it moves it")
    expect(other.locator("#time-play")).to_be_disabled()
    other.close()
