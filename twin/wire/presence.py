"""Presence on the wire: the message `poses`, and what viewers say of themselves, parsed once.

Pure. Little-endian, no padding, columns one after the other:

     0  2  magic "TP"
     2  1  version = 1
     3  1  0
     4  2  count u16    people in this message: all who are seen; who is missing is gone
     6  .  id    u16 x count, ascending; the names are in `people`
        .  age   u16 x count, ms since that pose came in (for those who smooth what they see)
        .  parts u16 x count, bit 0 left hand, bit 1 right hand; the head is always there
        .  head  position i16 x 3 x count (mm), then rotation i16 x 4 x count (x y z w, 32767 = 1)
        .  left  the same for those with bit 0, in their order
        .  right the same for those with bit 1

Metres become millimetres: right-handed, y up, the origin as in layout.json, at most ROOM_M from it.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from twin.core.columns import F32
from twin.core.errors import BadInput
from twin.core.presence import HEAD, LEFT, RIGHT, Pose, Shown

MAGIC = b"TP"
VERSION = 1
HEADER = struct.Struct("<2sBBH")
ROOM_M = 32.0
UNIT = 32767
MM = 1000
MAX_NAME = 24
PARTS = {"head": HEAD, "left": LEFT, "right": RIGHT}
HANDS = ((LEFT, 1), (RIGHT, 2))


def encode(shown: Shown) -> bytes:
    """The message's bytes."""
    count = len(shown.ids)
    bits = np.zeros(count, "<u2")
    for hand, bit in HANDS:
        bits |= np.where(np.isnan(shown.parts[:, hand, 0]), 0, bit).astype("<u2")
    pieces = [HEADER.pack(MAGIC, VERSION, 0, count)]
    pieces += [shown.ids.astype("<u2").tobytes(), shown.age_ms.astype("<u2").tobytes(), bits.tobytes()]
    pieces += _part(shown.parts[:, HEAD])
    for hand, bit in HANDS:
        pieces += _part(shown.parts[(bits & bit) != 0, hand])
    return b"".join(pieces)


def decode(data: bytes) -> Shown:
    """Read a message. Raises BadInput that says which part is wrong; never reads past `data`."""
    if len(data) < HEADER.size:
        raise BadInput(f"{len(data)} bytes are fewer than a header of {HEADER.size}", field="header")
    magic, version, zero, count = HEADER.unpack_from(data)
    if (magic, version, zero) != (MAGIC, VERSION, 0):
        raise BadInput(f"not poses of version {VERSION}: begins {magic!r} version {version}", field="header")
    at = HEADER.size

    def take(dtype: str, length: int) -> NDArray[np.int64]:
        nonlocal at
        end = at + length * 2
        if end > len(data):
            raise BadInput(f"poses end at byte {len(data)}, a column needs {end}", field="columns")
        column = np.frombuffer(data, dtype, length, at).astype(np.int64)
        at = end
        return column

    def part(length: int) -> F32:
        position = take("<i2", length * 3).reshape(-1, 3) / MM
        return np.hstack([position, take("<i2", length * 4).reshape(-1, 4) / UNIT]).astype(np.float32)

    ids, age_ms, bits = take("<u2", count), take("<u2", count), take("<u2", count)
    parts = np.full((count, 3, 7), np.nan, np.float32)
    parts[:, HEAD] = part(count)
    for hand, bit in HANDS:
        has = (bits & bit) != 0
        parts[has, hand] = part(int(has.sum()))
    if at != len(data):
        raise BadInput(f"{len(data) - at} bytes follow the last column", field="columns")
    return Shown(ids.astype(np.uint16), parts, age_ms.astype(np.uint16))


def pose_of(value: object) -> Pose:
    """{"head", "left"?, "right"?, "name"?}. Raises BadInput naming the field."""
    body = _object(value, "pose")
    parts = np.full((3, 7), np.nan, np.float32)
    for field, row in PARTS.items():
        numbers = body.get(field)
        if numbers is None:
            if row == HEAD:
                raise BadInput("a pose needs `head`: x, y, z, qx, qy, qz, qw", field="head")
            continue
        parts[row] = _seven(numbers, field)
    return Pose(parts, _name(body))


def introduction(value: object) -> tuple[str, bool]:
    """{"name"?, "leave"?}: the name ("" not said), and whether the viewer goes. Raises BadInput naming the field."""
    body = _object(value, "present")
    leave = body.get("leave", False)
    if not isinstance(leave, bool):
        raise BadInput("`leave` must be true or false", field="leave")
    return _name(body), leave


def _seven(value: object, field: str) -> list[float]:
    """Position and rotation, the latter of length 1."""
    good = isinstance(value, list) and len(value) == 7 and all(_finite(each) for each in value)
    if not good or not isinstance(value, list):
        raise BadInput(f"`{field}` must be seven numbers: x, y, z, qx, qy, qz, qw", field=field)
    place, turn = [float(each) for each in value[:3]], [float(each) for each in value[3:]]
    if max(map(abs, place)) > ROOM_M:
        raise BadInput(f"`{field}` is more than {ROOM_M:g} m from the cluster", field=field, code="out_of_range")
    length = math.hypot(*turn)
    if not 0.5 < length < 2:
        raise BadInput(f"`{field}`: qx, qy, qz, qw must be a rotation, of length 1", field=field, code="out_of_range")
    return [*place, *(each / length for each in turn)]


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9  # NaN is not below


def _name(body: Mapping[str, object]) -> str:
    name = body.get("name")
    if name is None:
        return ""
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= MAX_NAME or not name.isprintable():
        raise BadInput(f"`name` must be 1 to {MAX_NAME} printable characters", field="name", code="bad_name")
    return name.strip()


def _object(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise BadInput(f"`{what}` takes one JSON object", field=what)
    return value


def _part(poses: F32) -> list[bytes]:
    position = np.clip(np.rint(poses[:, :3] * MM), -32767, 32767).astype("<i2")
    return [position.tobytes(), np.rint(poses[:, 3:] * UNIT).astype("<i2").tobytes()]
