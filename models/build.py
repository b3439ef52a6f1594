"""A cluster file as files for programs that show it: `build` is all of `twin model build`. Called by command.py, the
twin's server and the tests.

    layout.json             where everything is; what positions are taken from
    NAME.glb                a named node a thing, for any program
    NAME.instanced.glb      a node a kind of thing, for viewers that draw 1050 Pis at once
    NAME.far.glb            the same with little detail
    pi.glb                  one Pi with all detail
    NAME.usdz               for Quick Look and USD
    NAME.anchored.usdz      the same, hanging on a printed marker; only with the address that the markers lead to

Owns which files there are and their names; what is in them is scene.py's, glb.py's and usda.py's. The same cluster
gives the same bytes, on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from models import glb, scene
from models.folded import folded
from models.layout import Layout, load
from models.usda import Anchor, name_of, usda
from models.usdz import usdz

VERSION = 1  # of what is drawn: a cache of built files is stale when it changes
LAYOUT = "layout.json"
Progress = Callable[[str, int, int], None]


def build(cluster: str, url: str = "", marker: str = "", progress: Progress | None = None) -> dict[str, bytes]:
    """File name -> bytes. `cluster` is one of the twin's own or the path of a .toml.

    With `url`, the address that printed markers lead to, there is an anchored USDZ too: on `marker` ("3A"), or on the
    first one. `progress` hears a file's name, its number and how many there are, before each. Raises LayoutError,
    MarkerError.
    """
    return files(load(cluster), url, marker, progress)


def files(layout: Layout, url: str = "", marker: str = "", progress: Progress | None = None) -> dict[str, bytes]:
    """As `build`, of a layout that is loaded."""
    name = file_name(layout.name)
    extras: dict[str, object] = {"layout": layout.hash, "version": VERSION}
    near = scene.scene(layout)
    makers: dict[str, Callable[[], bytes]] = {
        LAYOUT: lambda: layout.encoded,
        f"{name}.glb": lambda: glb.plain(near, extras),
        f"{name}.instanced.glb": lambda: glb.instanced(near, extras),
        f"{name}.far.glb": lambda: glb.instanced(scene.scene(layout, scene.FAR), extras),
        "pi.glb": lambda: glb.plain(scene.close_pi(layout), extras),
        f"{name}.usdz": lambda: _usdz(layout, near, {}),
    }
    if url:
        makers[f"{name}.anchored.usdz"] = lambda: _anchored(layout, near, url, marker)
    made = {}
    for number, (file, make) in enumerate(makers.items(), 1):
        if progress is not None:
            progress(file, number, len(makers))
        made[file] = make()
    return made


def file_name(name: str) -> str:
    """A cluster's name as a file's: lower case letters, digits and "-"."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "cluster"


def _usdz(layout: Layout, near: scene.Scene, images: dict[str, bytes], anchor: Anchor | None = None) -> bytes:
    layer = usda(folded(near), f"layout {layout.hash}", anchor)
    return usdz({f"{name_of(file_name(layout.name))}.usda": layer.encode(), **images})


def _anchored(layout: Layout, near: scene.Scene, url: str, marker: str) -> bytes:
    from models.anchor import anchor_of  # what prints markers is needed for this file only

    anchor, image = anchor_of(layout, url, marker)
    return _usdz(layout, near, {anchor.image: image}, anchor)
