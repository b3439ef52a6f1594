"""docs/engines/*.cs, compiled by a real compiler: golden frames, damaged ones, and a stream against the live state."""

from __future__ import annotations

import json
import math
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.golden.make import cases, described
from twin.core.columns import Columns
from twin.wire import frame
from twin.wire.events import EVENTS
from twin.wire.frame import ALL, METRICS, Column, Kind

ENGINES = Path(__file__).resolve().parents[2] / "docs" / "engines"
HOW = "These tests compile C#. Install mono-mcs (Debian: sudo apt-get install mono-mcs), or run make test as root."
NAMED = re.compile(r'(?:[oO]n|[eE]mit(?:Async|WithAck)?)\("([\w.]+)"')


class Reader:
    """The compiled program: one line in, one line out."""

    def __init__(self, program: Path) -> None:
        self.process = subprocess.Popen(["mono", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words: object) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the reader died of {words[0]}: it ended with {self.process.wait(10)}"
        return answer.rstrip("\n")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    assert shutil.which("mcs"), HOW
    assert shutil.which("mono"), HOW
    program = tmp_path_factory.mktemp("csharp") / "golden.exe"
    sources = [ENGINES / "Frame.cs", ENGINES / "Picture.cs", Path(__file__).with_name("Golden.cs")]
    command = ["mcs", "-langversion:7", "-warnaserror+", f"-out:{program}", *map(str, sources)]
    built = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    made = Reader(program)
    with made.process:
        yield made
        made.process.kill()


@pytest.mark.parametrize("name", cases())
def test_golden_frames_read_as_they_do_here(reader: Reader, name: str) -> None:
    wanted = described(cases()[name])
    metrics = wanted.pop("metrics")
    assert isinstance(metrics, dict)
    light = wanted["light"]
    assert light is None or isinstance(light, list)
    said = json.loads(reader.ask("read", wanted.pop("hex")))
    assert {key: said.pop(key) for key in ("cpu", "memory", "disk", "temperature")} == {
        key: metrics.get(key) for key in ("cpu", "memory", "disk", "temperature")
    }
    assert said == wanted | {"light": None if light is None else [part for colour in light for part in colour]}


def test_damaged_frames_end_in_an_error_in_words(reader: Reader) -> None:
    rng = random.Random(7)
    whole = cases()["snapshot of four nodes"]
    for length in range(len(whole)):
        assert reader.ask("read", whole[:length].hex() or "00").startswith("error: ")
    assert reader.ask("read", (whole + b"\0").hex()) == "error: 1 bytes follow the last column"
    for _ in range(500):
        bent = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            bent[rng.randrange(len(bent))] = rng.randrange(256)
        answer = reader.ask("read", bytes(bent).hex())
        assert answer.startswith(("error: ", "{")), answer


def test_a_stream_with_gaps_and_repeats_is_the_picture_of_the_server(reader: Reader) -> None:
    rng = np.random.default_rng(11)
    columns = Columns(40)
    columns.grow_to(40)
    names = ("cpu_pct", "mem_pct", "disk_pct", "temp_c")
    reader.ask("open", 9)
    seq, seen = 1, 0
    for step in range(60):
        now_ms = 1_700_000_000_000 + 200 * step
        rows = np.sort(rng.choice(40, rng.integers(0, 12), replace=False))
        for name in names:
            getattr(columns, name)[rows] = rng.integers(0, 200, rows.size) / 2
        columns.status[rows] = rng.integers(0, 5, rows.size)
        columns.light_rgb[rows] = rng.integers(0, 256, (rows.size, 3))
        columns.received_ms[rows] = now_ms
        seq += 1
        if step and rng.random() < 0.15:
            continue  # lost on the way: what changed in it stays unknown there until the gap is mended
        if seq - 1 > seen:
            gap = frame.encode(Kind.DELTA, 9, seq, seq - 1, now_ms, rows, columns, ALL)
            assert reader.ask("apply", gap.hex(), 0.2 * step) == "Gap"
            everything = np.arange(40)
            mended = frame.encode(Kind.SNAPSHOT, 9, seq, 0, now_ms, everything, columns, ALL)
            assert reader.ask("apply", mended.hex(), 0.2 * step) == "Applied"
        else:
            delta = frame.encode(Kind.DELTA, 9, seq, seen, now_ms, rows, columns, ALL)
            assert reader.ask("apply", delta.hex(), 0.2 * step) == "Applied"
            assert reader.ask("apply", delta.hex(), 0.2 * step) == "Ignored"
        seen = seq
        for row in range(40):
            shown = [float(part) for part in reader.ask("row", row, 0.2 * step).split()]
            values = [float(getattr(columns, name)[row]) for name in names]
            assert all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(shown, values, strict=False))
            assert shown[4:8] == [columns.status[row], *columns.light_rgb[row]]
            heard = int(columns.received_ms[row])
            assert shown[8] == (pytest.approx((now_ms - heard) / 1000, abs=0.11) if heard > 0 else math.inf)


def test_silence_ages_and_a_new_epoch_forgets(reader: Reader) -> None:
    columns = Columns(1)
    columns.grow_to(1)
    columns.cpu_pct[0], columns.received_ms[0] = 50, 1_000_000
    first = frame.encode(Kind.SNAPSHOT, 21, 5, 0, 1_002_000, np.array([0]), columns, METRICS | Column.AGE)
    reader.ask("open", 21)
    assert reader.ask("apply", first.hex(), 100) == "Applied"
    assert reader.ask("row", 0, 107).split()[-1] == "9"
    columns.received_ms[0] = 500_000
    past = frame.encode(Kind.REPLAY, 21, 6, 0, 501_000, np.array([0]), columns, METRICS | Column.AGE)
    assert reader.ask("apply", past.hex(), 107) == "Applied"
    assert reader.ask("row", 0, 999).split()[-1] == "1"  # the past grows older only as it is played
    assert reader.ask("apply", first.replace(b"\x15\0\0\0", b"\x16\0\0\0").hex(), 108) == "Gap"
    reader.ask("open", 22)
    assert reader.ask("row", 0, 108).split() == ["NaN"] * 4 + ["0"] * 4 + ["Infinity"]


@pytest.mark.parametrize("name", ["TwinClient.cs", "TwinClient.swift"])
def test_the_clients_name_events_of_the_protocol(name: str) -> None:
    named = set(NAMED.findall((ENGINES / name).read_text()))
    known = {event.name for event in EVENTS if event.namespace == "/twin"}
    assert {"hello", "roster", "frame", "resume"} <= named
    assert named <= known
