"""What stands in a rack: a Pi in its caddy (far, near, close), a fan, a switch, a charger, a server, a shelf's tray.

Owns their looks, each about its own centre with its front towards +z; sizes come from the cluster file. Called by
scene.py. A Pi stands on edge: the board is a thin upright plate on its left, parts and ports are on the right of it.
"""

from __future__ import annotations

from models.places import Vector
from models.shape import Shape

# Of a Pi 3B+, metres: from its drawing, turned on edge. Heights are from the board's lower long edge.
BOARD_M = 0.0014
PORTS = (("port", 0.0030, 0.0160, 0.0213), ("port", 0.0210, 0.0152, 0.0175), ("port", 0.0388, 0.0152, 0.0175))
NEAR_TRIANGLES = 96  # 1050 of them, for two eyes, are what a headset draws in time


def pi_far(size: Vector) -> Shape:
    """One box with a front: for tables, phones and rooms seen from the other end."""
    width, height, depth = size
    shape = Shape().box("board", (0, 0, -0.002), (width * 0.86, height * 0.96, depth - 0.004), "rlt")
    return shape.box("port", (0, 0, depth / 2 - 0.002), (width * 0.86, height * 0.9, 0.004), "rltuf")


def pi_near(size: Vector) -> Shape:
    """The board with its ports, chip and lights in its caddy, in 96 triangles."""
    width, height, depth = size
    left, low, front = -width / 2, -height / 2, depth / 2
    shape = Shape()
    plate = left + 0.0022
    shape.span("board", (plate, low + 0.002, -front), (plate + BOARD_M, -low - 0.002, front - 0.001))  # 12
    for paint, at, tall, deep in PORTS:  # 3 x (8 + 2)
        _port(shape, paint, (plate + BOARD_M, width / 2, low + at, tall, front, deep), "rtuf")
    shape.span("chip", (plate + BOARD_M, -0.004, -0.022), (plate + 0.0040, 0.010, -0.008), "rtfbu")  # 10
    shape.span("chip", (plate + BOARD_M, -low - 0.008, -0.036), (plate + 0.0100, -low - 0.003, 0.015), "rtfbu")  # 10
    shape.box("led_green", (left + 0.0029, -low - 0.0010, front), (0.0028, 0.0018, 0.0010), "f")  # 2
    shape.box("led_red", (left + 0.0068, -low - 0.0010, front), (0.0028, 0.0018, 0.0010), "f")  # 2
    # The caddy: a wall behind the board and two rails that hold its edges.
    shape.span("caddy", (left, low, -front), (left + 0.0014, -low, front - 0.004), "lftb")  # 8
    shape.span("caddy", (left, low, -front), (width / 2 - 0.003, low + 0.0018, front), "rtuf")  # 8
    shape.span("caddy", (left, -low - 0.0018, -front), (width / 2 - 0.008, -low, front - 0.001), "rtuf")  # 8
    return shape.box("led_green", (left + 0.0011, 0.0, front - 0.0035), (0.0012, 0.020, 0.0008), "frl")  # 6


