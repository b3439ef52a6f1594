"""Markers as data: which there are, where they hang, what they say, and what is refused."""

from __future__ import annotations

import json
import math
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import segno

from models.errors import MarkerError
from models.layout import SHIPPED, Layout, load
from models.markers import data, place, ruler, symbol
from models.markers.files import build
from models.markers.place import Marker, card_of, markers

ORIGIN = "https://twin.example"
CLUSTER = load("cluster")
Box = tuple[float, float, float, float]


def front(marker: Marker) -> Box:
    """A card on the plane of its face: left, right, low, high in metres as its reader sees it."""
    width, height = card_of(marker.size_m)
    x, y, z = marker.position
    right = x * math.cos(marker.yaw) - z * math.sin(marker.yaw)
    low = y - width / 2 - place.STRIP_M
    return right - width / 2, right + width / 2, low, low + height


def overlap(one: Box, other: Box) -> bool:
    return all(one[n] < other[n + 1] - 1e-6 and other[n] < one[n + 1] - 1e-6 for n in (0, 2))


def boards(layout: Layout, yaw: float) -> list[Box]:
    width, height, _ = layout.pi_size
    found = []
    for slot in layout.slots:
        if slot.yaw == yaw:
            right = slot.position[0] * math.cos(yaw) - slot.position[2] * math.sin(yaw)
            y = slot.position[1]
            found.append((right - width / 2, right + width / 2, y - height / 2, y + height / 2))
    return found


@pytest.mark.parametrize("name", SHIPPED)
def test_every_switch_has_two_markers_that_cover_nothing_and_stay_in_the_frame(name: str) -> None:
    layout = load(name)
    found = markers(layout, ORIGIN)
    assert [marker.switch_ip for marker in found] == [switch.ip for switch in layout.switches for _ in "AB"]
    assert len({marker.id for marker in found}) == len({marker.position for marker in found}) == len(found)
    for one, other in combinations(found, 2):
        assert one.yaw != other.yaw or not overlap(front(one), front(other)), (one.id, other.id)
    for marker in found:
        left, right, low, high = front(marker)
        half = (layout.size[0] if round(marker.yaw / (math.pi / 2)) % 2 == 0 else layout.size[2]) / 2
        assert -half - 1e-6 <= left
        assert right <= half + 1e-6
        assert (low >= 0, high <= layout.size[1]) == (True, True)
        assert not any(overlap(front(marker), board) for board in boards(layout, marker.yaw)), marker.id


def test_a_face_of_the_cluster_has_markers_spread_as_wide_as_its_racks_and_as_tall_as_its_banks() -> None:
    south = [front(marker) for marker in markers(CLUSTER, ORIGIN) if marker.yaw == 0]
    assert len(south) == 24
    assert max(box[1] for box in south) - min(box[0] for box in south) > 1.2
    banks = [slot.position[1] for slot in CLUSTER.slots if slot.yaw == 0]
    assert max(box[3] for box in south) > max(banks)
    assert min(box[2] for box in south) < min(banks)


@pytest.mark.parametrize("name", SHIPPED)
def test_corners_are_those_of_the_symbol_on_the_front_of_its_rack(name: str) -> None:
    layout = load(name)
    racks = {rack.name: rack for rack in layout.racks}
    for marker in markers(layout, ORIGIN):
        top_left, top_right, bottom_right, bottom_left = marker.corners
        assert math.dist(top_left, top_right) == pytest.approx(0.080, abs=2e-6)
        assert math.dist(top_left, bottom_left) == pytest.approx(0.080, abs=2e-6)
        assert math.dist(top_left, bottom_right) == pytest.approx(0.080 * math.sqrt(2), abs=2e-6)
        assert top_left[1] == top_right[1] > bottom_left[1] == bottom_right[1]
        # Right, up and out of the face are right-handed: who looks at it sees its text as it is.
        right = [b - a for a, b in zip(top_left, top_right, strict=True)]
        outward = (math.sin(marker.yaw), 0.0, math.cos(marker.yaw))
        assert right[0] * outward[2] - right[2] * outward[0] > 0
        rack = racks[marker.rack]
        ahead = sum((marker.position[n] - rack.position[n]) * outward[n] for n in range(3))
        assert ahead == pytest.approx(rack.size[2] / 2, abs=2e-6)


