"""The files that `twin model build` makes, read back by programs that share no code with what wrote them."""

from __future__ import annotations

import json
from functools import cache
from io import BytesIO
from pathlib import Path
from struct import unpack
from typing import Any
from zipfile import ZipFile

import brotli
import numpy as np
import pytest
import trimesh

from models import pieces, scene
from models.build import build, table_of
from models.layout import SHIPPED, load
from models.shape import Shape
from models.usda import name_of
from tests.e2e.node import install, run_node
from tests.models import silhouette

URL = "https://twin.example"
LAYOUT = load("cluster")
TENTH_MM = 1e-4


@cache
def made(cluster: str = "cluster") -> dict[str, bytes]:
    return build(cluster, URL)


def parsed(glb: bytes) -> tuple[dict[str, Any], bytes]:
    """JSON and buffer of a GLB, by the standard's own figures."""
    (length,) = unpack("<I", glb[12:16])
    return json.loads(glb[20 : 20 + length]), glb[28 + length :]


def floats(document: dict[str, Any], buffer: bytes, accessor: int) -> Any:
    told = document["accessors"][accessor]
    view = document["bufferViews"][told["bufferView"]]
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[told["type"]]
    return np.frombuffer(buffer, "<f4", told["count"] * width, view["byteOffset"]).reshape(-1, width)


def instances(document: dict[str, Any], name: str) -> dict[str, int]:
    node = next(node for node in document["nodes"] if node["name"] == name)
    found: dict[str, int] = node["extensions"]["EXT_mesh_gpu_instancing"]["attributes"]
    return found


def test_the_same_cluster_gives_the_same_bytes() -> None:
    assert build("cluster", URL) == made()


def test_building_tells_how_far_it_is() -> None:
    heard: list[tuple[str, int, int]] = []
    files = build("desk", progress=lambda *told: heard.append(told))
    assert [file for file, _, _ in heard] == list(files)
    assert [number for _, number, _ in heard] == list(range(1, len(files) + 1))
    assert {count for _, _, count in heard} == {len(files)}


def test_the_layout_file_is_the_one_that_viewers_get() -> None:
    assert made()["layout.json"] == LAYOUT.encoded
    document, _ = parsed(made()["cluster.glb"])
    assert document["asset"]["extras"]["layout"] == LAYOUT.hash


def test_the_plain_file_has_every_pi_by_name_where_the_layout_has_it() -> None:
    read = trimesh.load_scene(BytesIO(made()["cluster.glb"]), file_type="glb")
    assert {slot.node_name for slot in LAYOUT.slots} <= set(read.graph.nodes)
    assert len({slot.node_name for slot in LAYOUT.slots}) == 1050
    for slot in LAYOUT.slots:
        matrix, _ = read.graph[slot.node_name]
        assert np.abs(matrix[:3, 3] - slot.position).max() < TENTH_MM
        front = (np.sin(slot.yaw), 0, np.cos(slot.yaw))
        assert np.abs(matrix[:3, 2] - front).max() < 1e-6


def test_no_two_things_have_one_name() -> None:
    for cluster in SHIPPED:
        document, _ = parsed(made(cluster)[f"{cluster}.glb"])
        names = [node["name"] for node in document["nodes"]]
        assert len(set(names)) == len(names) > len(load(cluster).slots)


def test_everything_stays_inside_the_frame() -> None:
    corners = silhouette.triangles(made()["cluster.glb"]).reshape(-1, 3)
    width, height, depth = LAYOUT.size
    handle = 0.016  # of the doors, which are the frame's sides; the signs stand out by less
    assert np.abs(corners[:, 0]).max() <= width / 2 + handle + TENTH_MM
    assert np.abs(corners[:, 2]).max() <= depth / 2 + handle + TENTH_MM
    assert corners[:, 1].min() >= -1e-6
    assert corners[:, 1].max() <= height + 1e-6


