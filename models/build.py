"""A cluster file as files for programs that show it: `build` is all of `twin model build`. Called by command.py, the
twin's server and the tests.

    layout.json             where everything is; what positions are taken from
    NAME.glb                a named node a thing, for any program
    NAME.instanced.glb      a node a kind of thing, for viewers that draw 1050 Pis at once
    NAME.far.glb            the same with little detail
    pi.glb                  one Pi with all detail
    NAME.usdz               for Quick Look and USD
    NAME.table.usdz         the same, small enough for a table
    NAME.anchored.usdz      the same, hanging on a printed marker; only with the address that the markers lead to

Owns which files there are and their names; what is in them is scene.py's, glb.py's and usda.py's. The same cluster
gives the same bytes, on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import ceil

from models import glb, scene
from models.folded import folded
from models.layout import Layout, load
from models.markers.data import Print
from models.markers.place import SIZE_M
from models.usda import Anchor, name_of, usda
from models.usdz import usdz

TABLE_M = 0.3  # the longest side of what stands on a table
VERSION = 1  # of what is drawn: a cache of built files is stale when it changes
LAYOUT = "layout.json"
Progress = Callable[[str, int, int], None]


def build(cluster: str, url: str = "", marker: str = "", progress: Progress | None = None) -> dict[str, bytes]:
    """File name -> bytes. `cluster` is one of the twin's own or the path of a .toml.

    With `url`, the address that printed markers lead to, there is an anchored USDZ too: on `marker` ("3A"), or on the
    first one, of the usual size. `progress` hears a file's name, its number and how many there are, before each.
    Raises LayoutError, MarkerError.
    """
    return files(load(cluster), Print(url, SIZE_M, 2) if url else None, marker, progress)


def files(
    layout: Layout, printed: Print | None = None, marker: str = "", progress: Progress | None = None
) -> dict[str, bytes]:
    """As `build`, of a layout that is loaded, with markers as they were printed."""
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
        f"{name}.table.usdz": lambda: _usdz(layout, near, {}, scale=1 / table_of(layout)),
    }
    if printed is not None:
        makers[f"{name}.anchored.usdz"] = lambda: _anchored(layout, near, printed, marker)
    made = {}
    for number, (file, make) in enumerate(makers.items(), 1):
        if progress is not None:
            progress(file, number, len(makers))
        made[file] = make()
    return made


def file_name(name: str) -> str:
    """A cluster's name as a file's: lower case letters, digits and "-"."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "cluster"


def table_of(layout: Layout) -> int:
    """How many times smaller a cluster is on a table: 8 is 1:8; 1 where it fits as it is."""
    return max(1, ceil(max(layout.size) / TABLE_M))


def _usdz(
    layout: Layout, near: scene.Scene, images: dict[str, bytes], anchor: Anchor | None = None, scale: float = 1.0
) -> bytes:
    layer = usda(folded(near), f"layout {layout.hash}", anchor, scale)
    return usdz({f"{name_of(file_name(layout.name))}.usda": layer.encode(), **images})


def _anchored(layout: Layout, near: scene.Scene, printed: Print, marker: str) -> bytes:
    from models.anchor import anchor_of  # what prints markers is needed for this file only

    anchor, image = anchor_of(printed, layout, marker)
    return _usdz(layout, near, {anchor.image: image}, anchor)
