"""The unchanged page in an emulated real room: put down, held by an anchor, carried, read, found again. And a phone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import browser, complaints
from tests.e2e.node import install
from tests.e2e.process import Fleet, Twin, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

NODES = 42
HERE = Path(__file__).parent
QUEST = "(IWER) => IWER.metaQuest3"
NO_ANCHORS = """({metaQuest3: quest}) =>
    ({...quest, supportedFeatures: quest.supportedFeatures.filter((one) => one !== "anchors")})"""
BARE = """({metaQuest3: quest}) => ({...quest, supportedFeatures: ["viewer", "local", "local-floor"]})"""
PHONE = """({metaQuest3: quest}) => ({...quest, name: "Phone", controllerConfig: undefined,
    supportedSessionModes: ["inline", "immersive-ar"], interactionMode: "screen-space",
    supportedFeatures: ["viewer", "local", "local-floor", "hit-test", "anchors", "dom-overlay"]})"""
TABLE = [1.1, 0.74, -1.1]
FLOOR = [-0.3, 0, -1.6]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as made:
        yield made


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    folder = tmp_path_factory.mktemp("twin")
    with (
        Twin("serve", data_dir=folder, TWIN_PERIOD_S="1") as running,
        Fleet(running.url, NODES, "--faults", "none", "--period", "1"),
    ):
        wait_for(lambda: running.nodes("online") == NODES, 60, running.log.read_text)
        yield running


@pytest.fixture
def page(chromium: Browser, twin: Twin, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page before the visit, with a Quest or what the test asks for. Fails when the page logged an error."""
    context = chromium.new_context(viewport={"width": 480, "height": 270}, bypass_csp=True)
    made = context.new_page()
    wrong = complaints(made)
    made.add_init_script(path=install() / "iwer" / "build" / "iwer.min.js")
    made.add_init_script(f"window.DEVICE = {getattr(request, 'param', QUEST)}")
    for script in ("vr.js", "room.js"):
        made.add_init_script(path=HERE / script)
    made.goto(twin.url)
    made.wait_for_function(f"window.twin.state.roster.size === {NODES}", timeout=30_000)
    expect(made.locator("#view-ar-room")).to_be_visible(timeout=10_000)
    yield made
    context.close()
    assert wrong == []


def enter(page: Page) -> None:
    page.evaluate("vr.blind()")
    page.evaluate("document.getElementById('view-ar-room').click()")  # a blind page cannot be clicked
    page.wait_for_function("window.twin.vr()?.room", timeout=10_000)
    page.evaluate("vr.frames(4)")


