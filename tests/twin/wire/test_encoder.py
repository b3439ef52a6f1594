"""One encode a tick, whoever asks."""

import pytest

from tests.build import report_of
from tests.twin.wire.pipes import told
from twin.core.live import Live, Rules
from twin.wire import frame
from twin.wire.encoder import EVERYTHING, Encoder, Wish
from twin.wire.frame import ALL, Column, Kind


def slot_of(switch_ip: str, port: int) -> int:
    return port


@pytest.fixture
def live() -> Live:
    made = Live(3, slot_of, Rules())
    for n in range(4):
        made.report(report_of(n, switch_ip="s", port=n, cpu_pct=10.0 * n), 1000)
    made.tick(1000)
    return made


@pytest.fixture
def encoder(live: Live) -> Encoder:
    made = Encoder(live)
    made.begin(1500)
    return made


def change(live: Live, n: int, at_ms: int, **values: float) -> None:
    live.report(report_of(n, switch_ip="s", port=n, **values), at_ms)


def test_the_same_wish_and_base_give_the_same_bytes_until_the_tick_is_over(live: Live, encoder: Encoder) -> None:
    first = encoder.frame(EVERYTHING, 0)
    assert encoder.frame(Wish(), 0) is first
    encoder.begin(1700)
    assert encoder.frame(EVERYTHING, 0) is not first


def test_a_snapshot_has_every_row_and_column(encoder: Encoder) -> None:
    _, got = told(encoder.frame(EVERYTHING, 0))
    assert (got.kind, got.epoch, got.seq, got.base, got.time_ms) == (Kind.SNAPSHOT, 3, 2, 0, 1500)
    assert got.rows.tolist() == [0, 1, 2, 3]
    assert got.age_ms.tolist() == [500] * 4


def test_a_delta_has_the_rows_since_its_base_with_their_present_values(live: Live, encoder: Encoder) -> None:
    change(live, 1, 2000, cpu_pct=50)
    live.tick(2000)
    change(live, 1, 2100, cpu_pct=60)
    change(live, 2, 2100, cpu_pct=70)
    live.tick(2100)
    encoder.begin(2100)
    _, merged = told(encoder.frame(EVERYTHING, 2))
    assert (merged.base, merged.seq, merged.rows.tolist()) == (2, 4, [1, 2])
    assert merged.metrics[Column.CPU].tolist() == [60, 70]
    assert merged.status is None, "nobody's status changed"


def test_nothing_new_is_an_empty_delta_without_columns(live: Live, encoder: Encoder) -> None:
    live.tick(1200, heartbeat=True)
    encoder.begin(1200)
    assert len(encoder.frame_bytes(EVERYTHING, 2)) == frame.HEADER.size


def test_a_wish_for_fields_leaves_the_others_out(encoder: Encoder) -> None:
    _, got = told(encoder.frame(Wish(Column.CPU | Column.STATUS | Column.AGE), 0))
    assert set(got.metrics) == {Column.CPU}
    assert got.light_rgb is None
    assert got.status is not None


def test_a_wish_for_ids_leaves_the_other_rows_out(live: Live, encoder: Encoder) -> None:
    wish = Wish(ALL, frozenset({"s-2", report_of(0).mac, "nobody"}))
    assert told(encoder.frame(wish, 0))[1].rows.tolist() == [0, 2]
    change(live, 1, 2000)
    change(live, 2, 2000)
    live.tick(2000)
    encoder.begin(2000)
    assert told(encoder.frame(wish, 2))[1].rows.tolist() == [2]


def test_two_names_of_one_node_are_one_row(encoder: Encoder) -> None:
    assert told(encoder.frame(Wish(ALL, frozenset({"s-2", report_of(2).mac})), 0))[1].rows.tolist() == [2]


def test_an_id_that_appears_later_is_seen_then(live: Live, encoder: Encoder) -> None:
    ids = frozenset({"s-9"})
    assert encoder.wished_rows(ids).tolist() == []
    change(live, 9, 2000)
    live.tick(2000)
    encoder.begin(2000)
    assert encoder.wished_rows(ids).tolist() == [4]


def test_a_roster_is_columns_of_equal_length_from_its_base(live: Live, encoder: Encoder) -> None:
    version = live.roster.version
    live.bind(1, "s", 30)
    encoder.begin(1000)
    name, roster = told(encoder.roster(version))
    assert (name, roster["base"], roster["version"], roster["epoch"]) == ("roster", version, live.roster.version, 3)
    assert (roster["row"], roster["id"], roster["slot"]) == ([1], ["s-30"], [30])
    assert {len(roster[key]) for key in ("row", "id", "mac", "ip", "slot")} == {1}
    assert told(encoder.roster(0))[1]["row"] == [0, 1, 2, 3]


def test_rosters_are_remembered_until_somebody_moves(live: Live, encoder: Encoder) -> None:
    first = encoder.roster(0)
    encoder.begin(1000)
    assert encoder.roster(0) is first
    live.bind(1, "s", 30)
    encoder.begin(1200)
    assert encoder.roster(0) is not first


def test_a_roster_of_another_epoch_is_never_reused(live: Live, encoder: Encoder) -> None:
    first = encoder.roster(0)
    live.reset(4)
    for n in range(4):
        change(live, n, 1000)
    encoder.begin(1000)
    assert encoder.roster(0) is not first


def test_a_node_that_never_reported_has_no_age_and_no_report(live: Live, encoder: Encoder) -> None:
    row = live.birth("b8:27:eb:00:00:77", "", "", -1, 5000)
    detail = encoder.node_payload(row)
    assert (detail["age_ms"], detail["received_ms"], detail["report"], detail["status"]) == (
        None,
        None,
        None,
        "unknown",
    )


def test_a_detail_says_how_old_it_is_and_keeps_unknown_unknown(live: Live, encoder: Encoder) -> None:
    change(live, 1, 2000, temp_c=float("nan"))
    encoder.begin(2250)
    detail = told(encoder.node(1))[1]
    assert (detail["age_ms"], detail["received_ms"], detail["id"], detail["status"]) == (250, 2000, "s-1", "online")
    assert "CPUTemperature" not in detail["report"]
