"""Takes the AR pages' pictures for the docs: `make screenshots`. The real pages and server, before films of ours."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
from playwright.sync_api import expect

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.e2e import ar, survey  # noqa: E402  # the path must be set first
from tests.e2e.process import Twin, temporary, wait_for  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SIZE = (1600, 900)
WALK = (1280, 720)
HALF_WAY = re.compile(r"^1\d of 24 pictures")
FAR_M = 1.15
PICTURES = 6
UNDER_THE_THUMB = (
    "window.ar.overlay().quads.map(({ corners }) => [0, 1].map((k) => corners.reduce((sum, at) => sum + at[k] / 4, 0)))"
    ".find(([x, y]) => x > 620 && x < 760 && y > 380 && y < 470 && window.ar.overlay().rowAt([x, y]) >= 0)"
)


def over_the_racks() -> None:
    with temporary() as folder, Twin("demo", data_dir=Path(folder)) as twin:
        wait_for(lambda: twin.nodes("online") > 1000, 60)
        markers, layout = twin.get("/model/markers.json"), twin.get("/model/layout.json")
        assert isinstance(markers, dict)
        assert isinstance(layout, dict)
        scene = ar.scene_of(markers, layout)
        middle = np.median(ar.in_front(scene.markers), axis=0)
        take = ar.Take(scene, ar.stroll(middle, FAR_M, PICTURES, sway=0.02), ar.camera(SIZE), SIZE)
        path = Path(folder) / "camera.y4m"
        take.write(path)
        with ar.page_before(path, twin.url, ar.known(take.lens, SIZE), view=SIZE) as page:
            expect(page.locator("#quality")).to_have_attribute("data-grade", "good", timeout=60_000)
            page.mouse.click(*page.evaluate(UNDER_THE_THUMB))
            expect(page.locator("#card-lines")).to_contain_text("systemd", timeout=20_000)
            expect(page.locator("#quality")).to_have_attribute("data-grade", "good", timeout=60_000)
            page.screenshot(path=IMAGES / "ar.png")


def along_them() -> None:
    """A survey of stickers 3 mm off: half way, and its result."""
    with temporary() as folder, Twin("serve", data_dir=Path(folder)) as twin:
        scene = ar.scene_of(*survey.documents(twin))
        path, real = Path(folder) / "walk.y4m", survey.hung(scene, 3, 0.5)
        survey.walk(scene, real, ar.camera(WALK, focal=0.77), WALK, path)
        with ar.page_before(path, twin.url, view=WALK, query="survey") as page:
            expect(page.locator("#walk-count")).to_have_text(HALF_WAY, timeout=60_000)
            page.screenshot(path=IMAGES / "survey.png")
            survey.finish(page)
            survey.measure(page, real)
            page.screenshot(path=IMAGES / "survey-result.png")


def main() -> None:
    over_the_racks()
    along_them()
    sys.stdout.write("docs/images: ar, survey, survey-result\n")


if __name__ == "__main__":
    main()
