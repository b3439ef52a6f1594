"""The unchanged page in an emulated headset: in, point at every Pi, read its board, jump, turn, grab, and out again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.browser import browser, complaints
from tests.e2e.node import install
from tests.e2e.process import Fleet, Twin, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

NODES = 1050
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as made:
        yield made


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    folder = tmp_path_factory.mktemp("twin")
    with (
        Twin("serve", data_dir=folder, TWIN_PERIOD_S="5") as running,
        Fleet(running.url, NODES, "--faults", "none", "--period", "5"),
    ):
        wait_for(lambda: running.nodes("online") == NODES, 60, running.log.read_text)
        yield running


@pytest.fixture
def page(chromium: Browser, twin: Twin) -> Iterator[Page]:
    """A page whose visitor has entered. Fails when the page logged an error."""
    context = chromium.new_context(viewport={"width": 640, "height": 360}, bypass_csp=True)
    wrong: list[str] = []
    made = visitor(context, twin.url, wrong)
    yield made
    context.close()
    assert wrong == []


def visitor(context: BrowserContext, url: str, wrong: list[str] | None = None) -> Page:
    """A page that has been entered; what it logs as errors goes to `wrong`."""
    made = context.new_page()
    complaints(made, wrong)
    made.add_init_script(path=install() / "iwer" / "build" / "iwer.min.js")
    made.add_init_script(path=HERE / "vr.js")
    made.goto(url)
    made.wait_for_function(f"window.twin.state.roster.size === {NODES}", timeout=30_000)
    expect(made.locator("#view-vr")).to_be_visible(timeout=10_000)
    made.click("#view-vr")
    made.wait_for_function("window.twin.vr()?.hands.length === 2", timeout=10_000)
    return made


def says(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("window.twin.vr()")
    return found


def test_the_room_is_life_size_and_within_its_budget(page: Page) -> None:
    page.evaluate("vr.frames(3)")
    rig = says(page)["rig"]
    assert (rig["scale"], rig["y"]) == (1, 0)
    cost = page.evaluate("window.twin.cost()")  # both eyes together
    assert cost["calls"] <= 2 * 20
    assert cost["triangles"] <= 2 * 200_000


def test_every_pi_can_be_pointed_at_and_chosen(page: Page) -> None:
    page.evaluate("vr.blind()")
    every = int(os.environ.get("TWIN_VR_EVERY", "10"))  # each is pointed at; the trigger is two frames more
    assert page.evaluate(f"vr.all({NODES}, 397, {every})") == []


def test_a_chosen_pi_shows_its_live_board_and_pointing_at_nothing_closes_it(page: Page) -> None:
    page.evaluate("vr.blind()")
    page.evaluate("vr.point(40, {choose: true})")
    public_id = page.evaluate("window.twin.state.roster.id[40]")
    page.wait_for_function(f"window.twin.vr().board.includes('{public_id}')")
    page.wait_for_function("window.twin.vr().board.includes('systemd')")  # its full report has come
    assert "heard" in says(page)["board"]
    # What the board says follows what the frames say; it is drawn twice a second.
    page.wait_for_function(
        """() => { const [{lines}] = JSON.parse(window.twin.vr().board);
                   const said = parseFloat(lines.find(({label}) => label === "CPU").text);
                   return Math.abs(said - window.twin.state.cpu[40]) <= 0.5; }"""
    )
    page.evaluate("vr.pointUp()")
    page.wait_for_function("window.twin.vr().board === ''")
    expect(page.locator("#panel")).to_be_hidden()


def test_a_stick_jumps_to_where_it_points_and_not_into_the_racks(page: Page) -> None:
    page.evaluate("vr.blind()")
    good, dx, dz = page.evaluate("vr.jump([0, 1.2, 0], [0.6, -0.8, 0])")
    assert good
    assert dx < -0.4  # the room goes the other way
    assert abs(dz) < 0.01
    good, dx, dz = page.evaluate("vr.jump(vr.toRoom([0, 1.5, 0]), [0, -1, 0])")
    assert (good, dx, dz) == (False, 0, 0)


def test_a_stick_turns_and_the_head_stays_where_it_was(page: Page) -> None:
    page.evaluate("vr.blind()")
    before = says(page)["rig"]
    page.evaluate("async () => { vr.input('right').updateAxes('thumbstick', 1, 0); await vr.frames(20); }")
    page.evaluate("async () => { vr.input('right').updateAxes('thumbstick', 0, 0); await vr.frames(2); }")
    after = says(page)["rig"]
    assert after["yaw"] > before["yaw"] + 0.1  # one turns right, so the room turns left
    head = page.evaluate("[vr.headset.position.x, vr.headset.position.z]")
    for rig in (before, after):
        rig["away"] = ((rig["x"] - head[0]) ** 2 + (rig["z"] - head[1]) ** 2) ** 0.5
    assert after["away"] == pytest.approx(before["away"], abs=1e-6)


def test_two_hands_make_a_table_top_of_it_and_the_menu_life_size_again(page: Page) -> None:
    page.evaluate("vr.blind()")
    page.evaluate("vr.squeeze(0.4, 0.05)")
    assert says(page)["rig"]["scale"] == pytest.approx(0.125, rel=0.1)  # grips are not quite where rays begin
    for row in (0, 333, 700, 1049):  # small things can be pointed at too
        assert page.evaluate(f"vr.point({row}, {{away: 0.2, slant: 0.1, rise: 0.1}})") == row
    page.evaluate("vr.click('right', 'a-button')")
    assert says(page)["rig"]["scale"] == 1


def test_bare_hands_pinch_to_choose(page: Page) -> None:
    page.evaluate("vr.blind()")
    page.evaluate("async () => { vr.headset.primaryInputMode = 'hand'; await vr.frames(3); }")
    assert page.evaluate("vr.point(500, {kind: 'hands'})") == 500
    page.evaluate("vr.pinch()")
    expect(page.locator("#node-name")).to_have_text(page.evaluate("window.twin.state.roster.id[500]"))


def test_two_visitors_see_each_other_and_who_leaves_is_gone(page: Page, twin: Twin) -> None:
    page.evaluate("vr.blind()")
    other = visitor(page.context, f"{twin.url}/?name=Ada")
    for one in (page, other):
        one.wait_for_function(
            "async () => { await vr.frames(1); return window.twin.vr().others === 1; }", timeout=10_000
        )
    other.close()
    page.wait_for_function("async () => { await vr.frames(1); return window.twin.vr().others === 0; }", timeout=10_000)


def test_leaving_gives_the_page_back(page: Page) -> None:
    before = page.evaluate("window.twin.pageOf(40)")
    page.evaluate("vr.frames(3)")
    page.evaluate("vr.headset.activeSession.end()")
    page.wait_for_function("window.twin.vr() === null")
    expect(page.locator("#view-vr")).to_be_enabled()
    assert page.evaluate("window.twin.pageOf(40)") == before
    page.click("#view-vr")
    page.wait_for_function("window.twin.vr()?.hands.length === 2", timeout=10_000)
