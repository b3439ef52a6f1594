"""The printed pages, by others' eyes: rendered by PDFium, read by ZXing, measured in pixels. SVGs are read as text."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pypdfium2
import pytest
import zxingcpp

from models.layout import load
from models.markers import sheets
from models.markers.drawing import Drawing, outlines, width_of
from models.markers.files import PDF, build
from models.markers.pdf import pdf
from models.markers.place import markers
from models.markers.svg import svg
from twin.__main__ import main

URL = "https://twin.example"
LOW, HIGH = 150, 600  # dots an inch: to read, to measure
FIRST_CARDS = {"mini": 3, "desk": 3}  # guide, one face, ruler: then the switches


@lru_cache
def pages(name: str, paper: str = "a4") -> Any:
    return pypdfium2.PdfDocument(build(load(name), URL, paper=paper)[PDF])


def grey(page: Any, dpi: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """(height, width) of 0..255."""
    shot = page.render(scale=dpi / 72, grayscale=True).to_numpy()
    return np.ascontiguousarray(shot.reshape(shot.shape[0], shot.shape[1]))


def read(page: Any) -> dict[str, Any]:
    return {found.text: found.position for found in zxingcpp.read_barcodes(grey(page, LOW))}


def runs(line: np.ndarray[Any, np.dtype[np.uint8]]) -> list[tuple[int, int]]:
    """(start, end) of what is dark in a line of pixels."""
    dark = np.concatenate([[False], line < 128, [False]])
    edges = np.flatnonzero(dark[1:] != dark[:-1])
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def mm(pixels: float, dpi: int = HIGH) -> float:
    return pixels * 25.4 / dpi


def test_another_decoder_reads_every_marker_of_the_cluster_and_the_rulers() -> None:
    wanted = {marker.symbol.text for marker in markers(load("cluster"), URL)}
    found = [text for page in pages("cluster") for text in read(page)]
    assert len(found) == len(set(found)) == 54
    assert set(found) - wanted == {f"HTTPS://TWIN.EXAMPLE/M/R{n}" for n in range(1, 5)}
    assert wanted <= set(found)


def test_a_switchs_two_markers_stand_on_its_own_sheet() -> None:
    own = [read(page) for page in pages("cluster")][4:]
    assert [sorted(texts) for texts in own] == [
        [f"HTTPS://TWIN.EXAMPLE/M/{n}A", f"HTTPS://TWIN.EXAMPLE/M/{n}B"] for n in range(1, 26)
    ]


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_a_symbol_is_80_mm_and_the_bar_100_mm_measured_in_pixels(paper: str) -> None:
    page = pages("mini", paper)[FIRST_CARDS["mini"]]
    width, height = sheets.PAPERS[paper]
    shot = grey(page, HIGH)
    assert (mm(shot.shape[1]), mm(shot.shape[0])) == (pytest.approx(width, abs=0.05), pytest.approx(height, abs=0.05))
    for corners in read(page).values():
        centre = (corners.top_left.x + corners.bottom_right.x) / 2 * HIGH / LOW
        middle = (corners.top_left.y + corners.bottom_right.y) / 2 * HIGH / LOW
        module = 3.2 / 25.4 * HIGH
        # Through the outermost row of modules, whose finder patterns are dark from edge to edge, and down its column.
        line = runs(shot[int(middle - 12 * module), int(centre - 14 * module) : int(centre + 14 * module)])
        down = runs(shot[int(middle - 14 * module) : int(middle + 14 * module), int(centre - 12 * module)])
        for found in (line, down):
            assert mm(found[-1][1] - found[0][0]) == pytest.approx(80.0, abs=0.1)
            assert mm(found[0][1] - found[0][0]) == pytest.approx(7 * 3.2, abs=0.1)
    foot = shot[int((height + 260) / 2 / 25.4 * HIGH) - int(8 / 25.4 * HIGH) :]
    bars = [run for row in foot for run in runs(row) if mm(run[1] - run[0]) > 50]
    assert bars
    assert all(mm(end - start) == pytest.approx(100.0, abs=0.1) for start, end in bars)


def test_the_rulers_crosses_are_where_the_data_says_on_the_paper() -> None:
    shot = grey(pages("desk")[2], HIGH)
    body = json.loads(build(load("desk"), URL)["markers.json"])["ruler"]
    for x, y, _ in body["crosses"].values():
        column, row = ((210 / 2 + x * 1000) / 25.4 * HIGH, (297 / 2 - y * 1000) / 25.4 * HIGH)
        # 3 mm aside only the cross's own lines are dark: the grid is grey and thin.
        aside = int(3.4 / 25.4 * HIGH)
        across = runs(shot[int(row) - 15 : int(row) + 15, int(column) - aside])
        assert [round(mm((a + b) / 2 - 15 + int(row) - row), 1) for a, b in across] == [pytest.approx(0, abs=0.1)]
        along = runs(shot[int(row) - aside, int(column) - 15 : int(column) + 15])
        assert [round(mm((a + b) / 2 - 15 + int(column) - column), 1) for a, b in along] == [pytest.approx(0, abs=0.1)]


def test_the_pdf_is_vectors_and_nothing_else() -> None:
    body = build(load("cluster"), URL)[PDF]
    assert b"/Image" not in body
    assert b"/CreationDate" not in body
    assert re.findall(rb"/BaseFont /([\w-]+)", body) == [b"Helvetica", b"Helvetica-Bold"]


def test_an_svg_has_its_true_size_and_is_well_formed() -> None:
    files = build(load("cluster"), URL)
    cards = [name for name in files if re.fullmatch(r"172\.20\.80\.\d+-\d+[AB]\.svg", name)]
    assert len(cards) == 50
    root = ElementTree.fromstring(files["172.20.80.201-1A.svg"])
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("105.6mm", "111mm", "0 0 105.6 111")
    path = next(each.get("d") or "" for each in root.iter() if each.get("fill-rule"))
    numbers = [float(each) for each in re.findall(r"[\d.]+", path)]
    assert max(numbers) - min(numbers) == pytest.approx(80.0, abs=1e-3)
    texts = [each.text or "" for each in root.iter() if each.tag.endswith("text")]
    assert any("172.20.80.201" in text for text in texts)
    assert any("south-east rack, shelves 1 and 2 · 80.0 mm" in text for text in texts)
    assert "HTTPS://TWIN.EXAMPLE/M/1A" in texts


def test_no_text_runs_over_the_paper_or_into_another_texts_line() -> None:
    long = Drawing(100, 50)
    long.text((0, 10), "a name that is much too long for the room that there is", 8, room=60)
    (text,) = long.shapes
    assert width_of(text.text, text.size) == pytest.approx(60)  # type: ignore[union-attr]  # a Text
    assert max(n for n in map(float, re.findall(rb"font-size=\"([\d.]+)\"", svg(long, "x")))) < 8


def test_outlines_fill_exactly_the_dark_cells() -> None:
    """Even-odd, counted by a ray from each cell's middle: holes, islands and cells that touch at a corner."""
    rows = ("11011", "10001", "00100", "10101", "11110")
    loops = outlines(rows, 1.0)
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            crossed = 0
            for loop in loops:
                for (x1, y1), (x2, y2) in zip(loop, (*loop[1:], loop[0]), strict=True):
                    crossed += x1 == x2 > x + 0.5 and min(y1, y2) < y + 0.5 < max(y1, y2)
            assert crossed % 2 == int(cell), (x, y)


def test_names_beyond_the_fonts_letters_do_not_break_a_page() -> None:
    page = Drawing(100, 50)
    page.text((10, 10), "Gehäuse (1) \\ 機架", 4)
    body = pdf([page], "x")
    assert b"Geh\xe4use \\(1\\) \\\\ ??" in body
    assert len(pypdfium2.PdfDocument(body)) == 1


# The command.


def test_twin_markers_writes_the_files_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["markers", "--cluster", "desk", "--url", URL, "--out", str(tmp_path / "out")]) == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == build(load("desk"), URL)
    assert str(tmp_path / "out" / PDF) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--url", "twin"], "--url is 'twin'"),
        (["--cluster", "nowhere"], "'nowhere'"),
        (["--size", "200"], "30 to 100 mm"),
        (["--out", "/dev/null/x"], "Choose another folder"),
    ],
)
def test_twin_markers_says_what_is_wrong_and_exits_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: list[str], words: str
) -> None:
    given = ["markers", "--cluster", "desk", "--url", URL, "--out", str(tmp_path)]
    assert main([*given, *change]) == 2
    assert words in capsys.readouterr().out