def test_the_instanced_file_has_every_slot_in_one_node() -> None:
    document, buffer = parsed(made()["cluster.instanced.glb"])
    attributes = instances(document, "pis")
    rows = floats(document, buffer, attributes["_PI_ID"])[:, 0]
    assert rows.tolist() == list(range(1050))
    places = floats(document, buffer, attributes["TRANSLATION"])
    assert np.abs(places - [slot.position for slot in LAYOUT.slots]).max() < TENTH_MM
    turns = floats(document, buffer, attributes["ROTATION"])
    yaws = np.array([slot.yaw for slot in LAYOUT.slots])
    assert np.abs(np.abs(turns[:, 1]) - np.abs(np.sin(yaws / 2))).max() < 1e-6
    fans = floats(document, buffer, instances(document, "fans")["TRANSLATION"])
    assert np.abs(fans - [fan.position for fan in LAYOUT.fans]).max() < TENTH_MM
    lamps = floats(document, buffer, instances(document, "lamps")["TRANSLATION"])
    assert np.abs(lamps - [lamp.position for lamp in LAYOUT.lamps]).max() < TENTH_MM


def test_viewers_can_draw_it() -> None:
    document, _ = parsed(made()["cluster.instanced.glb"])
    calls = sum(len(document["meshes"][node["mesh"]]["primitives"]) for node in document["nodes"])
    assert calls <= 12
    near, far = scene.scene(LAYOUT), scene.scene(LAYOUT, scene.FAR)
    assert near.shapes["pi"].triangles <= pieces.NEAR_TRIANGLES
    assert near.triangles <= 200_000
    assert far.triangles < near.triangles / 4
    assert scene.close_pi(LAYOUT).triangles > 5 * pieces.NEAR_TRIANGLES


def test_files_are_small() -> None:
    assert len(brotli.compress(made()["cluster.instanced.glb"])) <= 30_000
    assert len(made()["cluster.usdz"]) <= 200_000
    assert len(made()["cluster.table.usdz"]) <= 200_000
    assert len(made()["cluster.anchored.usdz"]) <= 200_000


def test_khronos_validator_finds_no_error(tmp_path: Path) -> None:
    install()
    paths = []
    for cluster in SHIPPED:
        for name, data in made(cluster).items():
            if name.endswith(".glb"):
                path = tmp_path / f"{cluster}-{name}"
                path.write_bytes(data)
                paths.append(str(path))
    told = json.loads(run_node(str(Path(__file__).parent.parent / "e2e" / "gltf.mjs"), *paths))
    assert len(told) == len(paths) == 12
    for path, verdict in told.items():
        assert (verdict["errors"], verdict["warnings"]) == (0, 0), (path, verdict["messages"])
        rest = [one for one in verdict["messages"] if not one.startswith(("UNSUPPORTED_EXTENSION", "UNUSED_OBJECT"))]
        assert rest == [], path  # the validator does not know the extension for instances, nor what it refers to


@pytest.mark.parametrize(("cluster", "table"), [("cluster", 8), ("desk", 5), ("mini", 5)])
def test_what_stands_on_a_table_is_whole_times_smaller_and_fits_it(cluster: str, table: int) -> None:
    layout = load(cluster)
    assert table_of(layout) == table
    assert max(layout.size) / table <= 0.3 < max(layout.size) / (table - 1)


@pytest.mark.parametrize("kind", ["", ".table"])
@pytest.mark.parametrize("cluster", SHIPPED)
def test_usd_reads_every_pi_where_the_layout_has_it(cluster: str, kind: str, tmp_path: Path) -> None:
    from pxr import Usd, UsdGeom

    layout = load(cluster)
    scale = 1 / table_of(layout) if kind else 1
    path = tmp_path / "model.usdz"
    path.write_bytes(made(cluster)[f"{cluster}{kind}.usdz"])
    stage = Usd.Stage.Open(str(path))
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1
    assert UsdGeom.GetStageUpAxis(stage) == "Y"
    places = UsdGeom.XformCache()
    named = {prim.GetName(): prim for prim in stage.Traverse()}
    for slot in layout.slots:
        prim = named[name_of(slot.node_name)]
        assert prim.IsInstance()
        matrix = places.GetLocalToWorldTransform(prim)
        assert np.abs(np.array(matrix.ExtractTranslation()) - np.array(slot.position) * scale).max() < TENTH_MM
        front = matrix.TransformDir((0, 0, 1))
        assert np.abs(np.array(front) - scale * np.array((np.sin(slot.yaw), 0, np.cos(slot.yaw)))).max() < 1e-6
    assert len([prim for prim in stage.Traverse() if prim.IsInstance()]) >= len(layout.slots) + len(layout.switches)


