"""What a walk would send: markers of a markers.json, hung a little off, as a device makes it of its bundle."""

from __future__ import annotations

from collections.abc import Iterable
from math import cos, radians, sin
from typing import Any

Axis = tuple[float, float, float]
UP: Axis = (0.0, 1.0, 0.0)


def walked(
    markers: Iterable[dict[str, Any]],
    shift: Axis = (0.003, -0.002, 0.001),
    turned_deg: float = 0.6,
    axis: Axis = (0.0, 0.0, 1.0),
    **changes: Any,
) -> dict[str, Any]:
    """A good body. Each marker is `shift` metres off and turned about `axis` of the cluster by `turned_deg`."""
    body: dict[str, Any] = {
        "print": 1.002,
        "views": 32,
        "markers": [
            {
                "id": marker["id"],
                "position": [a + b for a, b in zip(marker["position"], shift, strict=True)],
                "rotation": turned(marker["rotation"], turned_deg, axis),
                "deviation": 0.0002,
                "views": 12,
            }
            for marker in markers
        ],
    }
    return body | changes


def turned(rotation: list[float], degrees: float, axis: Axis) -> list[float]:
    """`rotation`, and then about `axis` (of length 1)."""
    half = radians(degrees) / 2
    (a, b, c), d = (part * sin(half) for part in axis), cos(half)
    x, y, z, w = rotation
    return [
        d * x + a * w + b * z - c * y,
        d * y - a * z + b * w + c * x,
        d * z + a * y - b * x + c * w,
        d * w - a * x - b * y - c * z,
    ]
