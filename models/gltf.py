"""A glTF 2.0 document in the making, and the GLB it becomes. Called by glb.py.

Owns buffers, accessors, materials and the container; what is in a scene is glb.py's.

    GLB   u32 magic "glTF" | u32 version 2 | u32 length of the file
          u32 length of JSON, padded with spaces to 4 | "JSON" | JSON
          u32 length of the buffer, padded with zeros to 4 | "BIN\\0" | buffer          (all little-endian)

Numbers keep the order in which they came, so the same scene gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from struct import pack

import numpy as np
from numpy.typing import NDArray

from models.paint import FINISHES, PAINTS, Finish
from models.shape import Face, Shape

FLOAT, UINT16, UINT32 = 5126, 5123, 5125
VERTICES, INDICES = 34962, 34963  # what a buffer is for
_KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
_TYPES = {FLOAT: "<f4", UINT16: "<u2", UINT32: "<u4"}
_WHITE16 = 65535
_MAX_INDEX16 = 65534  # 65535 starts a strip anew


class Document:
    """Meshes, nodes and materials; `glb` ends it."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, object]] = []
        self.extensions: list[str] = []
        self._meshes: list[dict[str, object]] = []
        self._materials: list[dict[str, object]] = []
        self._numbers: dict[str, int] = {}
        self._accessors: list[dict[str, object]] = []
        self._views: list[dict[str, object]] = []
        self._data = bytearray()

    def mesh(self, name: str, shape: Shape) -> int:
        """A mesh with a primitive a finish; the number of it."""
        faces = {finish: [face for face in shape.faces if PAINTS[face.paint].finish is finish] for finish in FINISHES}
        primitives = [self._primitive(own, finish) for finish, own in faces.items() if own]
        self._meshes.append({"name": name, "primitives": primitives})
        return len(self._meshes) - 1

    def numbers(self, rows: Sequence[Sequence[float]] | Sequence[float]) -> int:
        """An accessor of 32-bit floats, for the instances of a node."""
        return self._accessor(np.asarray(rows, "<f4"), FLOAT)

    def add(self, node: dict[str, object]) -> int:
        """A node; the number of it."""
        self.nodes.append(node)
        return len(self.nodes) - 1

    def glb(self, roots: list[int], name: str, extras: dict[str, object]) -> bytes:
        """The file. `roots` are the nodes of its one scene."""
        document: dict[str, object] = {"asset": {"version": "2.0", "generator": "twin model build", "extras": extras}}
        if self.extensions:
            document |= {"extensionsUsed": self.extensions, "extensionsRequired": self.extensions}
        document |= {"scene": 0, "scenes": [{"name": name, "nodes": roots}], "nodes": self.nodes}
        document |= {"meshes": self._meshes, "materials": self._materials, "accessors": self._accessors}
        document |= {"bufferViews": self._views, "buffers": [{"byteLength": len(self._data)}]}
        text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        data = bytes(self._data) + bytes(-len(self._data) % 4)
        length = 12 + 8 + len(text) + 8 + len(data)
        return b"".join(
            (
                pack("<4sII", b"glTF", 2, length),
                pack("<I4s", len(text), b"JSON"),
                text,
                pack("<I4s", len(data), b"BIN\0"),
                data,
            )
        )

    def _primitive(self, faces: list[Face], finish: Finish) -> dict[str, object]:
        corners = np.array([corner for face in faces for corner in face.corners], "<f4")
        normals = np.array([face.normal for face in faces for _ in face.corners], "<f4")
        tints = [(*(round(part * _WHITE16) for part in PAINTS[face.paint].colour), _WHITE16) for face in faces]
        colours = np.array([tint for face, tint in zip(faces, tints, strict=True) for _ in face.corners], "<u2")
        indices, first = [], 0
        for face in faces:
            for i in range(2, len(face.corners)):
                indices += [first, first + i - 1, first + i]
            first += len(face.corners)
        kind = UINT16 if first <= _MAX_INDEX16 else UINT32
        attributes = {
            "POSITION": self._accessor(corners, FLOAT, VERTICES, bounds=True),
            "NORMAL": self._accessor(normals, FLOAT, VERTICES),
            "COLOR_0": self._accessor(colours, UINT16, VERTICES, normalized=True),
        }
        return {
            "attributes": attributes,
            "indices": self._accessor(np.array(indices, _TYPES[kind]), kind, INDICES),
            "material": self._material(finish),
        }

    def _material(self, finish: Finish) -> int:
        if finish.name not in self._numbers:
            pbr: dict[str, object] = {"metallicFactor": finish.metallic, "roughnessFactor": finish.roughness}
            if finish.alpha < 1:
                pbr["baseColorFactor"] = [1.0, 1.0, 1.0, finish.alpha]
            material: dict[str, object] = {"name": finish.name, "pbrMetallicRoughness": pbr}
            if any(finish.glow):
                material["emissiveFactor"] = list(finish.glow)
            if finish.alpha < 1:
                material |= {"alphaMode": "BLEND"}
            self._numbers[finish.name] = len(self._materials)
            self._materials.append(material)
        return self._numbers[finish.name]

    def _accessor(
        self, values: NDArray[np.generic], kind: int, target: int = 0, *, normalized: bool = False, bounds: bool = False
    ) -> int:
        data = values.astype(_TYPES[kind]).tobytes()
        view: dict[str, object] = {"buffer": 0, "byteOffset": len(self._data), "byteLength": len(data)}
        if target:
            view["target"] = target
        self._views.append(view)
        self._data += data + bytes(-len(data) % 4)
        width = values.shape[1] if values.ndim == 2 else 1
        accessor: dict[str, object] = {"bufferView": len(self._views) - 1, "componentType": kind}
        accessor |= {"count": len(values), "type": _KINDS[width]}
        if normalized:
            accessor["normalized"] = True
        if bounds:  # as 64-bit numbers of the 32-bit values, which is what judges compare with
            floats = values.astype("<f4")
            accessor |= {"min": floats.min(axis=0).tolist(), "max": floats.max(axis=0).tolist()}
        self._accessors.append(accessor)
        return len(self._accessors) - 1
