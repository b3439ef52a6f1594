"""The model's files, made when they are missing and kept in the data directory.

Owns `model-files/<key>` there: what `twin model build` wrote, and beside each file its brotli and gzip forms where they
save bytes. The key is that of the cluster's file, of the markers that were printed for it (the anchored USDZ hangs on
one) and of the program that draws it, so a change of any means a new build, and the old folder goes. The build runs in
a process of its own at low priority: it must not hold up a tick.
Served by models_api.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import logging
import os
import re
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

import brotli

import models
from models.layout import SHIPPED
from models.markers import data

log = logging.getLogger(__name__)

FOLDER = "model-files"
OURS = re.compile(r"\.?[0-9a-f]{16}(\.\d+)?")  # a folder that was made here
BUILD_S = 300.0
NICE = 10
SHOWN = 2000  # characters of what a failed build said
MAX_BYTES = 64 * 1024 * 1024  # one file; all are held in memory
DIGITS = 16  # of a file's hash in its name

TYPES = {
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".usdz": "model/vnd.usdz+zip",
    ".json": "application/json",
    ".bin": "application/octet-stream",
    ".png": "image/png",
    ".jpg": "image/jpeg",
}
PACKED = frozenset((".usdz", ".png", ".jpg"))  # Quick Look reads a usdz in place; pictures are small already

# (cluster, folder to write to, markers.json of what was printed or None); raises BuildError
Build = Callable[[str, Path, Path | None], Awaitable[None]]


class BuildError(Exception):
    """The model cannot be built; the message is for a person."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file. `packed`: content coding -> its bytes in that coding."""

    name: str
    kind: str
    digest: str
    body: bytes
    packed: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Its name with the hash in it: what is under this name never changes."""
        stem, dot, suffix = self.name.rpartition(".")
        return f"{stem}.{self.digest[:DIGITS]}{dot}{suffix}"


class Shelf:
    """The files of one cluster. `items` by hashed name; empty until `fill` is through."""

    def __init__(self, data_dir: Path, cluster: str, build: Build | None = None) -> None:
        self._root = data_dir / FOLDER
        self._printed = data_dir / data.FOLDER / data.FILE
        self._cluster = cluster
        self._build = build or build_aside
        self._seen: object = None  # of what was printed, when the files were made
        self.items: Mapping[str, Item] = MappingProxyType({})
        self.failed = ""  # why there is nothing

    def stale(self) -> bool:
        """Whether other markers were printed since: a look at the disk."""
        return bool(self.items) and _stamp(self._printed) != self._seen

    async def fill(self) -> None:
        """Take what is kept, or build it. Does not raise: `failed` says why there is nothing, and what was stays."""
        try:
            seen = await asyncio.to_thread(_stamp, self._printed)
            printed = None if seen is None else self._printed
            folder = self._root / await asyncio.to_thread(key_of, self._cluster, printed)
            if not folder.is_dir():
                await self._make(folder, printed)
            found = await asyncio.to_thread(read, folder)
        except (BuildError, OSError) as error:
            self.failed = str(error)
            log.warning("the model's files cannot be served: %s", error)
            return
        self.failed = ""
        self._seen = seen
        self.items = MappingProxyType({item.file: item for item in found})

    async def _make(self, folder: Path, printed: Path | None) -> None:
        """Build beside and move into place: a folder that is there is whole."""
        beside = self._root / f".{folder.name}.{os.getpid()}"
        await asyncio.to_thread(_clear, self._root, beside)
        try:
            try:
                await self._build(self._cluster, beside, printed)
            except BuildError as error:
                if printed is None:
                    raise
                # The room's model must not be missing because of a markers' file that somebody has spoilt.
                log.warning("no model that hangs on a printed marker: %s", error)
                await asyncio.to_thread(_empty, beside)
                await self._build(self._cluster, beside, None)
            await asyncio.to_thread(_pack_all, beside)
            beside.rename(folder)
        finally:
            await asyncio.to_thread(shutil.rmtree, beside, ignore_errors=True)


async def build_aside(cluster: str, folder: Path, printed: Path | None = None) -> None:
    """`twin model build` as a process of its own, at low priority. Raises BuildError with what it said."""
    command = [sys.executable, "-m", "twin", "model", "build", "--cluster", cluster, "--out", str(folder)]
    if printed is not None:
        command += ["--printed", str(printed)]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        preexec_fn=_yield_to_others if sys.platform != "win32" else None,
    )
    try:
        async with asyncio.timeout(BUILD_S):
            said, _ = await process.communicate()
    except TimeoutError as error:
        raise BuildError(f"`twin model build` took longer than {BUILD_S:g} s") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        text = said.decode(errors="replace").strip()[-SHOWN:]
        raise BuildError(f"`twin model build` ended with {process.returncode}: {text}")


def key_of(cluster: str, printed: Path | None = None) -> str:
    """Names a cluster's file, its printed markers and the program that draws them. Raises OSError."""
    here = Path(models.__file__).parent
    file = here / f"{cluster}.toml" if cluster in SHIPPED else Path(cluster)
    digest = sha256(file.read_bytes())
    if printed is not None:
        digest.update(printed.read_bytes())
    for source in sorted(here.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:DIGITS]


def read(folder: Path) -> list[Item]:
    """Everything of a folder that has a type. Raises BuildError when there is nothing."""
    found = []
    for path in sorted(folder.iterdir()):
        kind = TYPES.get(path.suffix)
        if kind is None:
            continue
        if path.stat().st_size > MAX_BYTES:
            raise BuildError(f"{path} has more than {MAX_BYTES} bytes; such a model is not served")
        body = path.read_bytes()
        beside = {"br": path.with_name(path.name + ".br"), "gzip": path.with_name(path.name + ".gz")}
        packed = {coding: each.read_bytes() for coding, each in beside.items() if each.exists()}
        found.append(Item(path.name, kind, sha256(body).hexdigest(), body, packed))
    if not found:
        raise BuildError(f"{folder} holds no model; remove it and it is built again")
    return found


def _pack_all(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        if path.suffix not in TYPES or path.suffix in PACKED:
            continue
        body = path.read_bytes()
        for suffix, packed in ((".br", brotli.compress(body)), (".gz", gzip.compress(body, mtime=0))):
            if len(packed) < len(body):
                path.with_name(path.name + suffix).write_bytes(packed)


def _clear(root: Path, beside: Path) -> None:
    """What is left of older clusters and of builds that were cut short."""
    root.mkdir(parents=True, exist_ok=True)
    for each in root.iterdir():
        if each.is_dir() and OURS.fullmatch(each.name):
            shutil.rmtree(each, ignore_errors=True)
    beside.mkdir()


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _stamp(path: Path) -> object:
    """Differs when the file does; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _yield_to_others() -> None:
    os.nice(NICE)
