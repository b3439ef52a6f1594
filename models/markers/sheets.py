"""The sheets that carry markers: one for each switch with its cards to cut out, and what every sheet has in common.

Owns cards, captions and the bar that shows whether the printer kept to scale. All sheets keep to the middle 190 x 260
mm of the paper, so that A4 and letter hold the same in the same size. Called by files.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, sin

from models.layout import Layout, Rack
from models.markers.drawing import Area, Drawing, outlines, width_of
from models.markers.place import Marker, card_of
from models.markers.symbol import MODULES, QUIET, Symbol

PAPERS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}  # mm
WIDTH, HEIGHT = 190.0, 260.0  # mm of a paper's middle that are used
BAR, LINE = 100.0, 0.25  # mm: its length, how thick it is drawn
FINE, SMALL, BODY, TITLE = 2.1, 2.6, 3.4, 7.0  # mm: sizes of type
LEADING = 1.35


def sheet(paper: str) -> Drawing:
    """An empty page with the bar at its foot."""
    width, height = PAPERS[paper]
    page = Drawing(width, height)
    left, foot = (width - WIDTH) / 2, (height + HEIGHT) / 2
    bar(page, left, foot - 5)
    return page


def corner(page: Drawing) -> tuple[float, float]:
    """Left and top of the part of a page that is used."""
    return (page.width - WIDTH) / 2, (page.height - HEIGHT) / 2


def bar(page: Drawing, x: float, y: float) -> None:
    """A ruler of 100 mm from (x, y), and the sentence that goes with it."""
    page.box(x, y - LINE, BAR, LINE)
    for n in range(int(BAR) // 10 + 1):
        # The ends lie within the 100 mm, so that it is the same from edge to edge of what is black.
        at = min(max(n * 10 - LINE / 2, 0), BAR - LINE)
        tall = 2.5 if n in (0, int(BAR) // 10) else 1.5
        page.box(x + at, y - tall, LINE, tall)
    room = page.width - corner(page)[0] - x - BAR - 3
    page.text((x + BAR + 3, y), f"Measure this: it must be {BAR:.1f} mm. If not, print at 100 %.", SMALL, room=room)


def paragraph(page: Drawing, x: float, y: float, room: float, text: str, size: float = BODY) -> float:
    """Text in lines of at most `room` mm from the base line `y`; returns the base line of what may follow."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and width_of(longer, size) > room:
            page.text((x, y), line, size, room=room)
            line, y = word, y + size * LEADING
        else:
            line = longer
    page.text((x, y), line, size, room=room)
    return y + size * LEADING


def card(marker: Marker) -> Drawing:
    """What is cut out: the symbol in its quiet zone, below it the strip with its name. Outline on the cut."""
    width, height = (edge * 1000 for edge in card_of(marker.size_m))
    module = marker.size_m * 1000 / MODULES
    made = Drawing(width, height)
    made.frame(0, 0, width, height, 0.1, 1.0)
    draw_symbol(made, QUIET * module, QUIET * module, marker.symbol, module)
    margin, name = 2.0, f"{marker.id}   {marker.switch_ip}"
    made.text((margin, height - 1.9), name, BODY, bold=True, room=width * 0.42)
    for text, up in ((f"{place_of(marker)} · {marker.size_m * 1000:.1f} mm", 3.3), (marker.symbol.text, 1.0)):
        made.text((width - margin, height - up), text, FINE, room=width * 0.5, anchor="end")
    return made


def draw_symbol(page: Drawing, x: float, y: float, symbol: Symbol, module: float) -> None:
    """A symbol without its quiet zone, its top left corner at (x, y), modules of `module` mm."""
    made = Drawing(0, 0, [Area(outlines(symbol.rows, module))])
    page.put(made, x, y)


def place_of(marker: Marker) -> str:
    """Rack and shelves for people, counted from 1 as the viewer does."""
    shelves = [str(shelf + 1) for shelf in marker.shelves]
    return f"{marker.rack} rack, {'shelf' if len(shelves) == 1 else 'shelves'} {' and '.join(shelves)}"


def switch_sheet(paper: str, layout: Layout, markers: Sequence[Marker]) -> Drawing:
    """The sheet of one switch: its markers below each other, beside each what a person must know to hang it."""
    page = sheet(paper)
    left, top = corner(page)
    first = markers[0]
    page.text((left, top + 6), first.switch_ip, TITLE, bold=True, room=WIDTH)
    about = f"{layout.name}: {place_of(first)}, bank {first.bank + 1}"
    page.text((left, top + 11.5), about, BODY, room=WIDTH)
    rack = next(rack for rack in layout.racks if rack.name == first.rack)
    y = top + 15
    for marker in markers:
        made = card(marker)
        page.put(made, left, y)
        _caption(page, left + made.width + 5, y + 8, WIDTH - made.width - 5, marker, rack)
        y += made.height + 3
    return page


def _caption(page: Drawing, x: float, y: float, room: float, marker: Marker, rack: Rack) -> None:
    page.text((x, y), f"Marker {marker.id}", TITLE * 0.8, bold=True, room=room)
    y += 8
    right, up = seen(marker, rack)
    side = "left" if right < 0 else "right"
    sentences = (
        f"Hang it {side} of the switch, its face level with the rack's front, upright.",
        f"Middle of the symbol: {abs(right) * 1000:.0f} mm {side} of the rack's middle, {up * 1000:.0f} mm above "
        "the floor.",
        f"Symbol: {marker.size_m * 1000:.1f} mm, {MODULES} modules of {marker.size_m * 1000 / MODULES:.2f} mm, "
        f"error level {marker.symbol.level}. The white around it belongs to it.",
        "A phone that scans it opens:",
    )
    for sentence in sentences:
        y = paragraph(page, x, y, room, sentence) + 1.5
    page.text((x, y), marker.symbol.text, BODY, room=room, bold=True)


def seen(marker: Marker, rack: Rack) -> tuple[float, float]:
    """Where it hangs for who stands before the rack: metres right of the rack's middle, metres above the floor."""
    (x, _, z), (cx, _, cz) = marker.position, rack.position
    return (x - cx) * cos(marker.yaw) - (z - cz) * sin(marker.yaw), marker.position[1]
