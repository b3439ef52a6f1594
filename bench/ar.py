"""AR: how far beside its Pi each dot lies, in millimetres, before a made-up camera of 1920 x 1080 whose truth is known.

Each row is the unchanged /ar page in headless Chromium, its camera a film (tests/e2e/film.py), from getUserMedia to the
drawn dot: the worst over all pictures and all Pis in them, also those far from any marker. `known`: the page was given
the lens as a calibration leaves it; else it begins with a guess, and its first round is left out. No baseline: a plain
decoder's corners would be millimetres off, and no browser tracks images by itself.

Not in it: a real camera's rolling shutter, focus that breathes, paper that waves. docs/ar.md says how to measure those.
"""

from __future__ import annotations

import asyncio
import math
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.fanout import Say
from bench.plan import Plan
from bench.table import Figure, Target
from tests.e2e import ar, film, survey
from tests.e2e.ar import Posed, Take
from tests.e2e.film import Lens, Scene, Weather
from tests.e2e.process import Twin

NAME = "AR: the overlay's error"
SIZE = (1920, 1080)
TWIN = "worst"
IDEAL_MM, REAL_MM, FRAME_MS = 0.1, 0.5, 60.0
FAR = (0.7, 1.0, 1.5, 2.0)
TIMEOUT_S = 240.0
UNSURE = (0.02, 0.1, 0.05)  # of a lens that somebody looked up


@dataclass(frozen=True)
class Case:
    """One row. lens: the camera's; told: what the page believes of it, None = it guesses and learns."""

    what: str
    far: float = 1.0
    weather: Weather = Weather()
    lens: Lens = ar.camera(SIZE)
    told: Lens | None = ar.camera(SIZE)
    unsure: tuple[float, float, float] = (0.0, 0.0, 0.0)  # of focal, k1 and k2, standard deviations
    off_mm: float = 0.0
    turn_deg: float = 0.0
    ruled: bool = False  # four of the markers hang right, by a ruler
    target_mm: float | None = None


def cases(quick: bool) -> list[Case]:
    off = _off(0.05, -0.02)
    near = (960, 540)
    ideal = [Case(f"ideal, {far:g} m", far, target_mm=IDEAL_MM) for far in FAR]
    if quick:
        return ideal[1:2]
    return [
        *ideal,
        Case("1.5 % focal error, distortion", lens=off, told=ar.camera(SIZE), unsure=UNSURE, target_mm=REAL_MM),
        Case("an unknown lens, learnt by looking", lens=off, told=None, target_mm=REAL_MM),
        Case("another one, bent the other way", lens=_off(-0.06, 0.015), told=None, target_mm=REAL_MM),
        Case("noise of 8 grey levels", weather=Weather(noise=8)),
        Case("a soft lens, 2 pixels", weather=Weather(blur=2)),
        Case("5 pixels of motion", weather=Weather(smear=5)),
        Case("glare", weather=Weather(glare=((*near, 90, 120), (300, 300, 60, 150)))),
        Case("cables before markers", weather=Weather(hidden=((940, 0, 955, 1080), (0, 420, 1920, 430)))),
        Case("stickers 1 mm and 0.3 degrees off, no survey", off_mm=1, turn_deg=0.3),
        Case("stickers 3 mm and 0.3 degrees off, no survey", off_mm=3, turn_deg=0.3, ruled=True),
        Case("all of it: bent, soft, noisy, moving, glare", lens=off, told=None,
             weather=Weather(1.2, 4, 3, ((*near, 80, 100),))),
    ]  # fmt: skip


SURVEY_LENS = ar.camera(SIZE, focal=0.77)
SURVEYED = Case("the same stickers after a survey", off_mm=3, turn_deg=0.3, ruled=True, target_mm=REAL_MM)


def _off(k1: float, k2: float) -> Lens:
    bent = ar.camera(SIZE, k1=k1, k2=k2)
    return replace(bent, fx=bent.fx * 1.015, fy=bent.fy * 1.015)


