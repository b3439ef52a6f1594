"""markers.json: what programs must know of the markers. Written when they are printed, read by the twin and AR viewers.

    {"version": 1, "cluster": name, "origin": "https://twin.example", "units": "m", "modules": 25, "quiet": 4,
     "markers": [{"id", "switch_ip", "rack", "bank", "shelves": [..], "text", "level", "size", "position": [x, y, z],
                  "rotation": [x, y, z, w], "corners": [[x, y, z] x 4], "rows": ["1111111...", x 25]}],
     "ruler": {"size", "markers": [the same, in the sheet's own axes], "crosses": {"A1": [x, y, 0], ..}}}

`size` is the symbol's edge without its quiet zone; `corners` are its top left, top right, bottom right, bottom left, as
seen from before; `rows` go from the top, "1" is dark. Axes as in layout.json. Called by files.py and the twin.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, isfinite, sin
from pathlib import Path

from models.errors import MarkerError
from models.layout import Layout
from models.markers.place import Marker
from models.markers.ruler import CROSSES, SIZE_M, ruler_markers
from models.markers.symbol import MODULES, QUIET

VERSION = 1
FOLDER, FILE = "markers", "markers.json"  # where in the twin's data directory it is looked for
MAX_BYTES = 4_000_000  # a thousand switches with two markers each


def encode(layout: Layout, markers: Sequence[Marker], origin: str) -> bytes:
    """markers.json, the same bytes for the same markers."""
    body = {
        "version": VERSION,
        "cluster": layout.name,
        "origin": origin,
        "units": "m",
        "modules": MODULES,
        "quiet": QUIET,
        "markers": [_marker(marker) for marker in markers],
        "ruler": _ruler(origin),
    }
    return json.dumps(body, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _marker(marker: Marker) -> dict[str, object]:
    half = marker.yaw / 2
    return {
        "id": marker.id,
        "switch_ip": marker.switch_ip,
        "rack": marker.rack,
        "bank": marker.bank,
        "shelves": list(marker.shelves),
        "text": marker.symbol.text,
        "level": marker.symbol.level,
        "size": marker.size_m,
        "position": list(marker.position),
        "rotation": [0.0, round(sin(half), 9) + 0.0, 0.0, round(cos(half), 9) + 0.0],
        "corners": [list(corner) for corner in marker.corners],
        "rows": list(marker.symbol.rows),
    }


def _ruler(origin: str) -> dict[str, object]:
    half = SIZE_M / 2
    around = ((-half, half), (half, half), (half, -half), (-half, -half))
    return {
        "size": SIZE_M,
        "markers": [
            {
                "id": marker.id,
                "text": marker.symbol.text,
                "level": marker.symbol.level,
                "size": SIZE_M,
                "position": [*_rounded(marker.centre), 0.0],
                "rotation": [0.0, 0.0, 0.0, 1.0],
                "corners": [[*_rounded((marker.centre[0] + x, marker.centre[1] + y)), 0.0] for x, y in around],
                "rows": list(marker.symbol.rows),
            }
            for marker in ruler_markers(origin)
        ],
        "crosses": {name: [*_rounded(at), 0.0] for name, at in CROSSES.items()},
    }


def _rounded(point: tuple[float, float]) -> list[float]:
    return [round(value, 6) + 0.0 for value in point]


def read(path: Path) -> bytes | None:
    """The file as bytes that can be served; None when there is none. Raises MarkerError (unreadable, bad_file)."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise MarkerError("bad_file", f"{path} has more than {MAX_BYTES} bytes: print the markers again.")
        body = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MarkerError("unreadable", f"{path}: {error.strerror or error}.") from None
    try:
        _check(json.loads(body))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        what = f"{path} is not a markers.json ({type(error).__name__}: {error}). Make it again with `twin markers`."
        raise MarkerError("bad_file", what) from None
    return body


@dataclass(frozen=True, slots=True)
class Print:
    """What was printed: the address, the symbols' edge in metres, how many a switch has."""

    origin: str
    size_m: float
    per_switch: int


def printed(path: Path, cluster: str) -> Print | None:
    """What `twin markers` printed for that cluster; None when there is nothing. Raises MarkerError as `read`."""
    body = read(path)
    value = {} if body is None else json.loads(body)
    found = value.get("markers")
    if not found or value.get("cluster") != cluster:
        return None
    origin, size = value.get("origin"), found[0].get("size")
    switches = {marker.get("switch_ip") for marker in found}
    if not isinstance(origin, str) or not isinstance(size, int | float):
        raise MarkerError("bad_file", f"{path} has no origin or sizes. Make it again with `twin markers`.")
    return Print(origin, float(size), len(found) // max(len(switches), 1))


def _check(value: dict[str, object]) -> None:
    """Raises ValueError, KeyError or TypeError when AR viewers could not use it."""
    if value["version"] != VERSION:
        raise ValueError(f"version is {value['version']}, this program knows {VERSION}")
    found, side = value["markers"], value["modules"]
    if not isinstance(found, list) or not isinstance(side, int):
        raise TypeError("markers must be a list, modules a number")
    for n, marker in enumerate(found):
        numbers = [marker["size"], *marker["position"], *marker["rotation"]]
        numbers += [number for corner in marker["corners"] for number in corner]
        if len(numbers) != 1 + 3 + 4 + 12 or not all(isfinite(number) for number in numbers):
            raise ValueError(f"markers[{n}] has no finite pose")
        if [len(row) for row in marker["rows"]] != [side] * side or set("".join(marker["rows"])) - {"0", "1"}:
            raise ValueError(f"markers[{n}].rows are not {side} texts of {side} modules")
        if not isinstance(marker["id"], str) or not isinstance(marker["text"], str):
            raise TypeError(f"markers[{n}] has no id or text")
