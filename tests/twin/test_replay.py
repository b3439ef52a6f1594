"""Winding back: what a replay shows at a time is what live viewers were sent at that time, value for value."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from telemetry.store.base import StoreUnavailable
from telemetry.store.rows import Event
from tests.build import field_report, mac_of
from tests.twin.conftest import Start, make_service, url_of
from tests.twin.edge.viewer import Picture, Viewer
from tests.wait import until
from twin.service import Service
from twin.wire.frame import AGE_STEP_MS, Column, Kind, decode

NODES = 60


class Shown:
    """All that viewers had after each frame: the time, and of each row who it is and what it says."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, dict[int, tuple[Any, ...]]]] = []
        self.stays: list[tuple[int, int]] = []  # first and last frame of each viewer
        self._rows: dict[int, tuple[str, str, str, int]] = {}
        self._picture = Picture()

    def take(self, viewer: Viewer) -> None:
        """What this viewer was sent since the last call."""
        for name, payload in viewer.events:
            if name == "hello":
                self._rows, self._picture = {}, Picture()
            elif name == "roster":
                who = zip(payload["id"], payload["mac"], payload["ip"], payload["slot"], strict=True)
                self._rows |= dict(zip(payload["row"], who, strict=True))
            elif name == "frame":
                frame = decode(payload)
                self._picture.apply(frame)
                nodes = {row: (self._rows[row], dict(values)) for row, values in self._picture.rows.items()}
                self.frames.append((frame.time_ms, nodes))
        viewer.events.clear()

    def at(self, time_ms: int) -> dict[int, tuple[Any, ...]]:
        return next(nodes for at_ms, nodes in reversed(self.frames) if at_ms <= time_ms)


def differences(was: dict[int, tuple[Any, ...]], now: dict[int, tuple[Any, ...]]) -> list[str]:
    """Where two pictures are not the same. An age may be off by what the wire rounds away, twice."""
    wrong = [f"row {row} is only in one" for row in was.keys() ^ now.keys()]
    for row in was.keys() & now.keys():
        (who, values), (who_now, values_now) = was[row], now[row]
        if who != who_now:
            wrong.append(f"row {row} is {who_now}, was {who}")
        for column in Column:
            a, b = values.get(column), values_now.get(column)
            near = column is Column.AGE and a is not None and b is not None and abs(a - b) <= 2 * AGE_STEP_MS
            if a != b and not near:
                wrong.append(f"row {row} {column!r} is {b}, was {a}")
    return wrong


