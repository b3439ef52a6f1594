"""Storage: growth keeps what is there, and what nobody said is missing, not zero."""

import numpy as np

from twin.core.columns import ARRAYS, NEVER_MS, STATUSES, UNKNOWN, Columns


def test_a_fresh_row_is_unknown_and_dark_and_was_never_heard_of() -> None:
    columns = Columns(2)
    columns.grow_to(1)
    assert np.isnan([columns.cpu_pct[0], columns.mem_pct[0], columns.disk_pct[0], columns.temp_c[0]]).all()
    assert (columns.status[0], columns.light_rgb[0].tolist(), columns.received_ms[0]) == (UNKNOWN, [0, 0, 0], NEVER_MS)


def test_growth_doubles_and_keeps_every_array() -> None:
    columns = Columns(2)
    columns.grow_to(2)
    for name in ARRAYS:
        getattr(columns, name)[1] = 7
    columns.grow_to(3)
    assert (columns.capacity, columns.count) == (4, 3)
    for name in ARRAYS:
        assert (getattr(columns, name)[1] == 7).all(), name
        assert getattr(columns, name).shape[0] == 4, name


def test_every_array_of_a_column_is_in_the_list_that_growth_goes_by() -> None:
    arrays = {name for name, value in vars(Columns(1)).items() if isinstance(value, np.ndarray)}
    assert arrays == set(ARRAYS)


def test_growing_to_fewer_rows_forgets_nobody() -> None:
    columns = Columns(4)
    columns.grow_to(3)
    columns.grow_to(1)
    assert columns.count == 3


def test_statuses_keep_their_numbers_because_readers_in_the_field_know_them() -> None:
    assert STATUSES == ("unknown", "online", "late", "lost", "rebooting", "busy")
