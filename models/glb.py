"""A scene as GLB: plain, with a named node a thing, or instanced, with a node a kind of thing. Called by build.py.

The plain file is what any program opens. The instanced one is for viewers that draw 1050 Pis at once: its nodes "pis",
"switches", "fans", "rotors" and "lamps" carry EXT_mesh_gpu_instancing with TRANSLATION, ROTATION, SCALE where sizes
differ, and _PI_ID: the place of an instance in its group (of a Pi, its slot). What never changes is one mesh, "rest".
"""

from __future__ import annotations

from models.gltf import Document
from models.scene import Item, Scene
from models.shape import ONE, UPRIGHT, Shape

INSTANCED = ("pis", "switches", "fans", "rotors", "lamps")
EXTENSION = "EXT_mesh_gpu_instancing"


def plain(scene: Scene, extras: dict[str, object]) -> bytes:
    """Every thing a node of its own with its name, under a node a group; shapes are shared."""
    document = Document()
    meshes = {name: document.mesh(name, shape) for name, shape in scene.shapes.items()}
    groups = list(dict.fromkeys(item.group for item in scene.items))
    roots = []
    for group in groups:
        children = [document.add(_node(item, meshes[item.shape])) for item in scene.group(group)]
        roots.append(document.add({"name": group if len(children) > 1 else f"{group}-group", "children": children}))
    root = document.add({"name": f"{scene.name}-root", "children": roots})
    return document.glb([root], scene.name, extras)


def instanced(scene: Scene, extras: dict[str, object]) -> bytes:
    """A node a group of INSTANCED, and one for the rest."""
    document = Document()
    roots = []
    for group in INSTANCED:
        if items := scene.group(group):
            roots.append(document.add(_instances(document, scene, group, items)))
            document.extensions[:] = [EXTENSION]
    rest = Shape()
    for item in scene.items:
        if item.group not in INSTANCED:
            rest.add(scene.shapes[item.shape], item.position, item.rotation, item.scale)
    if rest.faces:
        roots.append(document.add({"name": "rest", "mesh": document.mesh("rest", rest)}))
    return document.glb(roots, scene.name, extras)


def _node(item: Item, mesh: int) -> dict[str, object]:
    node: dict[str, object] = {"name": item.name, "mesh": mesh, "translation": list(item.position)}
    if item.rotation != UPRIGHT:
        node["rotation"] = list(item.rotation)
    if item.scale != ONE:
        node["scale"] = list(item.scale)
    return node | ({"extras": item.extras} if item.extras else {})


def _instances(document: Document, scene: Scene, group: str, items: list[Item]) -> dict[str, object]:
    shapes = {item.shape for item in items}
    assert len(shapes) == 1, f"{group} has the shapes {sorted(shapes)}: instances share one"
    attributes = {"TRANSLATION": document.numbers([item.position for item in items])}
    attributes["ROTATION"] = document.numbers([item.rotation for item in items])
    if any(item.scale != ONE for item in items):
        attributes["SCALE"] = document.numbers([item.scale for item in items])
    attributes["_PI_ID"] = document.numbers([float(item.id) for item in items])
    mesh = document.mesh(group, scene.shapes[shapes.pop()])
    return {"name": group, "mesh": mesh, "extensions": {EXTENSION: {"attributes": attributes}}}
