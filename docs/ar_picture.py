"""Takes the AR page's picture for the docs: `make screenshots`. The real page and server, before a film of ours."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from playwright.sync_api import expect

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.e2e import ar  # noqa: E402  # the path must be set first
from tests.e2e.process import Twin, temporary, wait_for  # noqa: E402

SIZE = (1600, 900)
FAR_M = 1.15
PICTURES = 6
UNDER_THE_THUMB = (
    "window.ar.overlay().quads.map(({ corners }) => [0, 1].map((k) => corners.reduce((sum, at) => sum + at[k] / 4, 0)))"
    ".find(([x, y]) => x > 620 && x < 760 && y > 380 && y < 470 && window.ar.overlay().rowAt([x, y]) >= 0)"
)


def main() -> None:
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
            page.screenshot(path=ROOT / "docs" / "images" / "ar.png")
    sys.stdout.write("docs/images: ar\n")


if __name__ == "__main__":
    main()
