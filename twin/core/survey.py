"""Where the printed markers truly hang, as somebody's walk with a camera found it, and the rules for believing it.

Pure; time is an argument. Owns the types, the checks and what a change makes of the survey that was kept. Its forms on
the wire and on the disk are wire/survey.py's, doors and keeping edge/survey_api.py's.

A card that hangs 15 cm or 20 degrees from where the design has it was not hung carelessly: it is another card, or a
walk that went wrong. Nothing of such a survey is kept, for a pose from it would be wrong everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import acos, degrees, dist, isfinite, sqrt

from twin.core.errors import BadInput, Stale

MOST_MOVED_M = 0.15
MOST_TURNED_DEG = 20.0
NORM_SLACK = 1e-3
PRINT_LOW, PRINT_HIGH = 0.9, 1.1
MOST_DEVIATION_M = 0.1
LEAST_VIEWS, MOST_VIEWS = 2, 1_000_000  # one view alone cannot contradict itself
MOST_CHANGES = 20

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]  # x y z w; turns a card's axes (right, up, towards its reader)


@dataclass(frozen=True, slots=True)
class Place:
    """A marker by the design, in the cluster's axes (metres)."""

    position: Vector
    rotation: Quaternion


@dataclass(frozen=True, slots=True)
class Hung:
    """A marker as found. `deviation_m`: standard deviation of its centre; `moved_m`: how far from the design."""

    id: str
    position: Vector
    rotation: Quaternion
    deviation_m: float
    views: int
    moved_m: float


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the history. `markers` and `moved_m` (the largest) are those of what was stored or removed."""

    revision: int
    time_ms: int
    peer: str
    what: str  # "stored" or "removed"
    markers: int
    moved_m: float


@dataclass(frozen=True, slots=True)
class Survey:
    """`revision` rises with every change, removals too. `print_scale`: a printed symbol's true size over its designed
    one. Without markers there is no survey: the design holds. `changes`: the newest first."""

    revision: int = 0
    time_ms: int = 0
    print_scale: float = 1.0
    views: int = 0
    markers: tuple[Hung, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def moved_m(self) -> float:
        """The largest distance of a marker from the design."""
        return max((marker.moved_m for marker in self.markers), default=0.0)


def after(kept: Survey, believed: str, found: Survey | None, now_ms: int, peer: str) -> Survey:
    """What a change makes of `kept`; `found` None removes. `believed`: the revision that its sender knew, as text.

    Raises Stale when somebody changed it meanwhile.
    """
    if believed != str(kept.revision):
        raise Stale(
            f"another device changed the survey meanwhile: it is at revision {kept.revision}, yours is of revision "
            f"{believed[:20]!r}. Read it again and decide which of the two is right",
            revision=kept.revision,
        )
    told = kept if found is None else found
    what = "removed" if found is None else "stored"
    line = Change(kept.revision + 1, now_ms, peer, what, len(told.markers), told.moved_m)
    return replace(
        found or Survey(),
        revision=kept.revision + 1,
        time_ms=0 if found is None else now_ms,
        changes=(line, *kept.changes)[:MOST_CHANGES],
    )


def holds(kept: Survey, found: Survey | None) -> bool:
    """Whether `kept` says already what a change would make of it: its sender has not heard that it was taken."""
    return _said(kept) == _said(found or Survey())


def _said(survey: Survey) -> tuple[object, ...]:
    markers = tuple((each.id, each.position, each.rotation, each.deviation_m, each.views) for each in survey.markers)
    return survey.print_scale, survey.views, markers


def parse(body: Mapping[str, object], design: Mapping[str, Place]) -> Survey:
    """A survey as a device sends it (wire/survey.py has the form), checked against the design; its revision is 0.

    Raises BadInput whose field says where.
    """
    sent = body.get("markers")
    if not isinstance(sent, list):
        raise _bad("markers", "must be a list of markers")
    if not sent:
        raise _bad("markers", "is empty; DELETE takes a survey away")
    if len(sent) > len(design):
        raise _bad("markers", f"has {len(sent)} markers, of which this cluster has {len(design)}")
    markers: dict[str, Hung] = {}
    for n, value in enumerate(sent):
        marker = _marker(value, f"markers[{n}]", design)
        if marker.id in markers:
            raise _bad(f"markers[{n}].id", f"names {marker.id!r} a second time")
        markers[marker.id] = marker
    return Survey(
        print_scale=number(body.get("print"), "print", PRINT_LOW, PRINT_HIGH),
        views=count(body.get("views"), "views", LEAST_VIEWS, MOST_VIEWS),
        markers=tuple(markers.values()),
    )


def _marker(value: object, field: str, design: Mapping[str, Place]) -> Hung:
    if not isinstance(value, dict):
        raise _bad(field, "must be an object")
    marker_id = value.get("id")
    if not isinstance(marker_id, str) or marker_id not in design:
        known = ", ".join(list(design)[:3])
        raise _bad(f"{field}.id", f"is {str(marker_id)[:20]!r}, no marker of this cluster ({known}, ..)")
    position = vector(value.get("position"), f"{field}.position")
    rotation = quaternion(value.get("rotation"), f"{field}.rotation")
    deviation_m = number(value.get("deviation"), f"{field}.deviation", 0.0, MOST_DEVIATION_M)
    views = count(value.get("views"), f"{field}.views", LEAST_VIEWS, MOST_VIEWS)
    place = design[marker_id]
    if why := unlikely(place, position, rotation):
        wrong = f"{field}.{'rotation' if why.startswith('is turned') else 'position'}"
        raise BadInput(f"{wrong}: marker {marker_id} {why}; is it the right marker's card?", field=wrong)
    return Hung(marker_id, position, rotation, deviation_m, views, dist(position, place.position))


def unlikely(place: Place, position: Vector, rotation: Quaternion) -> str:
    """Why a card cannot be the one that the design has at `place`; "" when it can. `rotation` has norm 1."""
    moved_m = dist(position, place.position)
    if not moved_m <= MOST_MOVED_M:
        return f"hangs {moved_m * 1000:.0f} mm from its designed place; up to {MOST_MOVED_M * 1000:.0f} mm are believed"
    cosine = abs(sum(a * b for a, b in zip(rotation, place.rotation, strict=True)))
    turned_deg = degrees(2 * acos(min(1.0, cosine)))
    if not turned_deg < MOST_TURNED_DEG:
        return f"is turned by {turned_deg:.1f} degrees, less than {MOST_TURNED_DEG:g} are believed"
    return ""


# Values from outside; wire/survey.py reads the kept document with the same.


def number(value: object, field: str, low: float, high: float) -> float:
    """A finite number from `low` to `high`. Raises BadInput."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _bad(field, "must be a number")
    # Compared before it is converted: a whole number of 400 digits is no float.
    if not low <= value <= high or not isfinite(value):
        raise _bad(field, f"is {_short(value)}; it must be {low:g} to {high:g}")
    return float(value)


