"""A made-up camera before printed markers, with a known truth: what AR is tested and measured with.

Owns the rendering: flat things in space through a pinhole with distortion, each pixel an average over its own square,
then the lens's blur, smear, glare, cables, noise; and the file that Chromium takes for a camera. Nothing of the page's
solver is used. Axes: the cluster's are right-handed, metres, y up; the camera's x right, y down, z forward.

Each picture carries its number along its first rows (white 1, black 0, sixteen bits), so that it meets its own truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BITS = 16
STRIP_ROWS = 16
DARK, LIGHT, WALL, RACK, BOARD = 30.0, 215.0, 120.0, 70.0, 95.0
FINE = 4  # samples a side of a pixel
CARD = 4  # modules of white around a symbol
MARGIN = 14  # pixels around a marker that blur can reach


@dataclass(frozen=True)
class Lens:
    """As web/src/ar/lens.ts: ideal (x, y) * (1 + k1 r2 + k2 r4), times f, plus c, in pixels."""

    fx: float
    fy: float
    cx: float
    cy: float
    k1: float = 0.0
    k2: float = 0.0


@dataclass(frozen=True)
class Pose:
    """World -> camera: p = r @ P + t."""

    r: Array
    t: Array

    @property
    def eye(self) -> Array:
        return np.asarray(-self.r.T @ self.t)


@dataclass(frozen=True)
class Flat:
    """A printed symbol: `rows` of 0 and 1 (dark), corners top left, top right, bottom right, bottom left."""

    name: str
    rows: NDArray[np.bool_]
    corners: Array


@dataclass(frozen=True)
class Weather:
    """What a real camera does: blur and smear in pixels, noise in grey levels, spots of glare, things in the way."""

    blur: float = 0.7
    noise: float = 1.5
    smear: float = 0.0
    glare: tuple[tuple[float, float, float, float], ...] = ()  # x, y, radius, how bright
    hidden: tuple[tuple[int, int, int, int], ...] = ()  # left, top, right, bottom


@dataclass(frozen=True)
class Scene:
    """What hangs there (truth), and plain quads behind it that only a person looks at."""

    markers: tuple[Flat, ...]
    quads: tuple[tuple[Array, float], ...] = field(default=())


def look(eye: Sequence[float], at: Sequence[float], roll: float = 0.0) -> Pose:
    """A camera at `eye` that looks at `at`, its head tilted by `roll` radians."""
    where = np.asarray(eye, float)
    forward = np.asarray(at, float) - where
    forward /= np.linalg.norm(forward)
    side = np.cross(forward, [0.0, 1.0, 0.0])
    side /= np.linalg.norm(side)
    level = np.stack([side, np.cross(forward, side), forward])
    c, s = np.cos(roll), np.sin(roll)
    r = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ level
    return Pose(r, -r @ where)


def to_pixels(lens: Lens, pose: Pose, points: Array) -> tuple[Array, Array]:
    """Pixels (n, 2) of points (n, 3), and their depths (n)."""
    seen = points @ pose.r.T + pose.t
    ideal = seen[:, :2] / seen[:, 2:]
    r2 = (ideal**2).sum(axis=1, keepdims=True)
    bent = ideal * (1 + r2 * (lens.k1 + r2 * lens.k2))
    return bent * [lens.fx, lens.fy] + [lens.cx, lens.cy], seen[:, 2]


def to_ideal(lens: Lens, pixels: Array) -> Array:
    """The inverse, by iteration; good to 1e-11 for lenses that do not fold."""
    bent = (pixels - [lens.cx, lens.cy]) / [lens.fx, lens.fy]
    ideal = bent.copy()
    for _ in range(40 if lens.k1 or lens.k2 else 0):
        r2 = (ideal**2).sum(axis=-1, keepdims=True)
        before, ideal = ideal, bent / (1 + r2 * (lens.k1 + r2 * lens.k2))
        if np.abs(ideal - before).max(initial=0.0) < 1e-12:
            break
    return np.asarray(ideal)


def misses(pose: Pose, lens: Lens, truth: Pose, true_lens: Lens, points: Array, normal: Array) -> Array:
    """Metres from each point to where its dot lies on the face, drawn with one pose and lens and seen with others."""
    pixels, _ = to_pixels(lens, pose, points)
    ideal = to_ideal(true_lens, pixels)
    rays = np.column_stack([ideal, np.ones(len(ideal))]) @ truth.r
    far = ((points - truth.eye) @ normal) / (rays @ normal)
    return np.asarray(np.linalg.norm(truth.eye + rays * far[:, None] - points, axis=1))


def photograph(
    scene: Scene, pose: Pose, lens: Lens, size: tuple[int, int], weather: Weather, seed: int
) -> NDArray[np.uint8]:
    """What the camera takes: (height, width), 0 to 255."""
    width, height = size
    picture = np.full((height, width), WALL)
    for corners, grey in scene.quads:
        _quad(picture, lens, pose, corners, grey)
    boxes = [box for marker in scene.markers if (box := _marker(picture, lens, pose, marker))]
    for left, top, right, bottom in weather.hidden:
        picture[top:bottom, left:right] = WALL * 0.7
    for left, top, right, bottom in boxes:
        part = picture[top:bottom, left:right]
        if weather.smear:
            part[:] = _along(part, _box(weather.smear), 1)
        if weather.blur:
            part[:] = _along(_along(part, _bell(weather.blur), 1), _bell(weather.blur), 0)
    if weather.glare:
        y, x = np.mgrid[0:height, 0:width]
        for at_x, at_y, radius, bright in weather.glare:
            picture += bright * np.exp(-0.5 * ((x - at_x) ** 2 + (y - at_y) ** 2) / radius**2)
    picture += np.random.default_rng(seed).normal(0, weather.noise, picture.shape)
    return np.asarray(np.clip(np.rint(picture), 0, 255).astype(np.uint8))


def numbered(picture: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    """The picture with its number along its first rows."""
    made = picture.copy()
    width = made.shape[1]
    for bit in range(BITS):
        left, right = round(bit * width / BITS), round((bit + 1) * width / BITS)
        made[:STRIP_ROWS, left:right] = 225 if number >> bit & 1 else 25
    return made


def number_of(strip: Sequence[float]) -> int:
    """What `numbered` wrote, from the brightness in the middle of each of its cells."""
    return sum(1 << bit for bit, value in enumerate(strip) if value > 125)


def write_y4m(path: Path, pictures: Iterable[NDArray[np.uint8]], size: tuple[int, int], rate: int) -> None:
    """A film that Chromium plays as a camera, over and over: --use-file-for-fake-video-capture."""
    width, height = size
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{width} H{height} F{rate}:1 Ip A1:1 C420jpeg\n".encode())
        for picture in pictures:
            out.write(b"FRAME\n" + picture.tobytes() + bytes([128]) * (width * height // 2))


def markers_of(document: Mapping[str, Any]) -> tuple[Flat, ...]:
    """The markers of markers.json, where they should hang."""
    return tuple(
        Flat(one["id"], np.array([[cell == "1" for cell in row] for row in one["rows"]]), np.array(one["corners"]))
        for one in document["markers"]
    )


def misplaced(markers: Iterable[Flat], off_m: float, turn_rad: float, seed: int) -> tuple[Flat, ...]:
    """The same, stuck as people stick: off along the face and turned on it (standard deviations)."""
    random = np.random.default_rng(seed)
    found = []
    for marker in markers:
        middle = marker.corners.mean(axis=0)
        right = marker.corners[1] - marker.corners[0]
        up = marker.corners[0] - marker.corners[3]
        right, up = right / np.linalg.norm(right), up / np.linalg.norm(up)
        angle = random.normal(0, turn_rad)
        shift = right * random.normal(0, off_m) + up * random.normal(0, off_m)
        flat = (marker.corners - middle) @ np.stack([right, up]).T
        turned = flat @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        found.append(replace(marker, corners=middle + shift + turned @ np.stack([right, up])))
    return tuple(found)


def _quad(picture: Array, lens: Lens, pose: Pose, corners: Array, grey: float) -> None:
    pixels, depth = to_pixels(lens, pose, corners)
    box = _within(picture, pixels, 0) if (depth > 0.05).all() else None
    if box is None:
        return
    left, top, right, bottom = box
    y, x = np.mgrid[top:bottom, left:right]
    ends = np.roll(pixels, -1, axis=0)
    sides = [(b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) for a, b in zip(pixels, ends, strict=True)]
    inside = np.all([side >= 0 for side in sides], axis=0) | np.all([side <= 0 for side in sides], axis=0)
    picture[top:bottom, left:right][inside] = grey


def _marker(picture: Array, lens: Lens, pose: Pose, marker: Flat) -> tuple[int, int, int, int] | None:
    middle = marker.corners.mean(axis=0)
    modules = len(marker.rows)
    right = marker.corners[1] - marker.corners[0]
    up = marker.corners[0] - marker.corners[3]
    size = float(np.linalg.norm(right))
    right, up = right / size, up / size
    out = np.cross(right, up)
    card = middle + (marker.corners - middle) * (1 + 2 * CARD / modules)
    pixels, depth = to_pixels(lens, pose, card)
    if (depth < 0.05).any() or (pose.eye - middle) @ out <= 0:
        return None
    box = _within(picture, pixels, MARGIN)
    if box is None:
        return None
    left, top, end_x, end_y = box
    # A pixel is looked at in FINE x FINE fields, somewhere in each: a regular grid would round every edge to a field.
    random = np.random.default_rng(left * 8192 + top)
    fields = (FINE * (end_y - top), FINE * (end_x - left))
    y, x = (np.indices(fields) + random.random((2, *fields))) / FINE - 0.5 + np.array([top, left])[:, None, None]
    ideal = to_ideal(lens, np.stack([x, y], axis=-1))
    rays = np.concatenate([ideal, np.ones((*ideal.shape[:2], 1))], axis=-1) @ pose.r
    hit = pose.eye + rays * (((middle - pose.eye) @ out) / (rays @ out))[..., None] - middle
    column = np.floor((hit @ right / size + 0.5) * modules).astype(int)
    row = np.floor((0.5 - hit @ up / size) * modules).astype(int)
    on_card = (np.minimum(column, row) >= -CARD) & (np.maximum(column, row) < modules + CARD)
    on_symbol = (np.minimum(column, row) >= 0) & (np.maximum(column, row) < modules)
    dark = on_symbol & marker.rows[np.clip(row, 0, modules - 1), np.clip(column, 0, modules - 1)]
    part = picture[top:end_y, left:end_x]
    behind = np.repeat(np.repeat(part, FINE, axis=0), FINE, axis=1)
    fine = np.where(dark, DARK, np.where(on_card, LIGHT, behind))
    part[:] = fine.reshape(end_y - top, FINE, end_x - left, FINE).mean(axis=(1, 3))
    return box


def _within(picture: Array, pixels: Array, margin: int) -> tuple[int, int, int, int] | None:
    height, width = picture.shape
    left, top = np.floor(pixels.min(axis=0)).astype(int) - margin
    right, bottom = np.ceil(pixels.max(axis=0)).astype(int) + margin + 1
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    return (int(left), int(top), int(right), int(bottom)) if left < right and top < bottom else None


def _bell(sigma: float) -> Array:
    half = int(np.ceil(4 * sigma))
    made = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2)
    return np.asarray(made / made.sum())


def _box(length: float) -> Array:
    half = int(np.ceil(length / 2))
    n = np.arange(-half, half + 1)
    return np.asarray(np.clip(np.minimum(n + 0.5, length / 2) - np.maximum(n - 0.5, -length / 2), 0, None) / length)


def _along(part: Array, kernel: Array, axis: int) -> Array:
    half = len(kernel) // 2
    wide = np.pad(part, [(half, half) if n == axis else (0, 0) for n in (0, 1)], mode="edge")
    length = part.shape[axis]
    return np.asarray(sum(weight * np.take(wide, range(n, n + length), axis=axis) for n, weight in enumerate(kernel)))