async def run(plan: Plan, work: Path, say: Say) -> list[Figure]:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, range(os.cpu_count() or 1))  # the browser may have them all, as on a phone
        return await asyncio.to_thread(_run, plan, work, say)
    finally:
        os.sched_setaffinity(0, before)


def _run(plan: Plan, work: Path, say: Say) -> list[Figure]:
    figures: list[Figure] = []
    took: list[float] = []
    missed = 0
    with Twin("serve", data_dir=work / "ar") as twin:
        markers, layout = twin.get("/model/markers.json"), twin.get("/model/layout.json")
        assert isinstance(markers, dict)
        assert isinstance(layout, dict)
        scene, faces = ar.scene_of(markers, layout), ar.faces_of(layout)
        for case in cases(plan.quick):
            say(f"AR: {case.what}")
            found = _film(case, scene, faces, twin.url, work, 6 if plan.quick else 12)
            took += [one.took_ms for one in found]
            missed += sum(math.isinf(one.worst_m) for one in found)
            figures += _figures(case, found)
        if not plan.quick:
            say(f"AR: {SURVEYED.what}")
            _survey(SURVEYED, scene, twin.url, work)
            found = _film(SURVEYED, scene, faces, twin.url, work, 12)
            figures += _figures(SURVEYED, found)
    pose = "pictures without a pose after the first that had one, all rows"
    time = Figure(NAME, "time of a picture in the worker", "ms", {"median": statistics.median(took)},
                  targets=[Target(FRAME_MS, "value", most=True)])  # fmt: skip
    return [*figures, time, Figure(NAME, pose, "", {TWIN: missed}, targets=[Target(0, "value", most=True)])]


def _film(case: Case, scene: Scene, faces: film.Array, url: str, work: Path, pictures: int) -> list[Posed]:
    hung = _hung(case, scene)
    at = np.median(ar.in_front(scene.markers), axis=0)
    take = Take(hung, ar.stroll(at, case.far, pictures), case.lens, SIZE, case.weather)
    path = work / "camera.y4m"
    take.write(path)
    script = "" if case.told is None else ar.known(case.told, SIZE, *case.unsure)
    with ar.page_before(path, url, script) as page:
        found = ar.watch(page, take, faces, rounds=1.5 if case.told else 3, timeout_s=TIMEOUT_S)
    path.unlink()
    posed = ar.settled(found)
    return posed if case.told else posed[pictures:]


def _hung(case: Case, scene: Scene) -> Scene:
    if case.ruled:
        return survey.hung(scene, case.off_mm, case.turn_deg)
    return ar.spoilt(scene, case.off_mm / 1000, math.radians(case.turn_deg)) if case.off_mm else scene


def _survey(case: Case, scene: Scene, url: str, work: Path) -> None:
    """The walk of /ar?survey with a lens that nobody told it, a tape, four by the ruler; the server keeps it."""
    path, real = work / "walk.y4m", _hung(case, scene)
    survey.walk(scene, real, SURVEY_LENS, SIZE, path)
    with ar.page_before(path, url, query="survey") as page:
        survey.finish(page, TIMEOUT_S)
        survey.measure(page, real)
        survey.store(page)
    path.unlink()


def _figures(case: Case, found: Sequence[Posed]) -> list[Figure]:
    worst = [1000 * one.worst_m for one in found if math.isfinite(one.worst_m)]
    target = [Target(case.target_mm, "value", most=True)] if case.target_mm else []
    return [
        Figure(
            NAME, case.what, "mm",
            {TWIN: max(worst, default=math.inf), "median": statistics.median(worst) if worst else math.inf,
             "told": 1000 * statistics.median(one.told_m for one in found),
             "markers": statistics.median(one.markers for one in found)},
            targets=target,
        )
    ]  # fmt: skip
