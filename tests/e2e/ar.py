"""What the AR page does before a film whose truth is known. For tests/e2e/test_ar.py, the bench and the docs' picture.

Owns the scene (the south face of a cluster's racks, with its printed markers), the camera's ways before it, and the
comparison: how many millimetres beside its Pi each dot lies, over all Pis in the picture, also where no marker is near.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.e2e import film
from tests.e2e.browser import FLAGS, chromium
from tests.e2e.film import Array, Flat, Lens, Pose, Scene, Weather
from tests.e2e.process import wait_for

CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
RATE = 5  # pictures a second: a machine without a graphics card has other work too
RULED_M = 0.0003
SOUTH = np.array([0.0, 0.0, 1.0])
FACING = 0.1  # radians


@dataclass(frozen=True)
class Take:
    """A film: where its camera was, through which lens, of what size in pixels."""

    scene: Scene
    truths: tuple[Pose, ...]
    lens: Lens
    size: tuple[int, int]
    weather: Weather = Weather()

    def write(self, path: Path) -> None:
        """As a y4m file, each picture with its number."""
        film.write_y4m(path, self._pictures(), self.size, RATE)

    def _pictures(self) -> Iterator[NDArray[np.uint8]]:
        made, before = np.zeros(0, np.uint8), None
        for n, pose in enumerate(self.truths):
            if pose is not before:  # somebody who stands still sees the same
                made, before = film.photograph(self.scene, pose, self.lens, self.size, self.weather, n), pose
            yield film.numbered(made, n)


@dataclass(frozen=True)
class Posed:
    """What the page made of one picture; worst_m is infinite without a pose."""

    number: int
    markers: int
    worst_m: float
    told_m: float
    took_ms: float
    decoded: bool


def scene_of(markers: Mapping[str, Any], layout: Mapping[str, Any]) -> Scene:
    """The markers where they should hang, and the Pis' faces, as markers.json and layout.json say."""
    racks = [(_front(one), film.RACK) for one in layout["racks"] if abs(one["yaw"]) < FACING]
    boards = [(face + _square(layout["pi"]), film.BOARD) for face in faces_of(layout)]
    return Scene(film.markers_of(markers), (*racks, *boards))


def faces_of(layout: Mapping[str, Any]) -> Array:
    """The middles of the faces of all Pis that look south, (n, 3) metres."""
    slots, depth = layout["slots"], layout["pi"][2]
    turned = zip(slots["position"], slots["yaw"], strict=True)
    return np.array([np.array(at) + SOUTH * depth / 2 for at, yaw in turned if abs(yaw) < FACING])


def in_front(markers: Sequence[Flat]) -> Array:
    """The middles of the markers that look south."""
    return np.array([one.corners.mean(axis=0) for one in markers if _face(one) @ SOUTH > math.cos(FACING)])


def camera(size: tuple[int, int], focal: float = 1450 / 1920, k1: float = 0.0, k2: float = 0.0) -> Lens:
    """A lens of that share of the picture's width as focal length."""
    f = focal * size[0]
    return Lens(f, f, (size[0] - 1) / 2, (size[1] - 1) / 2, k1, k2)


def stroll(at: Array, far: float, count: int, sway: float = 0.12) -> tuple[Pose, ...]:
    """Poses of somebody who stands `far` metres before a point and sways: one round, so that films can repeat."""
    found = []
    for n in range(count):
        angle = 2 * math.pi * n / count
        eye = at + np.array(
            [sway * math.sin(angle), 0.4 * sway * math.cos(angle), far + 0.3 * sway * math.sin(2 * angle)]
        )
        found.append(film.look(list(eye), list(at), 0.02 * math.sin(angle)))
    return tuple(found)


def paces(low: Array, high: Array, count: int, far: tuple[float, float], held: int = 2) -> tuple[Pose, ...]:
    """Poses of somebody who surveys the face between two corners: at each of `count` places they stand still for `held`
    pictures, looking slantwise from left and right, from above and below."""
    found = []
    for n in range(count):
        # Golden steps: every part of the face, every slant and every distance, without two alike; corners more often.
        a, b, c = (n * step % 1.0 for step in (0.6180339887, 0.7548776662, 0.5698402910))
        at = low + (high - low) * [*np.clip([1.4 * a - 0.2, 1.4 * b - 0.2], 0, 1), 0]
        eye = at + np.array([0.7 * (c - 0.5), 0.5 * ((a + b) % 1.0 - 0.5), far[0] + (far[1] - far[0]) * c])
        found += [film.look(list(eye), list(at), 0.06 * (b - 0.5))] * held
    return tuple(found)


