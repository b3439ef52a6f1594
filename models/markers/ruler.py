"""The ruler sheet: four small markers around a millimetre grid with crosses, to read the overlay's error in reality.

Owns where things are on it, for paper (`draw`) and for programs (`CROSSES`, `ruler_markers`). Its own axes: the origin
in the sheet's middle, metres, x right, y up, z towards the reader. The same on A4 and letter.

    R1 +-----------+ R2     a viewer that solved its pose from R1..R4 draws its crosses over the printed ones; the
       | A1 ... E1 |        distance between the two, read on the grid, is the overlay's error without any error of
       | ...       |        where stickers hang
    R3 +-----------+ R4
"""

from __future__ import annotations

from dataclasses import dataclass

from models.markers.drawing import Drawing, Point
from models.markers.place import path_of
from models.markers.sheets import BODY, HEIGHT, PAPERS, SMALL, TITLE, WIDTH, bar, draw_symbol, paragraph
from models.markers.symbol import MODULES, QUIET, Symbol, address, encode

SIZE_M = 0.040
IDS = ("R1", "R2", "R3", "R4")
GRID = 140.0  # mm a side
STEP = 30.0  # mm between crosses
ROWS, COLUMNS = "12345", "ABCDE"
_CARD = SIZE_M * 1000 * (MODULES + 2 * QUIET) / MODULES  # mm
CROSSES = {
    f"{column}{row}": ((x - 2) * STEP / 1000, (2 - y) * STEP / 1000)
    for y, row in enumerate(ROWS)
    for x, column in enumerate(COLUMNS)
}


@dataclass(frozen=True, slots=True)
class RulerMarker:
    """`centre` in metres in the sheet's own axes."""

    id: str
    centre: Point
    symbol: Symbol


def ruler_markers(origin: str) -> tuple[RulerMarker, ...]:
    """The four markers of the sheet."""
    symbols = encode([address(origin, path_of(name)) for name in IDS])
    right, up = (WIDTH - _CARD) / 2000, (HEIGHT - _CARD) / 2000
    centres = ((-right, up), (right, up), (-right, -up), (right, -up))
    return tuple(RulerMarker(*each) for each in zip(IDS, centres, symbols, strict=True))


def draw(paper: str, origin: str) -> Drawing:
    """The sheet."""
    page = Drawing(*PAPERS[paper])
    middle, centre = page.width / 2, page.height / 2
    for marker in ruler_markers(origin):
        edge = SIZE_M * 1000
        x, y = middle + marker.centre[0] * 1000 - edge / 2, centre - marker.centre[1] * 1000 - edge / 2
        draw_symbol(page, x, y, marker.symbol, edge / MODULES)
        page.text((x + edge / 2, y + edge + QUIET * edge / MODULES + 2.6), marker.id, SMALL, anchor="middle", grey=0.4)
    _grid(page, middle, centre)
    for name, (right, up) in CROSSES.items():
        _cross(page, middle + right * 1000, centre - up * 1000, name)
    room, left = WIDTH - 2 * _CARD - 4, middle - (WIDTH - 2 * _CARD - 4) / 2
    top = centre - HEIGHT / 2
    page.text((middle, top + 8), "Ruler sheet", TITLE, bold=True, anchor="middle", room=room)
    about = (
        "Lay it flat. Look at it through the camera from 0.5 to 1 m, all four markers in view. Where the drawn cross "
        "of a name misses the printed one, count millimetres on the grid: that is the overlay's error there."
    )
    paragraph(page, left, top + 15, room, about, BODY)
    foot = f"Grid: 1 mm. Crosses: {STEP:g} mm apart. Markers: {SIZE_M * 1000:.1f} mm."
    page.text((middle, centre + HEIGHT / 2 - 12), foot, SMALL, anchor="middle", room=room)
    bar(page, middle - GRID / 2, centre + GRID / 2 + 5.5)
    return page


def _grid(page: Drawing, middle: float, centre: float) -> None:
    half = GRID / 2
    fine: list[tuple[Point, Point]] = []
    bold: list[tuple[Point, Point]] = []
    for n in range(int(GRID) + 1):
        lines = bold if n % 10 == 0 else fine
        at = n - half
        lines.append(((middle + at, centre - half), (middle + at, centre + half)))
        lines.append(((middle - half, centre + at), (middle + half, centre + at)))
    page.lines(fine, 0.05, 0.75)
    page.lines(bold, 0.1, 0.5)


def _cross(page: Drawing, x: float, y: float, name: str) -> None:
    page.lines([((x - 5, y), (x + 5, y)), ((x, y - 5), (x, y + 5))], 0.15)
    page.text((x + 1, y - 1.2), name, SMALL, bold=True)
