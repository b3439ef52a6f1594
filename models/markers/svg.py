"""A drawing as SVG whose width and height are millimetres. The same drawing gives the same bytes."""

from __future__ import annotations

from xml.sax.saxutils import escape

from models.markers.drawing import Area, Drawing, Point, Shape, Stroke, Text


def svg(drawing: Drawing, title: str) -> bytes:
    """A whole file, UTF-8."""
    width, height = _number(drawing.width), _number(drawing.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" font-family="Helvetica, Arial, sans-serif">'
    )
    lines = [head, f"<title>{escape(title)}</title>", f'<path fill="#fff" d="M0 0H{width}V{height}H0Z"/>']
    lines += [_shape(shape) for shape in drawing.shapes]
    return ("\n".join([*lines, "</svg>"]) + "\n").encode()


def _shape(shape: Shape) -> str:
    match shape:
        case Area(loops, grey):
            path = "".join(f"M{_points(loop)}Z" for loop in loops)
            return f'<path fill="{_grey(grey)}" fill-rule="evenodd" d="{path}"/>'
        case Stroke(lines, width, grey, dash):
            path = "".join(f"M{_points(line)}" for line in lines)
            dashes = f' stroke-dasharray="{_number(dash)}"' if dash else ""
            return f'<path fill="none" stroke="{_grey(grey)}" stroke-width="{_number(width)}"{dashes} d="{path}"/>'
        case Text(at, text, size, bold, anchor, grey):
            weight = ' font-weight="bold"' if bold else ""
            place = f'x="{_number(at[0])}" y="{_number(at[1])}" font-size="{_number(size)}" text-anchor="{anchor}"'
            return f'<text {place}{weight} fill="{_grey(grey)}">{escape(text)}</text>'


def _points(points: tuple[Point, ...]) -> str:
    return "L".join(f"{_number(x)} {_number(y)}" for x, y in points)


def _number(value: float) -> str:
    """To a tenth of a micrometre, without a tail of noise."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _grey(grey: float) -> str:
    level = round(grey * 255)
    return f"#{level:02x}{level:02x}{level:02x}"
