"""Takes the picture of docs/markers.md: `python docs/markers_picture.py`. Pages of the real PDF, rendered by PDFium."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pypdfium2

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from models.layout import load  # noqa: E402  # the path must be set first
from models.markers.files import PDF, build  # noqa: E402
from models.png import grey_png  # noqa: E402

DPI = 62
GAP = 14  # pixels between pages
DESK = 90  # grey that they lie on
SHOWN = ("guide", "face", "ruler", "switch")


def main() -> None:
    made = pypdfium2.PdfDocument(build(load("cluster"), "https://twin.example")[PDF])
    faces = len({rack.yaw for rack in load("cluster").racks})
    numbers = dict(zip(SHOWN, (0, 1, 1 + faces, 2 + faces), strict=True))
    pages = [made[number].render(scale=DPI / 72, grayscale=True).to_numpy().squeeze() for number in numbers.values()]
    high, wide = max(page.shape[0] for page in pages), sum(page.shape[1] + GAP for page in pages) + GAP
    desk = np.full((high + 2 * GAP, wide), DESK, np.uint8)
    left = GAP
    for page in pages:
        desk[GAP : GAP + page.shape[0], left : left + page.shape[1]] = page
        left += page.shape[1] + GAP
    path = ROOT / "docs" / "images" / "markers.png"
    path.write_bytes(grey_png([bytes(row) for row in desk]))
    sys.stdout.write(f"docs/images/markers.png: {desk.shape[1]} x {desk.shape[0]}\n")


if __name__ == "__main__":
    main()
