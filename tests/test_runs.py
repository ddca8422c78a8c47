"""Runs of equal neighbours against counting one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedging.engine.runs import histogram, run_starts


def slow_starts(values):
    flat = np.atleast_2d(values)
    return [k for k in range(flat.shape[1]) if k == 0 or (flat[:, k] != flat[:, k - 1]).any()]


@given(st.lists(st.integers(0, 3), max_size=40))
def test_starts(codes):
    values = np.array(codes, dtype=np.uint8)
    assert run_starts(values).tolist() == slow_starts(values)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), max_size=40))
def test_starts_of_several_words(codes):
    values = np.array(codes, dtype=np.uint64).reshape(-1, 2).T
    assert run_starts(values).tolist() == slow_starts(values)


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=60),
    st.sets(st.integers(1, 59)),
    st.integers(0, 3),
)
def test_histogram(codes, cuts, spare):
    values = np.array(codes, dtype=np.uint16)
    breaks = np.array([0, *sorted(c for c in cuts if c < len(codes))])
    wide = 5 + spare
    result = histogram(values, wide, breaks)
    assert result.shape == (wide, len(breaks))
    parts = np.split(values, breaks[1:])
    expected = [[int((part == code).sum()) for part in parts] for code in range(wide)]
    assert result.tolist() == expected
    assert histogram(values, wide).ravel().tolist() == np.bincount(values, minlength=wide).tolist()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.int64])
def test_any_integer_type(dtype):
    values = np.array([2, 2, 0], dtype=dtype)
    assert histogram(values, 3).tolist() == [[1], [0], [2]]


def test_large_codes_do_not_overflow():
    values = np.full(10, 255, dtype=np.uint8)
    result = histogram(values, 256, np.arange(10))
    assert result.sum() == 10
    assert (result[255] == 1).all()
