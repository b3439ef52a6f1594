"""The pages for who prints and hangs the markers: what to do, and each face of the racks with its markers.

Owns the words and the drawing of a face. Called by files.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, degrees, sin

from models.layout import Layout, Rack
from models.markers.drawing import Drawing
from models.markers.place import Marker, card_of
from models.markers.sheets import BODY, SMALL, TITLE, WIDTH, corner, paragraph, sheet
from models.places import Vector

FACE_HEIGHT = 215.0  # mm on the paper
FACINGS = {0: "south", 90: "east", 180: "north", 270: "west"}


def guide(paper: str, layout: Layout, markers: Sequence[Marker], origin: str) -> Drawing:
    """What to do, in the order of doing it."""
    page = sheet(paper)
    left, y = corner(page)
    width, height = (edge * 1000 for edge in card_of(markers[0].size_m))
    page.text((left, y + 7), f"Markers of {layout.name}", TITLE * 1.2, bold=True, room=WIDTH)
    y += 17
    y = paragraph(
        page, left, y, WIDTH, f"{len(markers)} markers for {len(layout.switches)} switches. They lead to {origin}."
    )
    steps = (
        ("Print", "At 100 % (“actual size”), never “fit to page”, on matt paper, in black. Then measure the bar at "
         "the foot of each page with a steel ruler: 99.8 to 100.2 mm are good. Half a percent of scale moves the "
         "overlay by up to 3 mm."),
        ("Make them flat", "Glue each page on stiff board before cutting: foam board or thin aluminium. No film and "
         "no gloss: a lamp's reflection hides modules."),
        ("Cut", f"Along the dashed line: a card is {width:.1f} x {height:.1f} mm. The white around the symbol "
         "belongs to it; do not cut it off or write into it."),
        ("Hang", "As the next pages show: the card's face in the plane of the rack's front, upright, A on the left of "
         "its switch and half a card higher, B on the right and lower. The caption beside each card has the place in "
         "millimetres. Within 1 mm and 0.3 degrees the overlay is off by 2 mm at most; a survey with the camera "
         "mends what is left, so straight and firm counts for more than exact."),
        ("Check", "Scan one with a phone: it must open the twin at that switch. Then the ruler sheet: it shows how "
         "far the overlay is off before any card hangs."),
        ("Keep", "markers.json, made together with these pages, is what the twin must know of them: it stands in the "
         "twin's data directory, in markers/. Printed again for another address, they are other markers."),
    )  # fmt: skip
    for n, (name, text) in enumerate(steps, 1):
        y += 4
        page.text((left, y), f"{n}.  {name}", BODY * 1.25, bold=True)
        y = paragraph(page, left + 7, y + 6, WIDTH - 7, text)
    return page


def faces(paper: str, layout: Layout, markers: Sequence[Marker]) -> list[Drawing]:
    """One page for each direction that racks look in."""
    found: dict[float, list[Rack]] = {}
    for rack in layout.racks:
        found.setdefault(rack.yaw, []).append(rack)
    return [_face(paper, layout, racks, markers) for racks in found.values()]


def _face(paper: str, layout: Layout, racks: Sequence[Rack], markers: Sequence[Marker]) -> Drawing:
    page = sheet(paper)
    left, top = corner(page)
    yaw = racks[0].yaw
    direction = FACINGS.get(round(degrees(yaw)) % 360, f"{degrees(yaw):.0f} degrees")
    names = ", ".join(rack.name for rack in racks)
    title = f"{layout.name} from the {direction}"
    page.text((left, top + 6), title, TITLE, bold=True, room=WIDTH)
    page.text((left, top + 11.5), f"Racks: {names}. Squares are markers, true to scale.", BODY, room=WIDTH)
    own = [marker for marker in markers if marker.rack in {rack.name for rack in racks}]
    edges = [(_right(rack.position, yaw), rack.size[0] / 2) for rack in racks]
    edges += [(_right(marker.position, yaw), card_of(marker.size_m)[0] / 2) for marker in own]
    low, high = min(at - half for at, half in edges), max(at + half for at, half in edges)
    feet = min(rack.position[1] - rack.size[1] / 2 for rack in racks)
    heads = max(rack.position[1] + rack.size[1] / 2 for rack in racks)
    scale = min(WIDTH / (high - low), FACE_HEIGHT / (heads - feet))  # mm a metre
    x0, y0 = page.width / 2 - (low + high) / 2 * scale, top + 18 + heads * scale

    def box(at: Vector, width: float, height: float, grey: float) -> None:
        x, y = x0 + (_right(at, yaw) - width / 2) * scale, y0 - (at[1] + height / 2) * scale
        page.box(x, y, width * scale, height * scale, grey)

    for rack in racks:
        x, y = x0 + (_right(rack.position, yaw) - rack.size[0] / 2) * scale, y0 - heads * scale
        page.frame(x, y, rack.size[0] * scale, rack.size[1] * scale)
    mine = {rack.name for rack in racks}
    for slot in layout.slots:
        if slot.rack in mine:
            box(slot.position, layout.pi_size[0], layout.pi_size[1], 0.85)
    for switch in layout.switches:
        if switch.rack in mine:
            box(switch.position, switch.size[0], switch.size[1], 0.6)
            x, y = x0 + _right(switch.position, yaw) * scale, y0 - switch.position[1] * scale
            page.text((x, y + 0.9), switch.ip, SMALL, anchor="middle", room=switch.size[0] * scale)
    for marker in own:
        box(marker.position, marker.size_m, marker.size_m, 0.0)
        x, y = x0 + _right(marker.position, yaw) * scale, y0 - marker.position[1] * scale
        room = marker.size_m * scale * 0.9
        page.text(
            (x, y + min(room * 0.15, 1.2)), marker.id, SMALL * 1.3, anchor="middle", bold=True, grey=1.0, room=room
        )
    return page


def _right(point: Vector, yaw: float) -> float:
    return point[0] * cos(yaw) - point[2] * sin(yaw)
