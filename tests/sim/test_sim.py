"""Whatever happens, every viewer ends with the server's picture, and none ever shows a dead node as fresh."""

from __future__ import annotations

from tests.sim.world import World


def test_viewers_converge_whatever_happens(seed: int) -> None:
    World(seed).run()
