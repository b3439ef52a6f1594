"""What every engine of history promises (telemetry/store/contract.py), tested on each in the same way. A new engine is
one more line in engines.STORES."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from telemetry.store.contract import (
    Command,
    DeadLetter,
    Keep,
    Landed,
    Store,
    StoreConflict,
    StorePoisoned,
    Value,
    Warble,
)
from telemetry.store.memory import MemoryStore
from telemetry.store.rows import Aggregate, Batch, Event, Series
from tests.telemetry.store.engines import STORES, StoreEngine
from tests.telemetry.store.rowsets import MINUTE, NAN, T0, Dice, batch, expected, line, told

FOREVER = 10**14
KEEP_ALL = Keep(FOREVER, FOREVER, FOREVER)


@pytest.fixture(params=STORES)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[StoreEngine]:
    made = STORES[request.param](tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def store(engine: StoreEngine) -> Store:
    return await engine.open()


class TestLanding:
    async def test_a_new_store_is_empty(self, store: Store) -> None:
        extent = await store.extent()
        assert (extent.first_ms, extent.last_ms, extent.rows, extent.nodes) == (-1, -1, 0, 0)
        assert (len(await store.latest()), len((await store.fleet(T0)).rows), await store.landed("here")) == (0, 0, 0)

    async def test_what_landed_is_there_now_and_after_a_restart(self, engine: StoreEngine) -> None:
        store = await engine.open()
        lines = [line("b", 5, node=7, shown=9, values=(NAN, 0.1, 99.9, -4)), line("a", 6, received=8)]
        assert await store.land(batch(1, *lines)) == Landed(2, False)
        assert told(await store.latest()) == expected(*lines)
        store = await engine.open()
        assert told(await store.latest()) == expected(*lines)
        await engine.settle()
        assert told(await store.latest()) == expected(*lines)

    async def test_a_batch_lands_once_by_its_source_and_seq(self, engine: StoreEngine) -> None:
        store = await engine.open()
        first = batch(1, line("a", 1), events=[Event(T0, "a", "status", '"online"')])
        assert await store.land(first) == Landed(1, False)
        assert await store.land(first) == Landed(0, True)
        store = await engine.open()
        assert await store.land(first) == Landed(0, True)
        assert await store.land(batch(1, line("a", 2), source="there")) == Landed(1, False)
        assert len((await store.replay(0, FOREVER)).events) == 1

    async def test_landed_tells_how_far_each_source_is(self, store: Store) -> None:
        for seq in (1, 3, 2):
            await store.land(batch(seq, line("a", seq)))
        await store.land(batch(9, line("a", 9), source="there"))
        assert [await store.landed(source) for source in ("here", "there", "nowhere")] == [3, 9, 0]

    async def test_a_report_that_comes_twice_counts_once(self, engine: StoreEngine) -> None:
        store = await engine.open()
        again = line("a", 5, node=3, values=(9, 9, 9, 9))
        assert await store.land(batch(1, line("a", 1, node=3), again)) == Landed(1, False)
        await engine.settle()
        assert await store.land(batch(2, again)) == Landed(0, False)
        assert await store.land(batch(3, line("a", 1), line("a", 1), line("b", 1, node=3))) == Landed(2, False)
        assert (await store.extent()).rows == 3
        assert (await store.node("a", T0, T0 + 10)).most[0].tolist() == [1], "the first one stays"

    async def test_events_land_without_rows_and_rows_without_events(self, store: Store) -> None:
        event = Event(T0 + 5, "a", "light", "[1, 2, 3]")
        assert await store.land(batch(1, events=[event])) == Landed(0, False)
        assert await store.land(batch(2)) == Landed(0, False)
        assert (await store.replay(T0, T0 + 10)).events == (event,)
        assert await store.landed("here") == 2

    @pytest.mark.parametrize(
        "poison",
        [
            batch(0, line()),
            batch(1, line(), source=""),
            batch(1, line("two words")),
            batch(1, line(values=(math.inf, 0, 0, 0))),
            batch(1, line(seen=-2 * T0)),
            batch(1, line(seen=10**15)),
            batch(1, events=[Event(T0, "a", "gossip", '"x"')]),
            batch(1, events=[Event(T0, "a", "status", "online")]),
            batch(1, events=[Event(T0, "a", "light", "[1, 2]")]),
        ],
        ids=["seq", "source", "key", "infinite", "before time", "after time", "kind", "no JSON", "light"],
    )
    async def test_a_batch_that_can_never_land_is_poisoned_and_leaves_nothing(
        self, store: Store, poison: Batch
    ) -> None:
        with pytest.raises(StorePoisoned) as caught:
            await store.land(poison)
        assert not caught.value.retry
        assert (await store.landed("here"), (await store.extent()).rows) == (0, 0)

    async def test_a_buried_batch_counts_as_landed_and_is_kept_for_a_person(self, engine: StoreEngine) -> None:
        store = await engine.open()
        letters = [DeadLetter("here", seq, T0 + seq, f"because {seq}", b"\x00\xff") for seq in (1, 2, 3)]
        for letter in letters:
            await store.bury(letter)
        store = await engine.open()
        assert list(await store.buried(2)) == [letters[2], letters[1]]
        assert await store.landed("here") == 3
        assert await store.land(batch(2, line())) == Landed(0, True)


class TestNow:
    async def test_latest_is_the_newest_of_every_node_oldest_first(self, store: Store) -> None:
        await store.land(batch(1, line("a", 5), line("b", 9), line("a", 7)))
        await store.land(batch(2, line("a", 6), line("c", 1)))
        assert told(await store.latest()) == expected(line("c", 1), line("a", 7), line("b", 9))

    async def test_of_the_same_time_the_later_received_is_newer(self, store: Store) -> None:
        await store.land(batch(1, line("a", 5, received=8, node=1), line("a", 5, received=6, node=2)))
        assert told(await store.latest()) == expected(line("a", 5, received=8, node=1))

    async def test_extent_tells_first_last_rows_and_nodes(self, engine: StoreEngine) -> None:
        store = await engine.open()
        await store.land(batch(1, line("a", 5), line("b", -9_000_000)))
        await engine.settle()
        await store.land(batch(2, line("a", 7_000_000)))
        extent = await store.extent()
        assert (extent.first_ms, extent.last_ms, extent.rows, extent.nodes) == (T0 - 9_000_000, T0 + 7_000_000, 3, 2)


class TestThen:
    async def test_fleet_is_what_was_shown_by_then(self, engine: StoreEngine) -> None:
        store = await engine.open()
        lines = [line("a", 1, shown=2), line("a", 3, shown=4), line("b", 3, shown=5), line("c", 1)]
        await store.land(batch(1, *lines))
        for _ in range(2):
            seen = {at: told((await store.fleet(T0 + at)).rows) for at in (1, 2, 4, 5, 10**7)}
            assert seen[1] == []
            assert seen[2] == expected(lines[0])
            assert seen[4] == expected(lines[1])
            assert sorted(seen[5]) == sorted(seen[10**7]) == expected(lines[1], lines[2])
            await engine.settle()

    async def test_late_rows_never_were_in_the_fleet_and_are_in_the_nodes_history(self, store: Store) -> None:
        await store.land(batch(1, line("a", 10_000, shown=10_001), line("a", 5_000, values=(77, 0, 0, 0))))
        assert told((await store.fleet(T0 + 20_000)).rows) == expected(line("a", 10_000, shown=10_001))
        assert (await store.node("a", T0, T0 + 20_000)).most[0].tolist() == [77, 1]
        assert len((await store.replay(0, FOREVER)).rows) == 1

    async def test_a_node_that_fell_silent_long_ago_is_still_in_the_fleet(self, engine: StoreEngine) -> None:
        store = await engine.open()
        await store.land(batch(1, line("quiet", 0, shown=1), line("a", 0, shown=1)))
        for seq in range(2, 30):
            await store.land(batch(seq, line("a", seq * 10 * MINUTE, shown=seq * 10 * MINUTE)))
            if seq % 10 == 0:
                await engine.settle()
        rows = (await store.fleet(T0 + 10**9)).rows
        assert sorted(told(rows)) == expected(line("a", 290 * MINUTE, shown=290 * MINUTE), line("quiet", 0, shown=1))

    async def test_fleet_has_the_last_status_and_light_by_then(self, store: Store) -> None:
        events = [
            Event(T0 + 1, "a", "status", '"online"'),
            Event(T0 + 5, "a", "status", '"late"'),
            Event(T0 + 5, "a", "status", '"lost"'),
            Event(T0 + 2, "b", "light", "[255, 0, 7]"),
            Event(T0 + 9, "b", "identity", '{"ip": "10.0.0.1"}'),
        ]
        await store.land(batch(1, events=events[1:]))
        await store.land(batch(2, events=events[:1]))
        then = {at: await store.fleet(T0 + at) for at in (0, 1, 4, 5)}
        assert [then[at].status for at in (0, 1, 4, 5)] == [{}, {"a": "online"}, {"a": "online"}, {"a": "lost"}]
        assert [then[at].light for at in (0, 1, 5)] == [{}, {}, {"b": (255, 0, 7)}]

    async def test_rest_is_what_else_the_newest_report_by_then_said(self, engine: StoreEngine) -> None:
        store = await engine.open()
        await store.land(batch(1, line("a", 1, rest=b'{"n": 1}'), line("a", 5, rest=b'{"n": 5}'), line("b", 2)))
        for _ in range(2):
            assert await store.rest("a", T0) is None
            assert await store.rest("a", T0 + 4) == (T0 + 1, b'{"n": 1}')
            assert await store.rest("a", T0 + 10**9) == (T0 + 5, b'{"n": 5}')
            assert await store.rest("nobody", T0 + 4) is None
            await engine.settle()


class TestSeries:
    async def test_a_node_over_time_keeps_the_extremes_in_few_buckets(self, engine: StoreEngine) -> None:
        store = await engine.open()
        lines = [line("a", at * 1000, values=(at % 100, 50, NAN, -at)) for at in range(1000)]
        await store.land(batch(1, *lines, line("b", 5, values=(500, 0, 0, 0))))
        await engine.settle()
        found = await store.node("a", T0, T0 + 1_000_000, points=10)
        assert found.t_ms.tolist() == [T0 + 100_000 * at for at in range(10)]
        assert found.count.tolist() == [100] * 10
        assert (found.least[0].tolist(), found.most[0].tolist()) == ([0.0] * 10, [99.0] * 10)
        assert found.mean[:2].tolist() == [[49.5] * 10, [50.0] * 10]
        assert np.isnan(found.mean[2]).all()
        assert found.least[3, 9] == -999

    async def test_ends_are_excluded_and_empty_buckets_are_not_there(self, store: Store) -> None:
        await store.land(batch(1, line("a", 0), line("a", 30), line("a", 99), line("a", 100), line("a", -1)))
        found = await store.node("a", T0, T0 + 100, points=10)
        assert (found.t_ms.tolist(), found.count.tolist()) == ([T0, T0 + 30, T0 + 90], [1, 1, 1])
        assert len((await store.node("a", T0 + 100, T0 + 100)).t_ms) == 0
        assert len((await store.node("nobody", T0, T0 + 100)).t_ms) == 0

    async def test_groups_by_steps_of_minutes(self, engine: StoreEngine) -> None:
        store = await engine.open()
        await store.land(batch(1, line("a", 1), line("b", 2 * MINUTE, values=(3, NAN, 5, 6)), line("c", 2 * MINUTE)))
        await engine.settle()
        await store.land(batch(2, line("a", MINUTE, values=(5, 2, 3, 4)), line("a", 3 * MINUTE)))
        groups = {"ab": ["a", "b", "b"], "none": ["nobody"], "bc": ["b", "c"]}
        found = await store.aggregate(groups, T0 + 7, T0 + 2 * MINUTE + 1, 2 * MINUTE)
        assert (found.groups, found.t_ms.tolist()) == (("ab", "none", "bc"), [T0, T0 + 2 * MINUTE])
        assert found.count.tolist() == [[2, 1], [0, 0], [0, 2]]
        assert found.mean[0, 0].tolist() == [3, 3]
        assert (found.least[0, 2, 1], found.most[0, 2, 1], found.mean[1, 2, 1]) == (1, 3, 2)
        assert np.isnan(found.mean[1, 0, 1])
        assert np.isnan(found.least[:, 1]).all()

    @pytest.mark.parametrize("step_ms", [0, -MINUTE, 59_999, 90_000])
    async def test_a_step_that_is_no_whole_minutes_is_an_error(self, store: Store, step_ms: int) -> None:
        with pytest.raises(ValueError, match="minutes"):
            await store.aggregate({"x": ["a"]}, T0, T0 + MINUTE, step_ms)


class TestReplay:
    async def test_pages_join_to_all_that_was_shown_in_order(self, engine: StoreEngine) -> None:
        store = await engine.open()
        lines = [line(f"n{at % 7}", at * 997, shown=at // 5 * 5000 + 100) for at in range(1500)]
        await store.land(batch(1, *lines[::2]))
        await engine.settle()
        await store.land(batch(2, *lines[1::2]))
        rows, at_ms, pages = [], T0, 0
        while at_ms < T0 + 10**7:
            page = await store.replay(at_ms, T0 + 10**7, limit=100)
            assert at_ms < page.until_ms
            assert len(page.rows) <= 105
            rows += told(page.rows)
            at_ms, pages = page.until_ms, pages + 1
        assert sorted(rows) == sorted(expected(*lines))
        assert [row[4] for row in rows] == sorted(int(row[4]) for row in rows)  # type: ignore[call-overload]  # shown_ms is a number
        assert pages > 10

    async def test_what_was_shown_together_is_never_cut(self, store: Store) -> None:
        await store.land(batch(1, *(line(f"n{at}", 0, shown=5) for at in range(50)), line("x", 1, shown=9)))
        page = await store.replay(T0, T0 + 100, limit=10)
        assert (len(page.rows), page.until_ms) == (50, T0 + 9)
        assert len((await store.replay(page.until_ms, T0 + 100, limit=10)).rows) == 1

    async def test_events_come_with_the_page_of_their_time(self, store: Store) -> None:
        events = [Event(T0 + at, "", "epoch", str(at)) for at in (0, 5, 9, 10)]
        await store.land(batch(1, events=events))
        page = await store.replay(T0, T0 + 10)
        assert (page.events, page.until_ms) == (tuple(events[:3]), T0 + 10)


class TestRetention:
    async def test_rows_go_minutes_stay_and_then_go_too(self, engine: StoreEngine) -> None:
        store = await engine.open()
        lines = [line("a", at * MINUTE, shown=at * MINUTE, values=(at, 0, 0, 0)) for at in range(100)]
        await store.land(batch(1, *lines[:60]))
        await engine.settle()
        await store.land(batch(2, *lines[60:]))
        end = T0 + 100 * MINUTE
        await store.retain(end, Keep(30 * MINUTE, 10 * MINUTE, 80 * MINUTE))
        for _ in range(2):
            extent = await store.extent()
            assert (extent.first_ms, extent.rows) == (T0 + 70 * MINUTE, 30)
            by_ten = await store.aggregate({"x": ["a"]}, T0, end, 10 * MINUTE)
            assert by_ten.count.tolist() == [[0, 0, 10, 10, 10, 10, 10, 10, 10, 10]]
            assert by_ten.most[0, 0, 2:].tolist() == [29, 39, 49, 59, 69, 79, 89, 99]
            series = await store.node("a", T0, end, points=10)
            assert series.most[0].tolist() == [29, 39, 49, 59, 69, 79, 89, 99]
            assert len((await store.replay(T0, end)).rows) == 30
            assert len((await store.fleet(T0 + 60 * MINUTE)).rows) == 0
            assert await store.rest("a", T0 + 85 * MINUTE) is None
            assert await store.rest("a", T0 + 95 * MINUTE) == (T0 + 95 * MINUTE, b"{}")
            await engine.settle()
            store = await engine.open()

    async def test_what_is_older_than_what_is_kept_does_not_come_in_again(self, store: Store) -> None:
        await store.retain(T0 + 100 * MINUTE, Keep(30 * MINUTE, 30 * MINUTE, 100 * MINUTE))
        assert await store.land(batch(1, line("a", 69 * MINUTE), line("a", 70 * MINUTE))) == Landed(1, False)

    async def test_retention_never_goes_back(self, store: Store) -> None:
        await store.land(batch(1, line("a", 0)))
        await store.retain(T0 + 100 * MINUTE, Keep(MINUTE, MINUTE, FOREVER))
        await store.retain(T0, KEEP_ALL)
        assert (await store.extent()).rows == 0

    async def test_fleet_tells_who_was_where_and_that_outlives_retention(self, store: Store) -> None:
        who = [f'{{"epoch":1,"row":{at}}}' for at in range(3)]
        events = [Event(T0 + at, "a", "identity", each) for at, each in enumerate(who)]
        events += [Event(T0, "", "identity", '{"epoch":1}'), Event(T0 + 2, "", "identity", '{"epoch":2}')]
        await store.land(batch(1, line("a", 1), events=events))
        told = [(await store.fleet(T0 + at)).identity for at in (-1, 1, 9)]
        assert told == [{}, {"a": who[1], "": '{"epoch":1}'}, {"a": who[2], "": '{"epoch":2}'}]
        await store.retain(T0 + 100 * MINUTE, Keep(MINUTE, MINUTE, MINUTE))
        assert (await store.fleet(T0 + 9)).identity == told[2]
        assert (await store.replay(T0, T0 + 9)).events == ()

    async def test_the_last_status_and_light_outlive_the_events_before_them(self, store: Store) -> None:
        events = [Event(T0 + at, "a", "status", f'"{at}"') for at in (1, 2, 3)]
        await store.land(batch(1, events=[*events, Event(T0, "a", "light", "[1,1,1]"), Event(T0, "", "epoch", "1")]))
        await store.retain(T0 + 100 * MINUTE, Keep(MINUTE, MINUTE, MINUTE))
        fleet = await store.fleet(T0 + 100 * MINUTE)
        assert (fleet.status, fleet.light) == ({"a": "3"}, {"a": (1, 1, 1)})
        assert (await store.replay(0, FOREVER)).events == ()

    async def test_audit_and_warbles_go_letters_and_values_stay(self, store: Store) -> None:
        await store.write_command(command("old", 1))
        await store.write_warble(warble("old", 1))
        await store.write_value("ann", "x", "1")
        await store.bury(DeadLetter("here", 1, T0, "r", b""))
        await store.retain(T0 + 100 * MINUTE, Keep(MINUTE, MINUTE, MINUTE))
        assert (list(await store.commands(FOREVER)), list(await store.warbles(FOREVER))) == ([], [])
        assert (await store.value("ann", "x"), len(await store.buried())) == (Value("1", 1), 1)
        assert await store.landed("here") == 1


def command(key: str, at: int, outcome: str = "pending") -> Command:
    return Command(key, T0 + at, "ann", "reboot", "a", '{"why": "é"}', outcome)


def warble(key: str, at: int, node: str = "", outcome: str = "") -> Warble:
    return Warble(key, T0 + at, "ann", "print 1", node, outcome)


class TestLines:
    async def test_the_audit_is_newest_first_and_a_second_write_changes_the_outcome_only(
        self, engine: StoreEngine
    ) -> None:
        store = await engine.open()
        for at in (1, 3, 2):
            await store.write_command(command(f"k{at}", at))
        await store.write_command(Command("k2", 0, "bob", "other", "x", "{}", "done"))
        store = await engine.open()
        assert list(await store.commands(FOREVER)) == [command("k3", 3), command("k2", 2, "done"), command("k1", 1)]
        assert [each.key for each in await store.commands(T0 + 3, limit=1)] == ["k2"], "ends are excluded"

    async def test_warbles_are_kept_by_key_as_commands_are(self, engine: StoreEngine) -> None:
        store = await engine.open()
        await store.write_warble(warble("w1", 1))
        await store.write_warble(warble("w2", 2))
        await store.write_warble(Warble("w1", 0, "bob", "other", "a", '{"ok": true}'))
        store = await engine.open()
        assert list(await store.warbles(FOREVER)) == [warble("w2", 2), warble("w1", 1, "a", '{"ok": true}')]

    async def test_values_count_their_writes(self, engine: StoreEngine) -> None:
        store = await engine.open()
        assert await store.value("ann", "x") is None
        assert [(await store.write_value("ann", "x", text)).rev for text in "abc"] == [1, 2, 3]
        await store.write_value("ann", "y", "")
        await store.write_value("bob", "x", "his")
        store = await engine.open()
        assert await store.value("ann", "x") == Value("c", 3)
        assert await store.values("ann") == {"x": Value("c", 3), "y": Value("", 1)}
        assert await store.values("nobody") == {}

    async def test_a_value_is_written_only_over_the_revision_that_was_read(self, store: Store) -> None:
        assert await store.write_value("ann", "x", "a", rev=0) == Value("a", 1)
        for wrong in (0, 2):
            with pytest.raises(StoreConflict, match="revision 1"):
                await store.write_value("ann", "x", "b", rev=wrong)
        assert await store.write_value("ann", "x", "b", rev=1) == Value("b", 2)

    async def test_closing_twice_is_closing_once(self, store: Store) -> None:
        await store.close()
        await store.close()


@pytest.mark.parametrize("name", [name for name in STORES if name != "memory"])
@pytest.mark.parametrize("seed", range(4))
async def test_every_engine_answers_as_memory_does(name: str, seed: int, tmp_path: Path) -> None:
    """Random batches with duplicates, late and unordered rows, NaN, restarts, background work, retention."""
    dice, model, engine = Dice(seed), MemoryStore(), STORES[name](tmp_path)
    store = await engine.open()
    for _ in range(40):
        what = dice.rng.random()
        if what < 0.6:
            landing = dice.batch()
            assert await store.land(landing) == await model.land(landing)
            if dice.rng.random() < 0.2:
                assert (await store.land(landing)).again
        elif what < 0.75:
            await engine.settle()
        elif what < 0.85:
            store = await engine.open()
        elif what < 0.9:
            keep = Keep(*(dice.rng.randrange(90) * MINUTE for _ in range(3)))
            now_ms = dice.at()
            await store.retain(now_ms, keep)
            await model.retain(now_ms, keep)
        await compare(store, model, dice)
    await engine.close()


async def compare(store: Store, model: Store, dice: Dice) -> None:
    """Every question, once, with random arguments."""
    rng, at_ms, key = dice.rng, dice.at(), dice.key()
    start_ms = dice.at()
    end_ms = start_ms + rng.randrange(-MINUTE, 40 * MINUTE)
    assert sorted(told(await store.latest())) == sorted(told(await model.latest()))
    fleet, other = await store.fleet(at_ms), await model.fleet(at_ms)
    assert sorted(told(fleet.rows)) == sorted(told(other.rows))
    assert (fleet.status, fleet.light) == (other.status, other.light)
    points = rng.randrange(1, 50)
    same(await store.node(key, start_ms, end_ms, points), await model.node(key, start_ms, end_ms, points))
    groups = {"one": [key, "n1", "n2"], "two": ["n2", "nobody", *dice.keys[5:]], "none": []}
    step_ms = rng.randrange(1, 5) * MINUTE
    same(
        await store.aggregate(groups, start_ms, end_ms, step_ms),
        await model.aggregate(groups, start_ms, end_ms, step_ms),
    )
    limit = rng.choice([1, 3, 10, 1000])
    page, expects = await store.replay(start_ms, end_ms, limit), await model.replay(start_ms, end_ms, limit)
    assert (page.until_ms, page.events) == (expects.until_ms, expects.events)
    assert sorted(told(page.rows)) == sorted(told(expects.rows))
    assert await store.rest(key, at_ms) == await model.rest(key, at_ms)
    extent, wanted = await store.extent(), await model.extent()
    assert (extent.first_ms, extent.last_ms, extent.rows, extent.nodes) == (
        wanted.first_ms,
        wanted.last_ms,
        wanted.rows,
        wanted.nodes,
    )


def same(found: Series | Aggregate, wanted: Series | Aggregate) -> None:
    assert found.t_ms.tolist() == wanted.t_ms.tolist()
    assert found.count.tolist() == wanted.count.tolist()
    np.testing.assert_array_equal(found.least, wanted.least)
    np.testing.assert_array_equal(found.most, wanted.most)
    np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-5)