def says(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("({...room.says(), rig: {...window.twin.vr().rig}})")
    return found


def put(page: Page, at: list[float]) -> dict[str, Any]:
    rig: dict[str, Any] = page.evaluate("(at) => room.put(at)", at)
    return rig


def place(rig: dict[str, Any]) -> list[float]:
    return [rig["x"], rig["y"], rig["z"]]


def test_a_ring_shows_where_and_the_surface_says_how_large(page: Page) -> None:
    enter(page)
    assert says(page)["placing"]
    assert page.evaluate("room.aim([0.5, 1, -4])") is None  # a wall is no place to stand
    page.evaluate("vr.click('right')")
    assert says(page)["placing"]
    ring = page.evaluate("(at) => room.aim(at)", FLOOR)
    assert [ring["x"], ring["z"]] == pytest.approx([FLOOR[0], FLOOR[2]], abs=1e-3)
    rig = put(page, FLOOR)
    assert (place(rig), rig["scale"]) == (pytest.approx(FLOOR, abs=1e-3), 1)
    head = page.evaluate("[vr.headset.position.x, vr.headset.position.z]")
    south = math.atan2(head[0] - rig["x"], head[1] - rig["z"])
    assert rig["yaw"] == pytest.approx(south, abs=1e-3)  # its south side looks at who put it there
    page.evaluate("vr.click('right', 'b-button')")
    assert (says(page)["size"], place(says(page)["rig"])) == ("table", pytest.approx(FLOOR, abs=1e-3))
    page.evaluate("async () => { vr.input('right').updateAxes('thumbstick', 1, 0); await vr.frames(10); }")
    assert abs(says(page)["rig"]["yaw"] - rig["yaw"]) > 0.02  # a stick turns it where it stands
    assert place(says(page)["rig"]) == pytest.approx(FLOOR, abs=1e-3)


def test_on_a_table_it_is_small_its_pis_can_be_read_and_life_size_puts_it_on_the_floor(page: Page) -> None:
    enter(page)
    rig = put(page, TABLE)
    assert (place(rig), rig["scale"]) == (pytest.approx(TABLE, abs=1e-3), 0.25)
    assert page.evaluate("vr.point(20, {away: 0.3, rise: 0.3, choose: true})") == 20
    public_id = page.evaluate("window.twin.state.roster.id[20]")
    page.wait_for_function(f"window.twin.vr().board.includes('{public_id}')")
    page.wait_for_function("window.twin.vr().board.includes('systemd')")  # its full report has come
    page.evaluate("vr.click('right', 'a-button')")
    assert (says(page)["size"], says(page)["rig"]["y"]) == ("life", 0)


def test_it_goes_with_its_anchor_stays_while_that_is_lost_and_carried_away_gets_another(page: Page) -> None:
    enter(page)
    before = put(page, TABLE)
    page.wait_for_function("room.says().anchored")
    page.evaluate("room.correct([0.12, 0.02, -0.3], 0.2)")
    after = says(page)["rig"]
    assert place(after) == pytest.approx([before["x"] + 0.12, before["y"] + 0.02, before["z"] - 0.3], abs=1e-5)
    assert after["yaw"] == pytest.approx(before["yaw"] + 0.2, abs=1e-5)
    page.evaluate("room.lost = true")
    page.evaluate("room.correct([1, 0, 0], 0)")
    assert place(says(page)["rig"]) == place(after)
    page.evaluate("room.lost = false")
    page.evaluate("vr.frames(2)")
    assert says(page)["rig"]["x"] == pytest.approx(after["x"] + 1, abs=1e-5)
    before = says(page)["rig"]
    page.evaluate("room.carry([-0.2, 0.1, 0.15])")
    after = says(page)["rig"]
    moved = [now - then for now, then in zip(place(after), place(before), strict=True)]
    assert moved == pytest.approx([-0.2, 0.1, 0.15], abs=1e-3)
    page.wait_for_function("room.anchors.length === 2 && room.says().anchored")
    assert page.evaluate("room.deleted(room.anchors[0])")
    assert page.evaluate("room.anchorAt()") == pytest.approx(place(after), abs=1e-5)
    page.evaluate("room.correct([0, 0, 0.05], 0)")
    assert says(page)["rig"]["z"] == pytest.approx(after["z"] + 0.05, abs=1e-5)


def test_leaving_gives_the_page_back_and_the_next_visit_finds_it_where_it_stood(page: Page) -> None:
    page.wait_for_function("window.twin.worn().length === 3", timeout=30_000)
    before = page.evaluate("[window.twin.pageOf(4), window.twin.cost().triangles]")
    enter(page)
    rig = put(page, FLOOR)
    page.evaluate("room.look([0, 1.6, 0], [0.537, -0.716, -0.447])")  # at the floor beside it
    assert page.evaluate("room.cover()") == 0  # nothing is drawn over the room
    page.evaluate("([x, z]) => room.look([0, 1.6, 0], [x / 2, -0.3, z / 2])", FLOOR[::2])
    assert page.evaluate("room.cover()") == 255
    page.wait_for_function("room.says().kept")
    page.evaluate("vr.headset.activeSession.end()")
    page.wait_for_function("window.twin.vr() === null")
    page.evaluate("vr.blind(false)")
    page.wait_for_function(f"window.twin.cost().triangles === {before[1]}")  # the hall's own floor is there again
    assert page.evaluate("window.twin.pageOf(4)") == pytest.approx(before[0])
    enter(page)
    page.wait_for_function("async () => { await vr.frames(1); return !room.says().placing; }")
    again = says(page)["rig"]
    assert (place(again), again["scale"]) == (pytest.approx(place(rig), abs=1e-4), 1)
    page.evaluate("vr.headset.activeSession.end()")


@pytest.mark.parametrize(
    ("page", "table"), [(NO_ANCHORS, True), (BARE, False)], indirect=["page"], ids=["no-anchors", "bare"]
)
def test_without_anchors_or_even_surfaces_it_stands_where_it_was_put(page: Page, table: bool) -> None:
    enter(page)
    rig = put(page, TABLE if table else FLOOR)
    assert place(rig) == pytest.approx(TABLE if table else FLOOR, abs=1e-3)
    page.evaluate("vr.frames(3)")
    assert not says(page)["anchored"]
    page.evaluate("room.carry([0.3, 0, 0])")
    assert says(page)["rig"]["x"] == pytest.approx(rig["x"] + 0.3, abs=1e-3)


@pytest.mark.parametrize("page", [PHONE], indirect=True, ids=["phone"])
def test_a_phone_taps_it_down_and_taps_a_pi(page: Page) -> None:
    enter(page)
    hint = page.locator("#room-overlay > p")
    page.evaluate("room.look([0, 1.4, 0], [0, 0, 1])")  # no surface in sight
    expect(hint).to_contain_text("Move the phone")
    page.evaluate("room.tap()")
    page.evaluate("room.look([0, 1.4, 0], [0, -0.8, -0.6])")
    expect(hint).to_contain_text("Tap")
    page.evaluate("room.tap()")
    rig = says(page)["rig"]
    assert (place(rig), rig["scale"]) == (pytest.approx([0, 0, -1.05], abs=1e-3), 1)
    front = page.evaluate("vr.front(20, 0.5, 0.2, 0)")
    page.evaluate("(from) => room.look(from, [0, 0, -1])", front["from"])
    page.evaluate("(way) => room.tap(way)", front["direction"])
    expect(page.locator("#room-overlay #node-name")).to_have_text(page.evaluate("window.twin.state.roster.id[20]"))
    assert page.evaluate("window.twin.vr().board") == ""
    assert place(says(page)["rig"]) == place(rig)
    assert page.evaluate("room.anchors.length") == 1  # no finger lifts it
    page.evaluate("[...document.querySelectorAll('#room-overlay > nav button')].at(-1).click()")
    page.wait_for_function("window.twin.vr() === null")
    expect(page.locator("body > #panel")).to_have_count(1)
    expect(page.locator("#room-overlay")).to_have_count(0)
