"""A thing's surface as painted polygons: what the pieces are drawn with and the writers read.

Owns geometry and nothing of what it means. A polygon is flat, convex and seen from outside counter-clockwise; its
corners are metres in the shape's own axes: x right, y up, z towards whoever looks at its front.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, pi, sin

from models.places import Vector

Quaternion = tuple[float, float, float, float]
UPRIGHT: Quaternion = (0.0, 0.0, 0.0, 1.0)
ONE: Vector = (1.0, 1.0, 1.0)
DIGITS = 6  # corners to a micrometre

_SIDES: tuple[tuple[str, Vector, Vector, Vector], ...] = (
    # letter, normal, its right, its up
    ("r", (1, 0, 0), (0, 0, -1), (0, 1, 0)),
    ("l", (-1, 0, 0), (0, 0, 1), (0, 1, 0)),
    ("t", (0, 1, 0), (1, 0, 0), (0, 0, -1)),
    ("u", (0, -1, 0), (1, 0, 0), (0, 0, 1)),
    ("f", (0, 0, 1), (1, 0, 0), (0, 1, 0)),
    ("b", (0, 0, -1), (-1, 0, 0), (0, 1, 0)),
)


@dataclass(frozen=True, slots=True)
class Face:
    """A flat polygon, its normal and its paint's name."""

    paint: str
    normal: Vector
    corners: tuple[Vector, ...]


class Shape:
    """Polygons, in the order in which they were drawn."""

    def __init__(self) -> None:
        self.faces: list[Face] = []

    @property
    def triangles(self) -> int:
        return sum(len(face.corners) - 2 for face in self.faces)

    def face(self, paint: str, corners: Iterable[Vector]) -> Shape:
        """A polygon; its normal comes from its first three corners."""
        points = tuple(corners)
        self.faces.append(Face(paint, _normal(*points[:3]), tuple(_rounded(point) for point in points)))
        return self

    def box(self, paint: str, centre: Vector, size: Vector, sides: str = "rltufb") -> Shape:
        """A box; `sides` are those that can be seen: right, left, top, under, front, back."""
        for letter, normal, right, up in _SIDES:
            if letter in sides:
                corners = [
                    tuple(
                        c + s / 2 * (n + a * r + b * u)
                        for c, s, n, r, u in zip(centre, size, normal, right, up, strict=True)
                    )
                    for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
                ]
                self.face(paint, [(x, y, z) for x, y, z in corners])
        return self

    def span(self, paint: str, low: Vector, high: Vector, sides: str = "rltufb") -> Shape:
        """A box from its lowest corner to its highest."""
        x, y, z = ((a + b) / 2 for a, b in zip(low, high, strict=True))
        width, height, depth = (b - a for a, b in zip(low, high, strict=True))
        return self.box(paint, (x, y, z), (width, height, depth), sides)

    def hip(self, paint: str, foot: Vector, size: Vector, top: float) -> Shape:
        """A roof over a foot (its middle) that shrinks to `top` of its width and depth; open below, closed above."""
        x, y, z = foot
        w, h, d = size[0] / 2, size[1], size[2] / 2
        low = [(x - w, y, z + d), (x + w, y, z + d), (x + w, y, z - d), (x - w, y, z - d)]
        high = [(x + (a - x) * top, y + h, z + (c - z) * top) for a, _, c in low]
        for i in range(4):
            j = (i + 1) % 4
            self.face(paint, [low[i], low[j], high[j], high[i]])
        return self.face(paint, high)

    def cylinder(self, paint: str, foot: Vector, radius: float, height: float, corners: int, caps: str = "tu") -> Shape:
        """A prism about the y axis; `caps` are those that can be seen: top, under."""
        x, y, z = foot
        ring = [(x + radius * cos(a), z - radius * sin(a)) for a in (2 * pi * i / corners for i in range(corners))]
        for (ax, az), (bx, bz) in zip(ring, [*ring[1:], ring[0]], strict=True):
            self.face(paint, [(ax, y, az), (bx, y, bz), (bx, y + height, bz), (ax, y + height, az)])
        if "t" in caps:
            self.face(paint, [(a, y + height, c) for a, c in ring])
        if "u" in caps:
            self.face(paint, [(a, y, c) for a, c in reversed(ring)])
        return self

    def add(self, other: Shape, position: Vector, rotation: Quaternion = UPRIGHT, scale: Vector = ONE) -> Shape:
        """Another shape, scaled, turned and moved into this one's axes."""
        for face in other.faces:
            self.face(face.paint, [moved(corner, position, rotation, scale) for corner in face.corners])
        return self


def about_y(yaw: float) -> Quaternion:
    """A turn about +y, in radians; quarter turns come out exact to nine digits."""
    return (0.0, round(sin(yaw / 2), 9) + 0.0, 0.0, round(cos(yaw / 2), 9) + 0.0)


def after(one: Quaternion, other: Quaternion) -> Quaternion:
    """The turn `one` after the turn `other`."""
    ax, ay, az, aw = one
    bx, by, bz, bw = other
    product = (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )
    x, y, z, w = (round(value, 9) + 0.0 for value in product)
    return (x, y, z, w)


def back(rotation: Quaternion) -> Quaternion:
    """The turn that undoes another."""
    x, y, z, w = rotation
    return (-x, -y, -z, w)


def moved(point: Vector, position: Vector, rotation: Quaternion = UPRIGHT, scale: Vector = ONE) -> Vector:
    """A point, scaled, turned, then moved."""
    px, py, pz = (p * s for p, s in zip(point, scale, strict=True))
    x, y, z, w = rotation
    # t = 2 q x p; p + w t + q x t
    tx, ty, tz = 2 * (y * pz - z * py), 2 * (z * px - x * pz), 2 * (x * py - y * px)
    turned = (px + w * tx + y * tz - z * ty, py + w * ty + z * tx - x * tz, pz + w * tz + x * ty - y * tx)
    return (turned[0] + position[0], turned[1] + position[1], turned[2] + position[2])


def vector(point: Vector) -> Vector:
    """A point to a micrometre, as a layout has it."""
    return _rounded(point)


def _normal(a: Vector, b: Vector, c: Vector) -> Vector:
    ux, uy, uz = (q - p for p, q in zip(a, b, strict=True))
    vx, vy, vz = (q - p for p, q in zip(a, c, strict=True))
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    length = (nx * nx + ny * ny + nz * nz) ** 0.5
    return _rounded((nx / length, ny / length, nz / length))


def _rounded(point: Vector) -> Vector:
    x, y, z = (round(value, DIGITS) + 0.0 for value in point)
    return (x, y, z)
