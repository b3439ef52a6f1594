"""Columns of numbers: exact to the bit, and in few bytes where the values have steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from telemetry.store.columns import Reader, Writer, scale_of
from telemetry.store.rows import F32

VALUES = st.one_of(
    st.integers(0, 100).map(float),
    st.integers(-40, 200).map(lambda n: n / 2),
    st.integers(-400, 1000).map(lambda n: n / 10),
    st.integers(-4000, 10_000).map(lambda n: n / 100),
    st.floats(width=32),
)


def packed(values: F32, starts: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> bytes:
    out = Writer()
    out.numbers(values, starts)
    return out.done()


def back(data: bytes, starts: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> F32:
    return Reader(data).numbers(np.cumsum(starts) - 1)


@settings(max_examples=150, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=60), st.integers(1, 20))
@example([-0.0, 0.0, 0.5], 1)
@example([float("nan"), 45.5, float("inf")], 2)
def test_what_comes_back_is_what_went_in_bit_by_bit(given_values: list[float], run: int) -> None:
    values = np.array(given_values, np.float32)
    starts = np.arange(len(values)) % run == 0
    again = back(packed(values, starts), starts)
    unknown = np.isnan(values)
    assert np.array_equal(np.isnan(again), unknown)
    assert np.array_equal(again[~unknown].view(np.uint32), values[~unknown].view(np.uint32))


@pytest.mark.parametrize(
    ("values", "scale"),
    [([41.0, 7.0], 1), ([41.5, 7.0], 2), ([41.5, 7.1], 10), ([41.55, 7.1], 100), ([41.555], 1000), ([1 / 3], 0)],
)
def test_the_scale_is_the_least_that_is_exact(values: list[float], scale: int) -> None:
    assert scale_of(np.array(values, np.float32)) == scale


def test_noise_takes_little_more_than_its_entropy() -> None:
    """Of a Huffman code a few hundredths of a bit; the rest is its table, and the level of every node."""
    dice = np.random.default_rng(1)
    nodes, rows = 21, 720
    starts = np.arange(nodes * rows) % rows == 0
    halves = dice.normal(0, 0.6, nodes * rows).round().astype(np.int64)
    levels = np.repeat(dice.integers(60, 120, nodes), rows)
    _, times = np.unique(halves, return_counts=True)
    share = times / times.sum()
    entropy = float(-(share * np.log2(share)).sum()) / 8
    values = ((levels + halves) / 2).astype(np.float32)
    assert len(packed(values, starts)) / len(values) < 1.35 * entropy
