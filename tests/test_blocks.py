"""How designs are cut into rows and lanes: every point once, in order, with its own values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedging.engine import blocks
from hedging.engine.blocks import Block, Layout, Part
from hedging.engine.design import Sample, grid, sample

INPUTS = ("a", "b", "c", "d", "e")
FIXED = {name: 100.0 + k for k, name in enumerate(INPUTS)}


def layout_of(design):
    return Layout(design, {n: v for n, v in FIXED.items() if n not in design.names}, INPUTS)


def axes_of(*lengths, names="dbac"):
    """Axes in an order that is not that of the model."""
    rng = np.random.default_rng(lengths)
    return grid(**{n: rng.permutation(k) / 7 - 3 for n, k in zip(names, lengths, strict=False)})


DESIGNS = [
    *(axes_of(n) for n in (1, 7, 8, 9, 511, 512, 513, 1000)),
    axes_of(3, 7),
    axes_of(7, 513),
    axes_of(513, 7),
    axes_of(1000, 1),
    axes_of(1, 1000),
    axes_of(5, 9, 511),
    axes_of(2, 3, 5, 7),
    axes_of(9, 1, 8, 64),
    axes_of(70001),
    axes_of(2, 70001),
    *(sample(n, {"c": (0, 1), "a": (-1, 2)}, rng=1) for n in (1, 7, 512, 513, 1000)),
]


def name_of(design):
    return ("sample" if isinstance(design, Sample) else "grid") + "x".join(map(str, design.shape))


def values_of(layout, block):
    """Every input at every point of a block, row by row."""
    rows = layout.rows(block.first_row, block.last_row)
    lanes = layout.lanes[:, block.first_lane : block.last_lane]
    shape = (len(rows), lanes.shape[1])
    table = {n: np.repeat(rows[:, k], shape[1]) for k, n in enumerate(layout.row_names)}
    table |= {n: np.tile(lanes[k], shape[0]) for k, n in enumerate(layout.lane_names)}
    return table


@pytest.mark.parametrize("design", DESIGNS, ids=name_of)
@pytest.mark.parametrize("limit", [None, 100])
def test_blocks_hold_every_point_once_and_in_order(design, limit, monkeypatch):
    if limit is not None:
        monkeypatch.setattr(blocks, "_BLOCK_POINTS", limit)
    layout = layout_of(design)
    for start, stop in [(0, design.size), (design.size // 3, design.size - design.size // 5)]:
        at, truth = start, design.points(start, stop)
        cut = list(layout.blocks(start, stop))
        assert len(cut) <= 2 + (stop - start) // min(blocks._BLOCK_POINTS // 2, layout.length) + 2
        for block in cut:
            assert block.size > 0
            assert block.size <= max(blocks._BLOCK_POINTS, 1)
            values = values_of(layout, block)
            for name in INPUTS:
                here = slice(at - start, at - start + block.size)
                wanted = truth[name][here] if name in truth else FIXED[name]
                np.testing.assert_array_equal(values[name], np.broadcast_to(wanted, block.size))
            at += block.size
        assert at == stop


@pytest.mark.parametrize("design", DESIGNS, ids=name_of)
def test_boxes_are_tight(design):
    layout = layout_of(design)
    cut = list(layout.blocks(0, design.size))
    lows, highs = layout.box(cut)
    assert len(lows) == len(highs) == len(INPUTS)
    for b, block in enumerate(cut):
        values = values_of(layout, block)
        for k, name in enumerate(INPUTS):
            assert lows[k][b] == values[name].min()
            assert highs[k][b] == values[name].max()


@pytest.mark.parametrize("design", DESIGNS, ids=name_of)
def test_columns_are_the_points(design):
    points = np.random.default_rng(3).integers(0, design.size, 50)
    columns = dict(zip(INPUTS, layout_of(design).columns(points), strict=True))
    truth = design.points(0, design.size)
    for name in INPUTS:
        wanted = truth[name][points] if name in truth else FIXED[name]
        np.testing.assert_array_equal(columns[name], np.broadcast_to(wanted, 50))
    assert [len(c) for c in layout_of(design).columns(points[:0])] == [0] * len(INPUTS)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=4).flatmap(
        lambda s: st.tuples(st.just(s), st.integers(0, 10**6), st.integers(1, 10**6))
    )
)
def test_any_run_of_any_grid(given_run):
    lengths, start, size = given_run
    design = axes_of(*lengths)
    start %= design.size
    stop = min(design.size, start + size)
    layout = layout_of(design)
    cut = list(layout.blocks(start, stop))
    assert sum(block.size for block in cut) == stop - start
    at = start
    for block in cut:
        assert at == block.first_row * layout.length + block.first_lane
        assert 0 <= block.first_lane < block.last_lane <= layout.length
        whole = (block.first_lane, block.last_lane) == (0, layout.length)
        assert whole or block.last_row - block.first_row == 1
        at += block.size


def test_row_and_lane_parameters_are_all_parameters():
    for design in DESIGNS:
        layout = layout_of(design)
        assert sorted((*layout.row_names, *layout.lane_names)) == sorted(INPUTS)
        assert layout.lanes.shape == (len(layout.lane_names), layout.length)
        assert layout.rows(0, 1).shape == (1, len(layout.row_names))


def test_short_inner_axes_are_joined_but_never_to_more_than_memory_likes():
    assert layout_of(axes_of(9, 1, 8, 64)).lane_names == ("a", "c")
    assert layout_of(axes_of(7, 513)).lane_names == ("b",)
    assert layout_of(axes_of(513, 7)).lane_names == ("d", "b")
    # 511 lanes are few, but 511 times ten million numbers are too many to hold.
    long = grid(a=(0, 1, 10**7), b=(0, 1, 511))
    assert layout_of(long).lane_names == ("b",)
    assert next(layout_of(long).blocks(0, 10**6)) == Block(0, 128, 0, 511)


@pytest.mark.parametrize(
    ("rows", "lanes"), [(1, 512), (1, 65536), (2500, 1), (65, 1001), (8, 64), (6, 511), (128, 511)]
)
def test_pieces_of_a_part_are_the_part(rows, lanes):
    whole = Part(Block(5, 5 + rows, 3, 3 + lanes), 17, lanes + 4)
    points = dict.fromkeys(whole.positions().tolist())
    assert len(points) == rows * lanes
    left = [whole]
    while left:
        part = left.pop()
        pieces = part.pieces()
        assert len(pieces) == 0 or 1 < len(pieces) <= 20
        if not pieces:
            assert part.block.size < 2048
            for point in part.positions().tolist():
                del points[point]
        left += pieces
    assert not points
    row, lane = np.divmod(np.arange(rows * lanes), lanes)
    np.testing.assert_array_equal(whole.positions(), 17 + row * (lanes + 4) + lane)


def test_the_place_of_a_part_is_a_slice_where_it_can_be():
    numbers = np.arange(1000)
    for part in (
        Part(Block(2, 7, 0, 9), 100, 9),
        Part(Block(2, 3, 4, 9), 100, 50),
        Part(Block(2, 7, 4, 9), 100, 50),
    ):
        np.testing.assert_array_equal(numbers[part.place()], part.positions())
