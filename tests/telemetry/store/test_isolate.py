"""One bad row costs one row: what can land of a batch lands, once; what is to blame is found, kept, and can be read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from telemetry.store import isolate as isolating
from telemetry.store import letters
from telemetry.store.contract import Landed, StorePoisoned
from telemetry.store.isolate import isolate, narrow
from telemetry.store.memory import MemoryStore
from telemetry.store.rows import Batch, Event
from tests.telemetry.store.rowsets import NAN, T0, Line, batch, line, rows_of, told


class Picky(MemoryStore):
    """A store that takes no row of certain times, as a database whose column is too short."""

    def __init__(self, bad: Sequence[int] = ()) -> None:
        super().__init__()
        self.bad = {T0 + each for each in bad}
        self.tries = 0
        self.took = 0
        self.cut_at = 0  # the answer to the piece of this number that it took is lost

    async def land(self, batch: Batch) -> Landed:
        self.tries += 1
        if self.bad.intersection(batch.rows.seen_ms.tolist()):
            raise StorePoisoned("a value that no column takes")
        landed = await super().land(batch)
        self.took += 1
        if self.took == self.cut_at:
            raise ConnectionError("cut")
        return landed


def pack(rows: int, *, events: Sequence[Event] = ()) -> Batch:
    return batch(7, *(line(f"n{at % 50}", at) for at in range(rows)), events=events)


async def opened(bad: Sequence[int] = ()) -> Picky:
    store = Picky(bad)
    await store.open()
    return store


async def test_one_bad_row_of_twenty_thousand_costs_one_row_and_few_tries() -> None:
    store = await opened([12_345])
    found = await isolate(store, pack(20_000))
    assert found is not None
    assert found.rows.seen_ms.tolist() == [T0 + 12_345]
    assert found.rows.keys == ("n45",)
    assert found.reasons == ("a value that no column takes",)
    assert sum(each.new for each in found.landed) == 19_999 == (await store.extent()).rows
    assert store.tries <= 2 * math.ceil(math.log2(20_000))


async def test_a_batch_of_which_all_is_bad_is_set_aside_without_a_try_for_each_row() -> None:
    store = await opened(range(5000))
    found = await isolate(store, pack(5000))
    assert found is not None
    assert (found.bad, found.landed, len(found.reasons)) == (5000, (), 1)
    assert store.tries <= isolating.MOST_TRIES


async def test_rows_that_any_engine_knows_for_bad_are_found_and_name_the_reason_once() -> None:
    lines: list[Line] = [line(f"n{at}", at) for at in range(64)]
    lines[3] = line("n3", 3, values=(1, math.inf, 3, 4))
    lines[40] = line("two words", 40)
    lines[41] = line("n41", 41, values=(-math.inf, 2, 3, 4))
    wrong = Event(T0, "n1", "light", '"red"')
    store = await opened()
    found = await isolate(store, batch(1, *lines, events=[Event(T0, "n1", "status", '"online"'), wrong]))
    assert found is not None
    assert (found.rows.seen_ms - T0).tolist() == [3, 40, 41]
    assert found.events == (wrong,)
    assert len(found.reasons) == 3
    assert "a number is infinite" in found.reasons
    assert (await store.extent()).rows == 61


async def test_a_try_that_was_cut_short_lands_nothing_twice_when_it_is_made_again() -> None:
    for cut_at in range(1, 8):
        store = await opened([9])
        store.cut_at = cut_at
        with pytest.raises(ConnectionError):
            await isolate(store, pack(200, events=[Event(T0, "n1", "status", '"online"')]))
        found = await isolate(store, pack(200, events=[Event(T0, "n1", "status", '"online"')]))
        assert found is not None
        assert found.bad == 1
        page = await store.replay(-1, 2**50)
        assert ((await store.extent()).rows, len(page.events)) == (199, 1), cut_at


async def test_a_batch_that_was_joined_with_more_meanwhile_loses_none_of_it() -> None:
    store = await opened([9])
    store.cut_at = 2
    with pytest.raises(ConnectionError):
        await isolate(store, pack(200))
    found = await isolate(store, pack(800))  # the same name, and its pieces begin at the same places
    assert found is not None
    assert ((await store.extent()).rows, found.bad) == (799, 1)


async def test_columns_that_do_not_agree_are_not_taken_apart() -> None:
    bad = pack(5)
    assert await isolate(await opened(), replace(bad, rows=replace(bad.rows, seen_ms=bad.rows.seen_ms[:3]))) is None


def test_a_row_of_a_node_that_is_not_named_stays_one() -> None:
    rows = rows_of([line("a", 1), line("b", 2), line("c", 3)])
    rows = narrow(replace(rows, node=np.array([2, 9, 0], np.int32)))
    assert (rows.keys, rows.node.tolist()) == (("a", "c"), [1, -1, 0])


def test_a_letter_can_be_read_back_value_for_value() -> None:
    rows = rows_of(
        [
            line("a", 1, received=2, node=3, shown=4, values=(0.1, NAN, 1e-30, -5), rest=b'{"who":"\xc3\xa9\n"}'),
            line("two words", 2, values=(math.inf, -math.inf, 0, 1), rest=b"\xff no JSON"),
        ]
    )
    events = (Event(T0, "", "epoch", "5"), Event(T0 + 1, "a", "light", '"red"'))
    again, told_events = letters.read(letters.write(rows, events))
    assert told(again) == told(rows)
    assert (again.rest, told_events) == (rows.rest, events)


@pytest.mark.parametrize("body", [b"", b"\x00\x01", b"[1]", b'{"node":"a"}', b'{"event":"status","at_ms":[]}'])
def test_a_letter_that_is_none_of_ours_says_so(body: bytes) -> None:
    with pytest.raises(ValueError, match="line"):
        letters.read(body)
