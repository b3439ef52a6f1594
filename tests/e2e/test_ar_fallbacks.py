"""The AR page in browsers that give pictures in another way: the same film, the same millimetres.

No fleet runs here: where a marker hangs does not depend on who reports.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.e2e import ar
from tests.e2e.ar import Take
from tests.e2e.process import Twin

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

SIZE = (960, 540)
PICTURES = 6
WORST_M = 0.0006  # as in test_ar.py, where the track itself gives the frames

# What these browsers lack, and a count of how often the page took each way that is left.
COUNT = """
    globalThis.ways = { video: 0, canvas: 0 };
    globalThis.VideoFrame &&= class extends VideoFrame {
        constructor(...of) { super(...of); if (of[0] instanceof HTMLVideoElement) ways.video += 1; }
    };
    const taken = CanvasRenderingContext2D.prototype.getImageData;
    CanvasRenderingContext2D.prototype.getImageData = function (...of) {
        ways.canvas += 1;
        return taken.apply(this, of);
    };
"""
NO_TRACK_FRAMES = "delete globalThis.MediaStreamTrackProcessor;"
NO_FRAMES = "delete globalThis.VideoFrame;"
REFUSED = "globalThis.VideoFrame = function () { throw new TypeError('not of a video'); };"
LYING = "Object.defineProperty(VideoFrame.prototype, 'displayWidth', { get() { return this.codedHeight; } });"
BROWSERS = {
    "frames of the video element": (COUNT + NO_TRACK_FRAMES, "video"),
    "a canvas": (NO_FRAMES + NO_TRACK_FRAMES + COUNT, "canvas"),
    "a canvas, since frames of a video are refused": (COUNT + NO_TRACK_FRAMES + REFUSED, "canvas"),
    "a canvas, since the track's frames lie on their side": (LYING + COUNT, "canvas"),
}


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    with Twin("serve", data_dir=tmp_path_factory.mktemp("twin")) as running:
        yield running


@pytest.fixture(scope="module")
def layout(twin: Twin) -> dict[str, object]:
    found = twin.get("/model/layout.json")
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def take(twin: Twin, layout: dict[str, object]) -> Take:
    markers = twin.get("/model/markers.json")
    assert isinstance(markers, dict)
    scene = ar.scene_of(markers, layout)
    middle = np.median(ar.in_front(scene.markers), axis=0)
    return Take(scene, ar.stroll(middle, 0.9, PICTURES, sway=0.08), ar.camera(SIZE), SIZE)


@pytest.fixture(scope="module")
def path(take: Take, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("film") / "camera.y4m"
    take.write(made)
    return made


@pytest.mark.parametrize("way", BROWSERS)
def test_pictures_are_posed_as_exactly_from(
    way: str, twin: Twin, take: Take, path: Path, layout: dict[str, object]
) -> None:
    script, counted = BROWSERS[way]
    with ar.page_before(path, twin.url, script + ar.known(take.lens, SIZE)) as page:
        found = ar.settled(ar.watch(page, take, ar.faces_of(layout), rounds=1.5))
        taken = page.evaluate("ways")
    assert len(found) >= PICTURES // 2
    assert max(one.worst_m for one in found) < WORST_M  # infinite for a picture without a pose
    assert min(one.markers for one in found) >= 4
    assert {name for name, count in taken.items() if count > len(found)} == {counted}
