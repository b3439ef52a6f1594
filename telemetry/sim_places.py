"""Where the simulated Pis sit: their places as a plain table, and what follows from it (neighbours on the
shelf, the fan that blows on each). Owns no physics. The table comes from the caller, who may have a
layout; without one, or beyond its end, places are made up: 42 Pis a switch, two shelves of 21, as in the
real cluster. Called by fleet.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]

PIS_A_SHELF = 21
SHELVES_A_BANK = 2
FANS_A_SHELF = 5  # one for about every fourth to fifth Pi
FRAME_FANS = 7  # in the frame, each for every seventh bank: 50 shelves and the frame make 257


class Place(NamedTuple):
    """One row of the table a caller passes: the switch port a Pi hangs on, and where that is in the box."""

    switch_ip: str
    port: int
    bank: int
    shelf: int
    column: int


def places_for(nodes: int, table: Sequence[Place] = ()) -> tuple[Place, ...]:
    """The first `nodes` rows of the table; where it ends, made-up banks go on after it."""
    given = tuple(Place(*row) for row in table[:nodes])
    first_bank = 1 + max((place.bank for place in given), default=-1)
    first_shelf = 1 + max((place.shelf for place in given), default=-1)
    made_up = (_made_up(index, first_bank, first_shelf) for index in range(nodes - len(given)))
    return given + tuple(made_up)


def _made_up(index: int, first_bank: int, first_shelf: int) -> Place:
    bank, seat = divmod(index, PIS_A_SHELF * SHELVES_A_BANK)
    level, column = divmod(seat, PIS_A_SHELF)
    bank += first_bank
    switch_ip = f"172.30.{bank // 200 % 256}.{bank % 200 + 10}"
    shelf = first_shelf + index // (PIS_A_SHELF * SHELVES_A_BANK) * SHELVES_A_BANK + level
    return Place(switch_ip, 2 * column + level + 1, bank, shelf, column)  # odd ports above, even ones below


@dataclass(frozen=True, slots=True)
class Topology:
    """One value a node, except the two counts. `fan` numbers the fans of shelves, `frame_fan` the frame's."""

    banks: int
    fans: int
    bank: Ints
    column: Ints
    left: Ints
    right: Ints
    fan: Ints
    closeness: Floats  # 1 right before the fan, 0.5 half-way to the next
    frame_fan: Ints


def topology(places: Sequence[Place]) -> Topology:
    """Whatever numbers the table uses for banks and shelves, they come out dense."""
    column = np.array([place.column for place in places], dtype=np.int32)
    banks, bank = np.unique([place.bank for place in places], return_inverse=True)
    shelves, shelf = np.unique([place.shelf for place in places], return_inverse=True)
    left, right = _neighbours(shelf.astype(np.int32), column)
    seat = _seats(shelf.astype(np.int32), column)
    fan_of_shelf = np.minimum(seat.astype(np.int32), FANS_A_SHELF - 1)
    return Topology(
        banks=len(banks),
        fans=len(shelves) * FANS_A_SHELF,
        bank=bank.astype(np.int32),
        column=column,
        left=left,
        right=right,
        fan=(shelf * FANS_A_SHELF + fan_of_shelf).astype(np.int32),
        closeness=(1 - np.abs(seat - fan_of_shelf - 0.5)).astype(np.float32),
        frame_fan=(bank % FRAME_FANS).astype(np.int32),
    )


def _neighbours(shelf: Ints, column: Ints) -> tuple[Ints, Ints]:
    """The next Pi on either side on the shelf; at an end the other side twice, alone on a shelf oneself."""
    order = np.lexsort((column, shelf))
    same = np.diff(shelf[order]) == 0
    before, after = order.copy(), order.copy()
    before[1:] = np.where(same, order[:-1], order[1:])
    after[:-1] = np.where(same, order[1:], order[:-1])
    left, right = np.empty_like(order), np.empty_like(order)
    left[order], right[order] = before, after
    own = np.arange(len(order))
    first, last = left == own, right == own
    left[first], right[last] = right[first], left[last]
    return left.astype(np.int32), right.astype(np.int32)


def _seats(shelf: Ints, column: Ints) -> Floats:
    """0..5 along the shelf, by order and not by column: few Pis on a shelf still spread over its fans."""
    order = np.lexsort((column, shelf))
    counts = np.bincount(shelf)
    starts = np.cumsum(counts) - counts
    rank = np.empty(len(order), dtype=np.float32)
    rank[order] = np.arange(len(order)) - starts[shelf[order]]
    return ((rank + 0.5) * FANS_A_SHELF / counts[shelf]).astype(np.float32)
