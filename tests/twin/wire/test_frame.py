"""The binary frame: golden bytes, round trips, and what a reader must refuse."""

import contextlib
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.golden import make
from twin.core.changes import Changes
from twin.core.columns import Columns
from twin.core.errors import BadInput
from twin.wire import frame
from twin.wire.frame import ALL, METRICS, Column, Kind

GOLDEN = json.loads(make.FILE.read_text())


@pytest.mark.parametrize("name", GOLDEN)
def test_the_encoder_still_writes_the_golden_bytes(name: str) -> None:
    assert make.cases()[name].hex() == GOLDEN[name]["hex"]


@pytest.mark.parametrize("name", GOLDEN)
def test_the_decoder_reads_the_golden_bytes(name: str) -> None:
    assert make.described(bytes.fromhex(GOLDEN[name]["hex"])) == GOLDEN[name]


def test_the_header_is_where_the_drawing_says() -> None:
    data = bytes.fromhex(GOLDEN["snapshot of four nodes"]["hex"])
    assert data[:4] == b"TF\x01\x00"
    assert int.from_bytes(data[4:8], "little") == 7
    assert int.from_bytes(data[8:12], "little") == 42
    assert int.from_bytes(data[24:28], "little") == 4
    assert len(data) == 30 + 4 * (2 + 4 + 1 + 3 + 2)


values = st.one_of(st.just(math.nan), st.floats(0, 127, width=32))


@given(st.lists(st.tuples(values, values, values, values), min_size=1, max_size=40), st.integers(0, 2**40))
def test_a_value_survives_within_a_quarter_step(rows: list[tuple[float, ...]], age_ms: int) -> None:
    made = Columns(len(rows))
    made.grow_to(len(rows))
    for i, row in enumerate(rows):
        made.cpu_pct[i], made.mem_pct[i], made.disk_pct[i], made.temp_c[i] = row
    made.received_ms[: len(rows)] = 2**41 - age_ms
    read = frame.decode(frame.encode(Kind.SNAPSHOT, 1, 1, 0, 2**41, np.arange(len(rows)), made, ALL))
    for column, name in frame.METRIC_ARRAYS.items():
        sent = getattr(made, name)[: len(rows)]
        assert np.isnan(read.metrics[column]).tolist() == np.isnan(sent).tolist()
        assert np.nanmax(np.abs(read.metrics[column] - sent), initial=0) <= frame.STEP / 2
    assert read.age_ms is not None
    assert read.age_ms[0] == min(age_ms // 100, 65535) * 100


def test_a_column_nobody_changed_is_left_out() -> None:
    changes = Changes(3)
    changes.mark(changes.values, 1, 5)
    changes.mark(changes.status, 2, 3)
    rows = changes.since(4, 3)
    assert rows.tolist() == [1]
    assert frame.columns_since(changes, rows, 4, ALL) == METRICS | Column.AGE
    assert frame.columns_since(changes, changes.since(2, 3), 2, ALL) == METRICS | Column.AGE | Column.STATUS
    assert frame.columns_since(changes, changes.since(9, 3), 9, ALL) == Column(0)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "shorter than its header"),
        (b"XX" + bytes(28), "not a frame"),
        (b"TF\x02" + bytes(27), "version 2"),
        (b"TF\x01\x09" + bytes(26), "unknown frame kind"),
        (b"TF\x01\x00" + bytes(24) + b"\x00\x80", "columns"),
        (b"TF\x01\x00" + bytes(20) + b"\xff\xff\xff\xff\x7f\x00", "a column needs"),
    ],
)
def test_rubbish_is_refused_with_the_reason(data: bytes, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        frame.decode(data)


def test_trailing_bytes_are_refused() -> None:
    with pytest.raises(BadInput, match="follow the last column"):
        frame.decode(bytes.fromhex(GOLDEN["heartbeat"]["hex"]) + b"\x00")


@given(st.binary(max_size=80))
def test_no_bytes_make_the_decoder_do_anything_but_refuse_or_read(data: bytes) -> None:
    with contextlib.suppress(BadInput):
        frame.decode(b"TF\x01" + data)
