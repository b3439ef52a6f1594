"""Owns the folder that another Python gets: warble, lark, the probe and the cases. Nothing else of here is in it.

lark and warble are pure Python, so that the same files run everywhere.
"""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import warble
from tests.warble.agree import probe
from tests.warble.agree.cases import Case

PROBE = "probe.py"
CASES = "cases.json"
FOUND = "found.json"
_NOT = shutil.ignore_patterns("__pycache__", "*.pyc")


def fill(folder: Path, cases: list[Case]) -> None:
    """Put everything into an empty folder."""
    shutil.copytree(Path(warble.__file__).parent, folder / "warble", ignore=_NOT)
    shutil.copytree(_lark(), folder / "lark", ignore=_NOT)
    shutil.copy(probe.__file__, folder / PROBE)
    (folder / CASES).write_text(json.dumps(cases), encoding="utf-8")


def _lark() -> Path:
    found = find_spec("lark")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent
