"""The past as a Live: a moment out of the store, and on from there, are what viewers had."""

from __future__ import annotations

from itertools import count

import pytest

from telemetry.store.rows import Event, Fleet, no_rows
from tests.twin.core.past import RULES, Life, picture, slot_of
from twin.core.recorder import Identity
from twin.core.replay import Past


def new_past() -> Past:
    numbers = count(100)
    return Past(lambda: next(numbers), slot_of, RULES)


@pytest.mark.parametrize("seed", range(12))
async def test_every_moment_is_shown_as_it_was(seed: int) -> None:
    life = Life(seed)
    await life.run(60)
    life.restart()
    await life.run(40)
    past = new_past()
    for moment in life.rng.sample(life.moments, 40):
        past.show(await life.store.fleet(moment.at_ms))
        assert picture(past, moment.at_ms) == moment.picture


@pytest.mark.parametrize("seed", range(12))
async def test_going_on_leads_to_the_same_as_going_there(seed: int) -> None:
    life = Life(seed)
    await life.run(50)
    life.restart()
    await life.run(30)
    past = new_past()
    past.show(await life.store.fleet(life.moments[0].at_ms))
    at = 0
    while at < len(life.moments) - 1:
        at = min(len(life.moments) - 1, at + life.rng.randrange(1, 9))
        moment = life.moments[at]
        page = await life.store.replay(past.at_ms + 1, moment.at_ms + 1)
        past.advance(page.rows, page.events, moment.at_ms)
        assert picture(past, moment.at_ms) == moment.picture


async def test_what_was_forgotten_is_not_there_any_more_and_may_come_again() -> None:
    life = Life(3)
    await life.run(30)
    before = life.moments[-1]
    life.forget()
    await life.run(10)
    past = new_past()
    past.show(await life.store.fleet(before.at_ms))
    epoch = past.epoch
    page = await life.store.replay(before.at_ms + 1, life.now_ms + 1)
    past.advance(page.rows, page.events, life.now_ms)
    assert len(past.roster) == len(life.live.roster) < len(before.picture["nodes"])
    assert past.epoch != epoch


async def test_seeking_within_an_epoch_keeps_its_number_and_back_before_a_node_does_not() -> None:
    life = Life(5)
    await life.run(60)
    sizes = [len(moment.picture["nodes"]) for moment in life.moments]
    early, late, latest = life.moments[sizes.index(sizes[-1] - 1)], life.moments[-5], life.moments[-1]
    past = new_past()
    past.show(await life.store.fleet(early.at_ms))
    epoch, seq = past.epoch, past.seq
    past.show(await life.store.fleet(latest.at_ms))
    past.show(await life.store.fleet(late.at_ms))
    assert (past.epoch, past.seq) == (epoch, seq + 2)
    past.show(await life.store.fleet(early.at_ms))
    assert past.epoch != epoch, "a row that readers know is gone"


def test_a_history_without_identities_shows_nobody_and_a_damaged_one_hides_only_itself() -> None:
    past = new_past()
    past.show(Fleet(5, no_rows(), {"a": "online"}))
    assert past.columns.count == 0
    good, bad = Identity(7, 0, "a").written(), '{"epoch": 7, "row'
    past.show(Fleet(6, no_rows(), {"a": "online"}, {}, {"": Identity(7).written(), "a": good, "b": bad, "c": "[]"}))
    assert [node.mac for node in past.roster.nodes] == ["a"]


def test_events_about_who_is_not_there_change_nothing() -> None:
    past = new_past()
    past.show(Fleet(5, no_rows(), {}, {}, {"": Identity(7).written(), "a": Identity(7, 0, "a").written()}))
    past.advance(no_rows(), (Event(6, "b", "status", '"online"'), Event(6, "b", "light", "[1,2,3]")), 6)
    old = Event(6, "b", "identity", Identity(6, 1, "b").written())
    past.advance(no_rows(), (old, Event(6, "b", "identity", "nonsense")), 7)
    assert (len(past.roster), past.close(heartbeat=False)) == (1, False)
