"""What rows said, kept compressed by group while a compaction runs."""

from __future__ import annotations

import random
import tracemalloc

import numpy as np

from telemetry.store.directory import GROUP
from telemetry.store.rests import Rests


def test_every_row_gets_its_own_words_back_whatever_the_order() -> None:
    dice = random.Random(1)
    rests, nodes, said = Rests(), list[int](), list[bytes]()
    for _ in range(5):
        node = [dice.randrange(3 * GROUP) for _ in range(dice.randrange(200))]
        words = [b'{"n":%d}' % dice.randrange(10**9) * dice.randrange(3) for _ in node]
        rests.add(np.array(node, np.int32), words)
        nodes += node
        said += words
    for grp in range(3):
        mine = [place for place, node in enumerate(nodes) if node // GROUP == grp and dice.random() < 0.8]
        dice.shuffle(mine)
        assert rests.of(grp, np.array(mine, np.int64)) == tuple(said[place] for place in mine)
    assert rests.of(7, np.empty(0, np.int64)) == ()


def test_they_take_a_fraction_of_the_memory() -> None:
    node = np.arange(1050, dtype=np.int32)
    tracemalloc.start()
    try:
        rests = Rests()
        for turn in range(10):
            rests.add(node, [b'{"processes":"%d %d"}' % (turn, number) * 40 for number in node.tolist()])
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 10 * 1050 * 900 / 4, "as objects they take four times as much"
    assert len(rests.of(49, np.arange(49 * GROUP, 1050))) == GROUP
