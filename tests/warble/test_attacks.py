"""Every attack ends in the limit or error that its file names, within 3 s, and leaves nothing behind.

tests/warble/attacks/programs are Warble; payloads are Python that runs inside the locked worker, as if a program had
broken the interpreter. All run once, two at a time, in two sandboxes with every defence on; each test looks at one.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.warble.attacks.sheet import Attack, all_attacks
from warble import Limits, Outcome
from warble.sandbox import Sandbox

ATTACKS = all_attacks()
VICTIM = Path("/tmp/warble-victim")
LEFT = Path("/tmp/warble-attack")
#: 3 s by the wall; what is above it is this test's own scheduling on a busy machine.
MOST_S = 3.0 + 1.5


@dataclass(frozen=True)
class Seen:
    outcome: Outcome
    seconds: float
    store: dict[str, dict[str, object]]
    data: dict[str, object]


async def run_all() -> dict[str, Seen]:
    """Every attack once, and after each the proof that its sandbox still works."""
    seen: dict[str, Seen] = {}
    places = asyncio.Semaphore(2)
    async with (
        Sandbox(workers=2) as box,
        Sandbox(workers=2, limits=Limits(length=20_000), zygote="tests.warble.attacks.hostile") as hostile,
    ):

        async def one(attack: Attack) -> None:
            store, data = attack.store(), {}
            async with places:
                began = time.monotonic()
                chosen = hostile if attack.python else box
                outcome = await chosen.run(attack.source, user=attack.user, store=store, data=data)
                seen[attack.name] = Seen(outcome, time.monotonic() - began, store, data)

        await asyncio.gather(*map(one, ATTACKS))
        seen["afterwards"] = Seen(await box.run("{PRINT(6*7)}"), 0, {}, {})
        seen["afterwards, Python"] = Seen(await hostile.run('board.printed("42\\n")'), 0, {}, {})
    return seen


@pytest.fixture(scope="module")
def seen() -> Iterator[dict[str, Seen]]:
    VICTIM.write_text("untouched")
    LEFT.unlink(missing_ok=True)
    before = descriptors()
    with closing(socket.create_server(("127.0.0.1", 8080 if free(8080) else 0))) as listener:
        listener.setblocking(False)
        found = asyncio.run(run_all())
        with pytest.raises(BlockingIOError):
            listener.accept()
    found["descriptors"] = Seen(Outcome("", (), None, descriptors() - before), 0, {}, {})
    yield found
    VICTIM.unlink()


def free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def children() -> list[str]:
    """Every process below this one, whatever became of its parents."""
    tasks = Path("/proc/self/task").iterdir()
    return [child for task in tasks for child in (task / "children").read_text().split()]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack_ends_as_its_file_says(attack: Attack, seen: dict[str, Seen]) -> None:
    found = seen[attack.name]
    outcome = found.outcome
    kind = outcome.error.kind if outcome.error else "fine"
    assert kind in attack.ends, outcome
    assert found.seconds < MOST_S
    limits = Limits()
    assert len(outcome.stdout.encode()) <= limits.output
    assert len(outcome.effects) <= limits.effects
    if attack.all("prints"):
        assert outcome.stdout.splitlines() == attack.all("prints")
    for size in attack.all("prints-bytes"):
        assert len(outcome.stdout.encode()) == int(size)
    if attack.all("effect"):
        assert outcome.effects == tuple(tuple(json.loads(line)) for line in attack.all("effect"))
    for count in attack.all("effects"):
        assert len(outcome.effects) == int(count)
    if attack.python:
        assert "root:" not in outcome.stdout
        assert outcome.effects == () or attack.name.startswith("board/")
        json.dumps([found.store, found.data])  # what a host keeps is plain numbers and their texts


def test_corpus_is_as_large_as_promised() -> None:
    assert len(ATTACKS) >= 150
    assert len({attack.source for attack in ATTACKS}) == len(ATTACKS)


def test_nothing_is_left_behind(seen: dict[str, Seen]) -> None:
    assert children() == []
    assert seen["descriptors"].outcome.fuel == 0
    assert VICTIM.read_text() == "untouched"
    assert not LEFT.exists()
    assert seen["afterwards"].outcome.stdout == "42\n"
    assert seen["afterwards, Python"].outcome.stdout == "42\n"


def test_payload_that_does_no_harm_comes_to_its_end(seen: dict[str, Seen]) -> None:
    """Or a hostile zygote that fails at everything would pass for a good sandbox."""
    assert seen["afterwards, Python"].outcome.error is None
