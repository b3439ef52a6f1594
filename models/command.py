"""`twin model build` and `twin model check`: writes what build.py makes, and tells whether a cluster file is good.

Owns options, words and exit codes; called by the `twin` command, which gives `say` (stdout for True, stderr for False).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from models import build
from models.errors import ModelError
from models.layout import Layout, load
from models.markers.data import Print, printed
from models.markers.place import SIZE_M

Say = Callable[[str], None]
USAGE = 2
FOLDER = "model"


def add_commands(what: argparse._SubParsersAction[argparse.ArgumentParser], say: Say, cluster: str) -> None:
    """The subcommands of `twin model`; `cluster` is the twin's own."""
    make = what.add_parser("build", help="write layout.json, GLB and USDZ of a cluster")
    make.add_argument("--cluster", default=cluster, help=f"cluster, mini, desk or a .toml file ({cluster})")
    make.add_argument("--out", type=Path, default=Path(FOLDER), help=f"folder to write to ({FOLDER})")
    make.add_argument("--url", default="", help="the twin's own address, as on printed markers: adds the anchored USDZ")
    make.add_argument("--printed", type=Path, help="the markers.json of what was printed, instead of --url")
    make.add_argument("--marker", default="", help="the marker that it hangs on, such as 3A (the first)")
    make.set_defaults(act=lambda args: _told(lambda: _build(args, say), say))
    check = what.add_parser("check", help="read a cluster file and say what it has, or what is wrong with it")
    check.add_argument("file", help="cluster, mini, desk or a .toml file")
    check.set_defaults(act=lambda args: _told(lambda: _check(args.file, say), say))


def _told(act: Callable[[], None], say: Say) -> int:
    try:
        act()
    except ModelError as error:
        say(error.message)
        return USAGE
    except OSError as error:
        say(f"{error.filename}: cannot be written: {error.strerror}. Choose another folder with --out.")
        return 1
    return 0


def _build(args: argparse.Namespace, say: Say) -> None:
    def progress(file: str, number: int, count: int) -> None:
        say(f"{number}/{count} {file}")

    layout = load(args.cluster)
    shown = Print(args.url, SIZE_M, 2) if args.url else None
    if args.printed:
        shown = printed(args.printed, layout.name)
        if shown is None:
            say(f"{args.printed} is not there, or of another cluster than {layout.name}: `twin markers` writes it.")
    made = build.files(layout, shown, args.marker, progress)
    args.out.mkdir(parents=True, exist_ok=True)
    for name, data in made.items():
        (args.out / name).write_bytes(data)
    if shown is None:
        say("no image-anchored USDZ: it shows the printed markers, so it needs --url, the address that is on them")
    say(f"{args.out}: {len(made)} files, {sum(map(len, made.values())) / 1000:.0f} kB")


def _check(file: str, say: Say) -> None:
    layout = load(file)
    say(f"{file} is good: {summary(layout)}.")


def summary(layout: Layout) -> str:
    """What a cluster has, for people."""
    counts = (
        (len(layout.slots), "Pi", "Pis"),
        (len(layout.switches), "switch", "switches"),
        (len(layout.racks), "rack", "racks"),
        (len(layout.fans), "fan", "fans"),
        (len(layout.chargers), "charger", "chargers"),
        (len(layout.servers), "server", "servers"),
        (len(layout.lamps), "lamp", "lamps"),
    )
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts if count)
