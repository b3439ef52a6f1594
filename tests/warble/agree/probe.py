"""Owns running cases and writing down what came out. The only file here that runs inside the other Python.

It imports nothing but warble and the standard library, since that is all that is packed for the other one.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from pathlib import Path
from typing import Any

import warble

#: Text up to this long is written down as it is, so that a difference can be read; longer text as its hash.
_PLAIN = 400


def about() -> dict[str, Any]:
    """Which Python this is, on what."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    bits = sys.maxsize.bit_length() + 1
    return {"python": python, "machine": f"{platform.system()} on {platform.machine()}", "bits": bits}


def report(cases: list[dict[str, Any]]) -> dict[str, Any]:
    """What a file of record, and what another Python gives back."""
    return {"about": about(), "outcomes": outcomes(cases)}


def outcomes(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_outcome(case) for case in cases]


def _outcome(case: dict[str, Any]) -> dict[str, Any]:
    store = json.loads(json.dumps(case["store"]))  # a copy: the run changes it
    data = dict(case["data"])
    limits = warble.Limits(**case["limits"])
    try:
        outcome = warble.run(case["source"], user=case["user"], store=store, data=data, limits=limits)
    except Exception as error:  # noqa: BLE001 - a crash is a difference too, and the other cases shall still run
        return {"crash": f"{type(error).__name__}: {error}"}
    error = outcome.error
    return {
        "stdout": _short(outcome.stdout),
        "effects": _short(json.dumps(outcome.effects)),
        "error": None if error is None else [error.kind, error.start, error.end, error.message],
        "fuel": outcome.fuel,
        "kept": _short(json.dumps([store, data], sort_keys=True)),
    }


def _short(text: str) -> str:
    if len(text) <= _PLAIN:
        return text
    return f"{text[:40]}... {len(text)} characters, sha256 {hashlib.sha256(text.encode()).hexdigest()}"


def main(cases: str, found: str) -> None:
    """Files in, file out."""
    wanted = json.loads(Path(cases).read_text(encoding="utf-8"))
    Path(found).write_text(json.dumps(report(wanted)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