@pytest.mark.parametrize("name", ["cluster.usdz", "cluster.table.usdz", "cluster.anchored.usdz"])
def test_usd_validators_find_no_error(name: str, tmp_path: Path) -> None:
    from pxr import Usd, UsdValidation

    path = tmp_path / name
    path.write_bytes(made()[name])
    stage = Usd.Stage.Open(str(path))
    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    assert len(validators) > 10
    found = UsdValidation.ValidationContext(validators).Validate(stage)
    assert [f"{error.GetName()}: {error.GetMessage()}" for error in found] == []


@pytest.mark.parametrize("name", ["cluster.usdz", "cluster.table.usdz", "cluster.anchored.usdz"])
def test_files_in_a_usdz_are_unpacked_and_begin_at_64_bytes(name: str) -> None:
    with ZipFile(BytesIO(made()[name])) as archive:
        for info in archive.infolist():
            header = made()[name][info.header_offset : info.header_offset + 30]
            lengths = unpack("<HH", header[26:30])
            assert (info.header_offset + 30 + sum(lengths)) % 64 == 0
            assert info.compress_type == 0
        assert archive.infolist()[0].filename == "cluster.usda"


def test_the_anchored_file_hangs_on_the_printed_marker(tmp_path: Path) -> None:
    import zxingcpp
    from pxr import Usd, UsdGeom

    path = tmp_path / "anchored.usdz"
    path.write_bytes(build("cluster", URL, "3B")["cluster.anchored.usdz"])
    stage = Usd.Stage.Open(str(path))
    root = stage.GetDefaultPrim()
    assert "Preliminary_AnchoringAPI" in root.GetMetadata("apiSchemas").GetAddedOrExplicitItems()
    target = stage.GetPrimAtPath(root.GetRelationship("preliminary:imageAnchoring:referenceImage").GetTargets()[0])
    with ZipFile(path) as archive:
        picture = archive.read(target.GetAttribute("image").Get().path)
    pixels = silhouette.decode(picture)
    read = zxingcpp.read_barcodes(np.ascontiguousarray(pixels))
    assert [one.text for one in read] == ["HTTPS://TWIN.EXAMPLE/M/3B"]

    hung = json.loads(LAYOUT.encoded)["markers"]
    row = hung["id"].index("3B")
    quiet = (25 + 2 * 4) / 25
    assert target.GetAttribute("physicalWidth").Get() == pytest.approx(hung["size"][row] * quiet * 100, abs=1e-4)
    # A phone puts the image's middle at the origin, its normal along +y and its upper edge towards -z.
    matrix = UsdGeom.Xformable(root).ComputeLocalToWorldTransform(Usd.TimeCode.Default())
    yaw = hung["yaw"][row]
    for before, after in (
        (matrix.Transform(hung["position"][row]), (0, 0, 0)),
        (matrix.TransformDir((np.sin(yaw), 0, np.cos(yaw))), (0, 1, 0)),
        (matrix.TransformDir((0, 1, 0)), (0, 0, -1)),
    ):
        assert np.abs(np.array(before) - after).max() < TENTH_MM


def reach(shape: Shape) -> Any:
    corners = np.array([corner for face in shape.faces for corner in face.corners])
    return np.abs(corners).max(axis=0)


@pytest.mark.parametrize("draw", [pieces.pi_far, pieces.pi_near, pieces.pi_close])
def test_a_pi_fills_the_space_that_the_layout_gives_it(draw: Any) -> None:
    shape = draw(LAYOUT.pi_size)
    half = np.array(LAYOUT.pi_size) / 2
    assert (reach(shape) <= half + 0.0011).all()  # a card and a port's tongue stand out by a millimetre
    assert (reach(shape) >= half * 0.85).all()


def test_boxes_are_seen_from_outside() -> None:
    for face in Shape().box("blue", (1, 2, 3), (2, 4, 6)).faces:
        away = np.mean(face.corners, axis=0) - (1, 2, 3)
        assert np.dot(away, face.normal) == pytest.approx(np.linalg.norm(away))


def test_it_looks_as_it_did_when_somebody_last_looked() -> None:
    """After a change that is meant: python -m tests.models.silhouette, and look at the pictures."""
    now = silhouette.pictures(made()["cluster.glb"], LAYOUT.size)
    for name, picture in now.items():
        kept = silhouette.decode((silhouette.FOLDER / f"{name}.png").read_bytes()).astype(int)
        assert kept.shape == picture.shape
        differs = np.abs(kept - picture) > 6
        assert differs.mean() < 0.005, f"{name}: {differs.mean():.1%} of the pixels differ"
