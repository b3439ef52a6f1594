"""`twin model`: what it writes, says and returns."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.build import build
from twin.__main__ import main


def test_build_writes_what_is_made_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "build", "--cluster", "desk", "--out", str(tmp_path / "made")]) == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "made").iterdir()} == build("desk")
    said = capsys.readouterr().out
    assert "1/7 layout.json" in said
    assert "--url" in said


def test_build_with_an_address_adds_the_anchored_file(tmp_path: Path) -> None:
    assert main(["model", "build", "--cluster", "desk", "--out", str(tmp_path), "--url", "https://twin.example"]) == 0
    assert (tmp_path / "desk.anchored.usdz").is_file()


def test_a_marker_that_is_not_there_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["model", "build", "--cluster", "desk", "--out", str(tmp_path), "--url", "https://twin.example"]
    assert main([*args, "--marker", "9Z"]) == 2
    assert "no marker '9Z': they are 1A to 1B" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_check_counts_what_a_good_file_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "check", "cluster"]) == 0
    said = capsys.readouterr().out
    assert "1050 Pis, 25 switches, 4 racks, 257 fans, 25 chargers, 1 server, 24 lamps" in said


def test_check_says_where_a_bad_file_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "my.toml"
    path.write_text('name = "my"\n[frame]\nwidth_mm = 1\n')
    assert main(["model", "check", str(path)]) == 2
    assert "my.toml:" in capsys.readouterr().out
