"""The markers' survey as JSON, and markers.json with what the survey found in it.

    what a device sends    {"print": 1.002, "views": 32, "markers": [{"id": "3A", "position": [x, y, z],
                            "rotation": [x, y, z, w], "deviation": 0.0002, "views": 12}]}
    what it gets           the same with "revision", "time_ms" (null: no survey), "moved" in each marker (metres from
                           the design), "changes": [{"revision", "time_ms", "peer", "what", "markers", "moved"}]

Pure. What is kept on the disk is what devices get, with a version. The rules of what is believed are core/survey.py's.
Called by edge/survey_api.py and edge/markers_api.py.
"""

from __future__ import annotations

import json
from typing import Any

from twin.core.errors import BadInput
from twin.core.survey import (
    LEAST_VIEWS,
    MOST_CHANGES,
    MOST_DEVIATION_M,
    MOST_VIEWS,
    PRINT_HIGH,
    PRINT_LOW,
    Change,
    Hung,
    Place,
    Quaternion,
    Survey,
    Vector,
    count,
    number,
    quaternion,
    unlikely,
    vector,
)

VERSION = 1
MOST_COUNT = 1 << 53  # what a double still counts exactly; times and revisions stay far below
FAR_M = 1e6
ROUND = 6  # digits of a metre in markers.json, as the file has them


def to_json(survey: Survey) -> dict[str, Any]:
    """What GET answers."""
    return {
        "revision": survey.revision,
        "time_ms": survey.time_ms if survey.markers else None,
        "print": survey.print_scale,
        "views": survey.views,
        "markers": [
            {
                "id": marker.id,
                "position": list(marker.position),
                "rotation": list(marker.rotation),
                "deviation": marker.deviation_m,
                "views": marker.views,
                "moved": round(marker.moved_m, ROUND),
            }
            for marker in survey.markers
        ],
        "changes": [
            {
                "revision": change.revision,
                "time_ms": change.time_ms,
                "peer": change.peer,
                "what": change.what,
                "markers": change.markers,
                "moved": round(change.moved_m, ROUND),
            }
            for change in survey.changes
        ],
    }


def to_document(survey: Survey) -> bytes:
    """What is kept."""
    return json.dumps({"version": VERSION, **to_json(survey)}, separators=(",", ":"), allow_nan=False).encode()


def from_document(body: bytes) -> Survey:
    """What was kept. Whether the design still fits it is asked where it is used. Raises BadInput."""
    try:
        return _survey(json.loads(body))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(f"the survey that was kept is none ({type(error).__name__}: {error})") from error


def _survey(value: dict[str, Any]) -> Survey:
    if value["version"] != VERSION:
        raise ValueError(f"version is {value['version']}, this program knows {VERSION}")
    markers = tuple(_hung(one, f"markers[{n}]") for n, one in enumerate(value["markers"]))
    return Survey(
        revision=count(value["revision"], "revision", 1, MOST_COUNT),
        time_ms=count(value["time_ms"], "time_ms", 0, MOST_COUNT) if markers else 0,
        print_scale=number(value["print"], "print", PRINT_LOW, PRINT_HIGH),
        views=count(value["views"], "views", LEAST_VIEWS if markers else 0, MOST_VIEWS),
        markers=markers,
        changes=tuple(_change(one, f"changes[{n}]") for n, one in enumerate(value["changes"][:MOST_CHANGES])),
    )


def _hung(value: dict[str, Any], field: str) -> Hung:
    return Hung(
        _text(value["id"]),
        vector(value["position"], f"{field}.position"),
        quaternion(value["rotation"], f"{field}.rotation"),
        number(value["deviation"], f"{field}.deviation", 0.0, MOST_DEVIATION_M),
        count(value["views"], f"{field}.views", LEAST_VIEWS, MOST_VIEWS),
        number(value["moved"], f"{field}.moved", 0.0, FAR_M),
    )


def _change(value: dict[str, Any], field: str) -> Change:
    return Change(
        count(value["revision"], f"{field}.revision", 1, MOST_COUNT),
        count(value["time_ms"], f"{field}.time_ms", 0, MOST_COUNT),
        _text(value["peer"]),
        _text(value["what"]),
        count(value["markers"], f"{field}.markers", 0, MOST_VIEWS),
        number(value["moved"], f"{field}.moved", 0.0, FAR_M),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


# markers.json, which models/markers/data.py wrote or checked.


def design_of(body: bytes) -> dict[str, Place]:
    """Where the design has each marker, by id, in the file's order."""
    return {marker["id"]: _place(marker) for marker in json.loads(body)["markers"]}


def surveyed(body: bytes, survey: Survey) -> bytes:
    """markers.json with what was found in place of what was designed; the very bytes when there is no survey.

    A marker that the file does not have, or has where the card cannot be (the survey of another cluster, or of an older
    print), is left out.
    """
    if not survey.markers:
        return body
    value = json.loads(body)
    found = {marker.id: marker for marker in survey.markers}
    for marker in value["markers"]:
        hung = found.get(marker["id"])
        if hung is not None and not unlikely(_place(marker), hung.position, hung.rotation):
            marker |= _moved(marker, hung, survey.print_scale)
    value["survey"] = {"revision": survey.revision, "time_ms": survey.time_ms}
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _moved(marker: dict[str, Any], hung: Hung, print_scale: float) -> dict[str, Any]:
    size = round(marker["size"] * print_scale, ROUND + 1)
    return {
        "size": size,
        "position": _rounded(hung.position),
        "rotation": [round(part, 9) + 0.0 for part in hung.rotation],
        "corners": [_rounded(corner) for corner in corners(hung.position, hung.rotation, size)],
        "designed": {key: marker[key] for key in ("size", "position", "rotation", "corners")},
        "deviation": hung.deviation_m,
        "views": hung.views,
    }


def corners(position: Vector, rotation: Quaternion, size_m: float) -> tuple[Vector, Vector, Vector, Vector]:
    """Top left, top right, bottom right, bottom left of a square seen from before, in the cluster's axes."""
    x, y, z, w = rotation
    half = size_m / 2
    right = (1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w))
    up = (2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w))

    def at(across: float, above: float) -> Vector:
        a, b, c = (p + half * (across * r + above * u) for p, r, u in zip(position, right, up, strict=True))
        return a, b, c

    return at(-1, 1), at(1, 1), at(1, -1), at(-1, -1)


def _place(marker: dict[str, Any]) -> Place:
    x, y, z = marker["position"]
    a, b, c, d = marker["rotation"]
    norm = (a * a + b * b + c * c + d * d) ** 0.5 or 1.0  # people may write in this file
    return Place((x, y, z), (a / norm, b / norm, c / norm, d / norm))


def _rounded(point: Vector) -> list[float]:
    return [round(value, ROUND) + 0.0 for value in point]
