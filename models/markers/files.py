"""`twin markers`: every file of a set of markers, as bytes, and the folder they go to."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from models import layout as layouts
from models.errors import ModelError
from models.layout import Layout
from models.markers import data, guide, ruler, sheets
from models.markers.pdf import pdf
from models.markers.place import SIZE_M, Marker, markers
from models.markers.svg import svg
from models.markers.symbol import origin_of

PDF = "markers.pdf"
USAGE = 2


def build(
    layout: Layout, url: str, *, paper: str = "a4", size_m: float = SIZE_M, per_switch: int = 2
) -> dict[str, bytes]:
    """Name -> bytes of markers.pdf, markers.json, ruler.svg and an SVG a marker. The same arguments, the same bytes.

    Raises MarkerError.
    """
    origin = origin_of(url)
    found = markers(layout, origin, size_m, per_switch)
    rule = ruler.draw(paper, origin)
    pages = [guide.guide(paper, layout, found, origin), *guide.faces(paper, layout, found), rule]
    pages += [sheets.switch_sheet(paper, layout, own) for own in _by_switch(found)]
    files = {
        data.FILE: data.encode(layout, found, origin),
        PDF: pdf(pages, f"Markers of {layout.name}"),
        "ruler.svg": svg(rule, "Ruler sheet"),
    }
    for marker in found:
        files[_file_of(marker)] = svg(sheets.card(marker), f"{marker.switch_ip}, marker {marker.id}")
    return files


def _by_switch(found: Sequence[Marker]) -> list[list[Marker]]:
    grouped: dict[str, list[Marker]] = {}
    for marker in found:
        grouped.setdefault(marker.switch_ip, []).append(marker)
    return list(grouped.values())


def _file_of(marker: Marker) -> str:
    """Named by its switch, as today's app names them. An address of version 6 has colons; not every disk takes them."""
    return f"{marker.switch_ip.replace(':', '-')}-{marker.id}.svg"


def add_arguments(parser: argparse.ArgumentParser, data_dir: Path, cluster: str) -> None:
    """The options of `twin markers`; the twin's settings say where its data directory is and which cluster it has."""
    parser.add_argument("--url", required=True, help="the twin's own address, as phones reach it: https://twin.example")
    parser.add_argument("--cluster", default=cluster, help=f"layout: cluster, mini, desk or a .toml file ({cluster})")
    folder = data_dir / data.FOLDER
    parser.add_argument("--out", type=Path, default=folder, help=f"folder for the files ({folder}, where twin looks)")
    parser.add_argument("--paper", choices=sorted(sheets.PAPERS), default="a4", help="(a4)")
    parser.add_argument("--size", type=float, default=SIZE_M * 1000, help="of a symbol, mm (%(default)g)")
    parser.add_argument("--per-switch", type=int, default=2, help="markers a switch, 1 or 2 (%(default)s)")


def run(args: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Write the files; 0, or 2 when that cannot be done."""
    try:
        layout = layouts.load(args.cluster)
        files = build(layout, args.url, paper=args.paper, size_m=args.size / 1000, per_switch=args.per_switch)
        args.out.mkdir(parents=True, exist_ok=True)
        for name, body in files.items():
            (args.out / name).write_bytes(body)
    except ModelError as error:
        say(error.message)
        return USAGE
    except OSError as error:
        say(f"{error.filename}: {error.strerror}. Choose another folder with --out.")
        return USAGE
    say(f"{len(files)} files in {args.out}. Print {args.out / PDF} at 100 %: its first page says how to go on.")
    return 0
