"""`twin store dead`, as a person runs it, on the embedded file and on Oracle: what could not land is seen, and lands
once when its cause is mended."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from telemetry.store import letters
from telemetry.store.base import StoreUnavailable
from telemetry.store.command import FILE
from telemetry.store.contract import DeadLetter, Landed, Store, StorePoisoned
from telemetry.store.dead_command import land, read
from telemetry.store.embedded import EmbeddedStore
from telemetry.store.memory import MemoryStore
from telemetry.store.oracle import OracleStore
from telemetry.store.rows import Batch, Event, Rows
from tests.oracle.listener import PASSWORD, USER
from tests.telemetry.store.oracle_engine import OracleHistory
from tests.telemetry.store.rowsets import T0, line, rows_of, told
from twin.__main__ import main

GOOD = rows_of([line("a", 1, shown=5, rest=b'{"x":1}'), line("b", 2)])
BAD = rows_of([line("a", 3, values=(math.inf, 1, 2, 3)), line("b", 4)])
EVENTS = (Event(T0 + 9, "a", "status", '"lost"'),)
Ask = Callable[[Callable[[Store], Awaitable[object]]], object]


def letter(seq: int, rows: Rows, events: tuple[Event, ...] = ()) -> DeadLetter:
    return DeadLetter("here", seq, T0 + seq, f"because {seq}", letters.write(rows, events))


@pytest.fixture(params=["sqlite", "oracle"])
def ask(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Asks the store that the command is meant to find by the environment."""
    monkeypatch.setenv("TWIN_STORE", request.param)
    monkeypatch.setenv("TWIN_DATA_DIR", str(tmp_path))
    engine = OracleHistory(tmp_path) if request.param == "oracle" else None
    if engine is not None:
        for name, value in {"DSN": engine.listener.dsn, "USER": USER, "PASSWORD": PASSWORD}.items():
            monkeypatch.setenv(f"TWIN_ORACLE_{name}", value)

    def carry_out(what: Callable[[Store], Awaitable[object]]) -> object:
        async def life() -> object:
            store: Store = OracleStore(engine.settings()) if engine else EmbeddedStore(tmp_path / FILE)
            await store.open()
            try:
                return await what(store)
            finally:
                await store.close()

        return asyncio.run(life())

    async def fill(store: Store) -> None:
        for each in (letter(1, GOOD, EVENTS), letter(2, BAD), DeadLetter("here", 3, T0 + 3, "torn", b"\x00\xff")):
            await store.bury(each)

    carry_out(fill)
    yield carry_out
    if engine is not None:
        asyncio.run(engine.close())


def run(*argv: str) -> int:
    return main(["store", "dead", *argv])


def rows_there(ask: Ask) -> object:
    async def count(store: Store) -> int:
        return (await store.extent()).rows

    return ask(count)


def test_list_says_of_each_how_much_it_is_whether_it_has_landed_and_why(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("list") == 0
    torn, bad, good, total = capsys.readouterr().out.splitlines()
    assert torn.split("  ")[2:] == ["unreadable", "2 bytes", "torn"]
    assert bad.split("  ")[2:] == ["waits", "2 rows, 0 events", "because 2"]
    assert good.split("  ")[2:] == ["waits", "2 rows, 1 events", "because 1"]
    assert total.startswith("3 dead letters; 2 of them")


def test_show_is_json_by_the_line(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "here:1") == 0
    head, *lines = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert (head["state"], head["reason"]) == ("waits", "because 1")
    assert [each.get("node") for each in lines] == ["a", "b", "a"]
    assert run("show", "here:3") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[1]) == {"bytes": "00ff"}
    assert run("show", "here:9") == 1
    assert "no dead letter here:9" in capsys.readouterr().out


def test_land_lands_once_says_so_and_leaves_a_line_in_the_audit(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    for said in ("2 rows landed", "has landed before"):
        assert run("land", "here:1") == 0
        assert said in capsys.readouterr().out
    assert rows_there(ask) == 2

    async def page(store: Store) -> object:
        audit = [(each.action, each.target, each.outcome) for each in await store.commands(2**50)]
        found = await store.replay(0, 2**45)
        return audit, told(found.rows), found.events

    assert ask(page) == (
        [("land dead letter", "here:1", "done")],
        told(GOOD.take(GOOD.shown_ms >= 0)),
        EVENTS,
    )


def test_land_all_lands_what_can_and_says_what_still_cannot(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    for rows_landed in (1, 0):  # the second time it is there already
        assert run("land", "--all") == 1
        out = capsys.readouterr().out
        assert f"here:2: {rows_landed} rows landed, others still cannot: a number is infinite" in out
        assert "here:3: cannot be read as rows" in out
    assert rows_there(ask) == 3


def test_land_wants_to_know_which(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("land") == run("land", "--all", "here:1") == 2
    assert run("land", "here:77") == 1
    assert "no dead letter here:77" in capsys.readouterr().out
    assert rows_there(ask) == 0


def test_no_store_at_all_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--data-dir", str(tmp_path / "none")) == 2
    assert "is TWIN_DATA_DIR right" in capsys.readouterr().out


async def test_an_answer_that_is_lost_lands_a_letter_once() -> None:
    class Cut(MemoryStore):
        async def land(self, batch: Batch) -> Landed:
            await super().land(batch)
            raise StoreUnavailable("the line was cut after the commit")

    store = Cut()
    await store.open()
    found = await read(store, letter(1, GOOD))
    assert found.batch is not None
    with pytest.raises(StoreUnavailable):
        await land(store, found.batch)
    assert (await read(store, letter(1, GOOD))).state == "landed"
    assert await MemoryStore.land(store, found.batch) == Landed(0, True)


async def test_a_letter_that_lands_only_in_pieces_has_landed() -> None:
    class Narrow(MemoryStore):
        async def land(self, batch: Batch) -> Landed:
            if len(batch.rows) > 1:
                raise StorePoisoned("too much")
            return await super().land(batch)

    store = Narrow()
    await store.open()
    found = await read(store, letter(1, GOOD, EVENTS))
    assert found.batch is not None
    assert await land(store, found.batch) == (2, ())
    assert (await read(store, letter(1, GOOD, EVENTS))).state == "landed"
