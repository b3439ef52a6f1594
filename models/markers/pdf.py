"""Drawings as one PDF, a page each, all vectors, in the two Helveticas that every reader has.

The same drawings give the same bytes: no dates, no identifier, streams as they are (a compressor's output may change
with its version). 72 points are 25.4 mm; the pages' own matrix turns millimetres from the top into points.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import pydyf

from models.markers.drawing import Area, Drawing, Point, Shape, Stroke, Text

POINTS_A_MM = 72 / 25.4
DIGITS = 5


def pdf(pages: Sequence[Drawing], title: str) -> bytes:
    """A whole file. Letters that Windows-1252 does not have become "?"."""
    made = pydyf.PDF()
    made.info["Title"] = pydyf.String(title)
    fonts = pydyf.Dictionary()
    for name, face in (("F", "Helvetica"), ("B", "Helvetica-Bold")):
        font = pydyf.Dictionary(
            {"Type": "/Font", "Subtype": "/Type1", "BaseFont": f"/{face}", "Encoding": "/WinAnsiEncoding"}
        )
        made.add_object(font)
        fonts[name] = font.reference
    for page in pages:
        stream = pydyf.Stream()
        stream.push_state()
        stream.set_matrix(POINTS_A_MM, 0, 0, -POINTS_A_MM, 0, round(page.height * POINTS_A_MM, DIGITS))
        for shape in page.shapes:
            _draw(stream, shape)
        stream.pop_state()
        made.add_object(stream)
        box = [0, 0, round(page.width * POINTS_A_MM, DIGITS), round(page.height * POINTS_A_MM, DIGITS)]
        made.add_page(
            pydyf.Dictionary(
                {
                    "Type": "/Page",
                    "Parent": made.pages.reference,
                    "MediaBox": pydyf.Array(box),
                    "Contents": stream.reference,
                    "Resources": pydyf.Dictionary({"Font": fonts}),
                }
            )
        )
    # What a print dialogue should offer first: the pages at their own size.
    made.catalog["ViewerPreferences"] = pydyf.Dictionary({"PrintScaling": "/None"})
    out = io.BytesIO()
    made.write(out)
    return out.getvalue()


def _draw(stream: pydyf.Stream, shape: Shape) -> None:
    match shape:
        case Area(loops, grey):
            stream.set_color_rgb(grey, grey, grey)
            for loop in loops:
                _trace(stream, loop)
                stream.close()
            stream.fill(even_odd=True)
        case Stroke(lines, width, grey, dash):
            stream.set_color_rgb(grey, grey, grey, stroke=True)
            stream.set_line_width(width)
            stream.set_dash([dash] if dash else [], 0)
            for line in lines:
                _trace(stream, line)
            stream.stroke()
        case Text(at, text, size, bold, _, grey):
            stream.set_color_rgb(grey, grey, grey)
            stream.begin_text()
            stream.set_font_size("B" if bold else "F", round(size, DIGITS))
            stream.set_text_matrix(1, 0, 0, -1, round(shape.left, DIGITS), round(at[1], DIGITS))
            stream.show_text_string(text.encode("cp1252", "replace"))
            stream.end_text()


def _trace(stream: pydyf.Stream, points: Sequence[Point]) -> None:
    (x, y), *others = points
    stream.move_to(round(x, DIGITS), round(y, DIGITS))
    for x, y in others:
        stream.line_to(round(x, DIGITS), round(y, DIGITS))
