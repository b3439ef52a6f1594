"""What every store promises, tested on each in the same way. A new engine is one more line in `engine`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telemetry.store.base import Entry, Spool, StoreUnavailable
from tests.telemetry.store.engines import MemoryEngine, SQLiteEngine

Engine = MemoryEngine | SQLiteEngine
T0 = 1_700_000_000_000


@pytest.fixture(params=["memory", "sqlite"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "memory":
        yield MemoryEngine()
    else:
        made = SQLiteEngine(tmp_path / "deep" / "store.sqlite3")
        yield made
        made.close()


def entry(key: str = "a", seen: int = 0, received: int | None = None, body: bytes = b"{}") -> Entry:
    return Entry(key, T0 + (seen if received is None else received), T0 + seen, body)


def noise(seen: int, size: int = 200_000) -> Entry:
    """An entry that does not compress and does not fit into a page that is there already."""
    return entry("noise", seen, body=json.dumps(os.urandom(size // 2).hex()).encode())


def latest(store: Spool) -> dict[str, Entry]:
    found = list(store.latest())
    assert len({each.key for each in found}) == len(found), "one entry a node"
    return {each.key: each for each in found}


class TestSpool:
    def test_a_new_store_is_empty(self, engine: Engine) -> None:
        store = engine.open()
        assert (latest(store), store.load("epoch")) == ({}, None)

    def test_what_was_appended_is_there_now_and_after_a_restart(self, engine: Engine) -> None:
        entries = [entry("a", 1, 5, b'{"CPU":1}'), entry("172.20.80.201-4", 2, body=b'{"CPU":2}')]
        store = engine.open()
        store.append(entries)
        assert latest(store) == latest(engine.open()) == {each.key: each for each in entries}

    def test_an_empty_batch_is_nothing(self, engine: Engine) -> None:
        store = engine.open()
        store.append([])
        assert latest(store) == {}

    @pytest.mark.parametrize("batches", [[[3, 1, 2]], [[1], [3], [2]], [[3], [2], [1]], [[1, 2], [3, 0]]])
    def test_the_greatest_seen_wins_in_whatever_order_it_came(self, engine: Engine, batches: list[list[int]]) -> None:
        store = engine.open()
        for batch in batches:
            store.append([entry("a", seen, 10) for seen in batch])
        assert latest(store)["a"].seen_ms == T0 + 3
        assert latest(engine.open())["a"].seen_ms == T0 + 3

    def test_of_two_with_the_same_seen_the_later_wins(self, engine: Engine) -> None:
        store = engine.open()
        store.append([entry("a", 1, 5, b'"x"'), entry("a", 1, 6, b'"y"')])
        store.append([entry("a", 1, 7, b'"z"')])
        assert latest(store)["a"].body == b'"z"'
        assert latest(engine.open())["a"].body == b'"z"'

    def test_the_same_batch_twice_counts_once(self, engine: Engine) -> None:
        store = engine.open()
        batch = [entry("a", 1), entry("b", 2)]
        store.append(batch)
        store.append(batch)
        assert latest(engine.open()) == {each.key: each for each in batch}

    def test_it_is_told_oldest_first(self, engine: Engine) -> None:
        store = engine.open()
        store.append([entry("a", 3), entry("b", 1), entry("c", 2)])
        assert [each.key for each in store.latest()] == ["b", "c", "a"]

    def test_an_entry_from_a_clock_that_was_ahead_does_not_hide_what_came_after(self, engine: Engine) -> None:
        store = engine.open()
        store.append([entry("a", 3_600_000)])
        store.append([entry("a", 10, 12)])
        assert latest(store)["a"].seen_ms == T0 + 10
        store.append([entry("a", 5, 20)])
        assert latest(engine.open())["a"].seen_ms == T0 + 10, "after that, the usual rule"

    def test_a_clock_set_back_is_survived_over_many_restarts(self, engine: Engine) -> None:
        for seen in (3_600_000, 1_000, 2_000, 1_500):
            engine.open().append([entry("a", seen, max(seen, 2_000) if seen < 3_600_000 else seen)])
        assert latest(engine.open())["a"].seen_ms == T0 + 2_000

    @pytest.mark.parametrize(
        "body",
        [
            b'{"name":"\\u0085 \\u2028 \xc2\x85 \xe2\x80\xa8"}',
            b'{"name":"tab\\there"}',
            b'{"a":\r1,\t"b":\x0b2}',
            b'{"spaces":  "  many  "}',
            '{"emoji":"🥧"}'.encode(),
            b"\xff\xfe not even text \x00",
            b"",
            b" ",
            b"[" + b"1," * 300_000 + b"1]",
        ],
        ids=lambda body: repr(body[:20]),
    )
    def test_a_body_comes_back_byte_by_byte(self, engine: Engine, body: bytes) -> None:
        store = engine.open()
        store.append([entry("a", 1, body=body), entry("b", 2)])
        assert latest(engine.open())["a"].body == body
        assert latest(engine.open())["b"].body == b"{}"

    def test_a_body_written_over_many_lines_says_the_same(self, engine: Engine) -> None:
        store = engine.open()
        store.append([entry("a", 1, body=b'{\n  "CPU": 1,\n  "ip": "x"\n}\n'), entry("b", 2)])
        found = latest(engine.open())
        assert (json.loads(found["a"].body), found["b"].body) == ({"CPU": 1, "ip": "x"}, b"{}")

    def test_forget_begins_anew_and_stays_so(self, engine: Engine) -> None:
        store = engine.open()
        store.append([entry("a", 1), entry("b", 1)])
        store.forget()
        assert latest(store) == {}
        assert latest(engine.open()) == {}
        engine.open().append([entry("a", 0)])
        assert set(latest(engine.open())) == {"a"}, "even what is older than what was forgotten"

    def test_documents_are_kept_replaced_and_not_forgotten(self, engine: Engine) -> None:
        store = engine.open()
        store.save("epoch", b"1")
        store.save("epoch", b"2")
        store.save("registry", b"\x00\xff\n")
        store.save("empty", b"")
        store.forget()
        store = engine.open()
        assert [store.load(name) for name in ("epoch", "registry", "empty", "x")] == [b"2", b"\x00\xff\n", b"", None]

    def test_a_full_disk_keeps_nothing_and_says_try_again(self, engine: Engine) -> None:
        store = engine.open()
        store.append([entry("a", 1)])
        with self._full(engine):
            with pytest.raises(StoreUnavailable) as caught:
                store.append([entry("a", 2), noise(2)])
            assert caught.value.retry
            assert set(latest(store)) == {"a"}
            assert latest(store)["a"].seen_ms == T0 + 1
        store.append([entry("a", 3), noise(3)])
        assert latest(store)["a"].seen_ms == T0 + 3
        assert latest(engine.open())["noise"].seen_ms == T0 + 3

    def test_a_document_that_does_not_fit_leaves_the_former(self, engine: Engine) -> None:
        store = engine.open()
        store.save("registry", b"1")
        with self._full(engine), pytest.raises(StoreUnavailable):
            store.save("registry", os.urandom(200_000))
        assert engine.open().load("registry") == b"1"

    def test_closing_twice_is_closing_once(self, engine: Engine) -> None:
        store = engine.open()
        store.close()
        store.close()

    @staticmethod
    def _full(engine: Engine) -> AbstractContextManager[None]:
        return engine.full()


STEPS = st.lists(
    st.one_of(
        st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), min_size=1, max_size=3),
        st.sampled_from(["forget", "restart"]),
    ),
    max_size=20,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_sqlite_is_what_a_dictionary_would_be(tmp_path_factory: pytest.TempPathFactory, steps: list[object]) -> None:
    engine, model = SQLiteEngine(tmp_path_factory.mktemp("s") / "s.sqlite3"), MemoryEngine().open()
    store = engine.open()
    for n, step in enumerate(steps):
        if step == "restart":
            store = engine.open()
        elif step == "forget":
            store.forget()
            model.forget()
        elif isinstance(step, list):
            batch = [entry(key, seen, 100 + n, b"%d" % n) for key, seen in step]
            store.append(batch)
            model.append(batch)
        assert latest(store) == latest(model)
    engine.close()
