"""The schemas of the markers' survey (survey.py has the form in words). Pure; called by openapi.py.

Lengths in metres, in the axes of docs/layout.md.
"""

from __future__ import annotations

from typing import Any


def survey_schemas() -> dict[str, Any]:
    """FoundSurvey is what a device sends, KeptSurvey what it gets."""

    def numbers(size: int, about: str) -> dict[str, Any]:
        return {
            "type": "array",
            "items": {"type": "number"},
            "minItems": size,
            "maxItems": size,
            "description": about,
        }

    views = {"type": "integer", "minimum": 2}
    marker: dict[str, Any] = {
        "id": {"type": "string", "examples": ["3A"]},
        "position": numbers(3, "The symbol's centre."),
        "rotation": numbers(4, "x y z w; turns the card's axes (right, up, towards its reader)."),
        "deviation": {"type": "number", "minimum": 0, "maximum": 0.1, "description": "Standard deviation, metres."},
        "views": views,
    }
    scale = {"type": "number", "minimum": 0.9, "maximum": 1.1}
    scale["description"] = "A printed symbol's true size over its designed one."
    metres, whole = {"type": "number", "minimum": 0}, {"type": "integer", "minimum": 0}
    moved = metres | {"description": "From the design; of several the largest."}
    change = {
        "revision": whole,
        "time_ms": whole,
        "peer": {"type": "string"},
        "what": {"enum": ["stored", "removed"]},
        "markers": whole,
        "moved": moved,
    }

    def listed(properties: dict[str, Any], **bounds: int) -> dict[str, Any]:
        return {"type": "array", "items": _object(properties), **bounds}

    found = {"print": scale, "views": views, "markers": listed(marker, minItems=1)}
    kept = {
        "revision": whole,
        "time_ms": {"type": ["integer", "null"], "description": "null: there is no survey."},
        "print": scale,
        "views": whole,
        "markers": listed(marker | {"moved": moved}),
        "changes": listed(change, maxItems=20),
    }
    return {"FoundSurvey": _object(found), "KeptSurvey": _object(kept)}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}