def test_all_symbols_are_of_version_2_and_one_level_and_no_two_are_alike() -> None:
    found = markers(CLUSTER, ORIGIN)
    assert {marker.symbol.level for marker in found} == {"Q"}
    assert {len(row) for marker in found for row in marker.symbol.rows} == {25}
    assert {len(marker.symbol.rows) for marker in found} == {25}
    assert len({marker.symbol.rows for marker in found}) == 50
    assert found[0].symbol.text == "HTTPS://TWIN.EXAMPLE/M/1A"


LEVELS = [
    ("http://t.io", "H"),
    (ORIGIN, "Q"),
    ("http://192.168.100.200:8080", "M"),
    ("https://pi-cluster-twin.example:8443", "L"),
]


@pytest.mark.parametrize(("origin", "level"), LEVELS)
def test_the_level_is_the_highest_in_which_the_longest_address_fits(origin: str, level: str) -> None:
    found = markers(CLUSTER, origin)
    assert {marker.symbol.level for marker in found} == {level}
    higher = symbol.LEVELS[: symbol.LEVELS.index(level)]
    longest = max((marker.symbol.text for marker in found), key=len)
    for each in higher:
        with pytest.raises(segno.DataOverflowError):
            segno.make(longest, version=2, error=each, boost_error=False, micro=False)


@pytest.mark.parametrize(
    ("origin", "most"),
    [("https://a-much-longer-name-of-a-host.example.org", 47), ("https://the_twin.in.our.garage.example", 32)],
)
def test_an_address_that_does_not_fit_is_refused_with_both_counts(origin: str, most: int) -> None:
    with pytest.raises(MarkerError) as caught:
        markers(CLUSTER, origin)
    assert caught.value.code == "too_long"
    assert f"has {len(origin + '/m/10A')} characters; a marker of 25 modules holds {most}" in caught.value.message


@pytest.mark.parametrize(
    "url",
    ["twin.example", "ftp://twin.example", "https://", "https://twin.example/page", "https://me@twin.example",
     "http://twin.example:port", "http://[::1", "http://twin.example?x=1", ""],
)  # fmt: skip
def test_what_is_no_origin_is_refused_in_words(url: str) -> None:
    with pytest.raises(MarkerError) as caught:
        symbol.origin_of(url)
    assert caught.value.code == "bad_url"
    assert "--url" in caught.value.message


def test_an_origin_is_taken_as_people_type_it() -> None:
    assert symbol.origin_of(" https://twin.example/ ") == ORIGIN
    assert symbol.origin_of("http://192.168.1.5:8080") == "http://192.168.1.5:8080"


@pytest.mark.parametrize(
    ("size", "per_switch", "code"),
    [(0.02, 2, "out_of_range"), (0.2, 2, "out_of_range"), (0.08, 3, "out_of_range"), (0.08, 0, "out_of_range"),
     (0.09, 2, "does_not_fit")],
)  # fmt: skip
def test_sizes_that_cannot_be_hung_are_refused(size: float, per_switch: int, code: str) -> None:
    with pytest.raises(MarkerError) as caught:
        markers(CLUSTER, ORIGIN, size, per_switch)
    assert caught.value.code == code


def test_larger_ones_fit_where_there_is_only_one_a_switch() -> None:
    assert len(markers(CLUSTER, ORIGIN, 0.085, 1)) == 25