def count(value: object, field: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`. Raises BadInput."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise _bad(field, "must be a whole number")
    if not low <= value <= high:
        raise _bad(field, f"is {_short(value)}; it must be {low} to {high}")
    return value


def vector(value: object, field: str) -> Vector:
    """Three finite numbers, metres. Raises BadInput."""
    x, y, z = _numbers(value, field, 3)
    return x, y, z


def quaternion(value: object, field: str) -> Quaternion:
    """Four numbers x y z w of norm 1, nearly; made exact. Raises BadInput."""
    x, y, z, w = _numbers(value, field, 4)
    norm = sqrt(x * x + y * y + z * z + w * w)
    if not abs(norm - 1) <= NORM_SLACK:
        raise _bad(field, f"has the norm {norm:.6g}; a rotation is a quaternion x y z w of norm 1")
    return x / norm, y / norm, z / norm, w / norm


def _numbers(value: object, field: str, size: int) -> Sequence[float]:
    if not isinstance(value, list) or len(value) != size:
        raise _bad(field, f"must be a list of {size} numbers")
    return [number(each, f"{field}[{n}]", -1e6, 1e6) for n, each in enumerate(value)]


def _short(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e300 else "too large"


def _bad(field: str, what: str) -> BadInput:
    return BadInput(f"{field} {what}", field=field)
