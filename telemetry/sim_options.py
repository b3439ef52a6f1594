"""The options of `twin simulate` and what each may be. Owns names, defaults and bounds; simulate.py carries
them out and hands `add_arguments` on to twin's command line.
"""

from __future__ import annotations

import argparse
import os

from telemetry.sim_faults import PROFILES

DEFAULT_SERVER = "http://127.0.0.1:8080"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Defaults of the server and the token come from TWIN_SERVER and TWIN_AGENT_TOKEN."""
    add = parser.add_argument
    server, token = os.environ.get("TWIN_SERVER", DEFAULT_SERVER), os.environ.get("TWIN_AGENT_TOKEN", "")
    add("--nodes", type=Bounded(int, 1, 100_000), help="how many Pis (default: as many as the layout has)")
    add("--server", default=server, type=_server, help="the twin's address (default: %(default)s)")
    add("--token", default=token, help="the agents' token (default: TWIN_AGENT_TOKEN)")
    add("--cluster", default="cluster", help="the layout that says where Pis are: a name or a .toml file")
    add("--seed", type=Bounded(int, 0, 2**31), default=1, help="the same seed, the same fleet (%(default)s)")
    add("--period", type=Bounded(float, 0.05, 3600), default=5.0, help="seconds between reports (%(default)s)")
    add("--speed", type=Bounded(float, 0.01, 100), default=1.0, help="how fast the fleet lives (%(default)s)")
    add("--duration", type=Bounded(float, 0.1, 1e9), help="seconds until it ends (default: until Ctrl-C)")
    add("--faults", choices=list(PROFILES), default="calm", help="how much goes wrong (%(default)s)")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--fleet", action="store_true", help="all nodes over one connection")
    ways.add_argument("--direct", action="store_true", help="no connections: measure what the fleet can give")


class Bounded:
    """A number within bounds, for argparse; says what is wrong in one sentence."""

    def __init__(self, kind: type[int] | type[float], low: float, high: float) -> None:
        self._kind, self._low, self._high = kind, low, high

    def __call__(self, text: str) -> int | float:
        try:
            value = self._kind(text)
        except ValueError:
            what = "a whole number" if self._kind is int else "a number"
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}") from None
        if not self._low <= value <= self._high:
            raise argparse.ArgumentTypeError(f"{text} is not from {self._low:g} to {self._high:g}")
        return value


def _server(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text!r} must begin with http:// or https://")
    return text.rstrip("/")