@pytest.mark.parametrize("name", SHIPPED)
def test_the_same_arguments_give_the_same_bytes_and_other_papers_the_same_data(name: str) -> None:
    layout = load(name)
    one, again, letter = build(layout, ORIGIN), build(load(name), ORIGIN), build(layout, ORIGIN, paper="letter")
    assert one == again
    assert one["markers.json"] == letter["markers.json"]
    assert one["markers.pdf"] != letter["markers.pdf"]


# markers.json.


def kept() -> Any:
    return json.loads(build(CLUSTER, ORIGIN)["markers.json"])


def test_markers_json_holds_what_a_solver_needs() -> None:
    body = kept()
    assert (body["version"], body["origin"], body["modules"], body["quiet"]) == (1, ORIGIN, 25, 4)
    assert len(body["markers"]) == 50
    for one, marker in zip(body["markers"], markers(CLUSTER, ORIGIN), strict=True):
        assert (one["id"], one["text"], one["rows"]) == (marker.id, marker.symbol.text, list(marker.symbol.rows))
        x, y, z, w = one["rotation"]
        assert math.hypot(x, y, z, w) == pytest.approx(1, abs=1e-8)
        # The rotation takes the corners of a square at the origin to the corners that are said.
        for (right, up), corner in zip(((-1, 1), (1, 1), (1, -1), (-1, -1)), one["corners"], strict=True):
            half = one["size"] / 2
            cosine, sine = 1 - 2 * y * y, 2 * y * w
            turned = (right * half * cosine, up * half, -right * half * sine)
            said = [c - p for c, p in zip(corner, one["position"], strict=True)]
            assert said == pytest.approx(turned, abs=2e-6)


def test_the_rulers_markers_and_crosses_lie_on_one_sheet_and_apart() -> None:
    body = kept()["ruler"]
    half = body["size"] / 2
    assert [marker["id"] for marker in body["markers"]] == list(ruler.IDS)
    assert len(body["crosses"]) == 25
    for x, y, z in body["crosses"].values():
        assert z == 0
        for marker in body["markers"]:
            px, py, _ = marker["position"]
            assert abs(x - px) > half + 0.005 or abs(y - py) > half + 0.005
    assert body["crosses"]["A1"] == [-0.06, 0.06, 0.0]
    assert body["crosses"]["E5"] == [0.06, -0.06, 0.0]


def test_a_kept_file_is_read_as_it_stands_and_none_is_none(tmp_path: Path) -> None:
    file = tmp_path / "markers.json"
    assert data.read(file) is None
    body = build(CLUSTER, ORIGIN)["markers.json"]
    file.write_bytes(body)
    assert data.read(file) == body


def test_the_golden_file_that_the_page_reads_is_what_is_written() -> None:
    golden = Path(__file__).parents[1] / "golden/markers.json"
    assert golden.read_bytes() == build(load("desk"), ORIGIN)["markers.json"], "run `make gen`"


def _without_rows(body: Any) -> None:
    body["markers"][0]["rows"].pop()


def _not_finite(body: Any) -> None:
    body["markers"][3]["position"][1] = float("nan")


def _newer(body: Any) -> None:
    body["version"] = 2


def _no_markers(body: Any) -> None:
    del body["markers"]


@pytest.mark.parametrize("spoil", [_without_rows, _not_finite, _newer, _no_markers])
def test_a_kept_file_that_cannot_be_used_is_refused_by_name(tmp_path: Path, spoil: Any) -> None:
    body = kept()
    spoil(body)
    file = tmp_path / "markers.json"
    file.write_text(json.dumps(body))
    with pytest.raises(MarkerError) as caught:
        data.read(file)
    assert caught.value.code == "bad_file"
    assert str(file) in caught.value.message
    assert "twin markers" in caught.value.message


@pytest.mark.parametrize("text", ["", "[]", "nonsense", "[" * 100_000])
def test_what_is_no_markers_json_at_all_is_refused_too(tmp_path: Path, text: str) -> None:
    file = tmp_path / "markers.json"
    file.write_text(text)
    with pytest.raises(MarkerError):
        data.read(file)