def pi_close(size: Vector) -> Shape:
    """One Pi as one sees it in the hand: every connector, the pins, the parts of the board, the caddy's openings."""
    width, height, depth = size
    left, low, front = -width / 2, -height / 2, depth / 2
    plate = left + 0.0022
    top = plate + BOARD_M
    shape = Shape()
    shape.span("board", (plate, low + 0.002, -front), (top, -low - 0.002, front - 0.001))
    for i, (paint, at, tall, deep) in enumerate(PORTS):
        _port(shape, paint, (top, width / 2, low + at, tall, front, deep), "rltufb")
        if i:  # the tongues of two USB sockets
            for side in (0.30, 0.72):
                x = top + (width / 2 - top) * side
                shape.box("plug", (x, low + at + tall / 2, front - 0.0015), (0.0018, tall * 0.62, 0.0036), "rltuf")
    for i in range(20):  # the header: two rows of twenty pins
        z = -0.034 + i * 0.00254
        for row in (0, 1):
            y = -low - 0.0068 + row * 0.00254
            shape.box("gold", (top + 0.0062, y, z), (0.0062, 0.0007, 0.0007), "rtufb")
    shape.span("chip", (top, -low - 0.0082, -0.0355), (top + 0.0026, -low - 0.003, 0.0155), "rtufb")
    shape.span("port", (top, -0.004, -0.022), (top + 0.0018, 0.010, -0.008), "rtufb")  # the processor's lid
    shape.span("chip", (top, -0.006, 0.008), (top + 0.0012, 0.003, 0.017), "rtufb")  # USB and Ethernet
    shape.span("port", (top, 0.010, -0.033), (top + 0.0014, 0.020, -0.023), "rtufb")  # radio, under its can
    shape.span("port", (top, low + 0.002, -0.036), (top + 0.0030, low + 0.0080, -0.0285), "rltufb")  # micro USB
    shape.span("port", (top, low + 0.002, -0.019), (top + 0.0060, low + 0.0135, -0.004), "rltufb")  # HDMI
    shape.span("hole", (top + 0.001, low + 0.0019, -0.018), (top + 0.005, low + 0.0021, -0.005), "u")
    shape.span("chip", (top, low + 0.002, 0.008), (top + 0.0060, low + 0.0135, 0.0145), "rltufb")  # sound
    shape.span("chip", (top, -0.010, -0.0405), (top + 0.0030, 0.011, -0.0385), "rtufb")  # display
    shape.span("chip", (top, -0.012, 0.002), (top + 0.0030, 0.009, 0.004), "rtufb")  # camera
    shape.span("steel", (plate - 0.0010, -0.006, -front - 0.0), (plate, 0.006, -front + 0.0145), "ltufb")  # card
    for i in range(9):  # small parts
        y, z = (-0.014 + 0.0042 * (i % 3), -0.004 + 0.005 * (i // 3))
        shape.box("chip", (top + 0.0005, y, z), (0.0010, 0.0016, 0.0030), "rtufb")
    shape.box("led_green", (left + 0.0029, -low - 0.0010, front), (0.0028, 0.0018, 0.0010), "rltuf")
    shape.box("led_red", (left + 0.0068, -low - 0.0010, front), (0.0028, 0.0018, 0.0010), "rltuf")
    shape.span("caddy", (left, low, -front), (left + 0.0014, -low, front - 0.004))
    shape.span("caddy", (left, low, -front), (width / 2 - 0.003, low + 0.0018, front))
    shape.span("caddy", (left, -low - 0.0018, -front), (width / 2 - 0.008, -low, front - 0.001))
    for y in (low + 0.0057, -low - 0.0057):  # the pegs through the board's holes
        for z in (-0.039, 0.019):
            shape.box("caddy", (top + 0.0008, y, z), (0.0016, 0.0026, 0.0026), "rtufb")
    return shape


def _port(shape: Shape, paint: str, at: tuple[float, float, float, float, float, float], sides: str) -> None:
    """A socket from `x0` to `x1`, its opening dark; at = (x0, x1, lower edge, height, front, depth)."""
    x0, x1, low, tall, front, deep = at
    shape.span(paint, (x0, low, front - deep), (x1, low + tall, front - 0.0004), sides)
    shape.span("hole", (x0 + 0.0012, low + 0.0014, front - 0.001), (x1 - 0.0012, low + tall - 0.0014, front), "f")


def fan() -> Shape:
    """A fan's frame in a cube of edge 1, blowing along z: scaled to the sizes that the file has."""
    shape = Shape()
    rim = 0.08
    shape.span("fan", (-0.5, -0.5, -0.5), (-0.5 + rim, 0.5, 0.5), "rlfb")
    shape.span("fan", (0.5 - rim, -0.5, -0.5), (0.5, 0.5, 0.5), "rlfb")
    shape.span("fan", (-0.5 + rim, -0.5, -0.5), (0.5 - rim, -0.5 + rim, 0.5), "tufb")
    shape.span("fan", (-0.5 + rim, 0.5 - rim, -0.5), (0.5 - rim, 0.5, 0.5), "tufb")
    return shape


def rotor() -> Shape:
    """A fan's hub and five blades, about z: what turns."""
    hub = Shape().box("rotor", (0, 0, 0), (0.26, 0.26, 0.7), "rltufb")
    blades = ((0.29, 0.0), (0.09, 0.276), (-0.235, 0.17), (-0.235, -0.17), (0.09, -0.276))
    for x, y in blades:
        ux, uy = x / 0.29, y / 0.29
        wide = 0.11
        inner, outer = 0.1, 0.41
        corners = [
            (ux * inner - uy * -wide, uy * inner + ux * -wide, -0.25),
            (ux * outer - uy * -wide, uy * outer + ux * -wide, -0.25),
            (ux * outer - uy * wide, uy * outer + ux * wide, 0.25),
            (ux * inner - uy * wide, uy * inner + ux * wide, 0.25),
        ]
        hub.face("rotor", corners).face("rotor", list(reversed(corners)))
    return hub


def switch(size: Vector, ports: int) -> Shape:
    """A switch: two rows of ports with plugs in them, lights beside, the ears of its panel."""
    width, height, depth = size
    front = depth / 2
    body = width * 0.915
    shape = Shape().span("switch", (-body / 2, -height / 2 + 0.001, -front), (body / 2, height / 2 - 0.001, front))
    shape.span("switch", (-width / 2, -height / 2, front - 0.003), (width / 2, height / 2, front - 0.0005), "rltuf")
    columns = (ports + 1) // 2
    room = body * 0.9
    wide = min(room / columns * 0.78, 0.013)
    for i in range(ports):
        x = -room / 2 + (i // 2 + 0.5) * room / columns
        y = 0.0075 if i % 2 == 0 else -0.0085
        shape.box("hole", (x, y, front), (wide, 0.0115, 0.0006), "f")
        shape.box("cable", (x, y - 0.001, front + 0.0012), (wide * 0.62, 0.0075, 0.0024), "f")
    for side in (-1, 1):  # lights, in two strips
        shape.box("led_green", (side * room / 4, 0.0168, front), (room * 0.46, 0.0016, 0.0008), "f")
    return shape


def charger(size: Vector) -> Shape:
    """A charger, its sockets in three rows of twenty at the back: a stripe a row."""
    width, height, depth = size
    shape = Shape().box("charger", (0, 0, 0), size)
    for row in (-1, 0, 1):
        shape.box("hole", (0, row * height * 0.3, -depth / 2 - 0.0002), (width * 0.9, height * 0.16, 0), "b")
    return shape


def server(size: Vector) -> Shape:
    """A server's front: bays for disks, two buttons, a stripe of air."""
    width, height, depth = size
    front = depth / 2
    body = width * 0.915
    shape = Shape().span("server", (-body / 2, -height / 2 + 0.001, -front), (body / 2, height / 2 - 0.001, front))
    shape.span("rail", (-width / 2, -height / 2, front - 0.003), (width / 2, height / 2, front - 0.0005), "rltuf")
    for column in range(4):
        for row in range(3):
            x, y = -body * 0.36 + column * body * 0.21, -height * 0.3 + row * height * 0.3
            shape.box("steel", (x, y, front), (body * 0.195, height * 0.25, 0.004), "ruf")
            shape.box("led_green", (x - body * 0.085, y, front + 0.002), (0.003, 0.003, 0.001), "f")
    shape.box("led_green", (body * 0.44, height * 0.2, front), (0.010, 0.010, 0.004), "rltuf")
    return shape.box("led_red", (body * 0.44, -height * 0.2, front), (0.010, 0.010, 0.004), "rltuf")


def tray(width: float, height: float, depth: float) -> Shape:
    """A shelf's floor with its two sides: the caddies stand on it, open above and before."""
    shape = Shape().span(
        "rail", (-width / 2, -height / 2, -depth / 2), (width / 2, -height / 2 + 0.0015, depth / 2), "tuf"
    )
    wall = 0.0015
    for x in (-width / 2, width / 2 - wall):
        shape.span("rail", (x, -height / 2, -depth / 2), (x + wall, -height / 2 + 0.030, depth / 2), "rltf")
    return shape
