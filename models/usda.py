"""A scene as USD text, for Quick Look and for whatever reads USD. Called by usdz.py.

Owns the wording. The layer is text and not USD's binary form: text is the same for the same scene, needs no library of
157 MB on a server, and every reader takes it. A shape is a class in "K", drawn once for each way it is turned, with
its own materials; a thing is an instance of one and says only where it stands. Names of things are those of the GLB,
with "_" for what USD does not allow in a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import pi

from models.paint import PAINTS, Paint
from models.places import Vector
from models.plan import FACINGS
from models.scene import Item, Scene
from models.shape import UPRIGHT, Face, Quaternion, Shape, about_y, back, moved, vector

_SURFACE = """def Material "{name}"{{token outputs:surface.connect=<{path}/s.outputs:surface>
def Shader "s"{{uniform token info:id="UsdPreviewSurface"
{inputs}
token outputs:surface
}}
}}
"""
SHORT = 2  # things of a row that is not written as one
DIGITS = 6  # of a place: a micrometre
SHAPE_DIGITS = 4  # of a shape's corner: a tenth of a millimetre, where it costs the most
_QUARTERS = tuple(about_y(round(turns * pi / 2, 9)) for turns in range(len(FACINGS)))
_TURN = 'uniform token[] xformOpOrder=["xformOp:rotateY"]'
_ORDER = 'uniform token[] xformOpOrder=["xformOp:translate"]'


@dataclass(frozen=True, slots=True)
class Anchor:
    """A printed image that the scene hangs on: its file in the package, its width, and where it hangs."""

    image: str
    width_m: float
    position: Vector
    yaw: float


def usda(scene: Scene, doc: str, anchor: Anchor | None = None, scale: float = 1.0) -> str:
    """The layer. With an `anchor` the scene is moved so that the image's middle is the origin. `scale` is for one
    without: the scene grows from the middle of its floor."""
    root = name_of(scene.name)
    path = f"/{root}"
    kinds = _kinds(scene)
    parts = [f'#usda 1.0\n(defaultPrim="{root}"\ndoc="{doc}"\nmetersPerUnit=1\nupAxis="Y")\n']
    if anchor is None:
        parts.append(f'def Xform "{root}"(kind="assembly"){{\n{_scaled(scale)}')
    else:
        parts.append(_anchored(root, anchor))
    drawn = "".join(_kind(scene, kind, name, path) for kind, name in kinds.items())
    body = [f'def Scope "K"{{\nclass Xform "row"(kind="group"){{{_ORDER}\n}}\n{drawn}}}\n']
    for group in dict.fromkeys(item.group for item in scene.items):
        body += [f'def Xform "{group}"(kind="group"){{\n', _group(scene.group(group), kinds, path), "}\n"]
    return "".join([*parts, *body, "}\n"])


def _group(items: list[Item], kinds: dict[_Key, str], path: str) -> str:
    """Things by where they face, and in rows: what stands at the same height and depth says only how far right."""
    text = []
    for turns, facing in enumerate(FACINGS):
        rows: dict[tuple[float, float], list[tuple[Item, float]]] = {}
        for item in items:
            if _turns(item) == turns:
                right, up, front = vector(moved(item.position, (0.0, 0.0, 0.0), back(_QUARTERS[turns])))
                rows.setdefault((up, front), []).append((item, right))
        if rows:
            turn = f"float xformOp:rotateY={turns * 90}\n{_TURN}\n" if turns else ""
            text.append(f'def Xform "{facing}"(kind="group"){{\n{turn}')
            text += [_row_of(i, at, things, kinds, path) for i, (at, things) in enumerate(rows.items())]
            text.append("}\n")
    return "".join(text)


def _row_of(
    number: int, at: tuple[float, float], things: list[tuple[Item, float]], kinds: dict[_Key, str], path: str
) -> str:
    """A row with its things; a short one is not worth its own name."""
    long = len(things) > SHORT
    up, front = (0.0, 0.0) if long else at
    text = "".join(
        f'def "{name_of(item.name)}"(inherits=<{path}/K/{kinds[_key(item)]}>){{{_at(right, up, front)}}}\n'
        for item, right in things
    )
    return f'def Xform "row_{number}"(inherits=<{path}/K/row>){{{_at(0.0, *at)}{text}}}\n' if long else text


def _at(x: float, y: float, z: float) -> str:
    return f"double3 xformOp:translate={_row((x, y, z))}\n"


def name_of(text: str) -> str:
    """A name that USD allows."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", text)
    return name if name[:1].isalpha() or name[:1] == "_" else f"_{name}"


_Key = tuple[str, Quaternion, Vector]


def _turns(item: Item) -> int:
    """Quarter turns about +y of a thing; 0 for whatever is turned in another way, which its kind then is."""
    return _QUARTERS.index(item.rotation) if item.rotation in _QUARTERS else 0


def _key(item: Item) -> _Key:
    return (item.shape, UPRIGHT if item.rotation in _QUARTERS else item.rotation, item.scale)


