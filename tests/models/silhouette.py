"""What a GLB looks like from its four sides and from above, as grey pictures of how near things are.

`python -m tests.models.silhouette` writes those that test_model_files.py compares with, in tests/golden/model. Look at
them before you keep them. Depth by sampling triangles needs no graphics driver, so it is the same on every machine.
"""

from __future__ import annotations

import sys
import zlib
from io import BytesIO
from pathlib import Path
from struct import unpack
from typing import Any

import numpy as np
import trimesh

from models.build import build
from models.png import grey_png

FOLDER = Path(__file__).resolve().parent.parent / "golden" / "model"
PIXEL_M = 0.02
FADE_M = 0.15  # so that a panel 18 mm deep differs from its frame by 25 levels
STEP_M = 0.016  # between two samples of a triangle: a pixel is hit by several
# name: (axis to the right, axis up, axis towards the eye), each with its sign
SIDES = {
    "south": ((0, 1), (1, 1), (2, 1)),
    "east": ((2, -1), (1, 1), (0, 1)),
    "north": ((0, -1), (1, 1), (2, -1)),
    "west": ((2, 1), (1, 1), (0, -1)),
    "top": ((0, 1), (2, -1), (1, 1)),
}


def triangles(glb: bytes) -> Any:
    """(n, 3, 3) corners in metres of everything in a plain GLB, as trimesh reads it."""
    scene = trimesh.load_scene(BytesIO(glb), file_type="glb")
    found = []
    for name in scene.graph.nodes_geometry:
        matrix, geometry = scene.graph[name]
        corners = scene.geometry[geometry].triangles
        found.append(corners @ matrix[:3, :3].T + matrix[:3, 3])
    return np.concatenate(found)


def pictures(glb: bytes, size: tuple[float, float, float]) -> dict[str, Any]:
    """Name -> picture (rows from the top, bytes): 0 is nothing, 255 the frame's nearest plane, darker is deeper."""
    points = _samples(triangles(glb))
    points[:, 1] -= size[1] / 2
    return {name: _picture(points, size, axes) for name, axes in SIDES.items()}


def _samples(corners: Any) -> Any:
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    steps = 2 ** np.ceil(np.log2(np.maximum(edges / STEP_M, 1))).astype(int)
    found = []
    for step in np.unique(steps):
        a, b = np.meshgrid(np.arange(step + 1), np.arange(step + 1))
        inside = a + b <= step
        weights = np.stack([a[inside], b[inside], step - a[inside] - b[inside]], axis=1) / step
        found.append((weights @ corners[steps == step]).reshape(-1, 3))
    return np.concatenate(found)


def _picture(points: Any, size: tuple[float, float, float], axes: Any) -> Any:
    (right, right_sign), (up, up_sign), (near, near_sign) = axes
    width, height = round(size[right] / PIXEL_M), round(size[up] / PIXEL_M)
    column = np.clip(((right_sign * points[:, right] + size[right] / 2) / PIXEL_M).astype(int), 0, width - 1)
    row = np.clip(((size[up] / 2 - up_sign * points[:, up]) / PIXEL_M).astype(int), 0, height - 1)
    deep = np.clip(size[near] / 2 - near_sign * points[:, near], 0, None)
    level = 25 + 230 * np.exp(-deep / FADE_M)
    picture = np.zeros(width * height)
    np.maximum.at(picture, row * width + column, level)
    return picture.round().astype(np.uint8).reshape(height, width)


def encode(picture: Any) -> bytes:
    return grey_png([row.tobytes() for row in picture])


def decode(data: bytes) -> Any:
    """The pixels of a grey PNG that `grey_png` wrote (no filters)."""
    width, height = unpack(">II", data[16:24])
    at, body = 8, b""
    while at < len(data):
        (length,), name = unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        body += data[at + 8 : at + 8 + length] if name == b"IDAT" else b""
        at += 12 + length
    return np.frombuffer(zlib.decompress(body), np.uint8).reshape(height, width + 1)[:, 1:]


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    from models.layout import load

    for name, picture in pictures(build("cluster")["cluster.glb"], load("cluster").size).items():
        (FOLDER / f"{name}.png").write_bytes(encode(picture))
        sys.stdout.write(f"{FOLDER / name}.png\n")


if __name__ == "__main__":
    main()
