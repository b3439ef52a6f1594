"""A page as shapes in millimetres, from its top left corner, x right and y down. What pdf.py and svg.py write.

Owns the shapes and how wide a text is; it knows nothing of markers. Everything is a vector: a size in the file is a
size on the paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]

# Advance widths of Helvetica, thousandths of its size, for the characters 32 to 126.
_WIDTHS = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 "
    "278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 "
    "667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 "
    "556 333 500 278 556 500 722 500 500 500 334 260 334 584"
)
_HELVETICA = tuple(int(width) for width in _WIDTHS.split())
_OTHER = 600  # a guess for letters beyond ASCII: wide, so that they still fit
_BOLD = 1.08  # how much wider Helvetica-Bold runs, at most, over a text


@dataclass(frozen=True, slots=True)
class Area:
    """Closed outlines, filled where an odd number of them lies around. `grey`: 0 is black, 1 white."""

    loops: tuple[tuple[Point, ...], ...]
    grey: float = 0.0


@dataclass(frozen=True, slots=True)
class Stroke:
    """Lines, each from point to point. `dash` in mm, 0 = unbroken."""

    lines: tuple[tuple[Point, ...], ...]
    width: float = 0.2
    grey: float = 0.0
    dash: float = 0.0


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text on its base line. `size` is the font's, in mm."""

    at: Point
    text: str
    size: float
    bold: bool = False
    anchor: Anchor = "start"
    grey: float = 0.0

    @property
    def left(self) -> float:
        """Where it begins, by Helvetica's widths."""
        share = {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]
        return self.at[0] - share * width_of(self.text, self.size, bold=self.bold)


Shape = Area | Stroke | Text


@dataclass(frozen=True, slots=True)
class Drawing:
    """A page or a card, `width` x `height` mm."""

    width: float
    height: float
    shapes: list[Shape] = field(default_factory=list)

    def box(self, x: float, y: float, width: float, height: float, grey: float = 0.0) -> None:
        self.shapes.append(Area((_corners(x, y, width, height),), grey))

    def frame(self, x: float, y: float, width: float, height: float, line: float = 0.2, dash: float = 0.0) -> None:
        corners = _corners(x, y, width, height)
        self.shapes.append(Stroke(((*corners, corners[0]),), line, 0.0, dash))

    def lines(self, lines: Iterable[Sequence[Point]], width: float = 0.2, grey: float = 0.0) -> None:
        self.shapes.append(Stroke(tuple(tuple(line) for line in lines), width, grey))

    def text(
        self,
        at: Point,
        text: str,
        size: float,
        *,
        room: float = 0.0,
        bold: bool = False,
        anchor: Anchor = "start",
        grey: float = 0.0,
    ) -> None:
        """`room` in mm: a text that is wider is written smaller. 0 = there is room enough."""
        wide = width_of(text, size, bold=bold)
        self.shapes.append(Text(at, text, size * min(1.0, room / wide) if room and wide else size, bold, anchor, grey))

    def put(self, other: Drawing, x: float, y: float) -> None:
        """All of another drawing, its top left corner at (x, y)."""
        self.shapes.extend(_moved(shape, x, y) for shape in other.shapes)


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Millimetres of a line of text in Helvetica."""
    units = sum(_HELVETICA[ord(each) - 32] if 32 <= ord(each) < 127 else _OTHER for each in text)
    return units * size / 1000 * (_BOLD if bold else 1.0)


def outlines(rows: Sequence[str], edge: float) -> tuple[tuple[Point, ...], ...]:
    """The outlines of all cells that are "1", cells `edge` mm wide, the first at the origin.

    One area instead of a square a cell: squares side by side show hairs of white where a screen or printer blends them.
    """
    after: dict[tuple[int, int], list[tuple[int, int]]] = {}

    def dark(row: int, column: int) -> bool:
        return 0 <= row < len(rows) and 0 <= column < len(rows[row]) and rows[row][column] == "1"

    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            if cell != "1":
                continue
            sides = (
                (dark(y - 1, x), (x, y), (x + 1, y)),
                (dark(y, x + 1), (x + 1, y), (x + 1, y + 1)),
                (dark(y + 1, x), (x + 1, y + 1), (x, y + 1)),
                (dark(y, x - 1), (x, y + 1), (x, y)),
            )
            for covered, start, end in sides:
                if not covered:
                    after.setdefault(start, []).append(end)
    loops = []
    while after:
        loops.append(tuple((x * edge, y * edge) for x, y in _loop(after)))
    return tuple(loops)


def _loop(after: dict[tuple[int, int], list[tuple[int, int]]]) -> list[tuple[int, int]]:
    """Takes one closed outline out of the sides that are left; only its corners."""
    start = next(iter(after))
    walked = [start]
    while len(walked) == 1 or walked[-1] != start:
        ends = after[walked[-1]]
        walked.append(ends.pop())
        if not ends:
            del after[walked[-2]]
    ring = walked[:-1]
    return [
        point
        for n, point in enumerate(ring)
        if not (ring[n - 1][0] == point[0] == ring[(n + 1) % len(ring)][0])
        and not (ring[n - 1][1] == point[1] == ring[(n + 1) % len(ring)][1])
    ]


def _corners(x: float, y: float, width: float, height: float) -> tuple[Point, Point, Point, Point]:
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def _moved(shape: Shape, x: float, y: float) -> Shape:
    def move(points: tuple[Point, ...]) -> tuple[Point, ...]:
        return tuple((px + x, py + y) for px, py in points)

    match shape:
        case Area(loops, grey):
            return Area(tuple(move(loop) for loop in loops), grey)
        case Stroke(lines, width, grey, dash):
            return Stroke(tuple(move(line) for line in lines), width, grey, dash)
        case Text(at, text, size, bold, anchor, grey):
            return Text(move((at,))[0], text, size, bold, anchor, grey)
