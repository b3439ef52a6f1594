"""Builds the page into twin/static when a wheel (or an editable install) is made and the page is missing.

Owns the one place where packaging meets Node. Without Node nothing fails: the wheel goes without the page and
`twin serve` says over HTTP how to build it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs `npm ci` and `npm run build` once, when twin/static/index.html is not there."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if (root / "twin" / "static" / "index.html").exists() or not (root / "web" / "package.json").exists():
            return
        npm = shutil.which("npm")
        if npm is None or os.environ.get("TWIN_SKIP_PAGE"):
            self.app.display_warning("npm is not here: the page is not built (install Node 20+ and run `make page`)")
            return
        self.app.display_info("building the page with npm (once)")
        for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            done = subprocess.run(
                [npm, *command], cwd=root / "web", capture_output=True, text=True, timeout=600, check=False
            )
            if done.returncode != 0:
                self.app.display_warning(
                    f"`npm {' '.join(command)}` failed, so the page is missing:\n{done.stderr[-2000:]}"
                )
                return
