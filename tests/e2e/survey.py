"""A survey of markers as a visitor does it, before a film whose truth is known. For tests and the benchmark."""

from __future__ import annotations

import json
import math
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, expect

from tests.e2e import ar, film
from tests.e2e.ar import Take
from tests.e2e.process import TOKENS, Twin, wait_for

STOPS = 34
RIGHT = ("1B", "6B", "7A", "12A")  # what the page proposes to put right by a ruler: the face's corners
TAPE = ("7A", "6B")
MM = 0.001


def hung(scene: film.Scene, off_mm: float, turn_deg: float) -> film.Scene:
    """The same markers as people stick them: `off_mm` beside on each axis, standard deviation, but four by a ruler."""
    return ar.spoilt(scene, off_mm * MM, math.radians(turn_deg), right=RIGHT)


def walk(nominal: film.Scene, real: film.Scene, lens: film.Lens, size: tuple[int, int], path: Path) -> None:
    """Writes a film of a walk along the south face, which begins where the design has the markers."""
    at = ar.in_front(nominal.markers)
    Take(real, ar.paces(at.min(axis=0), at.max(axis=0), STOPS, (0.9, 1.3)), lens, size).write(path)


def finish(page: Page, patience_s: float = 90) -> None:
    """Until the page says that it is enough; then on to the result."""
    done = page.locator("#walk-done")
    wait_for(done.is_enabled, patience_s, lambda: page.locator("#walk").inner_text())
    done.click()
    expect(page.locator("#outcome-table tr").first).to_be_visible(timeout=20_000)


def measure(page: Page, real: film.Scene) -> None:
    """The tape between two of them, to a millimetre's tenth, and the four that hang right."""
    corner = {one.name: one.corners[0] for one in real.markers if one.name in TAPE}
    page.select_option("#tape-from", TAPE[0])
    page.select_option("#tape-to", TAPE[1])
    page.fill("#tape-mm", f"{float(np.linalg.norm(corner[TAPE[0]] - corner[TAPE[1]])) / MM:.1f}")
    for one in RIGHT:
        page.check(f"#right-{one}")
    expect(page.locator("#outcome-said")).to_contain_text("against the racks to ±0.", timeout=20_000)


def store(page: Page, revision: int = 1) -> None:
    page.fill("#outcome-token", TOKENS["TWIN_OPERATOR_TOKEN"])
    page.click("#outcome-store")
    expect(page.locator("#outcome-status")).to_contain_text(f"Stored: survey {revision}", timeout=10_000)


def put(twin: Twin, markers: list[dict[str, Any]]) -> None:
    """Stores where these hang, over whatever there is, as another device would."""
    kept = twin.get("/model/markers/survey")
    assert isinstance(kept, dict)
    fields = ("id", "position", "rotation")
    hang = [{**{key: one[key] for key in fields}, "deviation": 0.0002, "views": 9} for one in markers]
    headers = {
        "Authorization": f"Bearer {TOKENS['TWIN_OPERATOR_TOKEN']}",
        "Content-Type": "application/json",
        "If-Match": f'"{kept["revision"]}"',
    }
    body = json.dumps({"print": 1.0, "views": 24, "markers": hang}).encode()
    request = urllib.request.Request(f"{twin.url}/model/markers/survey", body, headers, method="PUT")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def documents(twin: Twin) -> tuple[dict[str, Any], dict[str, Any]]:
    markers, layout = twin.get("/model/markers.json"), twin.get("/model/layout.json")
    assert isinstance(markers, dict)
    assert isinstance(layout, dict)
    return markers, layout
