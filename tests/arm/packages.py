"""Owns getting Debian packages of another architecture and release, from the mirrors apt knows, into a cache.

Nothing is installed here and no rights are needed: apt gets directories of its own and is told that it has no package
yet. It checks the signatures as always. image.py unpacks what comes.
"""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import Final

_KEYS: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"
_PATIENCE: Final = 900  # seconds for one call of apt; a kernel has 90 MB


class Packages:
    """Debian of one release and architecture. Opening it reads the mirrors' lists."""

    def __init__(self, cache: Path, release: str, architecture: str) -> None:
        self._place = cache / f"{release}-{architecture}"
        for folder in ("lists/partial", "archives/partial", "empty/partial"):
            (self._place / folder).mkdir(parents=True, exist_ok=True)
        (self._place / "status").write_text("")
        sources = self._place / "sources.list"
        sources.write_text("".join(f"{line}\n" for line in _sources(release)))
        settings = {
            "APT::Architecture": architecture,
            "APT::Architectures": architecture,
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "",
            "Dir::State": self._place,
            "Dir::State::lists": self._place / "lists",
            "Dir::State::status": self._place / "status",
            "Dir::Cache": self._place,
            "Dir::Cache::archives": self._place / "archives",
            "Dir::Etc::sourcelist": sources,
            "Dir::Etc::sourceparts": "/dev/null",
            # What other programs hang into apt on this system is not for these packages.
            "Dir::Etc::preferencesparts": "/dev/null",
            "APT::Keep-Downloaded-Packages": "true",
        }
        self._options = [f"-o{name}={value}" for name, value in settings.items()]
        self._apt("apt-get", "update", "-qq")

    def with_all_they_need(self, *names: str) -> list[Path]:
        """These packages and those they depend on, as files."""
        return self._get("install", *names)

    def kernel(self, name: str) -> Path:
        """The file of the kernel that this package stands for; what it depends on besides is for installing it."""
        depends = self._apt("apt-cache", "depends", name)
        found = [line.split()[-1] for line in depends.splitlines() if "Depends: linux-image-" in line]
        return self._get("download", found[0] if found else name)[0]

    def _get(self, how: str, *names: str) -> list[Path]:
        archives = self._place / "archives"
        self._apt("apt-get", how, "--download-only", "-y", "-qq", *names, within=archives)
        # Only what is not there yet is listed, so it is asked with nothing there.
        nothing = f"-oDir::Cache::archives={self._place / 'empty'}"
        wanted = self._apt("apt-get", nothing, how, "--print-uris", "-y", "-qq", *names, within=self._place / "empty")
        # 'address' file-name size checksum
        return [archives / shlex.split(line)[1] for line in wanted.splitlines() if line.startswith("'")]

    def _apt(self, program: str, *arguments: str, within: Path | None = None) -> str:
        command = [program, *self._options, *arguments]
        done = subprocess.run(command, cwd=within, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        if done.returncode:
            raise SystemExit(f"{program} {' '.join(arguments)} failed:\n{done.stdout[-1000:]}{done.stderr[-3000:]}")
        return done.stdout


def _sources(release: str) -> list[str]:
    """This system's own source of Debian, for another release. Not its updates: a guest lives for half an hour."""
    wanted = "$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)"
    command = ["apt-get", "indextargets", "--format", wanted, "Created-By: Packages"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    here = [line.split() for line in told.splitlines()]
    # The main part of a release itself: "bookworm", where "bookworm-security" is something else.
    mirrors = sorted({address for address, name, *rest in here if rest == ["main", "Debian"] and "-" not in name})
    if not mirrors:
        raise SystemExit("apt has no source of Debian's packages here. Run this on a Debian, after `apt-get update`.")
    return [f"deb [signed-by={_KEYS}] {mirror} {release} main" for mirror in mirrors]