class World:
    """Things that happen to a cluster, by chance but the same every time."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._clock = [1_000_000] * NODES
        self._place = list(range(NODES))
        self._nameless_ms = 9_000_000
        self._known: set[int] = set()  # who has reported since the last forgetting: only then can a report be late

    async def happen(self, service: Service) -> None:
        await asyncio.gather(*(self._one(service) for _ in range(self._rng.randrange(8))))
        await asyncio.sleep(0)

    def forget(self) -> None:
        self._known.clear()

    async def _one(self, service: Service) -> None:
        rng = self._rng
        n = rng.randrange(NODES)
        mac, place = mac_of(n), self._place[n]
        switch_ip, port = f"172.20.80.{201 + place // 42}", place % 42 + 1
        what = rng.choices(
            ("report", "late", "birth", "will", "reboot", "paint", "move", "nameless"), (60, 8, 4, 4, 4, 8, 4, 3)
        )[0]
        if what in ("report", "late"):
            self._clock[n] += 5000
            held = {"heldMs": rng.randrange(200, 20_000)} if what == "late" and n in self._known else {}
            report = field_report(n, CPU=rng.random() * 100, port=port, switch_ip=switch_ip, sampledAt=self._clock[n])
            if rng.random() < 0.1:
                del report["CPUTemperature"]
            await service.ingest.land(report | held)
            if not held:
                self._known.add(n)
        elif what == "birth":
            service.birth(mac, f"10.0.0.{n}", switch_ip, port, 5000)
        elif what == "will":
            service.will(mac)
        elif what == "reboot":
            service.goodbye(mac, reboot=rng.random() < 0.7)
        elif what == "paint":
            service.paint(switch_ip, port, (rng.randrange(256), rng.randrange(256), 7))
        elif what == "move":
            self._place[n] = rng.randrange(2 * NODES)
        else:
            spot = rng.randrange(2 * NODES)
            report = field_report(n, CPU=rng.random() * 100, mac="", switch_ip=f"172.20.80.{210 + spot // 42}")
            self._nameless_ms += 5000
            await service.ingest.land(report | {"port": spot % 42 + 1, "sampledAt": self._nameless_ms})


async def live_for(service: Service, world: World, shown: Shown, frames: int) -> None:
    """Let things happen until a viewer has had so many frames."""
    async with Viewer(url_of(service)) as viewer:
        while len(viewer.frames) < frames:
            await world.happen(service)
            await asyncio.sleep(0.003)  # the world's own pace
            viewer.check()
        began = len(shown.frames)
        shown.take(viewer)
    shown.stays.append((shown.frames[began][0], shown.frames[-1][0]))


async def test_a_replay_shows_at_every_time_what_viewers_had_then(start: Start, data_dir: Path) -> None:
    rng = random.Random(7)
    world, shown = World(rng), Shown()
    quick = {"period_s": 0.3, "lost_after": 4.0}  # so that nodes become late and lost while we look
    first = make_service(data_dir, **quick)
    async with first.running():
        await live_for(first, world, shown, 60)
        await first.forget()
        world.forget()
        await live_for(first, world, shown, 60)
    second = await start(**quick)
    await live_for(second, world, shown, 90)
    end_ms = shown.frames[-1][0]
    await until(lambda: second.recorded_ms >= end_ms, "all of it is recorded")
    times = [rng.randrange(*rng.choice(shown.stays)) for _ in range(100)]
    replayed = Shown()
    async with Viewer(url_of(second)) as viewer:
        for time_ms in times:
            answer = await viewer.call("seek", {"at_ms": time_ms})
            assert answer == {"ok": True, "at_ms": time_ms}
            await until(lambda: has(viewer, time_ms), f"a frame of {time_ms}")  # noqa: B023  # awaited here
            replayed.take(viewer)
            was, now = shown.at(time_ms), replayed.frames[-1][1]
            assert not differences(was, now), f"{time_ms - shown.frames[0][0]} ms after the start"


async def test_what_was_not_recorded_before_a_crash_is_replayed_from_the_restart_on(
    start: Start, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(shown: Sequence[tuple[int, int]], told: Sequence[Event]) -> None:
        raise StoreUnavailable("the machine is about to fail")

    first = make_service(data_dir)
    async with first.running():
        await first.ingest.land(field_report(0, CPU=10, sampledAt=1))
        await until(lambda: first.recorder.watched_ms > 0 and len(first.live.roster) == 1)
        shown_ms = first.recorder.watched_ms
        await until(lambda: first.recorded_ms > shown_ms, "the first report is recorded")
        monkeypatch.setattr(first.store, "record", lost)
        for n in range(3):
            await first.ingest.land(field_report(n, CPU=20 + n, sampledAt=1000))
        await until(lambda: len(first.live.roster) == 3)
    second = await start()
    async with Viewer(url_of(second)) as viewer:
        await viewer.agrees(second.live)
        shown, time_ms = Shown(), second.recorder.watched_ms
        shown.take(viewer)
        live = shown.frames[-1][1]
        await until(lambda: second.recorded_ms >= time_ms, "the restart is recorded")
        await viewer.call("seek", {"at_ms": time_ms})
        await until(lambda: has(viewer, time_ms))
        shown.take(viewer)  # what was still live, too, and the replay at the end
        replayed = shown.frames[-1][1]
    assert [values[Column.CPU] for _, values in replayed.values()] == [40, 42, 44]
    assert not differences(live, replayed)


async def test_a_disk_that_does_not_take_the_record_costs_nothing_but_time(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    service = await start()
    record, failures = service.store.record, [True, True]

    def sometimes(shown: Sequence[tuple[int, int]], told: Sequence[Event]) -> None:
        if failures:
            failures.pop()
            raise StoreUnavailable("no space left")
        record(shown, told)

    monkeypatch.setattr("twin.edge.recording.RECORD_S", 0.05)
    monkeypatch.setattr(service.store, "record", sometimes)
    await service.ingest.land(field_report(0, CPU=10))
    await until(lambda: len(service.live.roster) == 1)
    shown_ms = service.recorder.watched_ms
    await until(lambda: not failures and service.recorded_ms > shown_ms, "it is recorded after all")
    assert "not recorded yet: no space left" in caplog.text
    page = await service.archive.store.replay(0, service.recorded_ms + 1)
    assert (len(page.rows), [each.kind for each in page.events if each.key]) == (1, ["identity", "status", "light"])


def has(viewer: Viewer, time_ms: int) -> bool:
    """Whether it was given the replay of this time."""
    viewer.check()
    last = viewer.frames[-1] if viewer.frames else None
    return last is not None and last.kind is Kind.REPLAY and last.time_ms == time_ms