def known(lens: Lens, size: tuple[int, int], focal: float = 0.0, k1: float = 0.0, k2: float = 0.0) -> str:
    """A script that puts a lens on the shelf of the device, as a calibration leaves it; how sure it is of each."""
    value = json.dumps({"lens": vars(lens), "focal": focal, "k1": k1, "k2": k2})
    # Whatever the camera is called: the made-up one's name has the file's path in it.
    return (
        "Storage.prototype.getItem = ((known) => function (key) {"
        f" return key.startsWith('twin.lens ') && key.endsWith('{size[0]}x{size[1]}') ? known : null; }})"
        f"({json.dumps(value)});"
    )


@contextmanager
def page_before(
    path: Path, url: str, script: str = "", view: tuple[int, int] = (960, 540), query: str = "trace", but: str = "\0"
) -> Iterator[Page]:
    """The AR page of a server; its camera shows the film. Fails when it logged an error `but` one that says so."""
    wrong: list[str] = []
    with sync_playwright() as play:
        flags = [*FLAGS, *CAMERA, f"--use-file-for-fake-video-capture={path}"]
        browser = play.chromium.launch(executable_path=chromium(), args=flags)
        try:
            context: BrowserContext = browser.new_context(viewport={"width": view[0], "height": view[1]})
            page = context.new_page()
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
            if script:
                page.add_init_script(script)
            page.goto(f"{url}/ar?{query}")
            yield page
        finally:
            browser.close()
    assert [line for line in wrong if but not in line] == []


def watch(page: Page, take: Take, faces: Array, rounds: float = 1.5, timeout_s: float = 60) -> list[Posed]:
    """What the page made of the film, from when it was ready until it has seen so many rounds of it."""
    wanted = math.ceil(rounds * len(take.truths))
    said = "document.getElementById('quality').innerText"
    wait_for(
        lambda: page.evaluate("window.ar ? window.ar.traced.length : 0") >= wanted,
        timeout_s,
        lambda: page.evaluate(said),
    )
    return [_posed(one, take, faces) for one in page.evaluate("window.ar.traced") if one["strip"]]


def settled(found: Sequence[Posed]) -> list[Posed]:
    """Without the start: from the first picture that was posed on. What comes later must have a pose."""
    first = next((n for n, one in enumerate(found) if math.isfinite(one.worst_m)), len(found))
    return list(found[first + 1 :])


def spoilt(scene: Scene, off_m: float, turn_rad: float, seed: int = 1, right: Sequence[str] = ()) -> Scene:
    """The same with every marker stuck a little wrong, but for those that a ruler put `right`, to 0.3 mm."""
    wrong = film.misplaced(scene.markers, off_m, turn_rad, seed)
    ruled = film.misplaced(scene.markers, RULED_M, 0.0, seed + 1)
    return replace(scene, markers=tuple(b if b.name in right else a for a, b in zip(wrong, ruled, strict=True)))


def _posed(one: Mapping[str, Any], take: Take, faces: Array) -> Posed:
    number = film.number_of(one["strip"])
    worst = math.inf
    if one["pose"] is not None:
        truth = take.truths[number]
        pose = Pose(np.array(one["pose"]["r"]).reshape(3, 3), np.array(one["pose"]["t"]))
        pixels, depth = film.to_pixels(take.lens, truth, faces)
        seen = (depth > 0) & ((pixels >= 0) & (pixels < take.size)).all(axis=1)
        worst = float(film.misses(pose, Lens(**one["lens"]), truth, take.lens, faces[seen], SOUTH).max())
    told = one["errorM"] if one["errorM"] is not None else math.inf
    return Posed(number, one["seen"], worst, told, one["tookMs"], one["decoded"])


def _front(part: Mapping[str, Any]) -> Array:
    return np.array(part["position"]) + SOUTH * part["size"][2] / 2 + _square(part["size"])


def _square(size: Sequence[float]) -> Array:
    return np.array([[-1, 1, 0], [1, 1, 0], [1, -1, 0], [-1, -1, 0]]) * [size[0] / 2, size[1] / 2, 0]


def _face(marker: Flat) -> Array:
    out = np.cross(marker.corners[1] - marker.corners[0], marker.corners[0] - marker.corners[3])
    return np.asarray(out / np.linalg.norm(out))
