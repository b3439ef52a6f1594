"""`python -m tests.oracle --port 1521`: the test server by itself, to try `twin serve --store oracle` by hand."""

from __future__ import annotations

import argparse
import signal
import threading

from tests.oracle.listener import PASSWORD, USER, Listener
from tests.oracle.model import Model


def main() -> None:
    parser = argparse.ArgumentParser(description="An Oracle listener that knows the twin's statements, in memory.")
    parser.add_argument("--port", type=int, default=1521, help="0 takes a free one (default 1521)")
    parser.add_argument("--installed", action="store_true", help="with the twin's tables, as after `twin store init`")
    args = parser.parse_args()
    model = Model()
    if args.installed:
        model.install()
    ended = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: ended.set())
    with Listener(model, args.port) as oracle:
        print(f"TWIN_ORACLE_DSN={oracle.dsn} TWIN_ORACLE_USER={USER} TWIN_ORACLE_PASSWORD={PASSWORD}", flush=True)
        ended.wait()
        for trouble in (*oracle.troubles, *model.unknown):
            print(trouble, flush=True)


if __name__ == "__main__":
    main()
