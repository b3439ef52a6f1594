"""What changed since when."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.core.changes import Changes


def test_rows_that_changed_after_a_frame_come_in_order() -> None:
    changes = Changes(8)
    changes.mark(changes.values, 5, 2)
    changes.mark(changes.status, np.array([1, 3]), 3)
    assert changes.since(0, 8).tolist() == [1, 3, 5]
    assert changes.since(2, 8).tolist() == [1, 3]
    assert changes.since(3, 8).tolist() == []


def test_each_group_keeps_its_own_frame_and_any_the_latest() -> None:
    changes = Changes(1)
    changes.mark(changes.values, 0, 2)
    changes.mark(changes.light, 0, 5)
    assert (changes.values[0], changes.status[0], changes.light[0], changes.any[0]) == (2, 0, 5, 5)


def test_rows_beyond_the_count_are_not_told_of() -> None:
    changes = Changes(4)
    changes.mark(changes.values, 3, 1)
    assert changes.since(0, 3).tolist() == []


def test_everything_is_since_before_the_first_frame() -> None:
    assert Changes(3).since(-1, 3).tolist() == [0, 1, 2]


def test_growth_keeps_the_frame_numbers() -> None:
    changes = Changes(2)
    changes.mark(changes.values, 1, 9)
    changes.grow_to(3)
    changes.grow_to(2)
    assert (changes.values.tolist(), changes.any.shape[0]) == ([0, 9, 0, 0], 4)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 20)), max_size=40), st.integers(0, 20))
def test_since_is_what_a_list_of_all_changes_would_say(marks: list[tuple[int, int]], base: int) -> None:
    changes = Changes(10)
    for row, seq in sorted(marks, key=lambda each: each[1]):
        changes.mark(changes.status, row, seq)
    assert changes.since(base, 10).tolist() == sorted({row for row, seq in marks if seq > base})
