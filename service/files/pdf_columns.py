"""The pieces and grids of a page to blocks in reading order.

In: pieces without the page's furniture, and grids.  Out: `Block`s: what stands above the columns, each column from left
to right, what stands below them; within a column, lines and tables from the top down.

A gutter is a strip that nothing crosses from one height to another, with prose on both sides of it: lines that fill
their side, as cells of a table do not.  What crosses it (a heading over both columns, a wide table) parts what is above
from what is below, and columns may have columns again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from service.files.pdf_aligned import aligned
from service.files.pdf_lines import rows
from service.files.pdf_page import Block, Grid, Line, Piece

GUTTER = 1.2  # ems: half of this on either side of a strip's middle is empty
GUTTER_OF_TABLES = 0.4  # their lines may stand out of the column
MIN_COLUMN = 8.0  # ems
MIN_LINES = 3  # on the fuller side of a gutter; the other has two at least
MIN_FULL = 0.5  # share of a column's lines that fill it
FULL = 0.75  # of a column's width
TITLE = 1.15  # of the size of the text
MIN_PIECE = 6.0  # ems, on average: what is shorter is a cell
MAX_PIECES = 3_000  # of a page: what has more is no page to be read in columns
MAX_COLUMNS = 6

_Item = Piece | Grid


class _Gutter(NamedTuple):
    x: float
    top: float
    bottom: float


def blocks(found: Sequence[Piece], tables: Sequence[Grid], width: float) -> list[Block]:
    """The blocks of a page that is `width` points wide."""
    items: list[_Item] = [*found, *tables]
    return list(_region(items, 0.0, width, MAX_COLUMNS if len(found) <= MAX_PIECES else 0))


def _region(items: Sequence[_Item], left: float, right: float, depth: int) -> Iterator[Block]:
    if not items:
        return
    gutter = _gutter(items) if depth > 0 else None
    if gutter is None:
        yield from _column(items, left, right)
        return
    top = _below_titles(items, gutter)
    above = [item for item in items if _height(item) < top]
    beside = [item for item in items if top <= _height(item) <= gutter.bottom]
    below = [item for item in items if _height(item) > gutter.bottom]
    yield from _region(above, left, right, depth - 1)
    yield from _region([item for item in beside if item.box.left < gutter.x], left, gutter.x, depth - 1)
    yield from _region([item for item in beside if item.box.left >= gutter.x], gutter.x, right, depth - 1)
    yield from _region(below, left, right, depth - 1)


def _gutter(items: Sequence[_Item]) -> _Gutter | None:
    """The gutter with the most lines beside it."""
    found = sorted((item for item in items if isinstance(item, Piece)), key=_height)
    heights = [_height(piece) for piece in found]
    if len(found) < 2 * MIN_LINES - 1:
        return None
    em = median(piece.size for piece in found)
    left, right = min(piece.box.left for piece in found), max(piece.box.right for piece in found)
    if sum(piece.box.width < 0.6 * (right - left) for piece in found) < 2 * MIN_LINES - 1:
        return None
    best, most = None, 0
    x = left + MIN_COLUMN * em
    while x <= right - MIN_COLUMN * em:
        for top, bottom in _free(items, x, em):
            first, end = bisect_left(heights, top), bisect_right(heights, bottom)
            if end - first <= most or end - first < 2 * MIN_LINES - 1:
                continue
            inside = found[first:end]
            sides = [p for p in inside if p.box.left < x], [p for p in inside if p.box.left >= x]
            if all(len(side) >= MIN_LINES - 1 for side in sides) and all(map(_is_prose, sides)):
                best, most = _Gutter(x, top, bottom), len(inside)
        x += em / 2
    return best


def _below_titles(items: Sequence[_Item], gutter: _Gutter) -> float:
    """Where the columns beside a gutter begin: a line of a title may be short enough to stand over one of them."""
    beside = [piece for piece in items if isinstance(piece, Piece) and gutter.top <= _height(piece) <= gutter.bottom]
    em = median(piece.size for piece in beside)
    first = min(piece.box.top for piece in beside if piece.size < TITLE * em)
    titles = [piece.box.bottom for piece in beside if piece.size >= TITLE * em and piece.box.top < first]
    return max(titles, default=gutter.top)


def _free(items: Sequence[_Item], x: float, em: float) -> Iterator[tuple[float, float]]:
    """The heights between which no item crosses the strip around `x`."""
    top = float("-inf")
    for item in sorted((item for item in items if _crosses(item, x, em)), key=lambda item: item.box.top):
        if item.box.top > top:
            yield top, item.box.top
        top = max(top, item.box.bottom)
    yield top, float("inf")


def _crosses(item: _Item, x: float, em: float) -> bool:
    half = (GUTTER if isinstance(item, Piece) else GUTTER_OF_TABLES) / 2 * em
    return item.box.left < x + half and item.box.right > x - half


def _is_prose(side: Sequence[Piece]) -> bool:
    em = median(piece.size for piece in side)
    width = max(piece.box.right for piece in side) - min(piece.box.left for piece in side)
    if width < MIN_COLUMN * em or sum(piece.box.width for piece in side) < MIN_PIECE * em * len(side):
        return False
    levels = rows(side)
    full = sum(sum(piece.box.width for piece in row) >= FULL * width for row in levels)
    return full >= MIN_FULL * len(levels)


def _column(items: Sequence[_Item], left: float, right: float) -> Iterator[Block]:
    """Lines and tables of one column, from the top down."""
    levels = rows(item for item in items if isinstance(item, Piece))
    place = 0
    for table in sorted((item for item in items if isinstance(item, Grid)), key=lambda grid: grid.box.top):
        end = place
        while end < len(levels) and _height(levels[end][0]) < _height(table):
            end += 1
        yield from _blocks(aligned(levels[place:end]), left, right)
        yield Block(left, right, grid=table)
        place = end
    yield from _blocks(aligned(levels[place:]), left, right)


def _blocks(found: Iterator[Line | Grid], left: float, right: float) -> Iterator[Block]:
    run: list[Line] = []
    for item in found:
        if isinstance(item, Line):
            run.append(item)
            continue
        if run:
            yield Block(left, right, tuple(run))
            run = []
        yield Block(left, right, grid=item)
    if run:
        yield Block(left, right, tuple(run))


def _height(item: _Item) -> float:
    """How far down the middle of an item stands."""
    return (item.box.top + item.box.bottom) / 2
