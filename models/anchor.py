"""The printed marker that an image-anchored USDZ hangs on, as a picture a phone can look for. Called by build.py.

Owns the picture (the symbol with its quiet zone) and what it measures. Where markers hang is models/markers/place.py's.
"""

from __future__ import annotations

from models.errors import MarkerError
from models.layout import Layout
from models.markers.data import Print
from models.markers.place import Marker, markers
from models.markers.symbol import MODULES, QUIET, origin_of
from models.png import grey_png
from models.usda import Anchor

PIXELS = 16  # a module: 528 in all, where readers want 480 or more


def anchor_of(what: Print, layout: Layout, marker: str = "") -> tuple[Anchor, bytes]:
    """The anchor on a marker ("3A"; "": the first one) of what was printed, and its picture as PNG.

    Raises MarkerError: as markers do, and out_of_range if there is no such marker.
    """
    found = markers(layout, origin_of(what.origin), what.size_m, what.per_switch)
    chosen = next((one for one in found if one.id == marker.upper()), None) if marker else found[0]
    if chosen is None:
        known = f"they are {found[0].id} to {found[-1].id}"
        raise MarkerError("out_of_range", f"{layout.name} has no marker {marker!r}: {known}.")
    width = chosen.size_m * (MODULES + 2 * QUIET) / MODULES
    return Anchor(f"marker-{chosen.id}.png", width, chosen.position, chosen.yaw), picture(chosen)


def picture(marker: Marker) -> bytes:
    """The symbol in its quiet zone."""
    edge = "0" * QUIET
    line = "0" * (MODULES + 2 * QUIET)
    rows = [*[line] * QUIET, *(f"{edge}{row}{edge}" for row in marker.symbol.rows), *[line] * QUIET]
    pixels = [bytes(0 if module == "1" else 255 for module in row for _ in range(PIXELS)) for row in rows]
    return grey_png([row for row in pixels for _ in range(PIXELS)])
