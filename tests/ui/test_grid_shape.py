"""Where memories stand in the browser's list, for many sizes."""

from __future__ import annotations

from itertools import product

import pytest
from textual.geometry import Size

from ui.widgets import grid_shape

SIZES = [Size(width, height) for width, height in product((1, 20, 46, 66, 67, 99, 101, 140, 300), (1, 10, 23, 24, 60))]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_point_within_a_memory_is_of_that_memory(size: Size) -> None:
    for shape in (grid_shape.grid(size), grid_shape.timeline(size, (12, 5))):
        for index in range(3 * shape.columns):
            region = shape.region(index)
            x = index % shape.columns * shape.column_width
            assert shape.index(x, region.y) == shape.index(x, region.bottom) == index


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_what_is_drawn_fits_the_width(size: Size) -> None:
    grid, timeline = grid_shape.grid(size), grid_shape.timeline(size, (12, 5))
    assert grid.columns * grid.column_width <= grid.width
    assert timeline.columns == 1 and timeline.card.text_width >= 8
    if size.width >= 46:
        assert timeline.gutter + timeline.card.image_width + 1 + timeline.card.text_width + 1 <= timeline.width


def test_two_rows_of_a_grid_are_in_view() -> None:
    for size in SIZES:
        if size.height >= 24:
            assert 2 * grid_shape.grid(size).row_height <= size.height


def test_all_rows_have_room() -> None:
    shape = grid_shape.grid(Size(100, 40))
    assert shape.size(0).height == 0
    assert shape.size(shape.columns).height == shape.row_height
    assert shape.size(shape.columns + 1).height == 2 * shape.row_height