def _kinds(scene: Scene) -> dict[_Key, str]:
    """Every way in which a shape is turned and scaled -> the name of its class."""
    found: dict[_Key, str] = {}
    for item in scene.items:
        found.setdefault(_key(item), f"k{len(found)}")
    return found


def _kind(scene: Scene, key: _Key, name: str, path: str) -> str:
    """A class: a mesh and a material a paint. `instanceable` and the order of transforms come with it."""
    shape, rotation, scale = key
    turned = Shape().add(scene.shapes[shape], (0.0, 0.0, 0.0), rotation, scale)
    here = f"{path}/K/{name}"
    paints = dict.fromkeys(face.paint for face in turned.faces)
    meshes = "".join(_mesh(paint, [f for f in turned.faces if f.paint == paint], here) for paint in paints)
    materials = "".join(_material(PAINTS[paint], f"{here}/M/{paint}") for paint in paints)
    return (
        f'class Xform "{name}"(instanceable=true\nkind="component"){{{_ORDER}\ndouble3 xformOp:translate=(0,0,0)\n'
        f'{meshes}def Scope "M"{{\n{materials}}}\n}}\n'
    )


def _mesh(paint: str, faces: list[Face], here: str) -> str:
    points: dict[Vector, int] = {}
    corners = [points.setdefault(corner, len(points)) for face in faces for corner in face.corners]
    normals: dict[Vector, int] = {}
    turns = [normals.setdefault(face.normal, len(normals)) for face in faces for _ in face.corners]
    low, high = ([pick(point[axis] for point in points) for axis in range(3)] for pick in (min, max))
    return (
        f'def Mesh "{paint}"(apiSchemas=["MaterialBindingAPI"]){{uniform token subdivisionScheme="none"\n'
        f"int[] faceVertexCounts=[{_numbers(len(face.corners) for face in faces)}]\n"
        f"int[] faceVertexIndices=[{_numbers(corners)}]\n"
        f"point3f[] points=[{_rows(points, SHAPE_DIGITS)}]\n"
        f"float3[] extent=[{_row(low)},{_row(high)}]\n"
        f'normal3f[] primvars:normals=[{_rows(normals, SHAPE_DIGITS)}](interpolation="faceVarying")\n'
        f"int[] primvars:normals:indices=[{_numbers(turns)}]\n"
        f"rel material:binding=<{here}/M/{paint}>\n}}\n"
    )


def _material(paint: Paint, path: str) -> str:
    finish = paint.finish
    inputs = [
        f"color3f inputs:diffuseColor={_row(paint.colour)}",
        f"float inputs:roughness={_number(finish.roughness)}",
    ]
    if finish.metallic:
        inputs.append(f"float inputs:metallic={_number(finish.metallic)}")
    if any(finish.glow):
        inputs.append(f"color3f inputs:emissiveColor={_row(finish.glow)}")
    if finish.alpha < 1:
        inputs.append(f"float inputs:opacity={_number(finish.alpha)}")
    return _SURFACE.format(name=paint.name, path=path, inputs="\n".join(inputs))


def _anchored(root: str, anchor: Anchor) -> str:
    """The root that hangs on an image. An image lies in its own x-z plane, its upper edge towards -z, and looks to +y;

    so the cluster, in which the marker looks along `yaw` and stands upright, is moved, turned back and laid down.
    """
    x, y, z = (-value for value in anchor.position)
    degrees = -anchor.yaw * 180 / pi
    return (
        f'def Xform "{root}"(kind="assembly"\nprepend apiSchemas=["Preliminary_AnchoringAPI"]){{\n'
        'uniform token preliminary:anchoring:type="image"\n'
        f"rel preliminary:imageAnchoring:referenceImage=</{root}/Image>\n"
        f"float xformOp:rotateX=-90\nfloat xformOp:rotateY={_number(degrees)}\n"
        f"double3 xformOp:translate={_row((x, y, z))}\n"
        'uniform token[] xformOpOrder=["xformOp:rotateX","xformOp:rotateY","xformOp:translate"]\n'
        f'def Preliminary_ReferenceImage "Image"{{uniform asset image=@{anchor.image}@\n'
        f"uniform double physicalWidth={_number(anchor.width_m * 100)}\n}}\n"  # in centimetres, always
    )


def _scaled(scale: float) -> str:
    if scale == 1:
        return ""
    return f'float3 xformOp:scale={_row((scale,) * 3)}\nuniform token[] xformOpOrder=["xformOp:scale"]\n'


def _numbers(values: Iterable[int]) -> str:
    return ",".join(map(str, values))


def _rows(rows: Iterable[Sequence[float]], digits: int = DIGITS) -> str:
    return ",".join(_row(row, digits) for row in rows)


def _row(values: Sequence[float], digits: int = DIGITS) -> str:
    return f"({','.join(_number(value, digits) for value in values)})"


def _number(value: float, digits: int = DIGITS) -> str:
    """As short as these digits after the point allow."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    if text in ("-0", "0", ""):
        return "0"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
